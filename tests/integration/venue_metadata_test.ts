import assert from "node:assert/strict";
import { call, callMetadata, runSql } from "../venue/client.ts";
import { backends, startVenue, type Venue } from "../venue/mod.ts";

const BASE = "create table plan (id int); create schema side; create table side.note (id int);";
const TABLES = [{ schema: "public", name: "plan" }, { schema: "side", name: "note" }];
const UNCHECKED = { check_metadata_consistency: false };

interface Exported {
  resource_version: number;
  metadata: { version: number; sources: { name: string; tables: { table: { schema: string; name: string } }[] }[] };
}

async function exported(venue: Venue): Promise<Exported> {
  return (await call(venue, "/v1/metadata", { body: { type: "export_metadata", version: 2, args: {} } })).json;
}

for (const { name, database } of backends()) {
  Deno.test(`${name}: catalog state is one document, replaced as a whole`, async () => {
    await using venue = await startVenue({ database, baseSql: "" });
    const before = await callMetadata(venue, "get_catalog_state");
    assert.deepEqual([before.json.cli_state, before.json.console_state], [{}, {}]);
    assert.match(before.json.id, /^[0-9a-f-]{36}$/);

    const state = { migrations: { Aerie: { "1": false } }, note: "it's" };
    const set = await callMetadata(venue, "set_catalog_state", { type: "cli", state });
    assert.deepEqual([set.status, set.json], [200, { message: "success" }]);
    assert.deepEqual(await venue.tracker(), state);
    await callMetadata(venue, "set_catalog_state", { type: "cli", state: { other: 1 } });
    await callMetadata(venue, "set_catalog_state", { type: "console", state: { seen: true } });
    const after = await callMetadata(venue, "get_catalog_state");
    assert.deepEqual(after.json, { id: before.json.id, cli_state: { other: 1 }, console_state: { seen: true } });
    await venue.setTracker({ set: "directly" });
    assert.deepEqual((await callMetadata(venue, "get_catalog_state")).json.cli_state, { set: "directly" });
    assert.equal((await exported(venue)).resource_version, 1);
  });

  Deno.test(`${name}: what is inconsistent shows only after a reload`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE, trackedTables: TABLES });
    const fine = { is_consistent: true, inconsistent_objects: [] };
    assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json, fine);
    await runSql(venue, "drop table plan; drop table side.note", UNCHECKED);
    assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json, fine);
    await callMetadata(venue, "reload_metadata", { reload_sources: false });
    assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json, fine);

    const reload = await callMetadata(venue, "reload_metadata");
    const objects = [
      {
        type: "table",
        name: "table plan in source Aerie",
        definition: { schema: "public", name: "plan" },
        reason: 'Inconsistent object: no such table/view exists in source: "plan"',
      },
      {
        type: "table",
        name: "table side.note in source Aerie",
        definition: { schema: "side", name: "note" },
        reason: 'Inconsistent object: no such table/view exists in source: "side.note"',
      },
    ];
    assert.equal(reload.status, 200);
    assert.deepEqual(reload.json, { message: "success", is_consistent: false, inconsistent_objects: objects });
    const seen = await callMetadata(venue, "get_inconsistent_metadata");
    assert.deepEqual(seen.json, { is_consistent: false, inconsistent_objects: objects });
    const health = await call(venue, "/healthz", { method: "GET" });
    assert.deepEqual([health.status, health.text], [200, "WARN: inconsistent objects in schema"]);

    await runSql(venue, BASE.replace("create schema side;", ""), UNCHECKED);
    assert.deepEqual((await callMetadata(venue, "reload_metadata")).json, { message: "success", is_consistent: true });
  });

  Deno.test(`${name}: reload raises the resource version, which a call may insist on`, async () => {
    await using venue = await startVenue({ database, baseSql: "" });
    const reload = (version?: number) =>
      call(venue, "/v1/metadata", { body: { type: "reload_metadata", resource_version: version, args: {} } });
    assert.equal((await reload()).status, 200);
    assert.equal((await reload(2)).status, 200);
    assert.equal((await exported(venue)).resource_version, 3);
    const { status, json } = await reload(2);
    const error = "metadata resource version referenced (2) did not match current version";
    assert.deepEqual([status, json], [409, { path: "$", error, code: "conflict" }]);
    const unknown = await callMetadata(venue, "reload_metadata", { reload_sources: ["nope"] });
    assert.deepEqual([unknown.status, unknown.json.code, unknown.json.error], [
      400,
      "not-exists",
      'Source with name "nope" not found in metadata',
    ]);
  });

  Deno.test(`${name}: an older server does not say whether metadata is consistent`, async () => {
    await using venue = await startVenue({ database, baseSql: "", reloadFields: false });
    assert.deepEqual((await callMetadata(venue, "reload_metadata")).json, { message: "success" });
  });

  Deno.test(`${name}: export shows sources and tracked tables`, async () => {
    await using venue = await startVenue({
      database,
      baseSql: BASE,
      trackedTables: TABLES,
      sources: ["Aerie", "Other"],
    });
    const { resource_version, metadata } = await exported(venue);
    assert.equal(resource_version, 1);
    assert.deepEqual(metadata.sources.map(({ name, tables }) => [name, tables.map(({ table }) => table)]), [
      ["Aerie", TABLES],
      ["Other", []],
    ]);
    assert.deepEqual((await callMetadata(venue, "export_metadata")).json, metadata);
  });

  Deno.test(`${name}: the consistency check follows renames, forgets dropped tables and raises the version`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE, trackedTables: TABLES });
    const tracked = async () => {
      const { resource_version: version, metadata } = await exported(venue);
      return [version, metadata.sources[0]?.tables.map(({ table }) => `${table.schema}.${table.name}`).join()];
    };
    const cases: { sql: string; args?: Record<string, unknown>; expected: [number, string] }[] = [
      { sql: "create table more (id int)", expected: [1, "public.plan,side.note"] },
      { sql: "select 'drop'", args: { read_only: true }, expected: [1, "public.plan,side.note"] },
      { sql: "select 1 -- nothing to DROP", expected: [2, "public.plan,side.note"] },
      { sql: "select 'dropped'", expected: [2, "public.plan,side.note"] },
      { sql: "select 1", args: { check_metadata_consistency: true }, expected: [3, "public.plan,side.note"] },
      { sql: "select 1; select 1 / 0 -- drop", expected: [3, "public.plan,side.note"] },
      { sql: "alter table plan rename to scheme", expected: [4, "public.scheme,side.note"] },
      { sql: "drop table side.note", expected: [5, "public.scheme"] },
      { sql: "drop table more", args: UNCHECKED, expected: [5, "public.scheme"] },
    ];
    for (const { sql, args, expected } of cases) {
      await t.step(sql, async () => {
        await runSql(venue, sql, args);
        assert.deepEqual(await tracked(), expected);
      });
    }
  });

  Deno.test(`${name}: metadata that another server changed meanwhile is a conflict after the commit`, async () => {
    await using venue = await startVenue({ database, baseSql: "" });
    // The text itself does what another server would do.
    const sql = "create table mark (); update hdb_catalog.hdb_metadata set resource_version = 7";
    const { status, json } = await runSql(venue, sql, { check_metadata_consistency: true });
    const error = "metadata resource version referenced (1) did not match current version";
    assert.deepEqual([status, json], [409, { path: "$", error, code: "conflict" }]);
    assert.deepEqual(await venue.sql("select count(*) from mark"), [["0"]]);
  });
}
