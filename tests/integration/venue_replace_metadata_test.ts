import assert from "node:assert/strict";
import { databaseUrl, FINE, metadata, source, tables } from "../support/venue_metadata.ts";
import { call, callMetadata, type Reply, runSql } from "../venue/client.ts";
import { backends, startVenue, type Venue, type VenueOptions } from "../venue/mod.ts";
import { runSqlBytes, Wire } from "../venue/wire.ts";

const BASE = "create table plan (id int); create schema side; create table side.note (id int);";
const UNCHECKED = { check_metadata_consistency: false };
const MISSING = {
  type: "table",
  name: "table task in source Aerie",
  definition: { name: "task", schema: "public" },
  reason: 'Inconsistent object: no such table/view exists in source: "task"',
};

const tracking = (...names: string[]) => metadata({ sources: [source({ tables: tables(...names) })] });

/** Sends version 2 of the call. */
function replace(venue: Venue, document: unknown, rest: Record<string, unknown> = {}): Promise<Reply> {
  const { allow = true, ...envelope } = rest;
  const args = { allow_inconsistent_metadata: allow, metadata: document };
  return call(venue, "/v1/metadata", { body: { type: "replace_metadata", version: 2, args, ...envelope } });
}

/** What is stored, as a test can compare it: the number, and the tracked tables of the first source. */
async function stored(venue: Venue): Promise<[version: number, tables: string]> {
  const { resourceVersion, metadata } = await venue.metadata();
  return [resourceVersion, metadata.sources[0]?.tables.map(({ table }) => table.name).join() ?? ""];
}

function start(database: string, options: VenueOptions = {}): Promise<Venue> {
  return startVenue({ database, baseSql: BASE, metadata: metadata(), ...options });
}

for (const { name, database } of backends()) {
  Deno.test(`${name}: replace_metadata stores the whole document and raises its number`, async () => {
    await using venue = await start(database);
    assert.deepEqual(await stored(venue), [1, "plan"]);
    const { status, json } = await replace(venue, tracking());
    assert.deepEqual([status, json], [200, FINE]);
    assert.deepEqual(await stored(venue), [2, ""]);
    const exported = await call(venue, "/v1/metadata", { body: { type: "export_metadata", version: 2, args: {} } });
    assert.deepEqual(exported.json, { resource_version: 2, metadata: tracking() });
    assert.deepEqual((await callMetadata(venue, "export_metadata")).json, tracking());
  });

  Deno.test(`${name}: the older form has the document itself for arguments, and allows nothing inconsistent`, async () => {
    await using venue = await start(database);
    const good = await callMetadata(venue, "replace_metadata", tracking());
    assert.deepEqual([good.status, good.json], [200, { message: "success" }]);
    const bad = await callMetadata(venue, "replace_metadata", tracking("task"));
    assert.deepEqual([bad.status, bad.json.error], [400, "cannot continue due to inconsistent metadata"]);
    // With a key "metadata" it is the newer form, whatever the version says.
    const newer = await callMetadata(venue, "replace_metadata", { metadata: tracking("plan") });
    assert.deepEqual([newer.status, newer.json], [200, FINE]);
    assert.deepEqual(await stored(venue), [3, "plan"]);
  });

  Deno.test(`${name}: inconsistent metadata is stored only where that is allowed`, async () => {
    await using venue = await start(database);
    const refused = await replace(venue, tracking("task"), { allow: false });
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.json, {
      path: "$.args",
      error: "cannot continue due to inconsistent metadata",
      code: "unexpected",
      internal: [MISSING],
    });
    assert.deepEqual(await stored(venue), [1, "plan"]);
    assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json, FINE);

    const allowed = await replace(venue, tracking("task"));
    const expected = { is_consistent: false, inconsistent_objects: [MISSING] };
    assert.deepEqual([allowed.status, allowed.json], [200, expected]);
    assert.deepEqual(await stored(venue), [2, "task"]);
    assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json, expected);
    // Not said: not allowed.
    const body = { type: "replace_metadata", version: 2, args: { metadata: tracking("task") } };
    assert.equal((await call(venue, "/v1/metadata", { body })).status, 400);
  });

  Deno.test(`${name}: a number that is no longer the newest is a conflict, told last of all`, async () => {
    await using venue = await start(database);
    assert.equal((await replace(venue, tracking(), { resource_version: 1 })).status, 200);
    const stale = await replace(venue, metadata(), { resource_version: 1 });
    const error = "metadata resource version referenced (1) did not match current version";
    assert.deepEqual([stale.status, stale.json], [409, { path: "$", error, code: "conflict" }]);
    assert.deepEqual(await stored(venue), [2, ""]);
    // What is inconsistent is found before.
    const both = await replace(venue, tracking("task"), { resource_version: 1, allow: false });
    assert.deepEqual([both.status, both.json.code], [400, "unexpected"]);
    // Nothing of what was refused is known afterwards.
    await replace(venue, tracking("task"), { resource_version: 1 });
    assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json, FINE);
    assert.equal((await replace(venue, metadata(), { resource_version: null })).status, 200);
  });

  Deno.test(`${name}: another writer comes in between`, async () => {
    await using venue = await start(database);
    const { resourceVersion } = await venue.metadata();
    await venue.setMetadata(tracking("task"));
    assert.deepEqual(await stored(venue), [2, "task"]);
    assert.equal((await replace(venue, metadata(), { resource_version: resourceVersion })).status, 409);
    // What another has written is seen at the next reload.
    assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json, FINE);
    const reload = await callMetadata(venue, "reload_metadata");
    assert.deepEqual(reload.json.inconsistent_objects, [MISSING]);
    assert.deepEqual(await stored(venue), [3, "task"]);
  });

  Deno.test(`${name}: on an older server a table that was made without the check is not known before a reload`, async () => {
    await using venue = await start(database, { replaceLooksAgain: false });
    await runSql(venue, "create table task (id int)", UNCHECKED);
    const early = await replace(venue, tracking("task"));
    assert.deepEqual(early.json, { is_consistent: false, inconsistent_objects: [MISSING] });
    const partial = await callMetadata(venue, "reload_metadata", { reload_sources: false });
    assert.deepEqual(partial.json.inconsistent_objects, [MISSING]);
    assert.deepEqual((await callMetadata(venue, "reload_metadata")).json, { message: "success", is_consistent: true });

    // The other way round: what is gone is still thought to be there.
    await runSql(venue, "drop table task", UNCHECKED);
    assert.deepEqual((await replace(venue, tracking("task"), { allow: false })).json, FINE);
    const reload = await callMetadata(venue, "reload_metadata", { reload_sources: ["Aerie"] });
    assert.deepEqual(reload.json.inconsistent_objects, [MISSING]);
    // The check looks at the source again.
    await runSql(venue, "create table task (id int)", { check_metadata_consistency: true });
    assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json, FINE);
  });

  Deno.test(`${name}: a source that is new or configured otherwise is looked at at once`, async () => {
    await using venue = await start(database, { replaceLooksAgain: false });
    await runSql(venue, "create table task (id int)", UNCHECKED);
    const sources = [source({ name: "PlanDev", tables: tables("task") })];
    assert.deepEqual((await replace(venue, metadata({ sources }), { allow: false })).json, FINE);
    await runSql(venue, "drop table task", { ...UNCHECKED, source: "PlanDev" });
    const changed = [
      source({ name: "PlanDev", tables: tables("task"), configuration: databaseUrl("PLANDEV_DATABASE_URL") }),
    ];
    assert.equal((await replace(venue, metadata({ sources: changed }), { allow: false })).status, 400);
  });

  Deno.test(`${name}: a newer server looks at all databases again`, async () => {
    await using venue = await start(database);
    await runSql(venue, "create table task (id int)", UNCHECKED);
    assert.deepEqual((await replace(venue, tracking("task"), { allow: false })).json, FINE);
  });

  Deno.test(`${name}: a source that gets another name is no longer known by the old one`, async () => {
    await using venue = await start(database);
    await replace(venue, metadata({ sources: [source({ name: "PlanDev" })] }));
    const old = await runSql(venue, "select 1");
    assert.deepEqual([old.status, old.json.error], [400, 'source with name "Aerie" does not exist']);
    assert.equal((await runSql(venue, "select 1", { source: "PlanDev" })).status, 200);
    await venue.restart();
    await using wire = await Wire.open(venue);
    assert.match((await wire.exchange(runSqlBytes(venue, "select 1"))).bytes, /^HTTP\/1\.1 400 .*does not exist/s);
  });

  Deno.test(`${name}: a source whose variable is not set is inconsistent as a whole`, async () => {
    await using venue = await start(database, { environment: { AERIE_DATABASE_URL: "postgres://x" } });
    const sources = [
      source(),
      source({ name: "PlanDev", tables: tables("nothing"), configuration: databaseUrl("PLANDEV_DATABASE_URL") }),
    ];
    const { json } = await replace(venue, metadata({ sources }));
    assert.deepEqual(json.inconsistent_objects, [{
      type: "source",
      name: "source PlanDev",
      definition: "PlanDev",
      reason: "Inconsistent object: environment variable 'PLANDEV_DATABASE_URL' not set",
    }]);
    assert.equal((await runSql(venue, "select 1")).status, 200);
    const refused = await runSql(venue, "select 1", { source: "PlanDev" });
    const error = 'source with name "PlanDev" does not exist';
    assert.deepEqual([refused.status, refused.json], [400, { path: "$", error, code: "not-exists" }]);
  });

  Deno.test(`${name}: replace_metadata waits for other metadata calls`, async () => {
    await using venue = await start(database);
    await Promise.all(["plan", "", "plan", ""].map((table) => replace(venue, tracking(...table ? [table] : []))));
    assert.deepEqual((await venue.metadata()).resourceVersion, 5);
  });
}

Deno.test("pglite: servers whose metadata cannot be changed refuse", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  const refusals: [VenueOptions, number, string][] = [
    [{ readOnlyMode: true }, 400, "metadata cannot be modified in read-only mode"],
    [{ maintenanceMode: true }, 500, "metadata cannot be modified in maintenance mode"],
  ];
  for (const [mode, status, error] of refusals) {
    await venue.reset({ ...mode, metadata: metadata() });
    const reply = await replace(venue, tracking());
    assert.deepEqual([reply.status, reply.json.error], [status, error]);
    assert.deepEqual(await stored(venue), [1, "plan"]);
  }
});

Deno.test("pglite: faults strike replace_metadata by its type", async () => {
  await using venue = await start("pglite");
  const match = { type: "replace_metadata" };
  venue.addFault({ match, do: "drop" });
  await assert.rejects(replace(venue, tracking()), TypeError);
  assert.deepEqual(await stored(venue), [1, "plan"]);
  venue.addFault({ match, when: "after", do: "drop" });
  await assert.rejects(replace(venue, tracking()), TypeError);
  assert.deepEqual(await stored(venue), [2, ""]);
  venue.addFault({ match, when: "after", do: { html: 504 } });
  assert.equal((await replace(venue, metadata())).status, 504);
  assert.deepEqual(await stored(venue), [3, "plan"]);
  assert.deepEqual(venue.writes().map(({ type }) => type), Array(3).fill("replace_metadata"));
});
