// How each source is connected, what becomes of one that cannot be, and how Hasura's process ends.

import assert from "node:assert/strict";
import { call, callMetadata, runSql, until } from "../venue/client.ts";
import { backends, startVenue, type Venue } from "../venue/mod.ts";

const BASE = "create table mark (what text)";
const REFUSED = 'connection to server at "127.0.0.1", port 5432 failed: Connection refused\n' +
  "\tIs the server running on that host and accepting TCP/IP connections?\n";

function metadata(info: Record<string, unknown>) {
  const connection_info = { database_url: { from_env: "AERIE_DATABASE_URL" }, ...info };
  return { version: 3, sources: [{ name: "Aerie", kind: "postgres", tables: [], configuration: { connection_info } }] };
}

async function replace(venue: Venue, info: Record<string, unknown>) {
  const args = { allow_inconsistent_metadata: true, metadata: metadata(info) };
  return (await call(venue, "/v1/metadata", { body: { type: "replace_metadata", version: 2, args } })).json;
}

function unusable(message: string) {
  const reason = "Inconsistent object: connection error";
  return { type: "source", name: "source Aerie", definition: "Aerie", reason, message };
}

for (const { name, database } of backends()) {
  Deno.test(`${name}: a source that was away when Hasura looked is unknown until it looks again`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const looks: [string, () => Promise<unknown>][] = [
      ["reload", () => callMetadata(venue, "reload_metadata")],
      ["replace", () => replace(venue, {})],
      ["restart", () => venue.restart()],
    ];
    for (const [how, look] of looks) {
      await t.step(how, async () => {
        await venue.reset();
        await venue.stopSource();
        assert.equal((await runSql(venue, "select 1")).json.error, "connection error");
        await look();
        const found = { is_consistent: false, inconsistent_objects: [unusable(REFUSED)] };
        assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json, found);
        await venue.startSource();
        const { status, json } = await runSql(venue, "select 1");
        const error = 'source with name "Aerie" does not exist';
        assert.deepEqual([status, json], [400, { error, path: "$", code: "not-exists" }]);
        assert.deepEqual((await callMetadata(venue, "reload_metadata")).json, {
          message: "success",
          is_consistent: true,
        });
        assert.equal((await runSql(venue, "select 1")).status, 200);
      });
    }
  });

  Deno.test(`${name}: without its own tables Hasura does nothing, run_sql included`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    await venue.stopMetadata();
    assert.equal((await call(venue, "/healthz", { method: "GET" })).text, "ERROR");
    for (const reply of [await runSql(venue, "select 1"), await callMetadata(venue, "get_inconsistent_metadata")]) {
      assert.deepEqual([reply.status, reply.json.error, reply.json.path], [500, "connection error", "$"]);
    }
    await venue.killHasura();
    assert.equal(await venue.startHasura(), false);
    await assert.rejects(call(venue, "/healthz", { method: "GET" }), TypeError);
    await venue.startMetadata();
    assert.equal(await venue.startHasura(), true);
    assert.equal((await runSql(venue, "select 1")).status, 200);
  });

  Deno.test(`${name}: SIGTERM lets what is at work end and takes nothing new`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const { promise: hold, resolve: release } = Promise.withResolvers<void>();
    venue.addFault({ match: { type: "run_sql" }, when: "before-commit", do: { hold } });
    const working = runSql(venue, "insert into mark values ('x')");
    await until(() => venue.log.length === 1);
    const ended = venue.terminateHasura();
    await assert.rejects(call(venue, "/healthz", { method: "GET" }), TypeError);
    release();
    assert.equal((await working).status, 200);
    await ended;
    assert.deepEqual(await venue.sql("select what from mark"), [["x"]]);
    assert.equal(await venue.startHasura(), true);
    assert.equal((await runSql(venue, "select 1")).status, 200);
  });

  Deno.test(`${name}: a source's own settings count`, async (t) => {
    await using venue = await startVenue({ database, baseSql: "create sequence once" });
    const kill =
      "do $$ begin if nextval('once') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if; end $$";
    for (const [retries, status] of [[0, 500], [1, 200]] as const) {
      await t.step(`${retries} retries`, async () => {
        await venue.reset({ metadata: metadata({ pool_settings: { retries } }) });
        const reply = await runSql(venue, kill);
        assert.equal(reply.status, status);
        if (status === 500) assert.match(reply.json.internal, /^FATAL: {2}terminating connection .*\nCONTEXT: {2}SQL/);
      });
    }
    await t.step("isolation level", async () => {
      await venue.reset({ metadata: metadata({ isolation_level: "serializable" }) });
      assert.deepEqual((await runSql(venue, "show transaction_isolation")).json.result[1], ["serializable"]);
    });
    await t.step("pool timeout", async () => {
      await venue.reset({ metadata: metadata({ pool_settings: { max_connections: 1, pool_timeout: 0.01 } }) });
      const { promise: hold, resolve: release } = Promise.withResolvers<void>();
      venue.addFault({ match: { type: "run_sql" }, when: "before-commit", do: { hold } });
      const first = runSql(venue, "select 1 as first");
      if (name === "postgres") {
        const held = "select from pg_stat_activity where state = 'idle in transaction' and query like '%first%'";
        await until(async () => (await venue.sql(held)).length === 1);
        const { status, json } = await runSql(venue, "select 2");
        assert.deepEqual([status, json.internal], [500, "connection acquisition timeout expired"]);
      }
      release();
      assert.equal((await first).status, 200);
    });
    await t.step("an address that leads nowhere, and none at all", async () => {
      await venue.reset();
      const message = REFUSED.replace("5432", "1");
      assert.deepEqual(await replace(venue, { database_url: "postgres://nobody@127.0.0.1:1/nothing" }), {
        is_consistent: false,
        inconsistent_objects: [unusable(message)],
      });
      const words = 'missing "=" after "nonsense" in connection info string\n';
      assert.deepEqual((await replace(venue, { database_url: "nonsense" })).inconsistent_objects, [unusable(words)]);
    });
  });

  Deno.test(`${name}: a PostgreSQL that has no connection left`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    await venue.exhaust();
    // A session that is open is of use still.
    assert.equal((await runSql(venue, "select 1")).status, 200);
    const { json } = await callMetadata(venue, "reload_metadata");
    const internal = REFUSED.replace(/Connection refused[^]*/, "FATAL:  sorry, too many clients already\n");
    assert.deepEqual(json.inconsistent_objects[0].message, internal);
    await venue.release();
    assert.deepEqual((await callMetadata(venue, "reload_metadata")).json, { message: "success", is_consistent: true });
  });

  Deno.test(`${name}: many texts in one request`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const item = (sql: string) => ({ type: "run_sql", args: { source: "Aerie", sql } });
    const bulk = (type: string, ...texts: string[]) =>
      call(venue, "/v2/query", { body: { type, args: texts.map(item) } });
    const [done, one] = [{ result_type: "CommandOk", result: null }, {
      result_type: "TuplesOk",
      result: [["?column?"], ["1"]],
    }];
    await t.step("one after the other, each kept on its own", async () => {
      assert.deepEqual((await bulk("bulk", "select 1", "insert into mark values ('a')")).json, [one, done]);
      const { status, json } = await bulk("bulk", "insert into mark values ('b')", "select 1/0", "select 1");
      assert.deepEqual([status, json.path, json.internal.statement], [400, "$[1]", "select 1/0"]);
      assert.deepEqual(await venue.sql("select what from mark order by 1"), [["a"], ["b"]]);
    });
    await t.step("side by side, and none that Hasura would check", async () => {
      assert.deepEqual((await bulk("concurrent_bulk", "select 1", "select 1")).json, [one, one]);
      const { status, json } = await bulk("concurrent_bulk", "select 1 -- drop");
      assert.deepEqual([status, json.path, json.code], [500, "$", "unexpected"]);
    });
    await t.step("one that cannot be decoded keeps all from running", async () => {
      const args = [item("insert into mark values ('c')"), { type: "run_sql", args: {} }];
      const { status, json } = await call(venue, "/v2/query", { body: { type: "bulk", args } });
      assert.deepEqual([status, json.path, json.error], [400, "$.args[1].args", 'key "sql" not found']);
      assert.equal((await venue.sql("select from mark")).length, 2);
    });
  });

  Deno.test(`${name}: pg_dump`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const dump = (body: unknown) => call(venue, "/v1alpha1/pg_dump", { body });
    const options = { opts: ["-O", "-x", "--schema-only", "--schema", "public"], clean_output: true };
    const unknown = await dump({ ...options, source: "Nope" });
    assert.deepEqual([unknown.status, unknown.json.error], [400, 'source "Nope" not found']);
    assert.equal((await dump({})).json.error, 'key "opts" not found');
    const { status, headers, text, json } = await dump({ ...options, source: "Aerie" });
    if (name === "pglite") {
      assert.deepEqual([status, json.error], [500, "internal exception while executing pg_dump"]);
      return;
    }
    assert.deepEqual([status, headers.get("content-type")], [200, "application/sql; charset=utf-8"]);
    assert.match(text, /CREATE TABLE public\.mark \(\n {4}what text\n\);\n/);
    assert.ok(!text.includes("search_path") && !text.includes("--"));
    assert.equal((await dump({ ...options, opts: ["--nonsense"], source: "Aerie" })).status, 500);
  });
}

Deno.test("pglite: what it cannot do it refuses or does in another way", async () => {
  await using venue = await startVenue({ baseSql: "" });
  const refused = await runSql(venue, "set client_encoding to LATIN1");
  assert.equal(refused.json.internal.error.message, 'PGlite cannot convert letters to the encoding "LATIN1"');
  const late = await runSql(venue, "set statement_timeout = '20ms'; select pg_sleep(60)");
  assert.equal(late.json.internal.error.message, "canceling statement due to statement timeout");
  const ended = await runSql(venue, "select pg_terminate_backend(pg_backend_pid())");
  assert.deepEqual([ended.status, ended.json.error], [500, "connection error"]);
  assert.deepEqual((await runSql(venue, "select 'ä'")).json.result[1], ["ä"]);
});
