// The calls by which the CLI and the console change single things of the metadata, and several in one request.

import assert from "node:assert/strict";
import { databaseUrl, metadata, source, tables } from "../support/venue_metadata.ts";
import { call, callMetadata, type Reply } from "../venue/client.ts";
import { startVenue, type Venue } from "../venue/mod.ts";

const BASE = `create table plan (id int primary key, name text);
create table task (id int primary key, plan_id int references plan);
create table note (id int);
create function plans() returns setof plan language sql stable as 'select * from plan';
create function label(p plan) returns text language sql stable as 'select p.name'`;
const aerie = (args: Record<string, unknown>) => ({ source: "Aerie", ...args });
const SUCCESS = { message: "success" };

function start(rest: Record<string, unknown> = {}): Promise<Venue> {
  return startVenue({ baseSql: BASE, metadata: metadata({ sources: [source(rest)] }) });
}

async function sourceIn(venue: Venue): Promise<unknown> {
  return (await venue.metadata()).metadata.sources[0];
}

function refused(reply: Reply, code: string, error: string): void {
  assert.deepEqual([reply.status, reply.json.code, reply.json.error, reply.json.path], [400, code, error, "$.args"]);
}

Deno.test("pglite: tables and functions are tracked, each once, and forgotten", async () => {
  await using venue = await start({ tables: [] });
  const call = (type: string, args: Record<string, unknown>) => callMetadata(venue, `pg_${type}`, aerie(args));
  refused(await call("track_function", { function: "nothing" }), "invalid-configuration", NO_FUNCTION);
  assert.deepEqual((await call("track_table", { table: "plan" })).json, SUCCESS);
  refused(await call("track_table", { table: "plan" }), "already-tracked", 'view/table already tracked: "plan"');
  refused(await call("untrack_table", { table: "task" }), "already-untracked", 'view/table already untracked: "task"');
  assert.deepEqual((await call("track_function", { function: "plans" })).json, SUCCESS);
  refused(
    await call("untrack_table", { table: "plan" }),
    "dependency-error",
    'cannot drop due to the following dependent objects: function plans in source "Aerie"',
  );
  assert.deepEqual(
    await sourceIn(venue),
    source({ functions: [{ function: { name: "plans", schema: "public" } }] }),
  );
  assert.deepEqual((await call("untrack_table", { table: "plan", cascade: true })).json, SUCCESS);
  assert.deepEqual(await sourceIn(venue), source({ tables: [] }));
  assert.equal((await venue.metadata()).resourceVersion, 4);
  const elsewhere = await callMetadata(venue, "pg_track_table", { source: "Other", table: "plan" });
  refused(elsewhere, "not-exists", 'source with name "Other" does not exist');
});

const NO_FUNCTION = 'Inconsistent object: in function "nothing": no such function exists: "nothing"';

Deno.test("pglite: of several tables those are tracked that can be", async () => {
  await using venue = await start({ tables: [] });
  const track = (names: string[], allow_warnings = true) => {
    const args = { allow_warnings, tables: names.map((table) => aerie({ table })) };
    return callMetadata(venue, "pg_track_tables", args);
  };
  assert.deepEqual((await track(["plan", "task"])).json, SUCCESS);
  const some = await track(["plan", "note"]);
  assert.deepEqual([some.status, some.json], [200, {
    message: "success",
    warnings: [{
      code: "track-table-failed",
      message: 'view/table already tracked: "plan"',
      name: "table plan in source Aerie",
      type: "table",
    }],
  }]);
  assert.deepEqual(await sourceIn(venue), source({ tables: tables("note", "plan", "task") }));
  refused(await track(["plan"]), "invalid-configuration", "all tables failed to track");
});

Deno.test("pglite: what hangs on a table is added where it fits, and dropped", async () => {
  await using venue = await start({ tables: tables("plan", "task") });
  const call = (type: string, args: Record<string, unknown>) => callMetadata(venue, `pg_${type}`, aerie(args));
  const using = { foreign_key_constraint_on: "plan_id" };
  const permission = { columns: ["id"], filter: {} };
  const added = [
    await call("create_object_relationship", { table: "task", name: "plan", using }),
    await call("create_select_permission", { table: "task", role: "viewer", permission }),
    await call("add_computed_field", { table: "plan", name: "label", definition: { function: "label" } }),
  ];
  assert.deepEqual(added.map(({ json }) => json), Array(3).fill(SUCCESS));
  assert.deepEqual(
    await sourceIn(venue),
    source({
      tables: [{
        table: { name: "plan", schema: "public" },
        computed_fields: [{ name: "label", definition: { function: { name: "label", schema: "public" } } }],
      }, {
        table: { name: "task", schema: "public" },
        object_relationships: [{ name: "plan", using }],
        select_permissions: [{ role: "viewer", permission }],
      }],
    }),
  );
  refused(
    await call("create_object_relationship", {
      table: "task",
      name: "none",
      using: { foreign_key_constraint_on: "id" },
    }),
    "invalid-configuration",
    'Inconsistent object: in table "task": in relationship "none": no foreign constraint exists on the given column(s)',
  );
  const onPlan = { filter: { plan: { name: { _eq: "a" } } } };
  await call("create_delete_permission", { table: "task", role: "viewer", permission: onPlan });
  refused(
    await call("drop_relationship", { table: "task", relationship: "plan" }),
    "dependency-error",
    'cannot drop due to the following dependent objects: permission task.viewer.delete in source "Aerie"',
  );
  const dropped = [
    await call("drop_relationship", { table: "task", relationship: "plan", cascade: true }),
    await call("drop_select_permission", { table: "task", role: "viewer" }),
    await call("drop_computed_field", { table: "plan", name: "label" }),
  ];
  assert.deepEqual(dropped.map(({ json }) => json), Array(3).fill(SUCCESS));
  assert.deepEqual(await sourceIn(venue), source({ tables: tables("plan", "task") }));
  refused(
    await call("drop_relationship", { table: "task", relationship: "plan" }),
    "not-exists",
    'relationship "plan" does not exist',
  );
});

Deno.test("pglite: sources are added, changed, renamed and dropped", async () => {
  await using venue = await start({ tables: [] });
  const call = (type: string, args: Record<string, unknown>) => callMetadata(venue, type, args);
  const names = async () => (await venue.metadata()).metadata.sources.map(({ name }) => name);
  const added = { name: "Second", configuration: databaseUrl("PLANDEV_DATABASE_URL") };
  assert.deepEqual((await call("pg_add_source", added)).json, SUCCESS);
  refused(await call("pg_add_source", added), "already-exists", 'source with name "Second" already exists');
  const customization = { root_fields: { prefix: "p_" } };
  assert.deepEqual((await call("pg_update_source", { name: "Second", customization })).json, SUCCESS);
  assert.deepEqual((await venue.metadata()).metadata.sources[1]?.["customization"], customization);
  assert.deepEqual((await call("rename_source", { name: "Aerie", new_name: "Third" })).json, SUCCESS);
  assert.deepEqual(await names(), ["Second", "Third"]);
  assert.deepEqual((await call("pg_drop_source", { name: "Second" })).json, SUCCESS);
  refused(await call("pg_drop_source", { name: "Second" }), "not-exists", 'source with name "Second" does not exist');
  assert.deepEqual(await names(), ["Third"]);
});

Deno.test("pglite: a source that another one leads to goes only together with what leads to it", async () => {
  const leading = {
    table: { name: "task", schema: "public" },
    remote_relationships: [{
      name: "there",
      definition: {
        to_source: {
          relationship_type: "object",
          source: "Second",
          table: { name: "plan", schema: "public" },
          field_mapping: { plan_id: "id" },
        },
      },
    }],
  };
  await using venue = await startVenue({
    baseSql: BASE,
    metadata: metadata({ sources: [source({ tables: [leading] }), source({ name: "Second" })] }),
  });
  const drop = (rest = {}) => callMetadata(venue, "pg_drop_source", { name: "Second", ...rest });
  refused(
    await drop(),
    "dependency-error",
    'cannot drop due to the following dependent objects: remote relationship task.there in source "Aerie"',
  );
  assert.deepEqual((await drop({ cascade: true })).json, SUCCESS);
  assert.deepEqual((await venue.metadata()).metadata.sources, [source({ tables: tables("task") })]);
});

Deno.test("pglite: a bulk is one change or none, at whatever depth it fails", async () => {
  await using venue = await start({ tables: [] });
  const track = (table: string) => ({ type: "pg_track_table", args: aerie({ table }) });
  const bulk = (type: string, args: unknown[], rest = {}) => {
    return call(venue, "/v1/metadata", { body: { type, args, ...rest } });
  };
  const inner = await bulk("bulk", [track("plan"), { type: "bulk", args: [track("task"), track("nothing")] }]);
  assert.deepEqual([inner.status, inner.json.path], [400, "$.args[1].args[1].args"]);
  assert.deepEqual(await sourceIn(venue), source({ tables: [] }));
  const stale = await bulk("bulk", [track("plan")], { resource_version: 7 });
  assert.deepEqual([stale.status, stale.json.path], [409, "$"]);
  assert.deepEqual((await bulk("bulk", [track("plan"), track("task")])).json, [SUCCESS, SUCCESS]);
  assert.equal((await venue.metadata()).resourceVersion, 2);
  const unknown = await bulk("bulk", [track("note"), { type: "pg_nothing", args: {} }]);
  assert.deepEqual([unknown.status, unknown.json], [400, {
    path: "$.args[1]",
    error: 'unknown metadata command "nothing" for backend postgres',
    code: "parse-failed",
  }]);
  const going = await bulk("bulk_keep_going", [track("nothing"), track("plan"), track("note")]);
  const [nothing, plan, note] = going.json;
  assert.deepEqual([nothing.code, plan.code, note], ["invalid-configuration", "already-tracked", SUCCESS]);
  assert.deepEqual(await sourceIn(venue), source({ tables: tables("note", "plan", "task") }));
});

Deno.test("pglite: what does not fit can be dropped; clear_metadata leaves the database of the start", async () => {
  await using venue = await start({ tables: tables("plan", "gone") });
  const { json: { inconsistent_objects: found } } = await callMetadata(venue, "get_inconsistent_metadata");
  assert.equal(found.length, 1);
  assert.deepEqual((await callMetadata(venue, "drop_inconsistent_metadata")).json, SUCCESS);
  assert.deepEqual(await sourceIn(venue), source());
  assert.deepEqual((await callMetadata(venue, "clear_metadata")).json, SUCCESS);
  assert.deepEqual((await venue.metadata()).metadata, { version: 3, sources: [] });

  await venue.reset({ metadata: metadata({ sources: [source({ name: "default" })] }) });
  assert.deepEqual((await callMetadata(venue, "clear_metadata")).json, SUCCESS);
  assert.deepEqual(await sourceIn(venue), source({ name: "default", tables: [] }));
  // A document of the older formats is for that database.
  const older = { version: 2, tables: [{ table: "task" }] };
  assert.deepEqual((await callMetadata(venue, "replace_metadata", older)).json, SUCCESS);
  assert.deepEqual(await sourceIn(venue), source({ name: "default", tables: tables("task") }));
});

Deno.test("pglite: clashing root fields are an error of Hasura's own, and nothing changes", async () => {
  await using venue = await start();
  const named = (table: string) => ({ table, configuration: { custom_name: "same" } });
  const sources = [source({ tables: [named("plan"), named("task")] })];
  const args = { allow_inconsistent_metadata: true, metadata: metadata({ sources }) };
  const { status, json } = await call(venue, "/v1/metadata", { body: { type: "replace_metadata", version: 2, args } });
  assert.deepEqual([status, json.code, json.path], [500, "unexpected", "$.args"]);
  assert.match(json.error, /^Encountered conflicting definitions .* 'mutation_root' for fields: \['delete_same_by_pk'/);
  assert.deepEqual(await venue.metadata(), { resourceVersion: 1, metadata: metadata() });
});

Deno.test("pglite: what is replaced: not hidden cron triggers, and no two event triggers have one name", async () => {
  await using venue = await start();
  const cron = (name: string, shown: boolean) => ({
    name,
    webhook: "http://h",
    schedule: "0 0 1 1 *",
    include_in_metadata: shown,
  });
  const replace = (rest: Record<string, unknown>) => callMetadata(venue, "replace_metadata", metadata(rest));
  const names = async () => {
    const { metadata: { cron_triggers: found = [] } } = await venue.metadata();
    return (found as { name: string }[]).map(({ name }) => name);
  };
  assert.deepEqual((await replace({ cron_triggers: [cron("hidden", false), cron("old", true)] })).json, SUCCESS);
  assert.deepEqual((await replace({ cron_triggers: [cron("new", true)] })).json, SUCCESS);
  assert.deepEqual((await names()).toSorted(), ["hidden", "new"]);
  refused(
    await replace({ cron_triggers: [cron("hidden", true)] }),
    "already-exists",
    'cron trigger with name hidden already exists as a cron trigger with "included_in_metadata" as false',
  );
  const trigger = {
    name: "same",
    definition: { insert: { columns: "*" } },
    retry_conf: { num_retries: 0, interval_sec: 10 },
    webhook: "http://h",
  };
  const both = tables("plan", "task").map((table) => ({ ...table, event_triggers: [trigger] }));
  refused(
    await replace({ sources: [source({ tables: both })] }),
    "not-supported",
    'Event trigger with duplicate names not allowed: "same"',
  );
});
