/** The options that limit how long things take. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigration, tableMigrations } from "../support/deployment.ts";
import { backends, startVenue, type Venue } from "../venue/mod.ts";

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
    const [begin, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const end = Promise.withResolvers<void>();
    // The one with the limit has planned, and comes to the lock when the other one has it.
    venue.addFault({ match: { type: "run_sql", readOnly: false }, do: { hold: begin.promise } });
    const limited = runTool([...RUN_ALL, "--lock-timeout=1", "--step-timeout=0.1"], { venue, path: deployment.path });
    await venue.waitForRequest(isStep);
    const hold = () => {
      held.resolve();
      return end.promise;
    };
    venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before-commit", do: { hold } });
    const other = runTool(RUN_ALL, { venue, path: deployment.path });
    await held.promise;
    begin.resolve();
    let looks = 0;
    await venue.waitForRequest(({ sql }) => sql?.includes("pg_cancel_backend") === true && ++looks === 1);
    assert.notEqual((await limited).code, 0);
    end.resolve();
    const result = await other;
    assert.equal(result.code, 0, result.stderr);
  });
}

/** Sets a setting for the venue's database; Hasura's sessions have it from when they begin. */
async function setForDatabase(venue: Venue, setting: string): Promise<void> {
  await venue.sql(
    `do $$ begin execute format('alter database %I set ${setting.replaceAll("'", "''")}', current_database()); end $$`,
  );
  await venue.restart();
}

for (const { name, database } of backends()) {
  // PGlite does not look at the time while it works.
  if (name === "pglite") continue;
  const slow = tableMigration(2, "slow");
  const slowly = (seconds: number) => ({ ...slow, up: `select pg_sleep(${seconds});\n${slow.up}` });

  Deno.test(`a limit of the database's own is named, and can be lifted: ${name}`, async (t) => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: [tableMigration(1, "a"), slowly(1)] });
    await setForDatabase(venue, "statement_timeout = '300ms'");
    await t.step("by default", async () => {
      const result = await runTool(RUN_ALL, { venue, path: deployment.path });
      assert.equal(result.code, 1, result.stderr);
      assert.match(
        result.stderr,
        /^next: statement_timeout, 300ms, set for database "\w+" in PostgreSQL, ended it. .* with --statement-timeout, such as --statement-timeout=1h, or --statement-timeout=none; then run the same command again$/m,
      );
      assert.deepEqual(await venue.ledger(), [0, 1]);
    });
    await t.step("with a limit given", async () => {
      const result = await runTool([...RUN_ALL, "--statement-timeout=0.2"], { venue, path: deployment.path });
      assert.equal(result.code, 1, result.stderr);
      assert.match(result.stderr, /^next: --statement-timeout=200ms ended it\. /m);
    });
    await t.step("with none", async () => {
      const result = await runTool([...RUN_ALL, "--statement-timeout=none"], { venue, path: deployment.path });
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual(await venue.ledger(), [0, 1, 2]);
    });
  });

  Deno.test(`a limit that the file itself sets is told as that, whatever the others are: ${name}`, async () => {
    await using venue = await startVenue({ database });
    const own = { ...slow, folder: "1_own", up: "set local statement_timeout = '50ms'; select pg_sleep(600);" };
    await using deployment = await createDeployment({ migrations: [own] });
    const isTold = async (args: string[]) => {
      const result = await runTool([...RUN_ALL, ...args], { venue, path: deployment.path });
      assert.equal(result.code, 1, result.stderr);
      assert.match(
        result.stderr,
        /^next: statement_timeout, which the file itself sets, ended it\. .* or set it higher in the file; then run/m,
      );
    };
    await isTold([]);
    await setForDatabase(venue, "statement_timeout = '10min'");
    for (const args of [[], ["--statement-timeout=10m"], ["--statement-timeout=none"]]) await isTold(args);
  });

  Deno.test(`the limit of the database for waiting for a lock is named: ${name}`, async () => {
    await using venue = await startVenue({ database });
    const waits = { ...tableMigration(1, "waits"), up: "lock table public.held; select 1;" };
    await using deployment = await createDeployment({ migrations: [waits] });
    await venue.sql("create table public.held ()");
    await setForDatabase(venue, "lock_timeout = '100ms'");
    await venue.sql("begin; lock table public.held");
    const result = await runTool(RUN_ALL, { venue, path: deployment.path });
    await venue.sql("rollback");
    assert.equal(result.code, 1, result.stderr);
    assert.match(
      result.stderr,
      /^next: lock_timeout, 100ms, set for database "\w+" in PostgreSQL, ended it\. Find out who/m,
    );
  });

  Deno.test(`a ledger that is locked is told as that, however short the time for a question: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: [tableMigration(1, "a")] });
    const lock = "begin; lock table migrations.schema_migrations in access exclusive mode";
    const busy = async (args: string[]) => {
      const result = await runTool(args, { venue, path: deployment.path });
      assert.equal(result.code, 6, result.stderr);
      assert.match(result.stderr, /^error\[busy\]: /m);
    };
    await venue.sql(lock);
    for (const timeout of ["0.5", "2"]) {
      await busy(["status", `--timeout=${timeout}`]);
      await busy([...RUN_ALL, `--timeout=${timeout}`, "--lock-timeout=0.1"]);
    }
    await venue.sql("rollback");
    // A limit of the database's own may come first.
    await setForDatabase(venue, "statement_timeout = '100ms'");
    await venue.sql(lock);
    await busy(["status"]);
    await venue.sql("rollback");
  });
}

Deno.test("the limit of the database for a transaction is named", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: [tableMigration(1, "a")] });
  const found = { value: "10ms", milliseconds: 10, source: "user", database: "aerie", role: "hasura" };
  venue.addFault({
    match: { type: "run_sql", readOnly: true, sql: /transaction_timeout.*pg_settings/s },
    do: { status: 200, body: { result_type: "TuplesOk", result: [["setting"], [JSON.stringify(found)]] } },
  });
  const internal =
    "FATAL:  terminating connection due to transaction timeout\nserver closed the connection unexpectedly\n";
  venue.addFault({
    match: { type: "run_sql", readOnly: false },
    do: { status: 500, body: { path: "$", error: "connection error", code: "postgres-error", internal } },
  });
  const result = await runTool([...RUN_ALL, "--lock-timeout=0.1"], { venue, path: deployment.path });
  assert.equal(result.code, 4, result.stderr);
  assert.match(
    result.stderr,
    /^next: transaction_timeout, 10ms, set for role "hasura" in PostgreSQL, ended it\. .* or --step-timeout=none; then run/m,
  );
});

for (const { name, database } of backends()) {
  Deno.test(`--step-timeout, also none, lifts the limit of the database for a transaction: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(1) });
    // A PostgreSQL that is too old to have that limit does not mind.
    for (
      const [args, isLifted] of [[[], false], [["--step-timeout=none"], true], [["--step-timeout=1h"], true]] as const
    ) {
      await venue.reset();
      const result = await runTool([...RUN_ALL, ...args], { venue, path: deployment.path });
      assert.equal(result.code, 0, result.stderr);
      const [step] = venue.log.filter(({ type, readOnly }) => type === "run_sql" && readOnly === false);
      assert.equal(step?.sql?.includes("set_config('transaction_timeout', '0', true)"), isLifted, args.join());
    }
  });
}

Deno.test("--wait=0 tries once", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: [tableMigration(1, "a")] });
  const result = await runTool([...RUN_ALL, "--wait=0"], { venue, path: deployment.path });
  assert.equal(result.code, 0, result.stderr);
  await venue.sql("drop schema migrations cascade");
  assert.equal((await runTool(["status", "--wait=0"], { venue, path: deployment.path })).code, 5);
});
