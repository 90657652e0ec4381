/** Every exit code of the README, on the built program. */

import assert from "node:assert/strict";
import { programPath, runProgram } from "../support/binary.ts";
import { createDeployment, tableMigration, tableMigrations } from "../support/deployment.ts";
import { startVenue } from "../venue/mod.ts";

const RUN_ALL = ["migrate", "-a", "--all"];

Deno.test("exit 0: the asked state is reached", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const result = await runProgram(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

Deno.test("exit 1: a migration fails, and what came before it stays", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({
    migrations: [tableMigration(1, "a"), { folder: "2_b", up: "create table public.b (i integer); select 1 / 0;" }],
  });
  const result = await runProgram(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /error\[failed\]: Cannot apply 2_b: .*division by zero/);
  assert.match(result.stdout, /1 {8}a {5}Present {8}Present\n2 {8}b {5}Present {8}Not Present\n$/);
  assert.deepEqual(await venue.ledger(), [0, 1]);
  assert.deepEqual(await venue.sql("select to_regclass('public.b') is null"), [["t"]]);
});

Deno.test("exit 2: a bad command line", async () => {
  for (
    const args of [[], ["bogus"], ["migrate"], ["migrate", "-a", "-r"], ["migrate", "-a", "extra"], ["status", "-x"]]
  ) {
    const result = await runProgram(args);
    assert.equal(result.code, 2, args.join(" "));
    assert.match(result.stderr, /^error\[usage\]: [^]*\nnext: /);
  }
});

Deno.test("exit 3: a setting is missing", async () => {
  const result = await runProgram(["status", "-p", "/nowhere"]);
  assert.equal(result.code, 3);
  assert.match(result.stderr, /^error\[config\]: /);
});

Deno.test("exit 4: a wrong secret", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const result = await runProgram(["status"], {
    venue: { url: venue.url, adminSecret: "not-the-secret" },
    path: deployment.path,
  });
  assert.equal(result.code, 4);
  assert.match(result.stderr, /^error\[access\]: /);
});

Deno.test("exit 5: a gap in the ledger", async () => {
  await using venue = await startVenue();
  await venue.sql("insert into migrations.schema_migrations values ('2')");
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const result = await runProgram(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 5);
  assert.match(result.stderr, /error\[drift\]: Cannot use the ledger: gap between migrations 0 and 2/);
});

Deno.test("exit 6: the ledger changed between plan and step", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const release = Promise.withResolvers<void>();
  venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before", do: { hold: release.promise } });
  const running = runProgram(RUN_ALL, { venue, path: deployment.path });
  await venue.waitForRequest((request) => request.type === "run_sql" && request.readOnly === false);
  await venue.sql("create table public.step_1 (); call migrations.mark_migration_applied('1')");
  release.resolve();
  const result = await running;
  assert.equal(result.code, 6, result.stderr);
  assert.match(result.stderr, /error\[busy\]: Cannot apply 1_step_1: another run changed the ledger in the meantime/);
  assert.deepEqual(await venue.ledger(), [0, 1]);
});

Deno.test("exit 7: the metadata is inconsistent", async () => {
  await using venue = await startVenue({ trackedTables: [{ schema: "public", name: "gone" }] });
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const result = await runProgram(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 7);
  assert.deepEqual(await venue.ledger(), [0, 1]);
});

Deno.test("exit 8: an after task is open", async () => {
  const baseSql = await Deno.readTextFile(new URL("../../examples/schema/ledger_integer.sql", import.meta.url));
  await using venue = await startVenue({ baseSql });
  await venue.sql("call migrations.mark_migration_applied(1, true)");
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const result = await runProgram(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 8);
  assert.match(result.stderr, /error\[after-task\]: Cannot run the "after" task of migration 1_step_1: .* not know it/);
  assert.deepEqual(await venue.ledger(), [0, 1]);
});

Deno.test("exit 9: the answer of a step is lost, and nobody can be asked what became of it", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before-commit", do: "refuse" });
  const result = await runProgram([...RUN_ALL, "--settle-timeout=0.5"], { venue, path: deployment.path });
  assert.equal(result.code, 9, result.stderr);
  assert.match(
    result.stderr,
    /error\[unknown\]: It is not known whether 1_step_1 was applied: .*for 5\d\d ms, and the data/,
  );
  assert.match(result.stderr, /as soon as migrations.schema_migrations has row 1/);
  assert.match(
    result.stderr,
    /\nnext: Ask the database with "select .*" until .* Go on with "aerie_db_migration /,
  );
  venue.start();
  assert.deepEqual(await venue.ledger(), [0]);
  assert.equal(venue.log.filter((request) => request.type === "run_sql" && request.readOnly === false).length, 1);
  const again = await runProgram(RUN_ALL, { venue, path: deployment.path });
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

Deno.test("exit 10: status --check finds something to do", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const pending = await runProgram(["status", "--check"], { venue, path: deployment.path });
  assert.equal(pending.code, 10);
  assert.match(pending.stderr, /error\[pending\]: The database is behind the folder: 2 migrations pending/);
  assert.match(pending.stdout, /MIGRATION STATUS:/);
  assert.equal((await runProgram(RUN_ALL, { venue, path: deployment.path })).code, 0);
  assert.equal((await runProgram(["status", "--check"], { venue, path: deployment.path })).code, 0);
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test({
    name: `exit ${code}: ${signal} ends the run after the running step`,
    // Windows cannot send a signal to another process without ending it.
    ignore: Deno.build.os === "windows",
  }, async () => {
    await using venue = await startVenue();
    await using deployment = await createDeployment({ migrations: tableMigrations(3) });
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before", do: { hold: release.promise } });
    const process = Promise.withResolvers<Deno.ChildProcess>();
    const running = runProgram(RUN_ALL, {
      venue,
      path: deployment.path,
      onStart: process.resolve,
      onStderr: (text) => text.includes(`${signal} received`) && release.resolve(),
    });
    await venue.waitForRequest((request) => request.type === "run_sql" && request.readOnly === false);
    (await process.promise).kill(signal);
    const result = await running;
    assert.equal(result.code, code, result.stderr);
    assert.match(
      result.stderr,
      new RegExp(`error\\[interrupted\\]: Stopped by ${signal}[^]*INFO 1 of 3 migrations applied`),
    );
    assert.deepEqual(await venue.ledger(), [0, 1]);
  });
}

Deno.test({
  name: "a run under nohup goes on when the terminal ends",
  ignore: Deno.build.os === "windows",
}, async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  const release = Promise.withResolvers<void>();
  venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before", do: { hold: release.promise } });
  const process = Promise.withResolvers<Deno.ChildProcess>();
  const running = runProgram([programPath(), ...RUN_ALL], {
    program: "nohup",
    venue,
    path: deployment.path,
    onStart: process.resolve,
  });
  await venue.waitForRequest((request) => request.type === "run_sql" && request.readOnly === false);
  (await process.promise).kill("SIGHUP");
  release.resolve();
  const result = await running;
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1, 2, 3]);
});
