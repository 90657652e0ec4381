import assert from "node:assert/strict";
import { runSql } from "../venue/client.ts";
import { backends, startVenue, type Venue } from "../venue/mod.ts";

const COMMAND = { result_type: "CommandOk", result: null };
const tuples = (...result: string[][]) => ({ result_type: "TuplesOk", result });

/** The body of a failed statement. */
function failure(statement: string, code: string, rest: Record<string, string | null> & { message: string }) {
  const error = { exec_status: "FatalError", status_code: code, description: null, hint: null, ...rest };
  const internal = { statement, prepared: false, arguments: [], error };
  return { path: "$", error: "query execution failed", code: "postgres-error", internal };
}

function unexpected(statement: string, error: unknown) {
  const internal = { statement, prepared: false, arguments: [], error };
  return { path: "$", error: "query execution failed", code: "postgres-error", internal };
}

const EMPTY = { exec_status: "EmptyQuery", status_code: null, message: null, description: null, hint: null };

async function notes(venue: Venue): Promise<string> {
  return (await venue.sql("select what from note order by what")).map(([what]) => what).join();
}

const NOTES = "create table note (what text primary key);";
const note = (what: string) => `insert into note values ('${what}')`;

for (const { name, database } of backends()) {
  Deno.test(`${name}: run_sql shows the last result as text`, async (t) => {
    await using venue = await startVenue({ database, baseSql: "create table pair (id int, name text)" });
    const cases: [sql: string, expected: unknown][] = [
      ["create table one (id int)", COMMAND],
      ["SELECT", tuples([], [])],
      ["SELECT 1 WHERE false", tuples(["?column?"])],
      ["select 1 as a, 2 as a", tuples(["a", "a"], ["1", "2"])],
      [
        "select true as a, false as b, null as c, 'NULL' as d",
        tuples(["a", "b", "c", "d"], ["t", "f", "NULL", "NULL"]),
      ],
      ["select 1.50 as a, 1 / 3::numeric as b", tuples(["a", "b"], ["1.50", "0.33333333333333333333"])],
      ["select 0.1::float8 as a, '\\xdeadbeef'::bytea as b", tuples(["a", "b"], ["0.1", "\\xdeadbeef"])],
      [
        `select '{"b":  1}'::json as a, '{"b":2,"a":1}'::jsonb as b`,
        tuples(["a", "b"], ['{"b":  1}', '{"a": 1, "b": 2}']),
      ],
      ["select array[1, null, 3] as a", tuples(["a"], ["{1,NULL,3}"])],
      ["select 'Grüße €' as a", tuples(["a"], ["Grüße €"])],
      ["SELECT 1; create table two (id int)", COMMAND],
      ["insert into pair values (1, 'x'); select id from pair", tuples(["id"], ["1"])],
      ["insert into pair values (2, 'y')", COMMAND],
      ["insert into pair values (3, 'z') returning name", tuples(["name"], ["z"])],
      ["show datestyle", tuples(["DateStyle"], ["ISO, MDY"])],
      ["do $$ begin raise notice 'unheard'; end $$", COMMAND],
      ["select 1 -- a comment\n; -- another", tuples(["?column?"], ["1"])],
    ];
    for (const [sql, expected] of cases) {
      await t.step(sql, async () => {
        const { status, json, headers } = await runSql(venue, sql);
        assert.deepEqual(json, expected);
        assert.equal(status, 200);
        assert.equal(headers.get("content-type"), "application/json; charset=utf-8");
      });
    }
    await t.step("EXPLAIN and CALL with OUT arguments have a result", async () => {
      assert.equal((await runSql(venue, "explain select 1")).json.result_type, "TuplesOk");
      await runSql(venue, "create procedure twice(out a int) language plpgsql as $$ begin a := 2; end $$");
      assert.deepEqual((await runSql(venue, "call twice(null)")).json, tuples(["a"], ["2"]));
    });
  });

  Deno.test(`${name}: run_sql says what failed`, async (t) => {
    const baseSql = `${NOTES} ${note("old")};
      create table child (what text references note deferrable initially deferred)`;
    await using venue = await startVenue({ database, baseSql });
    const exists = { message: 'duplicate key value violates unique constraint "note_pkey"' };
    const duplicate = { ...exists, description: "Key (what)=(old) already exists." };
    const raise = "do $$ begin raise exception 'boom' using detail = 'd', hint = 'h'; end $$";
    const unsafe = {
      message: 'unsafe use of new value "c" of enum type e',
      hint: "New enum values must be committed before they can be used.",
    };
    const block = (command: string) => ({ message: `${command} cannot run inside a transaction block` });
    const cases: [sql: string, expected: unknown][] = [
      ["SELECT * FROM nope", failure("SELECT * FROM nope", "42P01", { message: 'relation "nope" does not exist' })],
      [note("old"), failure(note("old"), "23505", duplicate)],
      [raise, failure(raise, "P0001", { message: "boom", description: "d", hint: "h" })],
      ["", unexpected("", EMPTY)],
      [";;", unexpected(";;", EMPTY)],
      ["-- only a comment", unexpected("-- only a comment", EMPTY)],
      [
        `${note("x")}; copy note from stdin; ${note("y")}`,
        unexpected(`${note("x")}; copy note from stdin; ${note("y")}`, "Unexpected execStatus: CopyIn"),
      ],
      [
        `${note("x")}; copy note to stdout`,
        unexpected(`${note("x")}; copy note to stdout`, "Unexpected execStatus: CopyOut"),
      ],
      ["VACUUM", failure("VACUUM", "25001", block("VACUUM"))],
      ["create database other", failure("create database other", "25001", block("CREATE DATABASE"))],
      [
        "alter system set work_mem = '1MB'",
        failure("alter system set work_mem = '1MB'", "25001", block("ALTER SYSTEM")),
      ],
      [
        "create index concurrently on note (what)",
        failure("create index concurrently on note (what)", "25001", block("CREATE INDEX CONCURRENTLY")),
      ],
      [
        "COMMIT; create index concurrently on note (what)",
        failure("COMMIT; create index concurrently on note (what)", "25001", block("CREATE INDEX CONCURRENTLY")),
      ],
      ["COMMIT; VACUUM", failure("COMMIT; VACUUM", "25001", block("VACUUM"))],
      [
        "do $$begin commit; end$$",
        failure("do $$begin commit; end$$", "2D000", { message: "invalid transaction termination" }),
      ],
      [
        "create type e as enum ('a'); commit; alter type e add value 'c'; select 'c'::e",
        failure("create type e as enum ('a'); commit; alter type e add value 'c'; select 'c'::e", "55P04", unsafe),
      ],
    ];
    for (const [sql, expected] of cases) {
      await t.step(sql || "nothing", async () => {
        const { status, json, headers } = await runSql(venue, sql);
        assert.deepEqual(json, expected);
        assert.equal(status, 400);
        assert.equal(headers.get("x-request-id"), null);
        assert.equal(await notes(venue), "old");
      });
    }
    await t.step("a failure at COMMIT is 500", async () => {
      const { status, json } = await runSql(venue, `${note("new")}; insert into child values ('nobody')`);
      assert.equal(status, 500);
      assert.equal(json.error, "postgres tx error");
      assert.equal(json.code, "postgres-error");
      const { error, ...about } = json.internal;
      assert.deepEqual(about, { statement: "COMMIT", prepared: true, arguments: [] });
      assert.equal(error.status_code, "23503");
      assert.equal(await notes(venue), "old");
    });
    // PGlite has no timers, so none of PostgreSQL's time limits.
    if (name === "postgres") {
      await t.step("a statement timeout", async () => {
        const { json } = await runSql(venue, "SET LOCAL statement_timeout='50ms'; SELECT pg_sleep(60)");
        assert.equal(json.internal.error.status_code, "57014");
        assert.equal(json.internal.error.message, "canceling statement due to statement timeout");
      });
    }
    await t.step("text behind a NUL is not seen", async () => {
      const { json } = await runSql(venue, "select 1\0; drop table note");
      assert.deepEqual(json, tuples(["?column?"], ["1"]));
    });
  });

  Deno.test(`${name}: transaction statements inside the text`, async (t) => {
    await using venue = await startVenue({ database, baseSql: NOTES });
    const cases: { sql: string; status: number; kept: string }[] = [
      { sql: `BEGIN; ${note("x")}; COMMIT;`, status: 200, kept: "x" },
      { sql: `${note("x")}; COMMIT; ${note("y")}; ${note("y")}`, status: 400, kept: "x" },
      { sql: `${note("x")}; ROLLBACK; ${note("y")}`, status: 200, kept: "y" },
      { sql: `BEGIN; ${note("x")}; ROLLBACK;`, status: 200, kept: "" },
      { sql: `COMMIT; BEGIN; ${note("x")}`, status: 200, kept: "x" },
      { sql: `${note("x")}; ${note("y")}; select 1 / 0`, status: 400, kept: "" },
    ];
    for (const { sql, status, kept } of cases) {
      await t.step(sql, async () => {
        await venue.sql("truncate note");
        assert.equal((await runSql(venue, sql)).status, status);
        assert.equal(await notes(venue), kept);
      });
    }
    await t.step("read_only refuses to write, unless the text commits first", async () => {
      await venue.sql("truncate note");
      const { status, json } = await runSql(venue, note("x"), { read_only: true });
      assert.equal(status, 400);
      assert.equal(json.internal.error.status_code, "25006");
      assert.equal(json.internal.error.message, "cannot execute INSERT in a read-only transaction");
      assert.equal((await runSql(venue, `commit; ${note("y")}`, { read_only: true })).status, 200);
      assert.equal(await notes(venue), "y");
    });
    await t.step("the user's settings are local and are lost at a COMMIT", async () => {
      const sql = "select current_setting('hasura.user', true) as a";
      assert.deepEqual((await runSql(venue, sql)).json, tuples(["a"], ['{"x-hasura-role":"admin"}']));
      assert.deepEqual((await runSql(venue, `commit; ${sql}`)).json, tuples(["a"], [""]));
    });
    await t.step("a new value of an enum", async () => {
      await venue.sql("create type e as enum ('a')");
      assert.equal(
        (await runSql(venue, "alter type e add value 'c'", { check_metadata_consistency: false })).status,
        200,
      );
    });
  });

  for (const isolationLevel of ["read-committed", "repeatable-read", "serializable"] as const) {
    Deno.test(`${name}: the source's isolation level is ${isolationLevel}`, async () => {
      await using venue = await startVenue({ database, isolationLevel, baseSql: "" });
      const { json } = await runSql(venue, "show transaction_isolation", { read_only: true });
      assert.deepEqual(json.result[1], [isolationLevel.replace("-", " ")]);
    });
  }

  Deno.test(`${name}: what a text leaves in the session is there for the next request`, async (t) => {
    await using venue = await startVenue({ database, baseSql: NOTES });
    const cases: { first: string; second: string; seen: string }[] = [
      { first: "set application_name = 'leak'", second: "show application_name", seen: "leak" },
      { first: "set local work_mem = '3MB'", second: "show work_mem", seen: "4MB" },
      { first: "select pg_advisory_lock(7)", second: "select pg_advisory_unlock(7)", seen: "t" },
      { first: "create temp table mine as select 5 as a", second: "select a from mine", seen: "5" },
      { first: "select set_config('search_path', '', false)", second: "show search_path", seen: "" },
    ];
    for (const { first, second, seen } of cases) {
      await t.step(first, async () => {
        assert.equal((await runSql(venue, first)).status, 200);
        assert.deepEqual((await runSql(venue, second)).json.result[1], [seen]);
      });
    }
    await t.step("notices stay off", async () => {
      assert.deepEqual((await runSql(venue, "show client_min_messages")).json.result[1], ["warning"]);
    });
  });

  Deno.test(`${name}: DEALLOCATE ALL breaks the sessions of a source that prepares its statements, and no others`, async () => {
    for (const use_prepared_statements of [true, false]) {
      const connection_info = { database_url: { from_env: "AERIE_DATABASE_URL" }, use_prepared_statements };
      const source = { name: "Aerie", kind: "postgres", tables: [], configuration: { connection_info } };
      await using venue = await startVenue({
        database,
        baseSql: "",
        poolSize: 1,
        metadata: { version: 3, sources: [source] },
      });
      const first = await runSql(venue, "deallocate all");
      const { status, json } = await runSql(venue, "select 1");
      if (!use_prepared_statements) {
        assert.deepEqual([first.status, status], [200, 200]);
        continue;
      }
      assert.deepEqual([first.status, status], [500, 500]);
      assert.deepEqual([first.json.internal.statement, json.error], ["COMMIT", "postgres tx error"]);
      assert.equal(json.internal.error.status_code, "26000");
    }
  });
}
