// What of the metadata does not fit beyond tables, columns and foreign keys, and how a venue says so.

import assert from "node:assert/strict";
import { apply, lines, named, source, table } from "../venue/inconsistencies.ts";
import { startVenue } from "../venue/mod.ts";

const BASE = `
create schema planning;
create table planning.model (id int primary key, name text);
create table planning.plan (id int primary key, model_id int references planning.model, name text, extra jsonb, raw json);
create view planning.totals as select count(*) as total from planning.plan;
create table planning.colour (value text primary key, comment text);
insert into planning.colour values ('red', null), ('blue', null);
create table planning.paint (id int primary key, colour text references planning.colour);
create function planning.age(p planning.plan) returns int language sql stable as 'select 1';
create function planning.volatile(p planning.plan) returns int language sql as 'select 1';
create function planning.of_model(p planning.model) returns int language sql stable as 'select 1';
create function planning.of_number(p int) returns int language sql stable as 'select 1';
create function planning.nothing(p planning.plan) returns void language sql stable as 'select 1';
create function planning.bare() returns int language sql stable as 'select 1';
create function planning.more(p planning.plan, n int) returns int language sql stable as 'select 1';
create function planning.models(p planning.plan) returns setof planning.model language sql stable as 'select * from planning.model';
create function planning.all_plans() returns setof planning.plan language sql stable as 'select * from planning.plan';
`;

const PLAN = "in table planning.plan in source Aerie";
const IN_PLAN = 'in table "planning.plan": ';
const MODEL = { name: "model", using: { foreign_key_constraint_on: "model_id" } };

Deno.test("pglite: computed fields that do not fit", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  const first = (name: string) => `first argument of the function "planning.${name}"`;
  const cases: [name: string, reasons: string[], rest?: Record<string, unknown>][] = [
    ["age", []],
    ["more", []],
    ["age", [], { table_argument: "p" }],
    ["models", [
      'the function "planning.models" returning set of table "planning.model" is not tracked or not found in database',
    ]],
    ["volatile", ['the function "planning.volatile" is of type VOLATILE; cannot be added as a computed field']],
    ["of_model", [
      `${first("of_model")} of type "planning.model" is not the table to which the computed field is being added`,
    ]],
    ["of_number", [
      `${first("of_number")} is not COMPOSITE type`,
      `${first("of_number")} of type "pg_catalog.int4" is not the table to which the computed field is being added`,
    ]],
    ["nothing", ['the function "planning.nothing" returning type void is not a BASE type']],
    ["bare", ['the function "planning.bare" has no input arguments']],
    ["age", ['"q" is not an input argument of the function "planning.age"'], { table_argument: "q" }],
    ["more", ['"n" argument of the function "planning.more" is not of type JSON'], { session_argument: "n" }],
  ];
  for (const [name, reasons, rest = {}] of cases) {
    await t.step(`${name} ${JSON.stringify(rest)}`, async () => {
      const field = { name: "c", definition: { function: named(name), ...rest } };
      const found = await apply(venue, { sources: [source([table("plan", { computed_fields: [field] })])] });
      const shown = reasons.length === 1
        ? `because ${reasons[0]}`
        : `for the following reasons:\n${reasons.map((reason) => `  • ${reason}\n`).join("")}`;
      const problem =
        `${IN_PLAN}in computed field "c": the computed field "c" cannot be added to table "planning.plan" `;
      assert.deepEqual(lines(found), reasons.length > 0 ? [`computed_field c ${PLAN} | ${problem}${shown}`] : []);
    });
  }
});

Deno.test("pglite: conditions that do not fit", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  const texts = 'only on columns of type "varchar", "text", "citext", "bpchar"';
  const cases: [filter: Record<string, unknown>, problem?: string][] = [
    [{ id: { _in: [1, 2] }, name: { _ilike: "a%" }, extra: { _has_key: "a" } }],
    [{ id: { _in: "X-Hasura-Ids" }, name: { _is_null: true } }],
    [{ id: { _ceq: "model_id" } }],
    [{ model: { id: { _ceq: ["$", "model_id"] } } }],
    [{ id: { _beside: 1 } }, "Unknown operator: _beside"],
    [{ id: { _like: "1%" } }, ` is of type "integer"; this operator works ${texts}`],
    [{ name: { _contains: {} } }, ' is of type "text"; this operator works only on columns of type an array or JSONB'],
    [{ raw: { _eq: {} } }, "JSON column can not be part of boolean expression"],
    [{ name: { _eq: 1 } }, "parsing Text failed, expected String, but encountered Number"],
    [{ id: { _in: 1 } }, "parsing [] failed, expected Array, but encountered Number"],
    [{ id: { _ceq: "gone" } }, 'column "gone" does not exist'],
    [{ id: { _cgt: "name" } }, 'incompatible column types: "id" has type "integer", but "name" has type "text"'],
    [{ _not: { model: { gone: {} } } }, '"gone" does not exist'],
    [{ _or: [{ _exists: { _table: named("model"), _where: { gone: {} } } }] }, '"gone" does not exist'],
    [{ _exists: { _table: named("paint"), _where: {} } }, 'table "planning.paint" does not exist'],
    [{ more: { _eq: 1 } }, "Computed columns with input arguments can not be part of the where clause"],
  ];
  for (const [filter, problem] of cases) {
    await t.step(JSON.stringify(filter), async () => {
      const plan = table("plan", {
        object_relationships: [MODEL],
        computed_fields: [{ name: "more", definition: { function: named("more") } }],
        delete_permissions: [{ role: "viewer", permission: { filter } }],
      });
      const found = await apply(venue, { sources: [source([plan, table("model")])] });
      const reason = `${IN_PLAN}in permission for role "viewer": ${problem}`;
      assert.deepEqual(lines(found), problem ? [`delete_permission viewer ${PLAN} | ${reason}`] : []);
    });
  }
});

Deno.test("pglite: a permission goes with the relationship that its condition names", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  const byHand = {
    name: "model",
    using: { manual_configuration: { remote_table: named("model"), column_mapping: { gone: "id" } } },
  };
  const permission = { columns: ["id"], filter: { model: { id: { _eq: 1 } } } };
  const plan = table("plan", { object_relationships: [byHand], select_permissions: [{ role: "viewer", permission }] });
  const found = await apply(venue, { sources: [source([plan, table("model")])] });
  assert.deepEqual(lines(found), [
    `object_relation model ${PLAN} | table "planning.plan" has no field named "gone"`,
    `select_permission viewer ${PLAN} | table "planning.plan" has no field named "model"`,
  ]);
});

Deno.test("pglite: names that clash in one table", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  const age = (name: string) => ({ name, definition: { function: named("age") } });
  await t.step("two definitions of one field are told together", async () => {
    const delete_permissions = [{ role: "viewer", permission: { filter: { model: {} } } }];
    const plan = table("plan", { object_relationships: [MODEL], computed_fields: [age("model")], delete_permissions });
    const [found, ...more] = await apply(venue, { sources: [source([plan, table("model")])] });
    assert.deepEqual(lines(more), [
      `delete_permission viewer ${PLAN} | ${IN_PLAN}in permission for role "viewer": "model" does not exist`,
    ]);
    assert.equal(found?.reason, 'Conflicting objects: conflicting definitions for field "model"');
    assert.deepEqual(found?.objects?.map(({ name }) => name), [
      `object_relation model ${PLAN}`,
      `computed_field model ${PLAN}`,
    ]);
  });
  const cases: [title: string, rest: Record<string, unknown>, line: string][] = [
    [
      "a column",
      { computed_fields: [age("name")] },
      `computed_field name ${PLAN} | field definition conflicts with postgres column`,
    ],
    [
      "a column's name in GraphQL",
      { computed_fields: [age("title")], configuration: { column_config: { name: { custom_name: "title" } } } },
      `computed_field title ${PLAN} | field definition conflicts with custom field name for postgres column "name"`,
    ],
    [
      "two columns",
      { configuration: { custom_column_names: { id: "x", name: "x" } } },
      'table planning.plan in source Aerie | the definitions of columns "id" and "name" are in conflict: they are mapped to the same field name, "x"',
    ],
  ];
  for (const [title, rest, line] of cases) {
    await t.step(title, async () => {
      assert.deepEqual(lines(await apply(venue, { sources: [source([table("plan", rest)])] })), [line]);
    });
  }
});

Deno.test("pglite: enum tables", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  const cannot = (name: string) =>
    `table planning.${name} in source Aerie | the table "planning.${name}" cannot be used as an enum because `;
  const colour = { sources: [source([table("colour", { is_enum: true }), table("paint")])] };
  const plan = cannot("plan").replace("because ", "for the following reasons:\n");
  await t.step("one that fits", async () => assert.deepEqual(await apply(venue, colour), []));
  await t.step("one without rows", async () => {
    await venue.sql("delete from planning.colour");
    assert.deepEqual(lines(await apply(venue, colour)), [`${cannot("colour")}the table must have at least one row`]);
  });
  await t.step("names that GraphQL does not allow", async () => {
    await venue.sql("insert into planning.colour values ('light red', null), ('true', null)");
    assert.deepEqual(lines(await apply(venue, colour)), [
      `${cannot("colour")}the values "light red" and "true" are not valid GraphQL enum value names`,
    ]);
  });
  await t.step("other columns", async () => {
    const found = lines(await apply(venue, { sources: [source([table("plan", { is_enum: true })])] }));
    assert.deepEqual(found, [
      `${plan}  • the table’s primary key ("id") must have type "text", not type "integer"\n` +
      "  • the table must have exactly one primary key and optionally one comment column, not 5 columns (extra, id, model_id, name, raw)\n",
    ]);
  });
  await t.step("a view", async () => {
    const found = lines(await apply(venue, { sources: [source([table("totals", { is_enum: true })])] }));
    assert.deepEqual(
      found,
      [
        `${
          cannot("totals").replace("because ", "for the following reasons:\n")
        }  • the table must have a primary key\n` +
        '  • the table’s comment column ("total") must have type "text", not type "bigint"\n',
      ].map((line) => line),
    );
  });
});

Deno.test("pglite: event triggers", async (t) => {
  await using venue = await startVenue({
    baseSql: BASE,
    environment: { AERIE_DATABASE_URL: "postgres://aerie", HOOK: "http://h" },
  });
  const trigger = (rest: Record<string, unknown>) => ({
    name: "ev",
    definition: { enable_manual: false, insert: { columns: "*" } },
    retry_conf: { num_retries: 0, interval_sec: 10, timeout_sec: 60 },
    webhook: "http://127.0.0.1:9/e",
    ...rest,
  });
  const on = (name: string, rest: Record<string, unknown> = {}) => ({
    sources: [source([table(name, { event_triggers: [trigger(rest)] })])],
  });
  await t.step("one that fits writes to the log", async () => {
    assert.deepEqual(await apply(venue, on("model", { webhook: "{{HOOK}}/x" })), []);
    await venue.sql("insert into planning.model values (1, 'a')");
    assert.deepEqual(await venue.sql("select trigger_name, payload->>'op' from hdb_catalog.event_log"), [[
      "ev",
      "INSERT",
    ]]);
  });
  const missing = `${IN_PLAN}in event trigger "ev": `;
  for (
    const [rest, reason] of [
      [{ webhook: "{{GONE}}/x" }, `${missing}Value for environment variables not found: GONE`],
      [{ headers: [{ name: "a", value_from_env: "GONE" }] }, `${missing}environment variable 'GONE' not set`],
      [{ definition: { update: { columns: ["gone"] } } }, 'table "planning.plan" has no field named "gone"'],
      [
        { definition: { insert: { columns: "*", payload: ["gone"] } } },
        'table "planning.plan" has no field named "gone"',
      ],
    ] as const
  ) {
    await t.step(reason, async () => {
      assert.deepEqual(lines(await apply(venue, on("plan", rest))), [`event_trigger ev ${PLAN} | ${reason}`]);
    });
  }
  await t.step("what PostgreSQL refuses is told with its words", async () => {
    const [found] = await apply(venue, on("totals"));
    assert.equal(found?.reason, "Inconsistent object: database query error");
    const { error, statement } = found?.message as { error: { message: string }; statement: string };
    assert.equal(error.message, '"totals" is a view');
    assert.match(statement, /CREATE TRIGGER "notify_hasura_ev_INSERT" AFTER INSERT ON "planning"."totals"/);
  });
});
