/** Files that somebody between the tool and Hasura does not take, of any size. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigration } from "../support/deployment.ts";
import { type BodyLimit, startVenue, type Venue } from "../venue/mod.ts";

/** With the shortest time in which a step must start. */
const RUN_ALL = ["migrate", "-a", "--all", "--lock-timeout=1"];

/** A migration whose `up.sql` has about so many bytes. */
function largeMigration(size: number) {
  const line = `-- ${"x".repeat(76)}\n`;
  const small = tableMigration(1, "large");
  return { ...small, up: line.repeat(Math.ceil(size / line.length)) + small.up };
}

const LIMITS: BodyLimit[] = [
  { over: 50_000, after: 0, do: 413 },
  { over: 50_000, after: 20_000, do: 413 },
  { over: 50_000, after: 0, do: 403 },
  { over: 50_000, after: 0, do: "413-closing" },
  { over: 50_000, after: 20_000, do: "close" },
  { over: 50_000, after: 0, do: "reset" },
];

async function tryWith(venue: Venue, limit: BodyLimit, { megabytes }: { megabytes: number }): Promise<string> {
  await using deployment = await createDeployment({ migrations: [largeMigration(megabytes * 1_000_000)] });
  venue.limitBodies(limit);
  const { code, stderr } = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(code, 4, stderr);
  assert.match(stderr, /^error\[access\]: Cannot apply 1_large/m);
  assert.match(stderr, /\nstate: 1_large was not (?:started|applied: .* can no longer start)\n/);
  if (limit.do === 413) {
    assert.match(
      stderr,
      /The server \("a-proxy\/1.0"\) answered 413 .*\n.*\nnext: What answers there takes no request of [\d.]+ [kM]B: raise its limit \(nginx: client_max_body_size/,
    );
  }
  if (limit.do === 403) assert.match(stderr, /next: What answers there refuses this request of [\d.]+ [kM]B/);
  if (megabytes > 0.5) assert.match(stderr, /next: .*(?:client_max_body_size|firewall)/);
  assert.deepEqual(venue.log.filter(({ readOnly }) => readOnly === false), []);
  assert.deepEqual(await venue.ledger(), [0]);
  return stderr;
}

Deno.test("a file that a proxy does not take is told as that, whatever its size", async (t) => {
  await using venue = await startVenue();
  for (const megabytes of [0.1, 0.9, 1.1, 20]) {
    for (const limit of LIMITS) {
      await t.step(`${megabytes} MB, ${limit.do} after ${limit.after} bytes`, async () => {
        await venue.reset();
        const stderr = await tryWith(venue, limit, { megabytes });
        // Nobody can have got all of it, so that there is nothing to find out. (Of a smaller one the system may have taken
        // all before a busy machine's refusal came.)
        if (megabytes > 5) assert.doesNotMatch(stderr, /asking the database/);
      });
    }
  }
});

Deno.test("a file that a proxy does not take although it has read all of it is told as that, once it is certain", async () => {
  await using venue = await startVenue();
  // Its step may still start at a time by which nobody would be asked any more about a small one.
  const stderr = await tryWith(venue, { over: 50_000, after: Infinity, do: 413 }, { megabytes: 1.95 });
  assert.match(stderr, /; asking the database, for up to (?:1[5-9]|2\d)(?:\.\d)? s\n/);
});

Deno.test("a large file goes through where nobody refuses it", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: [largeMigration(3_000_000)] });
  const result = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1]);
});
