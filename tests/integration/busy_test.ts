/** Two runs on one database. */

import assert from "node:assert/strict";
import { LOCK_KEYS } from "../../src/migrations/types.ts";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { backends, type RequestRecord, startVenue } from "../venue/mod.ts";

const RUN_ALL = ["migrate", "-a", "--all", "--lock-timeout=0.5"];
const isStep = ({ type, readOnly }: RequestRecord) => type === "run_sql" && readOnly === false;
const LOCK = `select pg_advisory_lock(${LOCK_KEYS.join(", ")})`;
const UNLOCK = `select pg_advisory_unlock(${LOCK_KEYS.join(", ")})`;

for (const { name, database } of backends()) {
  // PGlite has one session, so that nobody else can hold the lock.
  if (name === "pglite") continue;

  Deno.test(`a lock that is held at the start is waited for, and told when it stays: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(1) });
    await venue.sql(LOCK);
    const refused = await runTool(RUN_ALL, { venue, path: deployment.path });
    assert.equal(refused.code, 6, refused.stderr);
    assert.match(refused.stderr, /error\[busy\]: Cannot start: another run holds the migration lock of this database/);
    assert.match(refused.stderr, /a session that does not say what it does, in PostgreSQL's session \d+/);
    assert.match(refused.stderr, /\nstate: Nothing was changed; the database is at 0\n/);
    assert.deepEqual(venue.writes(), []);
    const atOnce = await runTool([...RUN_ALL, "--lock-timeout=0"], { venue, path: deployment.path });
    assert.equal(atOnce.code, 6);

    venue.log.length = 0;
    const waiting = runTool([...RUN_ALL, "--lock-timeout=60"], { venue, path: deployment.path });
    let looks = 0;
    await venue.waitForRequest((request) => request.readOnly === true && ++looks === 3);
    await venue.sql(UNLOCK);
    assert.equal((await waiting).code, 0);
    assert.deepEqual(await venue.ledger(), [0, 1]);
  });

  Deno.test(`a lock that is taken during the run is waited for, and told when it stays: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(2) });
    for (const [lockTimeout, code] of [["0.5", 6], ["60", 0]] as const) {
      await venue.reset();
      const release = Promise.withResolvers<void>();
      venue.addFault({ match: { type: "run_sql", readOnly: false, nth: 2 }, do: { hold: release.promise } });
      const running = runTool([...RUN_ALL, `--lock-timeout=${lockTimeout}`], { venue, path: deployment.path });
      let steps = 0;
      await venue.waitForRequest((request) => isStep(request) && ++steps === 2);
      await venue.sql(LOCK);
      release.resolve();
      if (code === 0) {
        // It has been refused once, and tries again.
        let attempts = 0;
        await venue.waitForRequest((request) => isStep(request) && ++attempts === 3);
        await venue.sql(UNLOCK);
      }
      const result = await running;
      assert.equal(result.code, code, result.stderr);
      if (code === 6) {
        assert.match(result.stderr, /error\[busy\]: Cannot apply 2_step_2: another run holds the migration lock/);
        assert.match(result.stderr, /\nstate: 2_step_2 was not started by this run; the database is at 1\n/);
        await venue.sql(UNLOCK);
      }
      assert.deepEqual(await venue.ledger(), code === 6 ? [0, 1] : [0, 1, 2]);
    }
  });
}

for (const { name, database } of backends()) {
  if (name === "pglite") continue;

  Deno.test(`a ledger that is locked at the start is waited for: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(1) });
    await venue.sql("begin; lock table migrations.schema_migrations in access exclusive mode");
    const running = runTool(["migrate", "-a", "--all", "--lock-timeout=60"], { venue, path: deployment.path });
    await venue.waitForRequest(({ status, readOnly }) => readOnly === true && status === undefined);
    let looks = 0;
    await venue.waitForRequest(({ readOnly }) => readOnly === true && ++looks === 2);
    await venue.sql("commit");
    const result = await running;
    assert.equal(result.code, 0, result.stderr);
  });

  Deno.test(`a run that waits does not take the gap between two steps of another one: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(3) });
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const step = { type: "run_sql", readOnly: false };
    venue.addFault({ match: { ...step, nth: 1 }, when: "before-commit", do: { hold: first.promise } });
    const working = runTool(RUN_ALL, { venue, path: deployment.path });
    await venue.waitForRequest(isStep);
    const waiting = runTool(["migrate", "-a", "--all", "--lock-timeout=60"], { venue, path: deployment.path });
    let looks = 0;
    await venue.waitForRequest(({ readOnly }) => readOnly === true && ++looks === 4);
    // The second step is held before it comes to the database, so that the lock is free for a while.
    venue.addFault({ match: { ...step, nth: 1 }, do: { hold: second.promise } });
    first.resolve();
    let steps = 0;
    await venue.waitForRequest((request) => isStep(request) && ++steps === 2);
    const isLook = ({ readOnly }: RequestRecord) => readOnly === true;
    const wanted = venue.log.filter(isLook).length + 3;
    let count = 0;
    await Promise.race([venue.waitForRequest((request) => isLook(request) && ++count === wanted), waiting]);
    second.resolve();
    assert.equal((await working).code, 0);
    const result = await waiting;
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stderr, /INFO nothing to apply/);
  });

  Deno.test(`waiting for another run is no part of --step-timeout: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(1) });
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: { type: "run_sql", readOnly: false }, do: { hold: release.promise } });
    const args = [...RUN_ALL, "--lock-timeout=2", "--step-timeout=0.3"];
    const running = runTool(args, { venue, path: deployment.path });
    await venue.waitForRequest(isStep);
    await venue.sql(LOCK);
    release.resolve();
    const result = await running;
    assert.equal(result.code, 6, result.stderr);
    await venue.sql(UNLOCK);
  });

  Deno.test(`a session that has lost its Hasura ends by itself: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(2) });
    venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before-commit", do: "lose-backend" });
    const result = await runTool(RUN_ALL, { venue, path: deployment.path });
    // Hasura has repeated COMMIT on another connection and answered 200.
    assert.notEqual(result.code, 0, result.stderr);
    assert.match(result.stderr, /"apply 1_step_1" by .*, "idle in transaction"|but the ledger does not show it/);
    const limit = "select setting from pg_settings where name = 'idle_in_transaction_session_timeout'";
    assert.deepEqual(await venue.sql(limit), [["0"]]);
  });
}

for (const { name, database } of backends()) {
  Deno.test(`a ledger that changes under a run stops it, and it says what the other did: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(3) });
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: { type: "run_sql", readOnly: false }, do: { hold: release.promise } });
    const first = runTool(RUN_ALL, { venue, path: deployment.path });
    await venue.waitForRequest(isStep);
    const second = await runTool(RUN_ALL, { venue, path: deployment.path });
    assert.equal(second.code, 0, second.stderr);
    release.resolve();
    const result = await first;
    assert.equal(result.code, 6, result.stderr);
    assert.match(
      result.stderr,
      /error\[busy\]: Cannot apply 1_step_1: another run changed the ledger in the meantime\nstate: .*; 1 to 3 were applied by somebody else; the database is now at 3\n/,
    );
    assert.deepEqual(await venue.ledger(), [0, 1, 2, 3]);
  });
}

Deno.test("where Hasura hides what PostgreSQL says, a run that is in the way is still seen", async () => {
  await using venue = await startVenue({ internalErrors: false });
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const release = Promise.withResolvers<void>();
  venue.addFault({ match: { type: "run_sql", readOnly: false }, do: { hold: release.promise } });
  const first = runTool(RUN_ALL, { venue, path: deployment.path });
  await venue.waitForRequest(isStep);
  assert.equal((await runTool(RUN_ALL, { venue, path: deployment.path })).code, 0);
  release.resolve();
  const result = await first;
  assert.equal(result.code, 6, result.stderr);
  assert.match(result.stderr, /another run changed the ledger in the meantime/);
});

Deno.test("a run with nothing to do that another one undoes meanwhile has not reached what was asked for", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const run = (...args: string[]) => runTool(["migrate", ...args], { venue, path: deployment.path });
  for (const [direction, opposite, at] of [["apply", "revert", 0], ["revert", "apply", 2]] as const) {
    assert.equal((await run(`--${direction}`, "--all")).code, 0);
    for (const args of [["--all"], []]) {
      venue.log.length = 0;
      const release = Promise.withResolvers<void>();
      // The look at the end of the run.
      venue.addFault({ match: { type: "run_sql", readOnly: true, nth: 2 }, do: { hold: release.promise } });
      const idle = run(`--${direction}`, ...args);
      let looks = 0;
      await venue.waitForRequest(({ type, readOnly }) => type === "run_sql" && readOnly === true && ++looks === 2);
      assert.equal((await run(`--${opposite}`, "--all")).code, 0);
      release.resolve();
      const result = await idle;
      assert.equal(result.code, 6, result.stderr);
      assert.match(result.stderr, /^error\[busy\]: Another run changed the ledger in the meantime$/m);
      assert.match(
        result.stderr,
        new RegExp(
          `^state: At the start of this run nothing was left to ${direction}; the database is now at ${at}$`,
          "m",
        ),
      );
      assert.equal((await run(`--${direction}`, "--all")).code, 0);
    }
  }
});
