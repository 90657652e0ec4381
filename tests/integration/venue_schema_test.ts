// What of the metadata does not fit the GraphQL schema as a whole: roles, remote schemas, stored queries, root fields.

import assert from "node:assert/strict";
import { callMetadata } from "../venue/client.ts";
import { apply, lines, named, replace, source, table } from "../venue/inconsistencies.ts";
import { startVenue } from "../venue/mod.ts";

const BASE = `
create schema planning;
create table planning.model (id int primary key, name text);
create table planning.plan (id int primary key, model_id int references planning.model, name text);
create function planning.find(wanted text) returns setof planning.plan language sql stable as 'select * from planning.plan';
`;

const PLAN = table("plan", {
  object_relationships: [{ name: "model", using: { foreign_key_constraint_on: "model_id" } }],
});
const MODEL = table("model", {
  array_relationships: [{
    name: "plans",
    using: { foreign_key_constraint_on: { table: named("plan"), column: "model_id" } },
  }],
});
const BOTH = [source([MODEL, PLAN], { functions: [{ function: named("find") }] })];

Deno.test("pglite: roles that inherit", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  const roles = (sets: Record<string, string[]>) => ({
    sources: [source([table("plan", { delete_permissions: [{ role: "viewer", permission: { filter: {} } }] })])],
    inherited_roles: Object.entries(sets).map(([role_name, role_set]) => ({ role_name, role_set })),
  });
  await t.step("from roles that are there", async () => {
    assert.deepEqual(await apply(venue, roles({ both: ["viewer", "other"], other: ["viewer"] })), []);
  });
  await t.step("from one that is not", async () => {
    assert.deepEqual(lines(await apply(venue, roles({ both: ["viewer", "nobody"] }))), [
      "inherited_role inherited role both | in inherited role both: the following parent role(s) are not found: nobody " +
      'which are required to construct the inherited role: "both"',
    ]);
  });
  for (
    const [sets, shown] of [
      [{ a: ["a"] }, '["a","a"]'],
      [{ one: ["three"], two: ["one"], three: ["two"], viewer2: ["viewer"] }, '["one","three","two","one"]'],
    ] as const
  ) {
    await t.step(shown, async () => {
      const { status, json } = await replace(venue, roles(sets as unknown as Record<string, string[]>));
      assert.equal(status, 400);
      assert.deepEqual(json, { code: "cyclic-dependency", error: `found cycle(s) in roles: ${shown}`, path: "$.args" });
    });
  }
});

Deno.test("pglite: what a role cannot inherit", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  const permission = (role: string, columns: unknown, check: unknown = {}) => ({
    role,
    permission: { columns, check },
  });
  const document = (insert_permissions: unknown[]) => ({
    sources: [source([table("plan", { insert_permissions })])],
    inherited_roles: [{ role_name: "child", role_set: ["both"] }, { role_name: "both", role_set: ["one", "two"] }],
  });
  const same = [permission("one", ["name", "id", "model_id"]), permission("two", "*")];
  assert.deepEqual(await apply(venue, document(same)), []);
  const different = [permission("one", "*"), permission("two", "*", { id: { _gt: 0 } })];
  assert.deepEqual(await apply(venue, document(different)), [{
    name: "both",
    type: "inherited role permission inconsistency",
    reason:
      "Could not inherit permission for the role 'both' for the entity: 'insert permission, table: planning.plan, source: 'Aerie''",
    entity: { permission_type: "insert", source: "Aerie", table: "planning.plan" },
  }]);
  assert.deepEqual(await apply(venue, document([...different, permission("both", "*")])), []);
});

Deno.test("pglite: remote schemas, and relationships to them and to other sources", async (t) => {
  await using venue = await startVenue({
    baseSql: BASE,
    environment: { AERIE_DATABASE_URL: "postgres://aerie", URL: "http://127.0.0.1:1/g" },
  });
  const schema = (name: string, definition: Record<string, unknown>) => ({ name, definition });
  await t.step("servers that do not answer", async () => {
    const remote_schemas = [
      schema("a", { url_from_env: "URL", timeout_seconds: 5 }),
      schema("b", { url_from_env: "GONE" }),
    ];
    const found = await apply(venue, { sources: BOTH, remote_schemas });
    assert.deepEqual(lines(found).toSorted(), [
      'remote_schema a | HTTP exception occurred while sending the request to "URL"',
      "remote_schema b | environment variable 'GONE' not set",
    ]);
    assert.deepEqual(found.find(({ name }) => name === "remote_schema a")?.message, {
      message: "Connection failure: Network.Socket.connect: <socket: 30>: does not exist (Connection refused)\n",
      request: {
        host: "127.0.0.1",
        method: "POST",
        path: "/g",
        port: 1,
        queryString: "",
        responseTimeout: "ResponseTimeoutMicro 5000000",
        secure: false,
      },
      type: "http_exception",
    });
  });
  const toSource = (rest: Record<string, unknown>) => ({
    to_source: {
      source: "Aerie",
      table: named("model"),
      relationship_type: "object",
      field_mapping: { model_id: "id" },
      ...rest,
    },
  });
  const toSchema = { to_remote_schema: { remote_schema: "a", lhs_fields: ["id"], remote_field: {} } };
  const context = 'in table "planning.plan": in remote relationship "r": ';
  for (
    const [title, definition, reason] of [
      ["to a table", toSource({})],
      ["to an unknown source", toSource({ source: "Gone" }), `${context}source not found: "Gone"`],
      [
        "to an unknown table",
        toSource({ table: named("gone") }),
        `${context}table "planning.gone" does not exist in source: Aerie`,
      ],
      ["from an unknown column", toSource({ field_mapping: { gone: "id" } }), `${context}"gone" does not exist`],
      ["to an unknown column", toSource({ field_mapping: { id: "gone" } }), `${context}"gone" does not exist`],
      ["to an unknown schema", toSchema, `${context}remote schema with name "a" not found`],
    ] as const
  ) {
    await t.step(title, async () => {
      const plan = table("plan", { remote_relationships: [{ name: "r", definition }] });
      const found = await apply(venue, { sources: [source([MODEL, plan])] });
      const name = "remote_relationship r in table planning.plan in source Aerie";
      assert.deepEqual(lines(found), reason === undefined ? [] : [`${name} | ${reason}`]);
    });
  }
});

Deno.test("pglite: stored queries are held against the schema", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  const objects = [{ name: "Done", fields: [{ name: "at", type: "timestamptz" }] }];
  const actions = [{ name: "act", definition: { handler: "http://h", output_type: "Done" } }];
  const cases: [query: string, ...problems: string[]][] = [
    ["query q($where: planning_plan_bool_exp) { planning_plan(where: $where) { id model { name plans_aggregate { aggregate { count max { id } } } } } }"],
    ['query q { planning_find(args: {wanted: "x"}) { id } planning_find_aggregate { nodes { __typename } } __schema { types { name } } }'],
    ["mutation m { insert_planning_plan_one(object: {}) { id } act { at } update_planning_plan_many(updates: []) { returning { id } } }"],
    ["subscription s { planning_plan_stream { ...f } } fragment f on planning_plan { id }"],
    [
      "query q { nope planning_plan { gone } }",
      "$.nope: field 'nope' not found in object 'query_root'",
      "$.planning_plan.gone: field 'gone' not found in object 'planning_plan'",
    ],
    ["query q { planning_plan }", "$.planning_plan: object of type 'planning_plan' must have a selection set"],
    [
      "query q { planning_plan { name { x } } }",
      "$.planning_plan.name: scalar 'String' does not accept a selection set",
    ],
    [
      "query q($a: Gone, $b: planning_plan) { planning_plan { id } }",
      "$.a: type 'Gone' not found in the schema",
      "$.b: object 'planning_plan' cannot be used in an input type",
    ],
    [
      "query a { act } query b { act }",
      "exactly one operation has to be present in the document when operationName is not specified",
    ],
  ];
  for (const [query, ...problems] of cases) {
    await t.step(query, async () => {
      const query_collections = [{ name: "c", definition: { queries: [{ name: "one", query }] } }];
      const found = await apply(venue, { sources: BOTH, custom_types: { objects }, actions, query_collections });
      const shown = problems.toReversed().map((problem) => `"${problem}"`).join(", ");
      const line =
        'query_collections one in c | In query collection "c" the query "one" is invalid with the following error(s): ';
      assert.deepEqual(lines(found), problems.length > 0 ? [line + shown] : []);
    });
  }
});

Deno.test("pglite: endpoints", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  const queries = [
    { name: "one", query: "query one { planning_plan { gone } }" },
    { name: "live", query: "subscription live { planning_plan { id } }" },
    { name: "two", query: "query a { planning_plan { id } } fragment f on planning_plan { id }" },
  ];
  const query_collections = [{ name: "c", definition: { queries } }];
  const endpoint = (name: string, url: string, query_name: string) => ({
    name,
    url,
    methods: ["GET"],
    definition: { query: { collection_name: "c", query_name } },
  });
  const good = "query good { planning_plan { id } }";
  const fine = [{ name: "c", definition: { queries: [{ name: "good", query: good }] } }];
  await t.step("what they run", async () => {
    const rest_endpoints = [endpoint("a", "a", "live"), endpoint("b", "b", "two"), endpoint("c", "c", "gone")];
    const found = lines(await apply(venue, { sources: BOTH, query_collections, rest_endpoints }));
    assert.deepEqual(found.filter((line) => line.startsWith("rest_endpoint")), [
      "rest_endpoint a | in endpoint a: query with name live is a subscription",
      "rest_endpoint b | in endpoint b: query with name two has multiple definitions.",
      "rest_endpoint c | in endpoint c: query with name gone does not exist in collection c",
    ]);
  });
  await t.step("a query that cannot run names them and the allow-list", async () => {
    const rest = { rest_endpoints: [endpoint("a", "a", "one")], allowlist: [{ collection: "c" }] };
    const found = await apply(venue, { sources: BOTH, query_collections, ...rest });
    assert.ok(
      found[0]?.reason.endsWith(
        `not found in object 'planning_plan'". This query is being used in the following REST endpoint(s): "a". This query is in allowlist.`,
      ),
      found[0]?.reason,
    );
  });
  await t.step("their addresses", async () => {
    const rest_endpoints = [
      endpoint("a", "x/:id", "good"),
      endpoint("b", "x/1", "good"),
      endpoint("c", "y/:id/:id", "good"),
      endpoint("d", "z//1", "good"),
    ];
    const found = await apply(venue, { sources: BOTH, query_collections: fine, rest_endpoints });
    assert.deepEqual(found.map(({ reason }) => reason), [
      "Duplicate variables found in endpoint path: y/:id/:id",
      "Empty segments or unnamed variables are not allowed: z//1",
      "Ambiguous URL paths: x/:id, x/1",
    ]);
  });
});

Deno.test("pglite: no two root fields have one name", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  const custom = (name: string, fields: Record<string, unknown>) =>
    table(name, { configuration: { custom_root_fields: fields } });
  const clash = (root: string, fields: string) =>
    `Encountered conflicting definitions in the selection set for '${root}_root' for ${fields}. Fields must not be defined more than once across all sources.`;
  const tables = "defined in [table planning.model in source Aerie, table planning.plan in source Aerie]";
  for (
    const [title, document, error] of [
      [
        "of queries",
        { sources: [source([custom("model", { select: "x" }), custom("plan", { select: "x" })])] },
        clash("subscription", `field 'x' ${tables}`),
      ],
      [
        "of mutations",
        { sources: [source([custom("model", { insert: { name: "x" } }), custom("plan", { delete: "x" })])] },
        clash("mutation", `field 'x' ${tables}`),
      ],
      [
        "of a table and a function",
        {
          sources: [
            source([custom("plan", { select: "planning_find" })], { functions: [{ function: named("find") }] }),
          ],
        },
        clash(
          "subscription",
          "field 'planning_find' defined in [table planning.plan in source Aerie, function planning.find in source Aerie]",
        ),
      ],
    ] as const
  ) {
    await t.step(title, async () => {
      const before = await venue.metadata();
      const { status, json } = await replace(venue, document);
      assert.deepEqual([status, json], [500, { code: "unexpected", error, path: "$.args" }]);
      assert.deepEqual(await venue.metadata(), before);
      assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json.inconsistent_objects, []);
    });
  }
  await t.step("prefixes and namespaces keep sources apart", async () => {
    const other = (name: string, root_fields: Record<string, string>) =>
      source([table("plan")], { name, customization: { root_fields } });
    const sources = [source([table("plan")]), other("Other", { prefix: "o_" }), other("Third", { namespace: "third" })];
    assert.deepEqual(await apply(venue, { sources }), []);
  });
});
