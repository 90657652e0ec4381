import assert from "node:assert/strict";
import { callMetadata, runSql, until } from "../venue/client.ts";
import { startCluster } from "../venue/cluster.ts";
import { backends, startVenue } from "../venue/mod.ts";

const BASE = "create table mark (what text)";

for (const { name, database } of backends()) {
  Deno.test(`${name}: the check and metadata calls wait for one another`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const { promise: hold, resolve: release } = Promise.withResolvers<void>();
    venue.addFault({ match: { type: "run_sql" }, when: "before-commit", do: { hold } });
    const checked = runSql(venue, "insert into mark values ('x') -- drop");
    await until(() => venue.log.length === 1);
    const state = callMetadata(venue, "get_catalog_state");
    await until(() => venue.log.length === 2);
    assert.equal(venue.log[1]?.inFlightWith, 1);
    release();
    await Promise.all([checked, state]);
    const [first, second] = venue.log;
    assert.ok((first?.endedAt ?? Infinity) <= (second?.endedAt ?? 0));
  });

  Deno.test(`${name}: many requests at once are all answered`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE, poolSize: 3 });
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => runSql(venue, `insert into mark values ('${index}')`)),
    );
    assert.deepEqual(replies.map(({ status }) => status), Array(20).fill(200));
    assert.deepEqual(await venue.sql("select count(*) from mark"), [["20"]]);
  });

  Deno.test(`${name}: reset gives a fresh venue`, async () => {
    await using venue = await startVenue({ database });
    const path = (await runSql(venue, "show search_path")).json.result;
    await runSql(venue, "create schema other; set search_path = other; create table kept (id int)");
    await callMetadata(venue, "set_catalog_state", { type: "cli", state: { a: 1 } });
    venue.addFault({ match: {}, do: "drop" });
    await venue.reset({ adminSecret: "second" });
    assert.deepEqual([venue.adminSecret, venue.log, await venue.tracker(), await venue.ledger()], ["second", [], {}, [
      0,
    ]]);
    assert.deepEqual((await runSql(venue, "show search_path")).json.result, path);
    assert.deepEqual(await venue.sql("select to_regclass('other.kept')"), [[null]]);
  });

  Deno.test(`${name}: a base schema that fails is an error and leaves nothing open`, async () => {
    await assert.rejects(startVenue({ database, baseSql: "nonsense" }), /42601 syntax error/);
  });

  Deno.test(`${name}: a port that is taken is an error and leaves nothing open`, async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await assert.rejects(startVenue({ database, baseSql: "", port: taken.addr.port }), Deno.errors.AddrInUse);
  });
}

for (const { name, database } of backends().filter((backend) => backend.name === "postgres")) {
  Deno.test(`${name}: requests run side by side`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const { promise: hold, resolve: release } = Promise.withResolvers<void>();
    venue.addFault({ match: { type: "run_sql" }, when: "before-commit", do: { hold } });
    const first = runSql(venue, "insert into mark values ('first')");
    await until(() => venue.log.length === 1);
    assert.equal((await runSql(venue, "insert into mark values ('second')")).status, 200);
    assert.deepEqual(await venue.sql("select what from mark"), [["second"]]);
    assert.equal((await callMetadata(venue, "get_catalog_state")).status, 200);
    release();
    assert.equal((await first).status, 200);
    assert.deepEqual(venue.log.map(({ inFlightWith }) => inFlightWith), [0, 1, 1]);
  });

  Deno.test(`${name}: a text whose connection is lost is sent again without a transaction around it`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const first = (await runSql(venue, "select pg_backend_pid()")).json.result[1][0];
    await venue.sql("select pg_advisory_lock(7)");
    venue.addFault({ match: { type: "run_sql" }, when: "during", do: "kill-backend" });
    const text = "select pg_advisory_xact_lock(7); insert into mark values (current_setting('hasura.user', true))";
    const reply = runSql(venue, text);
    const again = "select from pg_stat_activity where wait_event = 'advisory' and pid <> " + first;
    await until(async () => (await venue.sql(again)).length === 1);
    await venue.sql("select pg_advisory_unlock(7)");
    assert.equal((await reply).status, 200);
    assert.deepEqual(await venue.sql("select what from mark"), [[null]]);
    assert.equal(venue.log.length, 2);
  });

  Deno.test(`${name}: too many clients`, async () => {
    await using admin = await startVenue({ database, baseSql: "" });
    const role = `venue_test_${crypto.randomUUID().replaceAll("-", "")}`;
    await admin.sql(`create role ${role} login createdb password 'p' connection limit 4`);
    {
      const url = new URL(database);
      url.username = role;
      url.password = "p";
      // Four sessions: one for venue.sql(), two on Hasura's own tables, one for run_sql.
      await using venue = await startVenue({ database: url.href, baseSql: BASE });
      const { promise: hold, resolve: release } = Promise.withResolvers<void>();
      venue.addFault({ match: { type: "run_sql" }, when: "before-commit", do: { hold } });
      const first = runSql(venue, "insert into mark values ('x')");
      const held = "select from pg_stat_activity where state = 'idle in transaction' and query like 'insert%'";
      await until(async () => (await venue.sql(held)).length === 1);
      const { status, json } = await runSql(venue, "select 1");
      assert.deepEqual([status, json.code, json.error], [
        500,
        "postgres-max-connections-error",
        "max connections reached on postgres",
      ]);
      release();
      assert.equal((await first).status, 200);
      await admin.sql(`alter role ${role} connection limit -1`);
    }
    await admin.sql(`drop role ${role}`);
  });

  Deno.test(`${name}: a connection that died while idle is replaced unseen`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const { json } = await runSql(venue, "select pg_backend_pid()");
    await venue.sql(`select pg_terminate_backend(${json.result[1][0]}, 10000)`);
    assert.equal((await runSql(venue, "insert into mark values ('x')")).status, 200);
    assert.deepEqual(await venue.sql("select what from mark"), [["x"]]);
  });
}

Deno.test("a throw-away server starts and stops, where PostgreSQL is installed", async () => {
  const cluster = await startCluster();
  if (cluster === undefined) return assert.equal(cluster, undefined);
  try {
    await using venue = await startVenue({ database: cluster.url, baseSql: BASE });
    assert.equal((await runSql(venue, "select 1")).status, 200);
  } finally {
    await cluster.stop();
  }
  await assert.rejects(startVenue({ database: cluster.url }), /Connection refused/);
});
