/** The 25 bugs of the Python script (docs/differences-from-the-script.md), one by one. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigration, tableMigrations } from "../support/deployment.ts";
import { startVenue, type Venue } from "../venue/mod.ts";

const FAILING = { folder: "2_fails", up: "select 1 / 0;" };
const RUN_ALL = ["migrate", "-a", "--all"];

/** Runs the test with a fresh venue and a deployment of two migrations. */
function bug(name: string, test: (venue: Venue, path: string) => Promise<void>): void {
  Deno.test(name, async () => {
    await using venue = await startVenue();
    await using deployment = await createDeployment({ migrations: tableMigrations(2) });
    await test(venue, deployment.path);
  });
}

bug("B1: a migration that fails step by step exits with 1, after metadata and summary", async (venue) => {
  await using deployment = await createDeployment({ migrations: [tableMigration(1, "a"), FAILING] });
  const result = await runTool(["migrate", "-a"], { venue, path: deployment.path, stdin: "y\ny\n" });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /division by zero[^]*INFO 1 of 2 migrations applied[^]*INFO Metadata reloaded/);
});

bug("B2: no command is a usage error, and a bug of ours is an internal error", async (venue, path) => {
  assert.equal((await runTool([], { bare: true })).code, 2);
  const result = await runTool(["status"], {
    venue,
    path,
    runtime: { readDir: () => Promise.reject(new TypeError("x is undefined")) },
  });
  assert.equal(result.code, 70);
  assert.match(result.stderr, /error\[internal\]: x is undefined\nnext: This is a bug/);
  assert.doesNotMatch(result.stderr, /\n +at /);
  const debug = await runTool(["status", "--debug"], {
    venue,
    path,
    runtime: { readDir: () => Promise.reject(new TypeError("x is undefined")) },
  });
  assert.match(debug.stderr, /TypeError: x is undefined\n +at /);
});

bug("B3: status and help write nothing", async (venue, path) => {
  await runTool(["status"], { venue, path });
  await runTool(["status", "--json"], { venue, path });
  await runTool(["status", "--check"], { venue, path });
  const requests = venue.log.length;
  for (const args of [["--help"], ["migrate", "--help"], ["status", "-h"], ["--version"]]) {
    assert.equal((await runTool(args, { bare: true, venue })).code, 0);
  }
  assert.deepEqual(venue.writes(), []);
  assert.equal(venue.log.length, requests);
  assert.deepEqual(await venue.tracker(), {});
});

bug("B4: the status does not depend on what else Hasura says", async (venue, path) => {
  const plain = await runTool(["status"], { venue, path });
  await venue.sql("create table public.plan (id integer)");
  await venue.reset({ version: "v9.9.9-strange", trackedTables: [{ schema: "public", name: "gone" }] });
  const noisy = await runTool(["status"], { venue, path });
  assert.equal(noisy.stdout, plain.stdout);
  assert.match(noisy.stderr, /WARN Metadata is inconsistent: 1 object\n/);
});

Deno.test("B5: secrets and paths with any character work, and no process is started", async () => {
  for (
    const adminSecret of ["it's", 'say "hi"', "pa$word", "a#b", "two words", "ümläut €", "`id`; $(id)", "tab\tinside"]
  ) {
    await using venue = await startVenue({ adminSecret });
    await using deployment = await createDeployment({
      migrations: tableMigrations(1),
      files: { "a b/c'd/migrations/Aerie/1_x/up.sql": "select 1" },
    });
    const byOption = await runTool(["status"], { venue, path: `${deployment.path}/a b/c'd` });
    assert.deepEqual([byOption.code, byOption.stderr], [0, ""], adminSecret);
    const byEnvironment = await runTool(["status"], {
      path: deployment.path,
      env: { HASURA_GRAPHQL_ENDPOINT: venue.url, HASURA_GRAPHQL_ADMIN_SECRET: adminSecret },
    });
    assert.equal(byEnvironment.code, 0, byEnvironment.stderr);
    assert.ok(venue.log.every((request) => request.status === 200), adminSecret);
  }
});

bug("B6: rows that PostgreSQL returns out of order are no gap", async (venue, path) => {
  await venue.sql(`insert into migrations.schema_migrations values ('1');
    update migrations.schema_migrations set migration_id = migration_id where migration_id = '0'`);
  assert.deepEqual(await venue.sql("select migration_id from migrations.schema_migrations"), [["1"], ["0"]]);
  const result = await runTool(["status"], { venue, path });
  assert.equal(result.code, 0, result.stderr);
});

bug("B7: a database that is newer than the folder is named as that", async (venue, path) => {
  await venue.sql("insert into migrations.schema_migrations values ('1'), ('2'), ('3')");
  const result = await runTool(RUN_ALL, { venue, path });
  assert.equal(result.code, 5);
  assert.match(result.stderr, /The database has migration 3, which the migrations folder lacks/);
});

bug("B8: what the tracker marks and the ledger lacks is un-marked", async (venue, path) => {
  const other = {
    migrations: { Other: { "5": false } },
    settings: { migration_mode: "true" },
    isStateCopyCompleted: true,
  };
  await venue.setTracker({
    ...other,
    migrations: { ...other.migrations, Aerie: { "1": false, "2": false, "9": true } },
  });
  assert.equal((await runTool(["migrate", "-r", "--all"], { venue, path })).code, 0);
  assert.deepEqual(await venue.tracker(), { ...other, migrations: { ...other.migrations, Aerie: {} } });
});

bug("B9: a tracker that cannot be written is told, and exits with 7", async (venue, path) => {
  venue.addFault({
    match: { type: "set_catalog_state" },
    do: { status: 500, body: '{"path":"$","error":"no","code":"unexpected"}', contentType: "application/json" },
    times: 10,
  });
  const result = await runTool(RUN_ALL, { venue, path });
  assert.equal(result.code, 7, result.stderr);
  assert.match(result.stderr, /Cannot write Hasura's tracker: Hasura refused: no \(unexpected, HTTP 500\)/);
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

bug("B10: inconsistent metadata is listed, and exits with 7", async (venue, path) => {
  await venue.reset({ trackedTables: [{ schema: "public", name: "gone" }] });
  const result = await runTool(RUN_ALL, { venue, path });
  assert.equal(result.code, 7);
  assert.match(
    result.stderr,
    /WARN Metadata is inconsistent: 1 object\n {2}table gone in source Aerie: .*no such table/,
  );
  assert.match(result.stderr, /error\[metadata\]: The metadata of Hasura is inconsistent/);
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

bug("B11: the end of the input reloads the metadata all the same", async (venue, path) => {
  const result = await runTool(["migrate", "-a"], { venue, path, stdin: "y\n" });
  assert.equal(result.code, 1);
  assert.match(
    result.stderr,
    /error\[failed\]: The input ended[^]*INFO 1 of 2 migrations applied[^]*INFO Metadata reloaded/,
  );
  assert.deepEqual(await venue.ledger(), [0, 1]);
});

// B12, the question before everything is reverted, needs a terminal: tests/e2e/terminal_test.ts.

bug("B13: a missing file stops the run before its first step", async (venue) => {
  await using deployment = await createDeployment({
    migrations: [tableMigration(1, "a"), { ...tableMigration(2, "b"), up: undefined }, tableMigration(3, "c")],
  });
  for (const args of [RUN_ALL, ["migrate", "-a"]]) {
    const result = await runTool(args, { venue, path: deployment.path, stdin: "y\ny\ny\n" });
    assert.equal(result.code, 3);
    assert.deepEqual(venue.writes(), []);
  }
});

bug("B14: two runs at once apply each migration once", async (venue, path) => {
  const results = await Promise.all([runTool(RUN_ALL, { venue, path }), runTool(RUN_ALL, { venue, path })]);
  const codes = results.map((result) => result.code).sort();
  assert.ok(codes[0] === 0 && (codes[1] === 0 || codes[1] === 6), results.map((result) => result.stderr).join("\n"));
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

bug("B15: no colors and no screen clearing off a terminal", async (venue, path) => {
  for (const args of [["status"], RUN_ALL, ["migrate", "-r"], ["--help"], ["bogus"]]) {
    const result = await runTool(args, {
      ...(args[0] === "--help" || args[0] === "bogus" ? {} : { venue, path }),
      stdin: "y\nq\n",
    });
    assert.ok(!`${result.stdout}${result.stderr}`.includes("\x1b"), args.join(" "));
  }
});

bug("B16: errors are on stderr, and stdout has only what was asked for", async (venue, path) => {
  const result = await runTool(["status"], { venue: { url: venue.url, adminSecret: "not-the-secret" }, path });
  assert.equal(result.stdout, "");
  assert.match(result.stderr, /^error\[access\]: /);
});

bug("B17: config.yaml is read as YAML", async (venue) => {
  await using deployment = await createDeployment({
    migrations: tableMigrations(1),
    files: {
      "config.yaml": `# endpoint: http://commented.invalid\nnested:\n  endpoint: http://nested.invalid\n` +
        `endpoint : "${venue.url}/" # with a comment\nadmin_secret: '${venue.adminSecret}'\nendpoint_extra: x\n`,
    },
  });
  const result = await runTool(["status"], { path: deployment.path });
  assert.deepEqual([result.code, result.stderr], [0, ""]);
});

bug("B18: no address is guessed for an after task, nor a task for a migration: the run stops with 8", async (venue) => {
  const baseSql = await Deno.readTextFile(new URL("../../examples/schema/ledger_integer.sql", import.meta.url));
  await venue.reset({ baseSql });
  await using deployment = await createDeployment({
    migrations: [
      {
        folder: "1_a",
        up: "call migrations.mark_migration_applied(1, true);",
        down: "call migrations.mark_migration_rolled_back(1);",
      },
      tableMigration(2, "b"),
    ],
  });
  const run = (...args: string[]) => runTool(args, { venue, path: deployment.path });
  const first = await run(...RUN_ALL);
  assert.equal(first.code, 8);
  assert.match(
    first.stderr,
    /error\[after-task\]: .* migration 1_a: this version of the tool does not know it\nstate: Nothing/,
  );
  assert.deepEqual(await venue.ledger(), [0]);
  const skipping = await run(...RUN_ALL, "--skip-after");
  assert.equal(skipping.code, 8);
  assert.match(
    skipping.stderr,
    /error\[after-task\]: The "after" task of migration 1_a is open\nstate: 1_a is applied/,
  );
  assert.deepEqual(await venue.ledger(), [0, 1]);
  const second = await run(...RUN_ALL);
  assert.equal(second.code, 8);
  assert.match(second.stderr, /migration 1_a: this version of the tool does not know it\nstate: .*1_a is applied/);
  assert.equal((await run("after", "done")).code, 0);
  const third = await run(...RUN_ALL);
  assert.equal(third.code, 0, third.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

bug("B19: two runs in one process share nothing", async (venue, path) => {
  await using other = await startVenue({ adminSecret: "the-other-secret" });
  const results = await Promise.all([runTool(["status"], { venue, path }), runTool(RUN_ALL, { venue: other, path })]);
  assert.deepEqual(results.map((result) => result.code), [0, 0]);
  assert.deepEqual([await venue.ledger(), await other.ledger()], [[0], [0, 1, 2]]);
});

// B20, an exit code without a message: runTool holds for every run of the suite that there is one.

bug("B21: what the server says is shown", async (venue, path) => {
  const result = await runTool(["status", "--database-name=Aerie"], {
    venue: { url: venue.url, adminSecret: "wrong-secret" },
    path,
  });
  assert.match(result.stderr, /invalid "x-hasura-admin-secret"\/"x-hasura-access-key"/);
});

bug("B22: a row that is missing after its step is noticed", async (venue) => {
  await using deployment = await createDeployment({
    migrations: [{
      folder: "1_a",
      up: "call migrations.mark_migration_applied('1'); call migrations.mark_migration_rolled_back('1');",
    }],
  });
  const result = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /does not mark its migration/);
});

bug("B23: nobody has to press Enter: nothing to do and no input is success", async (venue, path) => {
  assert.equal((await runTool(RUN_ALL, { venue, path })).code, 0);
  const result = await runTool(["migrate", "-a"], { venue, path, stdin: "" });
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /NO MIGRATION STEPS AVAILABLE\n/);
});

bug("B24: the steps are shown before the first one runs", async (venue) => {
  await using deployment = await createDeployment({
    migrations: [FAILING, tableMigration(1, "a"), tableMigration(3, "c")],
  });
  const result = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 1);
  assert.match(result.stdout, /VERSION {2}TYPE {2}NAME\n1 {8}up {4}a\n2 {8}up {4}fails\n3 {8}up {4}c\n/);
});

bug("B25: a usage error and a failed migration have different codes", async (venue) => {
  await using deployment = await createDeployment({ migrations: [{ ...FAILING, folder: "1_fails" }] });
  assert.equal((await runTool(["migrate", "-a", "-r"], { venue, path: deployment.path })).code, 2);
  assert.equal((await runTool(RUN_ALL, { venue, path: deployment.path })).code, 1);
});
