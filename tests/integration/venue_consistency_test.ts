// What of the metadata does not fit the database, and how a venue says so.

import assert from "node:assert/strict";
import { callMetadata, runSql } from "../venue/client.ts";
import { apply, type Found, lines, named, source, table } from "../venue/inconsistencies.ts";
import { backends, startVenue } from "../venue/mod.ts";

const BASE = `
create schema planning;
create table planning.model (id int primary key, name text);
create table planning.plan (id int primary key, model_id int references planning.model, parent_id int references planning.plan, other_id int);
create table planning.part (plan_id int, number int, primary key (plan_id, number));
create table planning.task (plan_id int, number int, foreign key (plan_id, number) references planning.part);
create table planning.label (other_id int references planning.model);
create view planning.summary as select id, model_id from planning.plan;
create function planning.age(plan planning.plan) returns int language sql stable as 'select 1';
create function planning.parents(plan planning.plan) returns setof planning.plan language sql stable as 'select * from planning.plan';
create function planning.twice(int) returns int language sql as 'select 1';
create function planning.twice(text) returns int language sql as 'select 1';
create procedure planning.work() language sql as 'select 1';
create type planning.colour as enum ('red');
`;

const noTable = (name: string) =>
  `the function "planning.${name}" cannot be tracked for the following reasons:\n` +
  '  • the function does not return a "COMPOSITE" type\n  • the function does not return a table\n';

const PLAN = "in table planning.plan in source Aerie";
const IN_PLAN = 'in table "planning.plan": ';

for (const { name, database } of backends()) {
  Deno.test(`${name}: tables and functions`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const tables = ["plan", "summary", "gone"].map((name) => table(name));
    const functions = ["age", "twice", "work", "gone"].map((name) => ({ function: named(name) }));
    const found = await apply(venue, { sources: [source(tables, { functions })] });
    assert.deepEqual(lines(found), [
      'table planning.gone in source Aerie | no such table/view exists in source: "planning.gone"',
      `function planning.age in source Aerie | in function "planning.age": ${noTable("age")}`,
      'function planning.gone in source Aerie | in function "planning.gone": no such function exists: "planning.gone"',
      'function planning.twice in source Aerie | in function "planning.twice": function "planning.twice" is overloaded. Overloaded functions are not supported',
      `function planning.work in source Aerie | in function "planning.work": ${noTable("work")}`,
    ]);
    assert.deepEqual(found.map(({ definition }) => definition), ["gone", "age", "gone", "twice", "work"].map(named));
  });

  Deno.test(`${name}: relationships`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const key = (foreign_key_constraint_on: unknown) => ({ foreign_key_constraint_on });
    const byHand = (remote: string, column_mapping: unknown) => ({
      manual_configuration: { remote_table: named(remote), column_mapping, insertion_order: null },
    });
    const none = `${IN_PLAN}in relationship "r": no foreign constraint exists on the given column(s)`;
    const cases: [title: string, kind: "object" | "array", using: unknown, reason?: string][] = [
      ["a column", "object", key("model_id")],
      ["a list of columns", "object", key(["model_id"])],
      ["a column without a foreign key", "object", key("other_id"), none],
      ["a column that is not there", "object", key("gone"), none],
      ["more columns than the key has", "object", key(["model_id", "parent_id"]), none],
      ["a table that is not tracked", "object", key("plan_id"), none],
      ["a column of another table", "array", key({ table: named("plan"), column: "parent_id" })],
      ["columns of another table", "array", key({ table: named("plan"), columns: ["parent_id"] })],
      ["a foreign key that leads elsewhere", "array", key({ table: named("plan"), column: "model_id" }), none],
      ["a table without foreign keys", "array", key({ table: named("model"), column: "id" }), none],
      [
        "another table that is not tracked",
        "array",
        key({ table: named("task"), column: "plan_id" }),
        `${IN_PLAN}in relationship "r": table "planning.task" does not exist in source: Aerie`,
      ],
      ["by hand", "object", byHand("summary", { id: "id", model_id: "model_id" })],
      [
        "by hand, to a table that is not tracked",
        "object",
        byHand("task", { id: "plan_id" }),
        'table "planning.task" is not tracked',
      ],
      [
        "by hand, from a column that is not there",
        "array",
        byHand("summary", { gone: "id" }),
        'table "planning.plan" has no field named "gone"',
      ],
      [
        "by hand, to a column that is not there",
        "array",
        byHand("summary", { id: "gone" }),
        'table "planning.summary" has no field named "gone"',
      ],
    ];
    for (const [title, kind, using, reason] of cases) {
      await t.step(title, async () => {
        const plan = table("plan", { [`${kind}_relationships`]: [{ name: "r", using }] });
        const found = await apply(venue, { sources: [source([plan, table("model"), table("summary")])] });
        assert.deepEqual(lines(found), reason ? [`${kind}_relation r ${PLAN} | ${reason}`] : []);
        const definition = { source: "Aerie", table: named("plan"), name: "r", using, comment: null };
        assert.deepEqual(found.map(({ definition }) => definition), reason ? [definition] : []);
      });
    }
    await t.step("of two columns", async () => {
      const task = table("task", { object_relationships: [{ name: "r", using: key(["number", "plan_id"]) }] });
      assert.deepEqual(await apply(venue, { sources: [source([task, table("part")])] }), []);
      assert.deepEqual(lines(await apply(venue, { sources: [source([task])] })), [
        'object_relation r in table planning.task in source Aerie | table "planning.part" is not tracked',
      ]);
    });
  });

  // What Hasura fills in where nothing is said.
  const DEFAULTS: Record<string, Record<string, unknown>> = {
    select: { allow_aggregations: false, computed_fields: [] },
  };

  Deno.test(`${name}: permissions and computed fields`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const cases: [title: string, type: string, permission: Record<string, unknown>, reason?: string, role?: string][] =
      [
        ["all columns", "select", { columns: "*", filter: {} }],
        ["columns", "select", { columns: ["id", "model_id"], filter: { id: { _eq: 1 } } }],
        [
          "a column that is not there",
          "select",
          { columns: ["id", "gone"], filter: {} },
          'column "gone" does not exist',
        ],
        ["in an insert", "insert", { columns: ["gone"], check: {} }, 'column "gone" does not exist'],
        ["in an update", "update", { columns: ["gone"], filter: {} }, 'column "gone" does not exist'],
        ["in what is set", "insert", { columns: "*", check: {}, set: { gone: 1 } }, 'column "gone" does not exist'],
        ["in a condition", "delete", { filter: { _and: [{ _not: { gone: {} } }] } }, '"gone" does not exist'],
        ["in a check", "insert", { columns: [], check: { gone: {} } }, '"gone" does not exist'],
        ["relationships in a condition", "delete", { filter: { model: { name: { _eq: "x" } }, age: { _eq: 1 } } }],
        ["tables in a condition", "delete", { filter: { _exists: { _table: named("model"), _where: {} } } }],
        ["for the admin", "delete", { filter: {} }, "cannot define permission for admin role", "admin"],
      ];
    const age = { name: "age", definition: { function: named("age") } };
    const model = { name: "model", using: { foreign_key_constraint_on: "model_id" } };
    const rest = { object_relationships: [model], computed_fields: [age] };
    for (const [title, type, permission, problem, role = "viewer"] of cases) {
      await t.step(title, async () => {
        const plan = table("plan", { ...rest, [`${type}_permissions`]: [{ role, permission }] });
        const reason = `${IN_PLAN}in permission for role "${role}": ${problem}`;
        const found = await apply(venue, { sources: [source([plan, table("model")])] });
        assert.deepEqual(lines(found), problem ? [`${type}_permission ${role} ${PLAN} | ${reason}`] : []);
        const whole = { ...DEFAULTS[type] ?? { backend_only: false }, ...permission };
        const definition = { source: "Aerie", table: named("plan"), role, permission: whole, comment: null };
        assert.deepEqual(found.map(({ definition }) => definition), problem ? [definition] : []);
      });
    }
    await t.step("a computed field without its function", async () => {
      const gone = { name: "gone", definition: { function: named("gone") } };
      const found = await apply(venue, { sources: [source([table("plan", { computed_fields: [age, gone] })])] });
      const reason = `${IN_PLAN}in computed field "gone": no such function exists: "planning.gone"`;
      assert.deepEqual(lines(found), [`computed_field gone ${PLAN} | ${reason}`]);
    });
  });

  Deno.test(`${name}: what hangs on a missing table is not named, what leads to it is`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const remote = (name: string) => ({
      name: "r",
      using: { manual_configuration: { remote_table: named(name), column_mapping: { id: "id" } } },
    });
    const gone = table("gone", {
      object_relationships: [remote("nowhere")],
      select_permissions: [{ role: "viewer", permission: { columns: ["nothing"], filter: {} } }],
      computed_fields: [{ name: "f", definition: { function: named("gone") } }],
    });
    const found = await apply(venue, {
      sources: [source([gone, table("plan", { array_relationships: [remote("gone")] })])],
    });
    assert.deepEqual(lines(found), [
      'table planning.gone in source Aerie | no such table/view exists in source: "planning.gone"',
      `array_relation r ${PLAN} | table "planning.gone" is not tracked`,
    ]);
  });

  Deno.test(`${name}: a change of the database shows after a reload, in columns and functions too`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE, replaceLooksAgain: false });
    const plan = table("plan", {
      object_relationships: [{ name: "model", using: { foreign_key_constraint_on: "model_id" } }],
      select_permissions: [{ role: "viewer", permission: { columns: ["other_id"], filter: {} } }],
      computed_fields: [{ name: "age", definition: { function: named("age") } }],
    });
    const document = { sources: [source([plan, table("model")], { functions: [{ function: named("parents") }] })] };
    assert.deepEqual(await apply(venue, document), []);
    await venue.sql(`alter table planning.plan drop column other_id, drop constraint plan_model_id_fkey;
      drop function planning.age; drop function planning.parents`);
    assert.deepEqual(await apply(venue, document), []);
    const { json } = await callMetadata(venue, "reload_metadata");
    assert.deepEqual(json.inconsistent_objects.map(({ type }: Found) => type), [
      "object_relation",
      "computed_field",
      "select_permission",
      "function",
    ]);
    assert.deepEqual(await apply(venue, document), json.inconsistent_objects);
  });
}

Deno.test("pglite: a reload looks at the sources that it names", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  const customization = { root_fields: { namespace: "other" } };
  const sources = [source([table("late")]), source([table("late")], { name: "Other", customization })];
  await apply(venue, { sources });
  await venue.sql("create table planning.late (id int)");
  const reload = await callMetadata(venue, "reload_metadata", { reload_sources: ["Other"] });
  assert.deepEqual(reload.json.inconsistent_objects.map(({ name }: Found) => name), [
    "table planning.late in source Aerie",
  ]);
});

Deno.test("pglite: what hangs on a table stays with it when the check follows its new name", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  const select_permissions = [{ role: "viewer", permission: { columns: "*", filter: {} } }];
  await apply(venue, { sources: [source([table("model", { select_permissions })])] });
  const { status } = await runSql(venue, "alter table planning.model rename to mission_model");
  assert.equal(status, 200);
  const { metadata } = await venue.metadata();
  assert.deepEqual(metadata.sources[0]?.tables, [table("mission_model", { select_permissions })]);
});

Deno.test("pglite: actions and custom types", async (t) => {
  await using venue = await startVenue({
    baseSql: BASE,
    environment: { AERIE_DATABASE_URL: "postgres://aerie", HANDLER: "http://h", TWO: "2" },
  });
  const custom_types = {
    input_objects: [{ name: "Input", fields: [{ name: "ids", type: "[Int!]!" }, { name: "more", type: "Input" }] }],
    objects: [{ name: "Done", fields: [{ name: "at", type: "timestamptz" }, { name: "colour", type: "Colour!" }] }],
    scalars: [{ name: "Blob" }],
    enums: [{ name: "Colour", values: [{ value: "RED" }] }],
  };
  const noOutput = (type: string) => `the type: "${type}" is not an object or scalar type defined in custom types`;
  const noInput = (type: string) =>
    `the type: "${type}" is not defined in custom types or it is not a scalar/enum/input_object`;
  const cases: [title: string, rest: Record<string, unknown>, problem?: string][] = [
    ["an object", { output_type: "[Done!]!" }],
    ["a scalar of PostgreSQL", { output_type: "jsonb" }],
    ["all that may come in", {
      arguments: ["Input", "Blob", "[Colour]", "uuid!", "Int", "bigint"].map((type, n) => ({ name: `a${n}`, type })),
    }],
    ["an unknown answer", { output_type: "Gone" }, noOutput("Gone")],
    ["an input object for an answer", { output_type: "Input!" }, noOutput("Input")],
    ["an unknown argument", { arguments: [{ name: "a", type: "[Gone!]" }] }, noInput("Gone")],
    ["an object for an argument", { arguments: [{ name: "a", type: "Done" }] }, noInput("Done")],
    ["an enum of the database", { arguments: [{ name: "a", type: "colour" }] }, noInput("colour")],
    ["variables", { handler: "{{HANDLER}}/x/{{TWO}}" }],
    [
      "variables that are not set",
      { handler: "{{HANDLER}}/{{GONE}}/{{LOST}}" },
      "Value for environment variables not found: GONE, LOST",
    ],
  ];
  for (const [title, rest, problem] of cases) {
    await t.step(title, async () => {
      const definition = { handler: "http://h", output_type: "Done", kind: "synchronous", ...rest };
      const found = await apply(venue, { sources: [source([])], custom_types, actions: [{ name: "act", definition }] });
      assert.deepEqual(lines(found), problem ? [`action act | in action "act"; ${problem}`] : []);
      const whole = { arguments: [], forward_client_headers: false, headers: [], timeout: 30, type: "mutation" };
      const described = {
        arguments: ("arguments" in rest ? rest.arguments as object[] : []).map((each) => ({
          ...each,
          description: null,
        })),
      };
      const expected = { name: "act", definition: { ...whole, ...definition, ...described }, comment: null };
      assert.deepEqual(found.map(({ definition }) => definition), problem ? [expected] : []);
    });
  }
  await t.step("types that cannot be used take all actions with them", async () => {
    const objects = [{ name: "Done", fields: [{ name: "at", type: "Gone" }] }];
    const actions = [{ name: "act", definition: { handler: "http://h", output_type: "Done" } }];
    const found = await apply(venue, { sources: [source([])], custom_types: { objects }, actions });
    assert.deepEqual(lines(found), [
      'custom_types custom_types | validation for the given custom types failed because the type "Gone" for field "at" in  object type "Done" does not exist',
      "action act | custom types are inconsistent",
    ]);
  });
  await t.step("scalars come from sources that can be looked at", async () => {
    const configuration = { connection_info: { database_url: { from_env: "GONE" } } };
    const actions = [{ name: "act", definition: { handler: "http://h", output_type: "jsonb" } }];
    const found = await apply(venue, { sources: [source([], { configuration })], actions });
    assert.deepEqual(lines(found), [
      "source Aerie | environment variable 'GONE' not set",
      `action act | in action "act"; ${noOutput("jsonb")}`,
    ]);
  });
});
