/** The options that limit how long things take. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigration, tableMigrations } from "../support/deployment.ts";
import { backends, startVenue } from "../venue/mod.ts";

const RUN_ALL = ["migrate", "-a", "--all"];

Deno.test("a length of time that cannot be used is a usage error before anything is sent", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const cases: [args: string[], message: RegExp][] = [
    [["status", "--timeout=soon"], /Cannot use option --timeout: "soon" is not a length of time/],
    [["status", "--timeout=0"], /Cannot use option --timeout: "0" is no time at all/],
    [["status", "--wait=-1"], /--wait/],
    [["status", "--wait="], /Cannot use option --wait: its value is empty/],
    [[...RUN_ALL, "--step-timeout=0"], /--step-timeout/],
    [[...RUN_ALL, "--statement-timeout=1 h"], /--statement-timeout/],
    [[...RUN_ALL, "--lock-timeout=25d"], /--lock-timeout/],
    [[...RUN_ALL, "--settle-timeout=1000h"], /longer than 20 days/],
  ];
  for (const [args, message] of cases) {
    const result = await runTool(args, { venue, path: deployment.path });
    assert.equal(result.code, 2, result.stderr);
    assert.match(result.stderr, message);
  }
  assert.equal(venue.log.length, 0);
});

Deno.test("--timeout limits a call that only reads", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const release = Promise.withResolvers<void>();
  venue.addFault({ match: { type: "run_sql" }, do: { hold: release.promise } });
  const result = await runTool(["status", "--timeout=0.3"], { venue, path: deployment.path });
  release.resolve();
  assert.equal(result.code, 4, result.stderr);
  assert.match(result.stderr, /Cannot read the ledger at ".*": The server did not answer in time/);
});

for (const { name, database } of backends()) {
  // PGlite does not look at the time while it works.
  if (name === "pglite") continue;
  const slow = { ...tableMigration(2, "slow"), up: "create table public.slow (); select pg_sleep(600);" };

  Deno.test(`--statement-timeout ends a statement of a migration: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: [tableMigration(1, "a"), slow] });
    const result = await runTool([...RUN_ALL, "--statement-timeout=0.2"], { venue, path: deployment.path });
    assert.equal(result.code, 1, result.stderr);
    assert.match(
      result.stderr,
      /canceling statement due to statement timeout \(SQLSTATE 57014\)\nstate: All that 2_slow/,
    );
    assert.deepEqual(await venue.ledger(), [0, 1]);
    assert.deepEqual(await venue.sql("select to_regclass('public.slow')"), [[null]]);
  });

  Deno.test(`--step-timeout ends a migration: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: [tableMigration(1, "a"), slow] });
    const result = await runTool([...RUN_ALL, "--step-timeout=0.5"], { venue, path: deployment.path });
    assert.equal(result.code, 1, result.stderr);
    assert.match(
      result.stderr,
      /error\[failed\]: Cannot apply 2_slow: it took longer than 500 ms and was ended\nstate: All that 2_slow changed was rolled back/,
    );
    assert.deepEqual(await venue.ledger(), [0, 1]);
    assert.deepEqual(await venue.sql("select to_regclass('public.slow')"), [[null]]);
  });

  Deno.test(`--step-timeout ends no other run's migration: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: [tableMigration(1, "a")] });
    const isStep = (request: { readOnly?: boolean }) => request.readOnly === false;
    const [begin, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // The one with the limit has planned, and comes to the lock when the other one has it.
    venue.addFault({ match: { type: "run_sql", readOnly: false }, do: { hold: begin.promise } });
    const limited = runTool([...RUN_ALL, "--lock-timeout=1", "--step-timeout=0.1"], { venue, path: deployment.path });
    await venue.waitForRequest(isStep);
    venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before-commit", do: { hold: end.promise } });
    const other = runTool(RUN_ALL, { venue, path: deployment.path });
    let steps = 0;
    await venue.waitForRequest((request) => isStep(request) && ++steps === 2);
    begin.resolve();
    let looks = 0;
    await venue.waitForRequest(({ sql }) => sql?.includes("pg_cancel_backend") === true && ++looks === 1);
    assert.notEqual((await limited).code, 0);
    end.resolve();
    const result = await other;
    assert.equal(result.code, 0, result.stderr);
  });
}
