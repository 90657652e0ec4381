/** Folders and files that cannot be used: a clear message, the right code, and nothing changed. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigration, tableMigrations, type TestMigration } from "../support/deployment.ts";
import { fingerprint } from "../support/fingerprint.ts";
import { startVenue } from "../venue/mod.ts";

const MARK_1 = "call migrations.mark_migration_applied('1');\n";

interface Case {
  name: string;
  migrations: TestMigration[];
  files?: Record<string, string | Uint8Array>;
  /** Whether the files are sent without a look at them. */
  unchecked?: true;
  code: number;
  /** What stderr must say. */
  message: RegExp;
}

const REFUSED: Case[] = [
  {
    name: "an empty folder",
    migrations: [],
    code: 3,
    message: /Cannot find migrations: ".*\/migrations\/Aerie" is empty/,
  },
  {
    name: "a folder without a number",
    migrations: [...tableMigrations(1), { folder: "backup" }],
    code: 3,
    message: /"backup" is not named <number>_<name>/,
  },
  {
    name: "a number with leading zeros",
    migrations: [{ ...tableMigration(1, "x"), folder: "01_x" }],
    code: 3,
    message: /"01_x" has a number with leading zeros/,
  },
  {
    name: "a folder without a name",
    migrations: [...tableMigrations(2), { ...tableMigration(3, "x"), folder: "3_" }],
    code: 3,
    message: /"3_" is not named <number>_<name>/,
  },
  {
    name: "number 0",
    migrations: [{ ...tableMigration(1, "x"), folder: "0_base" }],
    code: 3,
    message: /"0_base" has the number 0/,
  },
  {
    name: "a number that PostgreSQL cannot hold",
    migrations: [{ ...tableMigration(1, "x"), folder: "99999999999_x" }],
    code: 3,
    message: /"99999999999_x" has a number above 2147483647/,
  },
  {
    name: "a plain file",
    migrations: tableMigrations(1),
    files: { "migrations/Aerie/2_flat.up.sql": "select 1" },
    code: 3,
    message: /"2_flat.up.sql" is not a folder/,
  },
  {
    name: "two folders with one number",
    migrations: [...tableMigrations(2), { ...tableMigration(2, "y"), folder: "2_other" }],
    code: 3,
    message: /"2_(other|step_2)" and "2_(step_2|other)" have the same number/,
  },
  {
    name: "a gap in the numbers",
    migrations: [tableMigration(1, "a"), tableMigration(3, "c"), tableMigration(6, "f")],
    code: 3,
    message: /number 2 is missing; numbers 4 to 5 are missing/,
  },
  {
    name: "a missing up.sql",
    migrations: [tableMigration(1, "a"), { ...tableMigration(2, "b"), up: undefined }],
    code: 3,
    message: /"[^"]*2_b\/up.sql" does not exist/,
  },
  {
    name: "an empty up.sql",
    migrations: [{ ...tableMigration(1, "a"), up: " \n" }],
    code: 3,
    message: /up.sql": it is empty/,
  },
  {
    name: "an up.sql that is not UTF-8",
    migrations: [{ ...tableMigration(1, "a"), up: new Uint8Array([0x73, 0xff, 0xfe]) }],
    code: 3,
    message: /up.sql": it is not UTF-8 text/,
  },
  {
    name: "an up.sql with a NUL",
    migrations: [{ ...tableMigration(1, "a"), up: "select 1; \0 select 2;" }],
    code: 3,
    message: /up.sql": it has a NUL character/,
  },
  {
    name: "SQL that fails in the middle",
    migrations: [{ folder: "1_a", up: `create table public.kept (i integer);\nselect 1 / 0;\n${MARK_1}` }],
    code: 1,
    message:
      /"[^"]*1_a\/up.sql" failed: division by zero \(SQLSTATE 22012\)\nstate: All that 1_a changed was rolled back/,
  },
  {
    name: "SQL with a syntax error in the second file",
    migrations: [tableMigration(1, "a"), {
      folder: "2_b",
      up: `create table public.kept (i integer);\n\nnonsense;\n${MARK_1}`,
    }],
    code: 3,
    message: /Cannot use ".*2_b\/up.sql" line 3: syntax error at or near "nonsense"\nstate: Nothing was changed\n/,
  },
  {
    name: "SQL that cannot be sent",
    migrations: [{ folder: "1_a", up: `-- é\ncommit;\nvacuum;\n${MARK_1}` }],
    code: 3,
    message:
      /Cannot use ".*1_a\/up.sql" line 2: COMMIT would .*; line 3: VACUUM cannot .*\nstate: Nothing was changed\n/,
  },
  {
    name: "SQL for psql",
    migrations: [{ folder: "1_a", up: `\\set ON_ERROR_STOP on\n${MARK_1}` }],
    code: 3,
    message: /1_a\/up.sql" line 1: "\\set" is a command of psql/,
  },
  {
    name: "SQL with a syntax error, not checked",
    unchecked: true,
    migrations: [{ folder: "1_a", up: `create table public.kept (i integer);\nnonsense;\n${MARK_1}` }],
    code: 1,
    message: /failed: syntax error at or near "nonsense"/,
  },
  {
    name: "SQL that fails at the commit",
    migrations: [{
      folder: "1_a",
      up: `create table public.kept (i integer unique deferrable initially deferred);
        insert into public.kept values (1), (1);\n${MARK_1}`,
    }],
    code: 1,
    message: /failed: duplicate key value violates unique constraint "kept_i_key"/,
  },
  {
    name: "SQL without the mark call",
    migrations: [{ folder: "1_a", up: "create table public.kept (i integer);" }],
    code: 1,
    message:
      /does not mark its migration: after it ran, the ledger has 1 rows and ends with 0.*rolled back.*mark_migration_applied\('1'\)/s,
  },
  {
    name: "SQL that marks another number",
    migrations: [{
      folder: "1_a",
      up: "create table public.kept (i integer);\ncall migrations.mark_migration_applied('2');",
    }],
    code: 1,
    message: /does not mark its migration/,
  },
  {
    name: "SQL that marks two numbers",
    migrations: [{ folder: "1_a", up: `${MARK_1}call migrations.mark_migration_applied('2');` }],
    code: 1,
    message: /does not mark its migration/,
  },
  {
    name: "SQL that marks its number in another spelling",
    migrations: [{ folder: "1_a", up: "call migrations.mark_migration_applied('01');" }],
    code: 1,
    message:
      /does not mark its migration: after it ran, the ledger has 2 rows and ends with 1, one of them '01', not 2 rows/,
  },
  {
    name: "SQL that resets its session",
    migrations: [{ folder: "1_a", up: `create table public.kept (i integer);\nreset all;\nselect 1 / 0;\n${MARK_1}` }],
    code: 1,
    message: /failed: division by zero[^]*rolled back/,
  },
  {
    name: "SQL whose error quotes the whole file, not checked",
    unchecked: true,
    migrations: [{ folder: "1_a", up: `select $body$ ${"data ".repeat(1000)}` }],
    code: 1,
    message: /^.{0,600}… \(SQLSTATE 42601\)$/m,
  },
  {
    name: "SQL that raises control codes and lines",
    migrations: [{ folder: "1_a", up: "do $$ begin raise exception e'\\x1b[2Jone\\ntwo'; end $$;" }],
    code: 1,
    message: /failed: {2}\[2Jone; two \(SQLSTATE P0001\)/,
  },
  {
    name: "SQL that ends within a comment, not checked",
    unchecked: true,
    migrations: [{ folder: "1_a", up: `create table public.kept (i integer);\n${MARK_1}/* open` }],
    code: 1,
    message: /unterminated \/\* comment/,
  },
  {
    name: "SQL that ends within a string, not checked",
    unchecked: true,
    migrations: [{ folder: "1_a", up: `create table public.kept (i integer);\n${MARK_1} select 'open` }],
    code: 1,
    message: /error\[failed\]/,
  },
];

Deno.test("bad folders and files", async (t) => {
  await using venue = await startVenue();
  const before = await fingerprint(venue);
  for (const { name, code, message, unchecked, ...deploymentOptions } of REFUSED) {
    const options = unchecked === true ? ["--no-file-check"] : [];
    for (const args of [["migrate", "-a", "--all", ...options], ["migrate", "-a", ...options]]) {
      await t.step(`${name}: ${args.join(" ")}`, async () => {
        await using deployment = await createDeployment(deploymentOptions);
        const result = await runTool(args, { venue, path: deployment.path, stdin: "y\n" });
        assert.match(result.stderr, message);
        assert.match(result.stderr, /^next: /m);
        assert.equal(result.code, code, result.stderr);
        assert.equal(await fingerprint(venue), before);
      });
    }
  }
});

Deno.test("folders that are not there", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  await using other = await createDeployment({ source: "Other", migrations: tableMigrations(1) });
  const cases: [string, string[], string, RegExp][] = [
    [
      "no Hasura folder",
      [],
      "/nowhere/hasura",
      /Cannot read the migrations folder "\/nowhere\/hasura\/migrations": it does not exist/,
    ],
    ["a file for a folder", [], `${deployment.path}/migrations/Aerie/1_step_1/up.sql`, /it is not a directory/],
    ["no folder of that name", ["--database-name=Other"], deployment.path, /has no folder "Other"/],
    ["a folder that is no source of Hasura's", [], other.path, /Hasura at ".*" has no database "Other"/],
  ];
  for (const [name, args, path, message] of cases) {
    for (const command of [["status"], ["migrate", "-a", "--all"]]) {
      await t.step(`${name}: ${command[0]}`, async () => {
        const result = await runTool([...command, ...args], { venue, path });
        assert.match(result.stderr, message);
        assert.equal(result.code, 3, result.stderr);
        assert.deepEqual(venue.writes(), []);
      });
    }
  }
});

Deno.test("a file that cannot be read stops the run before its first step", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  const result = await runTool(["migrate", "-a", "--all"], {
    venue,
    path: deployment.path,
    // Tests may run as root, for whom every file can be read.
    runtime: {
      readFile: (path) =>
        path.includes("/3_") ? Promise.reject(new Deno.errors.PermissionDenied("no")) : Deno.readFile(path),
    },
  });
  assert.match(result.stderr, /Cannot use ".*\/3_step_3\/up.sql": permission denied\nstate: Nothing was changed\n/);
  assert.equal(result.code, 3);
  assert.deepEqual(venue.writes(), []);
});

Deno.test("a missing down.sql stops a revert, and not an apply", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({
    migrations: [{ ...tableMigration(1, "a"), down: undefined }, tableMigration(2, "b")],
  });
  const applied = await runTool(["migrate", "-a", "--all"], { venue, path: deployment.path });
  assert.equal(applied.code, 0, applied.stderr);
  const reverted = await runTool(["migrate", "-r", "--all"], { venue, path: deployment.path });
  assert.match(reverted.stderr, /1_a\/down.sql" does not exist/);
  assert.equal(reverted.code, 3);
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

Deno.test("unusual files that work", async (t) => {
  await using venue = await startVenue();
  const text = (sql: string) => new TextEncoder().encode(sql);
  const bodies: [string, string | Uint8Array][] = [
    ["no semicolon at the end", "create table public.t (i integer); call migrations.mark_migration_applied('1')"],
    ["a comment at the end", `create table public.t (i integer); ${MARK_1}-- the end`],
    [
      "a comment after no semicolon",
      "create table public.t (i integer); call migrations.mark_migration_applied('1') -- end",
    ],
    ["CRLF", `create table public.t (\r\n  i integer\r\n);\r\n${MARK_1.replace("\n", "\r\n")}`],
    ["a byte order mark", new Uint8Array([0xef, 0xbb, 0xbf, ...text(`create table public.t (i integer); ${MARK_1}`)])],
    ["names of our own", `do $aerie$ begin create table public.t (i integer); end $aerie$; ${MARK_1}`],
    ["a session that is reset", `create table public.t (i integer); ${MARK_1} reset all;`],
    ["a local setting", `set local search_path to ''; create table public.t (i integer); ${MARK_1}`],
  ];
  for (const [name, up] of bodies) {
    await t.step(name, async () => {
      await venue.reset();
      await using deployment = await createDeployment({ migrations: [{ folder: "1_a", up }] });
      const result = await runTool(["migrate", "-a", "--all"], { venue, path: deployment.path });
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual(await venue.sql("select to_regclass('public.t')"), [["t"]]);
    });
  }
  await t.step("CRLF inside a string is kept", async () => {
    await venue.reset();
    await using deployment = await createDeployment({
      migrations: [{ folder: "1_a", up: `create table public.t as select 'a\r\nb'::text as v;\r\n${MARK_1}` }],
    });
    await runTool(["migrate", "-a", "--all"], { venue, path: deployment.path });
    assert.deepEqual(await venue.sql("select v from public.t"), [["a\r\nb"]]);
  });
});
