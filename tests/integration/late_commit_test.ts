/** A COMMIT that is still under way when Hasura answers that it was done: nothing is told of the step until it is over. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { backends, type FaultAction, type RequestRecord, startVenue, type Venue } from "../venue/mod.ts";

const STEP = { type: "run_sql", readOnly: false };
const LIMITS = ["--lock-timeout=0.5", "--settle-timeout=60"];

const isStep = ({ type, readOnly }: RequestRecord) => type === "run_sql" && readOnly === false;
const isLook = ({ type, readOnly }: RequestRecord) => type === "run_sql" && readOnly === true;

/** Resolves when the nth step has come, and so many looks at the database after it. */
async function seenAfterStep(venue: Venue, { nth, looks }: { nth: number; looks: number }): Promise<void> {
  let steps = 0;
  await venue.waitForRequest((request) => isStep(request) && ++steps === nth);
  const before = venue.log.filter(isLook).length;
  let count = 0;
  await venue.waitForRequest((request) => isLook(request) && ++count === before + looks);
}

interface LateCase {
  name: string;
  args: string[];
  stdin?: string;
  /** The step whose COMMIT is late, of three. */
  nth: number;
  /** Whether all are there before. */
  reverts?: true;
}

const CASES: LateCase[] = [
  { name: "the last step, all at once", args: ["-a", "--all"], nth: 3 },
  { name: "a step in between, all at once", args: ["-a", "--all"], nth: 2 },
  { name: "the only step that is asked for", args: ["-a"], stdin: "y\nn\n", nth: 1 },
  { name: "the last step, step by step", args: ["-a"], stdin: "y\ny\ny\n", nth: 3 },
  { name: "the last step that is reverted", args: ["-r", "--all"], nth: 3, reverts: true },
  { name: "a step in between that is reverted", args: ["-r", "--all"], nth: 1, reverts: true },
];

for (const { name: backend, database } of backends().filter(({ name }) => name === "postgres")) {
  const prepare = async (venue: Venue, path: string, { reverts }: { reverts?: true }) => {
    await venue.reset();
    if (reverts) assert.equal((await runTool(["migrate", "-a", "--all"], { venue, path })).code, 0);
    venue.log.length = 0;
  };

  Deno.test(`a COMMIT that Hasura has sent again while the first is at work is waited for: ${backend}`, async (t) => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(3) });
    for (const { name, args, stdin = "", nth, ...start } of CASES) {
      await t.step(name, async () => {
        await prepare(venue, deployment.path, start);
        const release = Promise.withResolvers<void>();
        const action: FaultAction = { commitAtWork: release.promise, again: true };
        venue.addFault({ match: { ...STEP, nth }, when: "before-commit", do: action });
        const running = runTool(["migrate", ...args, ...LIMITS], { venue, path: deployment.path, stdin });
        // Longer than anybody would wait for the lock of another run.
        await Promise.race([seenAfterStep(venue, { nth, looks: 8 }), running]);
        release.resolve();
        const result = await running;
        await venue.settled();
        assert.equal(result.code, 0, result.stderr);
        assert.doesNotMatch(result.stderr, /another run|nothing was kept/);
        const expected = start.reverts ? [0] : stdin.includes("n") ? [0, 1] : [0, 1, 2, 3];
        assert.deepEqual(await venue.ledger(), expected);
        assert.match(result.stderr, /note: Hasura answered that \d_step_\d was \w+, and the ledger does not show it; /);
        const [, table = ""] = result.stdout.split("Database Status");
        assert.equal(table.match(/Not Present$/gm)?.length ?? 0, 4 - expected.length, result.stdout);
      });
    }
  });

  Deno.test(`a COMMIT that Hasura has sent again and that fails in the end is told as lost: ${backend}`, async (t) => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(3) });
    for (const { name, args, stdin = "", nth, ...start } of CASES) {
      await t.step(name, async () => {
        await prepare(venue, deployment.path, start);
        const before = await venue.ledger();
        const release = Promise.withResolvers<void>();
        const action: FaultAction = { commitAtWork: release.promise, again: true, fails: true };
        venue.addFault({ match: { ...STEP, nth }, when: "before-commit", do: action });
        const running = runTool(["migrate", ...args, ...LIMITS], { venue, path: deployment.path, stdin });
        await Promise.race([seenAfterStep(venue, { nth, looks: 8 }), running]);
        release.resolve();
        const result = await running;
        assert.equal(result.code, 1, result.stderr);
        assert.match(
          result.stderr,
          /error\[failed\]: Hasura answered that \d_step_\d was \w+, but the ledger does not/,
        );
        assert.match(result.stderr, new RegExp(`INFO ${nth - 1} of 3 migrations `));
        const rest = start.reverts ? before.slice(0, 5 - nth) : [0, 1, 2, 3].slice(0, nth);
        assert.deepEqual(await venue.ledger(), rest);
      });
    }
  });

  Deno.test(`a COMMIT that stays under way ends with 9, and the same command goes on: ${backend}`, async (t) => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(3) });
    for (const { name, args, stdin = "", nth, ...start } of CASES) {
      await t.step(name, async () => {
        await prepare(venue, deployment.path, start);
        const release = Promise.withResolvers<void>();
        const action: FaultAction = { commitAtWork: release.promise, again: true };
        venue.addFault({ match: { ...STEP, nth }, when: "before-commit", do: action });
        const limits = ["--lock-timeout=0.5", "--settle-timeout=0.5"];
        const result = await runTool(["migrate", ...args, ...limits], { venue, path: deployment.path, stdin });
        assert.equal(result.code, 9, result.stderr);
        assert.match(
          result.stderr,
          /error\[unknown\]: It is not known whether (\d_step_\d) was [^]*still running[^]*Go on/,
        );
        assert.match(
          result.stderr,
          new RegExp(`INFO ${nth - 1} of 3 migrations \\w+; of \\d_step_\\d it is not known\n`),
        );
        release.resolve();
        await venue.settled();
        const again = await runTool(["migrate", ...args.slice(0, 1), "--all"], { venue, path: deployment.path });
        assert.equal(again.code, 0, again.stderr);
        assert.deepEqual(await venue.ledger(), start.reverts ? [0] : [0, 1, 2, 3]);
      });
    }
  });

  Deno.test(`a COMMIT that is late is waited for like a step: ${backend}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(2) });
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, when: "before-commit", do: { commitAtWork: release.promise } });
    const running = runTool(["migrate", "-a", "--all"], { venue, path: deployment.path });
    const waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query = 'COMMIT' and " +
      "datname = current_database()";
    while ((await venue.sql(waiting))[0]?.[0] !== "1");
    const status = await runTool(["status"], { venue, path: deployment.path });
    assert.match(status.stderr, /PostgreSQL's session \d+/);
    release.resolve();
    assert.equal((await running).code, 0);
  });

  Deno.test(`a COMMIT that never arrives keeps the lock for ten seconds: ${backend}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(2) });
    const givenUp = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, when: "before-commit", do: { commitSwallowed: givenUp.promise } });
    const all = ["migrate", "-a", "--all"];
    const running = runTool([...all, "--settle-timeout=0.5"], { venue, path: deployment.path });
    await venue.waitForRequest(isStep);
    const idle =
      "select count(*) from pg_stat_activity where state = 'idle in transaction' and query like '%1_step_1%' and " +
      "datname = current_database()";
    while ((await venue.sql(idle))[0]?.[0] !== "1");
    givenUp.resolve();
    const lost = await running;
    assert.equal(lost.code, 9, lost.stderr);
    // Nothing but the usual limits.
    const again = await runTool(all, { venue, path: deployment.path });
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await venue.ledger(), [0, 1, 2]);
  });
}
