// What the check after a run_sql refuses, what it takes out of the metadata and what it follows.

import assert from "node:assert/strict";
import { callMetadata, runSql } from "../venue/client.ts";
import { apply, named, source, table } from "../venue/inconsistencies.ts";
import { startVenue, type Venue } from "../venue/mod.ts";

const BASE = `
create schema planning;
create schema other;
create table planning.model (id int primary key, name text);
create table planning.plan (id int primary key, model_id int references planning.model, name text, revision int);
create table planning.plain (id int primary key, plan_id int);
create function planning.find() returns setof planning.plan language sql stable as 'select * from planning.plan';
create function planning.age(p planning.plain) returns int language sql stable as 'select 1';
`;

const IN = 'in source "Aerie"';
const dropped = (dependents: string) => `cannot drop due to the following dependent objects: ${dependents}`;
const role = (permission: Record<string, unknown>) => [{ role: "viewer", permission }];

const MODEL = table("model", {
  array_relationships: [{
    name: "plans",
    using: { foreign_key_constraint_on: { table: named("plan"), column: "model_id" } },
  }],
  select_permissions: role({ columns: ["id"], filter: { plans: { revision: { _gt: 0 } } } }),
});
const PLAN = table("plan", {
  object_relationships: [{ name: "model", using: { foreign_key_constraint_on: "model_id" } }],
  insert_permissions: role({ check: {}, set: { revision: 1, name: "X-Hasura-Name" }, columns: ["id"] }),
  event_triggers: [{
    name: "ev",
    definition: { enable_manual: false, update: { columns: ["name"] } },
    retry_conf: { num_retries: 0, interval_sec: 10, timeout_sec: 60 },
    webhook: "http://127.0.0.1:9/e",
  }],
});
const PLAIN = table("plain", {
  computed_fields: [{ name: "age", definition: { function: named("age") } }],
  object_relationships: [{
    name: "plan",
    using: {
      manual_configuration: { remote_table: named("plan"), column_mapping: { plan_id: "id" }, insertion_order: null },
    },
  }],
  delete_permissions: role({ filter: { _exists: { _table: named("model"), _where: { name: { _eq: "x" } } } } }),
});
const ALL = [MODEL, PLAIN, PLAN];

/** A venue whose metadata fits. */
async function fitting(tables: unknown[] = ALL, rest: Record<string, unknown> = {}): Promise<Venue> {
  const venue = await startVenue({ baseSql: BASE });
  assert.deepEqual(await apply(venue, { sources: [source(tables, rest)] }), []);
  return venue;
}

/** Entries of the tables in the metadata, by name. */
async function entries(venue: Venue): Promise<Record<string, Record<string, unknown>>> {
  const { metadata } = await venue.metadata();
  return Object.fromEntries((metadata.sources[0]?.tables ?? []).map((entry) => [entry.table.name, entry]));
}

Deno.test("pglite: a text that takes away what others need is refused and rolled back", async (t) => {
  await using venue = await fitting();
  const before = await venue.metadata();
  for (
    const [sql, error] of [
      [
        "drop table planning.plan cascade",
        dropped(
          `permission planning.model.viewer.select ${IN}, relationship planning.model.plans ${IN}, relationship planning.plain.plan ${IN}`,
        ),
      ],
      ["drop function planning.age", dropped(`computed field planning.plain.age ${IN}`)],
      [
        "alter table planning.plan drop column name",
        dropped(`event-trigger planning.plan.ev ${IN}, permission planning.plan.viewer.insert ${IN}`),
      ],
      [
        "alter table planning.plan drop constraint plan_model_id_fkey",
        dropped(`relationship planning.model.plans ${IN}, relationship planning.plan.model ${IN}`),
      ],
      ["alter table planning.plain rename to simple", dropped(`computed field planning.plain.age ${IN}`)],
      [
        "alter table planning.plan alter column revision type bigint",
        `cannot change type of column "revision" in table "planning.plan" because of the following dependencies: ` +
        `permission planning.model.viewer.select ${IN}, permission planning.plan.viewer.insert ${IN}`,
      ],
    ] as const
  ) {
    await t.step(sql, async () => {
      const { status, json } = await runSql(venue, sql);
      assert.deepEqual([status, json], [400, { code: "dependency-error", error, path: "$" }]);
      assert.deepEqual(await venue.metadata(), before);
      assert.deepEqual(await venue.sql("select count(*)::int from planning.plan, planning.plain"), [["0"]]);
    });
  }
  await t.step("a type that only session variables are compared with may change", async () => {
    assert.equal((await runSql(venue, "alter table planning.plan alter column name type varchar")).status, 200);
  });
});

Deno.test("pglite: with cascade what others need goes with its dependents", async () => {
  await using venue = await fitting();
  assert.equal((await runSql(venue, "drop table planning.plan cascade", { cascade: true })).status, 200);
  const { object_relationships: _, ...plain } = PLAIN;
  assert.deepEqual(await entries(venue), { model: { table: named("model") }, plain });
  assert.equal((await callMetadata(venue, "get_inconsistent_metadata")).json.is_consistent, true);
});

Deno.test("pglite: the check follows new names of columns", async () => {
  await using venue = await fitting();
  const renames = ["name to title", "revision to number", "model_id to mission_id", "id to plan"];
  for (const rename of renames) {
    const { status, json } = await runSql(venue, `alter table planning.plan rename column ${rename}`);
    assert.equal(status, 200, JSON.stringify(json));
  }
  const { plan, model, plain } = await entries(venue);
  assert.deepEqual(
    plan?.["insert_permissions"],
    role({ check: {}, set: { number: 1, title: "X-Hasura-Name" }, columns: ["plan"] }),
  );
  assert.deepEqual(plan?.["object_relationships"], [{
    name: "model",
    using: { foreign_key_constraint_on: "mission_id" },
  }]);
  assert.deepEqual((plan?.["event_triggers"] as [{ definition: unknown }])[0].definition, {
    enable_manual: false,
    update: { columns: ["title"] },
  });
  assert.deepEqual(model?.["select_permissions"], role({ columns: ["id"], filter: { plans: { number: { _gt: 0 } } } }));
  assert.deepEqual(model?.["array_relationships"], [{
    name: "plans",
    using: { foreign_key_constraint_on: { column: "mission_id", table: named("plan") } },
  }]);
  const [{ using }] = plain?.["object_relationships"] as [
    { using: { manual_configuration: { column_mapping: unknown } } },
  ];
  assert.deepEqual(using.manual_configuration.column_mapping, { plan_id: "plan" });
  assert.equal((await callMetadata(venue, "get_inconsistent_metadata")).json.is_consistent, true);
});

Deno.test("pglite: the check follows new names and schemas of tables", async () => {
  await using venue = await fitting();
  assert.equal((await runSql(venue, "alter table planning.plan rename to plans")).status, 200);
  assert.equal((await runSql(venue, "alter table planning.model set schema other")).status, 200);
  const { plans, model, plain } = await entries(venue);
  assert.deepEqual(plans?.["object_relationships"], PLAN["object_relationships"]);
  assert.deepEqual(model?.["table"], { name: "model", schema: "other" });
  assert.deepEqual(model?.["array_relationships"], [{
    name: "plans",
    using: { foreign_key_constraint_on: { column: "model_id", table: named("plans") } },
  }]);
  const where = { name: { _eq: "x" } };
  assert.deepEqual(
    plain?.["delete_permissions"],
    role({ filter: { _exists: { _table: { name: "model", schema: "other" }, _where: where } } }),
  );
  assert.equal((await callMetadata(venue, "get_inconsistent_metadata")).json.is_consistent, true);
});

Deno.test("pglite: new names that the check cannot follow are refused", async (t) => {
  const functions = [{ function: named("find") }];
  for (
    const [title, sql, tables, rest, status, error] of [
      [
        "of the table that a function gives back",
        "alter table planning.plan rename to plans",
        [PLAN, MODEL],
        { functions },
        500,
        `unexpected dependency function planning.find ${IN}; cannot rename table "planning.plan" to "planning.plans"`,
      ],
      [
        "of a column, to the name of a relationship",
        "alter table planning.plan rename column name to model",
        [PLAN, MODEL],
        {},
        400,
        'cannot rename column "name" to "model" in table "planning.plan" as a relationship with the name already exists',
      ],
      [
        "of a function, which counts as dropped, while another takes its name",
        "create function planning.find(int) returns setof planning.plan language sql stable as 'select * from planning.plan' -- drop",
        [PLAN, MODEL],
        { functions },
        400,
        "the following tracked function(s) cannot be overloaded: planning.find",
      ],
      [
        "of what a computed field calls",
        "create function planning.age(p planning.plain, n int) returns int language sql stable as 'select 1' -- drop",
        ALL,
        {},
        400,
        'The function "planning.age" associated with computed field"age" of table "planning.plain" is being overloaded',
      ],
      [
        "and a computed field must not become volatile",
        "alter function planning.age volatile",
        ALL,
        {},
        400,
        'The type of function "planning.age" associated with computed field "age" of table "planning.plain" is being altered to "VOLATILE"',
      ],
    ] as const
  ) {
    await t.step(title, async () => {
      await using venue = await fitting([...tables], rest);
      const before = await venue.metadata();
      const answer = await runSql(venue, sql);
      assert.deepEqual([answer.status, answer.json.error], [status, error]);
      assert.deepEqual(await venue.metadata(), before);
    });
  }
});

Deno.test("pglite: new problems are told when the text is committed already", async () => {
  await using venue = await fitting();
  await venue.sql("create table planning.late (id int)");
  await callMetadata(venue, "reload_metadata");
  const sources = [source([...ALL, table("late"), table("gone")])];
  assert.equal((await apply(venue, { sources })).length, 1);
  const before = await venue.metadata();
  const sql = 'alter table planning.plan add column plans int; alter table planning.late add column "a b" int';
  const { status, json } = await runSql(venue, sql);
  assert.equal(status, 500);
  assert.deepEqual(json, {
    path: "$",
    error: "cannot continue due to newly found inconsistent metadata",
    code: "unexpected",
    internal: [{
      type: "table",
      name: "table planning.late in source Aerie",
      definition: named("late"),
      reason:
        'Inconsistent object: cannot include "a b" in the GraphQL schema because it is not a valid GraphQL identifier',
    }],
  });
  assert.deepEqual(await venue.metadata(), before);
  assert.deepEqual(await venue.sql('select "a b" from planning.late'), []);
});

Deno.test("pglite: dropped columns lose their configuration", async () => {
  const configuration = {
    column_config: { revision: { custom_name: "number" } },
    custom_column_names: { revision: "number" },
  };
  await using venue = await fitting([table("plan", { configuration })]);
  assert.equal((await runSql(venue, "alter table planning.plan drop column revision")).status, 200);
  assert.equal((await callMetadata(venue, "get_inconsistent_metadata")).json.is_consistent, true);
  assert.doesNotMatch(JSON.stringify((await venue.metadata()).metadata), /number/);
});
