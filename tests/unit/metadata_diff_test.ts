import assert from "node:assert/strict";
import type { Json } from "../../src/json.ts";
import { diffMetadata, type MetadataChange } from "../../src/metadata/diff.ts";
import { formatMetadataDiff } from "../../src/report/metadata_diff.ts";

/** Metadata of one source with these tables. */
function withTables(...tables: Json[]): Json {
  return { version: 3, sources: [{ name: "PlanDev", kind: "postgres", tables }] };
}

/** Metadata of one source with one table, which has this besides its name. */
function withTable(more: { [key: string]: Json }): Json {
  return withTables({ table: { schema: "merlin", name: "plan" }, ...more });
}

/** Metadata of one source with one table, and one permission on it. */
function withPermission(operation: string, permission: { [key: string]: Json }): Json {
  return withTable({ [`${operation}_permissions`]: [{ role: "user", permission }] });
}

/** Metadata of one action. */
function withAction(definition: { [key: string]: Json }, more: { [key: string]: Json } = {}): Json {
  return { version: 3, actions: [{ name: "simulate", definition: { handler: "{{URL}}", ...definition }, ...more }] };
}

interface Same {
  name: string;
  before: Json;
  after: Json;
}

/** What is spelled in two ways and is the same. */
const SAME: readonly Same[] = [
  { name: "nothing and nothing", before: {}, after: {} },
  { name: "an export without optional keys", before: { version: 3 }, after: { version: 3, actions: [], network: {} } },
  {
    name: "null, empty lists, empty objects, and nothing",
    before: withTable({ configuration: null, computed_fields: null }),
    after: withTable({ configuration: { custom_root_fields: {}, column_config: { id: {} } }, event_triggers: [] }),
  },
  {
    name: "another order of keys, tables, permissions and columns",
    before: withTables(
      { table: { schema: "merlin", name: "plan" } },
      {
        table: { schema: "merlin", name: "tags" },
        select_permissions: [
          { role: "viewer", permission: { columns: ["id", "name"], filter: { a: { _eq: 1, _ne: 2 } } } },
          { role: "user", permission: { columns: "*", filter: {} } },
        ],
      },
    ),
    after: withTables(
      {
        select_permissions: [
          { permission: { filter: {}, columns: "*" }, role: "user" },
          { role: "viewer", permission: { filter: { a: { _ne: 2, _eq: 1 } }, columns: ["name", "id"] } },
        ],
        table: { name: "tags", schema: "merlin" },
      },
      { table: { schema: "merlin", name: "plan" } },
    ),
  },
  {
    name: "tables and functions of the schema public",
    before: {
      sources: [{
        name: "A",
        tables: [{ table: { schema: "public", name: "plan" } }, { table: { schema: "public", name: "tag" } }],
        functions: [{ function: { schema: "public", name: "f" } }],
      }],
    },
    after: {
      sources: [{ name: "A", tables: [{ table: "plan" }, { table: { name: "tag" } }], functions: [{ function: "f" }] }],
    },
  },
  {
    name: "a relationship over one column, and the table that it leads to",
    before: withTable({
      object_relationships: [{ name: "model", using: { foreign_key_constraint_on: "model_id" } }],
      array_relationships: [
        {
          name: "activities",
          using: { foreign_key_constraint_on: { table: { schema: "public", name: "a" }, column: "plan_id" } },
        },
        {
          name: "tags",
          using: {
            manual_configuration: {
              remote_table: { schema: "public", name: "tags" },
              column_mapping: { id: "plan_id" },
              insertion_order: null,
            },
          },
        },
      ],
    }),
    after: withTable({
      object_relationships: [{ name: "model", using: { foreign_key_constraint_on: ["model_id"] } }],
      array_relationships: [
        { name: "tags", using: { manual_configuration: { remote_table: "tags", column_mapping: { id: "plan_id" } } } },
        { name: "activities", using: { foreign_key_constraint_on: { table: "a", columns: ["plan_id"] } } },
      ],
    }),
  },
  {
    name: "the function of a computed field",
    before: withTable({
      computed_fields: [{ name: "d", definition: { function: { schema: "public", name: "f" }, table_argument: null } }],
    }),
    after: withTable({ computed_fields: [{ name: "d", definition: { function: "f" } }] }),
  },
  {
    name: "names of columns and root fields in the old and the new spelling",
    before: withTable({
      configuration: {
        custom_column_names: { plan_id: "planId" },
        column_config: { plan_id: { custom_name: "planId" } },
        custom_root_fields: { select: { name: "plans" } },
      },
    }),
    after: withTable({
      configuration: { custom_column_names: { plan_id: "planId" }, custom_root_fields: { select: "plans" } },
    }),
  },
  {
    name: "a column whose new spelling has the last word",
    before: withTable({ configuration: { column_config: { id: { custom_name: "new", comment: "c" } } } }),
    after: withTable({
      configuration: {
        custom_column_names: { id: "old" },
        column_config: { id: { custom_name: "new", comment: "c" } },
      },
    }),
  },
  {
    name: "what the server fills in for a source",
    before: {
      sources: [{
        name: "A",
        configuration: {
          connection_info: {
            database_url: { from_env: "X" },
            isolation_level: "read-committed",
            use_prepared_statements: false,
          },
        },
      }],
    },
    after: { sources: [{ name: "A", configuration: { connection_info: { database_url: { from_env: "X" } } } }] },
  },
  {
    name: "what the server leaves out of a table",
    before: withTable({ select_permissions: [{ role: "user", permission: { columns: ["id"], filter: {} } }] }),
    after: withTable({
      is_enum: false,
      select_permissions: [{
        role: "user",
        permission: { columns: ["id"], filter: {}, allow_aggregations: false, limit: null, computed_fields: [] },
        comment: null,
      }],
    }),
  },
  {
    name: "what the server fills in for triggers",
    before: {
      sources: [{
        name: "A",
        tables: [{
          table: "plan",
          event_triggers: [{
            name: "changed",
            definition: { enable_manual: false, update: { columns: ["a", "b"] } },
            retry_conf: { num_retries: 0, interval_sec: 10, timeout_sec: 60 },
          }],
        }],
      }],
      cron_triggers: [{ name: "nightly", schedule: "0 3 * * *" }],
    },
    after: {
      sources: [{
        name: "A",
        tables: [{
          table: "plan",
          event_triggers: [{ name: "changed", definition: { update: { columns: ["b", "a"] } } }],
        }],
      }],
      cron_triggers: [{
        name: "nightly",
        schedule: "0 3 * * *",
        retry_conf: { num_retries: 0, retry_interval_seconds: 10, timeout_seconds: 60, tolerance_seconds: 21600 },
        headers: [],
      }],
    },
  },
  {
    name: "an action that says no more than what holds anyway",
    before: withAction({ type: "mutation", kind: "synchronous" }),
    after: withAction(
      { timeout: 30, forward_client_headers: false, headers: null, arguments: [], request_transform: null },
      { permissions: [], comment: null },
    ),
  },
  {
    name: "headers that newer servers keep back, of which a metadata directory cannot tell",
    before: withAction({ ignored_client_headers: ["Host", "Cookie"] }),
    after: withAction({}),
  },
  {
    name: "headers that are kept back, in another order",
    before: withAction({ ignored_client_headers: ["Host", "Cookie"] }),
    after: withAction({ ignored_client_headers: ["Cookie", "Host"] }),
  },
  {
    name: "what the server fills in for a remote schema",
    before: {
      remote_schemas: [{
        name: "r",
        definition: { url: "a", timeout_seconds: 60, forward_client_headers: false },
        comment: "",
        permissions: [{ role: "u", definition: { schema: "s" }, comment: "" }],
      }],
    },
    after: {
      remote_schemas: [{
        name: "r",
        definition: { url: "a" },
        permissions: [{ role: "u", definition: { schema: "s" } }],
      }],
    },
  },
  {
    name: "an empty comment and none",
    before: withTable({ object_relationships: [{ name: "r", comment: "" }] }),
    after: withTable({ object_relationships: [{ name: "r" }] }),
  },
  {
    name: "the kind of a query",
    before: withAction({ type: "query" }),
    after: withAction({ type: "query", kind: "" }),
  },
  {
    name: "custom types without descriptions, in another order",
    before: {
      custom_types: {
        enums: [{ name: "E", values: [{ value: "a" }, { value: "b" }] }],
        objects: [{ name: "O", fields: [{ name: "x", type: "Int" }, { name: "y", type: "Int" }] }],
      },
    },
    after: {
      custom_types: {
        enums: [{ name: "E", values: [{ value: "b", description: null }, { value: "a", description: null }] }],
        objects: [{
          name: "O",
          fields: [{ name: "y", type: "Int", description: null }, { name: "x", type: "Int", description: null }],
        }],
        input_objects: [],
        scalars: [],
      },
    },
  },
  {
    name: "an allow list entry for all, and other sets",
    before: {
      allowlist: [{ collection: "c", scope: { global: true } }],
      inherited_roles: [{ role_name: "r", role_set: ["a", "b"] }],
      rest_endpoints: [{ name: "e", methods: ["GET", "POST"] }],
      graphql_schema_introspection: { disabled_for_roles: ["a", "b"] },
    },
    after: {
      allowlist: [{ collection: "c" }],
      inherited_roles: [{ role_name: "r", role_set: ["b", "a"] }],
      rest_endpoints: [{ name: "e", methods: ["POST", "GET"] }],
      graphql_schema_introspection: { disabled_for_roles: ["b", "a"] },
    },
  },
  {
    name: "settings that are off anyway",
    before: {},
    after: {
      api_limits: { disabled: false },
      metrics_config: { analyze_query_variables: false, analyze_response_body: false },
      opentelemetry: {
        status: "disabled",
        data_types: [],
        exporter_otlp: { protocol: "http/protobuf", headers: [], resource_attributes: [], traces_propagators: ["b3"] },
        batch_span_processor: { max_export_batch_size: 512 },
      },
      graphql_schema_introspection: { disabled_for_roles: [] },
      backend_configs: {},
    },
  },
];

for (const { name, before, after } of SAME) {
  Deno.test(`diffMetadata() finds no difference: ${name}`, () => {
    assert.deepEqual(diffMetadata(before, after), []);
    assert.deepEqual(diffMetadata(after, before), []);
  });
}

interface Different {
  name: string;
  before: Json;
  after: Json;
  /** Each without `subject` and `place`, which the lines show. */
  changes: Pick<MetadataChange, "kind" | "path" | "before" | "after">[];
  /** As they are shown, without the sum. */
  lines: string[];
}

const PLAN: Json = { table: { schema: "merlin", name: "plan" }, is_enum: false, select_permissions: [] };

const DIFFERENT: readonly Different[] = [
  {
    name: "a new table is one change, whatever is in it",
    before: withTables(),
    after: withTables(PLAN),
    changes: [{ kind: "added", path: "sources.PlanDev.tables.merlin.plan", after: PLAN }],
    lines: ["+ table merlin.plan in source PlanDev"],
  },
  {
    name: "so is one that is gone",
    before: withTables(PLAN),
    after: withTables(),
    changes: [{ kind: "removed", path: "sources.PlanDev.tables.merlin.plan", before: PLAN }],
    lines: ["- table merlin.plan in source PlanDev"],
  },
  {
    name: "a new source",
    before: { version: 3, sources: [] },
    after: withTables(PLAN),
    changes: [{
      kind: "added",
      path: "sources.PlanDev",
      after: { name: "PlanDev", kind: "postgres", tables: [PLAN] },
    }],
    lines: ["+ source PlanDev"],
  },
  {
    name: "a permission that is gone",
    before: withPermission("select", { columns: ["id"], filter: {} }),
    after: withTable({}),
    changes: [{
      kind: "removed",
      path: "sources.PlanDev.tables.merlin.plan.select_permissions.user",
      before: { role: "user", permission: { columns: ["id"], filter: {} } },
    }],
    lines: ["- select permission of role user on table merlin.plan in source PlanDev"],
  },
  {
    name: "columns that come and go",
    before: withPermission("select", { columns: ["id", "owner"], filter: {} }),
    after: withPermission("select", { columns: ["created_at", "id"], filter: {} }),
    changes: [{
      kind: "changed",
      path: "sources.PlanDev.tables.merlin.plan.select_permissions.user.columns",
      before: ["id", "owner"],
      after: ["created_at", "id"],
    }],
    lines: ["~ select permission of role user on table merlin.plan in source PlanDev: columns: -owner +created_at"],
  },
  {
    name: "all columns in place of some",
    before: withPermission("select", { columns: ["id", "owner"], filter: {} }),
    after: withPermission("select", { columns: "*", filter: {} }),
    changes: [{
      kind: "changed",
      path: "sources.PlanDev.tables.merlin.plan.select_permissions.user.columns",
      before: ["id", "owner"],
      after: "*",
    }],
    lines: ['~ select permission of role user on table merlin.plan in source PlanDev: columns: a list of 2 -> "*"'],
  },
  {
    name: "a filter, in which what is empty has a meaning: none in place of all",
    before: withPermission("select", { columns: ["id"], filter: {} }),
    after: withPermission("select", { columns: ["id"], filter: { _or: [] } }),
    changes: [{
      kind: "changed",
      path: "sources.PlanDev.tables.merlin.plan.select_permissions.user.filter",
      before: {},
      after: { _or: [] },
    }],
    lines: ["~ select permission of role user on table merlin.plan in source PlanDev: filter"],
  },
  {
    name: "a condition that is empty in another way",
    before: withPermission("delete", { filter: { _not: {} } }),
    after: withPermission("delete", { filter: { _not: { id: {} } } }),
    changes: [{
      kind: "changed",
      path: "sources.PlanDev.tables.merlin.plan.delete_permissions.user.filter",
      before: { _not: {} },
      after: { _not: { id: {} } },
    }],
    lines: ["~ delete permission of role user on table merlin.plan in source PlanDev: filter"],
  },
  {
    name: "no root field in place of all",
    before: withPermission("select", { columns: ["id"], filter: {}, query_root_fields: null }),
    after: withPermission("select", { columns: ["id"], filter: {}, query_root_fields: [] }),
    changes: [{
      kind: "added",
      path: "sources.PlanDev.tables.merlin.plan.select_permissions.user.query_root_fields",
      after: [],
    }],
    lines: ["+ select permission of role user on table merlin.plan in source PlanDev: query_root_fields: []"],
  },
  {
    name: "all columns, which is what is inserted where nothing is said, in place of none",
    before: withPermission("insert", { check: {}, columns: [] }),
    after: withPermission("insert", { check: {} }),
    changes: [{
      kind: "removed",
      path: "sources.PlanDev.tables.merlin.plan.insert_permissions.user.columns",
      before: [],
    }],
    lines: ["- insert permission of role user on table merlin.plan in source PlanDev: columns: []"],
  },
  {
    name: "a limit that is taken away, and aggregations that are allowed",
    before: withPermission("select", { columns: ["id"], filter: {}, limit: 100 }),
    after: withPermission("select", { columns: ["id"], filter: {}, allow_aggregations: true }),
    changes: [
      {
        kind: "changed",
        path: "sources.PlanDev.tables.merlin.plan.select_permissions.user.allow_aggregations",
        before: false,
        after: true,
      },
      { kind: "removed", path: "sources.PlanDev.tables.merlin.plan.select_permissions.user.limit", before: 100 },
    ],
    lines: [
      "~ select permission of role user on table merlin.plan in source PlanDev: allow_aggregations: false -> true",
      "- select permission of role user on table merlin.plan in source PlanDev: limit: 100",
    ],
  },
  {
    name: "things of a table, each by its name",
    before: withTable({
      object_relationships: [
        { name: "model", using: { foreign_key_constraint_on: "model_id" } },
        { name: "owner", using: { foreign_key_constraint_on: "owner" } },
      ],
      computed_fields: [{ name: "duration", definition: { function: { schema: "hasura", name: "f" } } }],
      event_triggers: [{ name: "changed", webhook: "a", definition: { insert: { columns: "*" } } }],
    }),
    after: withTable({
      object_relationships: [{ name: "model", using: { foreign_key_constraint_on: "mission_model_id" } }],
      array_relationships: [{ name: "tags", using: { foreign_key_constraint_on: { table: "tags", column: "plan" } } }],
      computed_fields: [{ name: "duration", definition: { function: { schema: "hasura", name: "g" } } }],
      event_triggers: [{
        name: "changed",
        webhook: "a",
        definition: { insert: { columns: "*" } },
        retry_conf: { num_retries: 3 },
      }],
    }),
    changes: [
      {
        kind: "added",
        path: "sources.PlanDev.tables.merlin.plan.array_relationships.tags",
        after: { name: "tags", using: { foreign_key_constraint_on: { table: "tags", column: "plan" } } },
      },
      {
        kind: "changed",
        path: "sources.PlanDev.tables.merlin.plan.computed_fields.duration.definition.function.name",
        before: "f",
        after: "g",
      },
      {
        kind: "changed",
        path: "sources.PlanDev.tables.merlin.plan.event_triggers.changed.retry_conf.num_retries",
        before: 0,
        after: 3,
      },
      {
        kind: "changed",
        path: "sources.PlanDev.tables.merlin.plan.object_relationships.model.using.foreign_key_constraint_on",
        before: ["model_id"],
        after: ["mission_model_id"],
      },
      {
        kind: "removed",
        path: "sources.PlanDev.tables.merlin.plan.object_relationships.owner",
        before: { name: "owner", using: { foreign_key_constraint_on: "owner" } },
      },
    ],
    lines: [
      "+ array relationship tags on table merlin.plan in source PlanDev",
      '~ computed field duration on table merlin.plan in source PlanDev: definition.function.name: "f" -> "g"',
      "~ event trigger changed on table merlin.plan in source PlanDev: retry_conf.num_retries: 0 -> 3",
      "~ object relationship model on table merlin.plan in source PlanDev: using.foreign_key_constraint_on: -model_id +mission_model_id",
      "- object relationship owner on table merlin.plan in source PlanDev",
    ],
  },
  {
    name: "things where there was null, and null where there was something",
    before: withTable({
      computed_fields: null,
      configuration: {},
      select_permissions: [{
        role: "user",
        permission: { columns: "*", filter: {}, limit: 1, query_root_fields: ["select"] },
      }],
    }),
    after: withTable({
      computed_fields: [{ name: "d" }],
      configuration: { custom_name: "plans", custom_root_fields: "odd", column_config: { id: { comment: "c" } } },
      select_permissions: [{
        role: "user",
        permission: { columns: "*", filter: {}, limit: null, query_root_fields: null },
      }],
    }),
    changes: [
      { kind: "added", path: "sources.PlanDev.tables.merlin.plan.computed_fields.d", after: { name: "d" } },
      {
        kind: "changed",
        path: "sources.PlanDev.tables.merlin.plan.configuration",
        before: {},
        after: { custom_name: "plans", custom_root_fields: "odd", column_config: { id: { comment: "c" } } },
      },
      { kind: "removed", path: "sources.PlanDev.tables.merlin.plan.select_permissions.user.limit", before: 1 },
      {
        kind: "removed",
        path: "sources.PlanDev.tables.merlin.plan.select_permissions.user.query_root_fields",
        before: ["select"],
      },
    ],
    lines: [
      "+ computed field d on table merlin.plan in source PlanDev",
      "~ table merlin.plan in source PlanDev: configuration",
      "- select permission of role user on table merlin.plan in source PlanDev: limit: 1",
      "- select permission of role user on table merlin.plan in source PlanDev: query_root_fields",
    ],
  },
  {
    name: "root fields of an odd kind, and values that were null",
    before: withTable({ configuration: { custom_root_fields: "a", custom_name: null } }),
    after: withTable({ configuration: { custom_root_fields: "b", custom_name: "plans" } }),
    changes: [
      { kind: "added", path: "sources.PlanDev.tables.merlin.plan.configuration.custom_name", after: "plans" },
      {
        kind: "changed",
        path: "sources.PlanDev.tables.merlin.plan.configuration.custom_root_fields",
        before: "a",
        after: "b",
      },
    ],
    lines: [
      '+ table merlin.plan in source PlanDev: configuration.custom_name: "plans"',
      '~ table merlin.plan in source PlanDev: configuration.custom_root_fields: "a" -> "b"',
    ],
  },
  {
    name: "tables of other kinds of databases",
    before: withTables({ table: ["main", "Album"] }, { table: { dataset: "d", name: "t" } }),
    after: withTables({ table: ["main", "Album"], is_enum: true }, { table: { dataset: "e", name: "t" } }),
    changes: [
      { kind: "removed", path: "sources.PlanDev.tables.d.t", before: { table: { dataset: "d", name: "t" } } },
      { kind: "added", path: "sources.PlanDev.tables.e.t", after: { table: { dataset: "e", name: "t" } } },
      { kind: "changed", path: "sources.PlanDev.tables.main.Album.is_enum", before: false, after: true },
    ],
    lines: [
      "- table d.t in source PlanDev",
      "+ table e.t in source PlanDev",
      "~ table main.Album in source PlanDev: is_enum: false -> true",
    ],
  },
  {
    name: "an action, its timeout from what holds where nothing is said, and its arguments",
    before: withAction({ type: "mutation", arguments: [{ name: "planId", type: "Int!" }] }),
    after: withAction(
      {
        type: "mutation",
        timeout: 300,
        arguments: [{ name: "force", type: "Boolean" }, { name: "planId", type: "ID!" }],
      },
      { comment: "Simulates" },
    ),
    changes: [
      { kind: "added", path: "actions.simulate.comment", after: "Simulates" },
      {
        kind: "added",
        path: "actions.simulate.definition.arguments.force",
        after: { name: "force", type: "Boolean" },
      },
      { kind: "changed", path: "actions.simulate.definition.arguments.planId.type", before: "Int!", after: "ID!" },
      { kind: "changed", path: "actions.simulate.definition.timeout", before: 30, after: 300 },
    ],
    lines: [
      '+ action simulate: comment: "Simulates"',
      "+ argument force of action simulate",
      '~ argument planId of action simulate: type: "Int!" -> "ID!"',
      "~ action simulate: definition.timeout: 30 -> 300",
    ],
  },
  {
    name: "headers that are kept back, where both tell of them",
    before: withAction({ ignored_client_headers: ["Host", "Cookie"] }),
    after: withAction({ ignored_client_headers: ["Cookie"] }),
    changes: [{
      kind: "changed",
      path: "actions.simulate.definition.ignored_client_headers",
      before: ["Host", "Cookie"],
      after: ["Cookie"],
    }],
    lines: ["~ action simulate: definition.ignored_client_headers: -Host"],
  },
  {
    name: "an operation that a trigger sees without a column, in place of not at all, and the other way round",
    before: withTrigger({ definition: { insert: { columns: [] }, delete: { columns: "*", payload: [] } } }),
    after: withTrigger({ definition: { update: { columns: [] }, delete: { columns: "*" } } }),
    changes: [
      {
        kind: "removed",
        path: "sources.PlanDev.tables.merlin.plan.event_triggers.t.definition.delete.payload",
        before: [],
      },
      {
        kind: "removed",
        path: "sources.PlanDev.tables.merlin.plan.event_triggers.t.definition.insert",
        before: { columns: [] },
      },
      {
        kind: "added",
        path: "sources.PlanDev.tables.merlin.plan.event_triggers.t.definition.update",
        after: { columns: [] },
      },
    ],
    lines: [
      "- event trigger t on table merlin.plan in source PlanDev: definition.delete.payload: []",
      "- event trigger t on table merlin.plan in source PlanDev: definition.insert",
      "+ event trigger t on table merlin.plan in source PlanDev: definition.update",
    ],
  },
  {
    name: "an empty comment that takes the description away",
    before: withTable({ configuration: { custom_name: "p" } }),
    after: withTable({ configuration: { custom_name: "p", comment: "" } }),
    changes: [{ kind: "added", path: "sources.PlanDev.tables.merlin.plan.configuration.comment", after: "" }],
    lines: ['+ table merlin.plan in source PlanDev: configuration.comment: ""'],
  },
  {
    name: "a mutation without a kind, which the server refuses",
    before: withAction({ type: "mutation", kind: "synchronous" }),
    after: withAction({ type: "mutation", kind: "" }),
    changes: [{ kind: "changed", path: "actions.simulate.definition.kind", before: "synchronous", after: "" }],
    lines: ['~ action simulate: definition.kind: "synchronous" -> ""'],
  },
  {
    name: "the parts of custom types",
    before: {
      custom_types: {
        enums: [{ name: "Status", values: [{ value: "complete" }] }],
        objects: [{ name: "Result", fields: [{ name: "id", type: "Int!" }] }],
        scalars: [{ name: "Any" }],
      },
    },
    after: {
      custom_types: {
        enums: [{ name: "Status", values: [{ value: "complete", description: "It ended" }, { value: "failed" }] }],
        objects: [{ name: "Result", fields: [], description: "What came out" }],
        scalars: [],
        input_objects: [{ name: "Range", fields: [] }],
      },
    },
    changes: [
      { kind: "added", path: "custom_types.enums.Status.values.complete.description", after: "It ended" },
      { kind: "added", path: "custom_types.enums.Status.values.failed", after: { value: "failed" } },
      { kind: "added", path: "custom_types.input_objects.Range", after: { name: "Range", fields: [] } },
      { kind: "added", path: "custom_types.objects.Result.description", after: "What came out" },
      { kind: "removed", path: "custom_types.objects.Result.fields.id", before: { name: "id", type: "Int!" } },
      { kind: "removed", path: "custom_types.scalars.Any", before: { name: "Any" } },
    ],
    lines: [
      '+ value complete of enum Status: description: "It ended"',
      "+ value failed of enum Status",
      "+ input object Range",
      '+ object type Result: description: "What came out"',
      "- field id of object type Result",
      "- scalar Any",
    ],
  },
  {
    name: "the other lists, in an order of their own",
    before: {
      inherited_roles: [{ role_name: "planner", role_set: ["user"] }],
      cron_triggers: [{ name: "nightly", schedule: "0 3 * * *", payload: {} }],
      rest_endpoints: [{ name: "plans", url: "plans" }],
      allowlist: [{ collection: "plans" }],
      query_collections: [{ name: "plans", definition: { queries: [{ name: "all", query: "a" }] } }],
      remote_schemas: [{ name: "spice", definition: { url: "a", timeout_seconds: 60 } }],
    },
    after: {
      remote_schemas: [{
        name: "spice",
        definition: { url: "a", timeout_seconds: 30 },
        permissions: [{ role: "user", definition: { schema: "" } }],
      }],
      query_collections: [{ name: "plans", definition: { queries: [{ name: "all", query: "b" }, { name: "one" }] } }],
      allowlist: [{ collection: "plans", scope: { global: false, roles: ["user"] } }],
      rest_endpoints: [{ name: "plans", url: "all/plans" }],
      cron_triggers: [{ name: "nightly", schedule: "0 4 * * *", payload: { a: [] } }],
      inherited_roles: [{ role_name: "planner", role_set: ["user", "viewer"] }],
    },
    changes: [
      { kind: "changed", path: "remote_schemas.spice.definition.timeout_seconds", before: 60, after: 30 },
      {
        kind: "added",
        path: "remote_schemas.spice.permissions.user",
        after: { role: "user", definition: { schema: "" } },
      },
      { kind: "changed", path: "query_collections.plans.definition.queries.all.query", before: "a", after: "b" },
      { kind: "added", path: "query_collections.plans.definition.queries.one", after: { name: "one" } },
      { kind: "changed", path: "allowlist.plans.scope.global", before: true, after: false },
      { kind: "added", path: "allowlist.plans.scope.roles", after: ["user"] },
      { kind: "changed", path: "rest_endpoints.plans.url", before: "plans", after: "all/plans" },
      { kind: "changed", path: "cron_triggers.nightly.payload", before: "(hidden)", after: "(hidden)" },
      { kind: "changed", path: "cron_triggers.nightly.schedule", before: "0 3 * * *", after: "0 4 * * *" },
      { kind: "changed", path: "inherited_roles.planner.role_set", before: ["user"], after: ["user", "viewer"] },
    ],
    lines: [
      "~ remote schema spice: definition.timeout_seconds: 60 -> 30",
      "+ permission of role user on remote schema spice",
      '~ query all in query collection plans: query: "a" -> "b"',
      "+ query one in query collection plans",
      "~ allow list entry plans: scope.global: true -> false",
      "+ allow list entry plans: scope.roles",
      '~ REST endpoint plans: url: "plans" -> "all/plans"',
      '~ cron trigger nightly: payload: "(hidden)" -> "(hidden)"',
      '~ cron trigger nightly: schedule: "0 3 * * *" -> "0 4 * * *"',
      "~ inherited role planner: role_set: +viewer",
    ],
  },
  {
    name: "settings, and keys that nobody knows yet",
    before: { version: 2, api_limits: { depth_limit: { global: 5 } }, future: { a: 1 } },
    after: {
      version: 3,
      api_limits: { depth_limit: { global: 6, per_role: { user: 3 } } },
      network: { tls_allowlist: [{ host: "a.example" }] },
      future: { a: [1] },
      later: [1],
    },
    changes: [
      { kind: "changed", path: "version", before: 2, after: 3 },
      { kind: "changed", path: "api_limits.depth_limit.global", before: 5, after: 6 },
      { kind: "added", path: "api_limits.depth_limit.per_role", after: { user: 3 } },
      { kind: "changed", path: "future.a", before: 1, after: [1] },
      { kind: "added", path: "later", after: [1] },
      { kind: "added", path: "network.tls_allowlist.a.example", after: { host: "a.example" } },
    ],
    lines: [
      "~ version: 2 -> 3",
      "~ api_limits: depth_limit.global: 5 -> 6",
      "+ api_limits: depth_limit.per_role",
      "~ future: a: 1 -> a list of 1",
      "+ later",
      "+ TLS allow list entry a.example of network",
    ],
  },
  {
    name: "a list in which two have one name is compared as a whole",
    before: { actions: [{ name: "a", comment: "1" }, { name: "a", comment: "2" }] },
    after: { actions: [{ name: "a", comment: "2" }, { name: "a", comment: "1" }] },
    changes: [{
      kind: "changed",
      path: "actions",
      before: [{ name: "a", comment: "1" }, { name: "a", comment: "2" }],
      after: [{ name: "a", comment: "2" }, { name: "a", comment: "1" }],
    }],
    lines: ["~ actions"],
  },
  {
    name: "a list of anything else has an order",
    before: { future: { list: ["a", "b"], longer: [1] } },
    after: { future: { list: ["b", "a"], longer: [1, 2] } },
    changes: [
      { kind: "changed", path: "future.list", before: ["a", "b"], after: ["b", "a"] },
      { kind: "changed", path: "future.longer", before: [1], after: [1, 2] },
    ],
    lines: ["~ future: list: in another order", "~ future: longer"],
  },
  {
    name: "names that every object has",
    before: { actions: [{ name: "__proto__", comment: "a" }], constructor: { lists: 1 } },
    after: { actions: [{ name: "__proto__", comment: "b" }], constructor: { lists: 2 } },
    changes: [
      { kind: "changed", path: "actions.__proto__.comment", before: "a", after: "b" },
      { kind: "changed", path: "constructor.lists", before: 1, after: 2 },
    ],
    lines: ['~ action __proto__: comment: "a" -> "b"', "~ constructor: lists: 1 -> 2"],
  },
];

for (const { name, before, after, changes, lines } of DIFFERENT) {
  Deno.test(`diffMetadata() finds: ${name}`, () => {
    const found = diffMetadata(before, after);
    assert.deepEqual(found.map(({ subject: _subject, place: _place, ...change }) => change), changes);
    assert.deepEqual(formatMetadataDiff(found).split("\n").slice(0, -2), lines);
  });
}

/** Metadata with a secret at every place that can hold one, and what is to be seen of it. */
function withSecrets(secret: string): Json {
  return {
    sources: [{
      name: "A",
      configuration: {
        connection_info: { database_url: `postgres://aerie:${secret}@db/aerie` },
        read_replicas: [{ database_url: { connection_parameters: { host: "db", password: secret } } }],
      },
      tables: [{
        table: "plan",
        event_triggers: [{
          name: "t",
          webhook: `https://user:${secret}@hook.example/${secret.length}`,
          headers: [{ name: "key", value: secret }],
          request_transform: { request_headers: { add_headers: { Authorization: `Bearer ${secret}` } } },
        }],
      }],
    }],
    remote_schemas: [{ name: "r", definition: { url: "x", headers: [{ name: "key", value: secret }] } }],
    backend_configs: { dataconnector: { athena: { token: secret, uri: `http://${secret}@athena` } } },
    opentelemetry: { exporter_otlp: { headers: [{ name: "key", value: secret }] } },
  };
}

Deno.test("diffMetadata() shows no secret, whether it changes, comes or goes", () => {
  const [first, second] = ["first-of-them", "second-one"];
  const changed = diffMetadata(withSecrets(first), withSecrets(second));
  assert.deepEqual(changed.map(({ path }) => path), [
    "sources.A.configuration.connection_info.database_url",
    "sources.A.configuration.read_replicas",
    "sources.A.tables.public.plan.event_triggers.t.headers.key.value",
    "sources.A.tables.public.plan.event_triggers.t.request_transform.request_headers.add_headers.Authorization",
    "sources.A.tables.public.plan.event_triggers.t.webhook",
    "remote_schemas.r.definition.headers.key.value",
    "backend_configs",
    "opentelemetry.exporter_otlp.headers.key.value",
  ]);
  const all = [...changed, ...diffMetadata({}, withSecrets(first)), ...diffMetadata(withSecrets(second), {})];
  const shown = JSON.stringify(all) + formatMetadataDiff(all);
  assert.doesNotMatch(shown, /first|second/);
  assert.match(shown, /webhook: "https:\/\/\(hidden\)@hook\.example\/\(hidden\)" -> /);
});

/** Metadata of one source with this configuration. */
function withConfiguration(configuration: Json): Json {
  return { sources: [{ name: "A", kind: "postgres", configuration }] };
}

/** Metadata of one event trigger. */
function withTrigger(more: { [key: string]: Json }): Json {
  return withTable({ event_triggers: [{ name: "t", ...more }] });
}

/** Metadata of one cron trigger. */
function withCron(more: { [key: string]: Json }): Json {
  return { cron_triggers: [{ name: "nightly", schedule: "0 3 * * *", ...more }] };
}

/** Where a secret can be. */
const SECRET_PLACES: Readonly<Record<string, (secret: string) => Json>> = {
  "the query of a JDBC address": (secret) =>
    withConfiguration({ value: { jdbc_url: `jdbc:mysql://h/db?user=u&password=${secret}` } }),
  "a password with a slash": (secret) => withConfiguration({ value: { uri: `mongodb://u:TOP/${secret}@h` } }),
  "a connection string": (secret) => withConfiguration({ uri: `host=h password=${secret}` }),
  "a template of connections": (secret) => withConfiguration({ connection_template: { template: `{{"${secret}"}}` } }),
  "a text of any name": (secret) => withConfiguration({ value: { region: secret, more: [{ place: secret }] } }),
  "a list of texts": (secret) => withConfiguration({ value: { hosts: ["a", secret] } }),
  "lists of texts that are not of one length": (secret) =>
    withConfiguration({ value: { hosts: secret === "first" ? [secret] : [secret, secret] } }),
  "a list of addresses": (secret) => ({ future: [`https://h/x?a=${secret}`, "https://h"] }),
  "a text of a data connector": (secret) => ({ backend_configs: { dataconnector: { athena: { plain: secret } } } }),
  "a password of digits": (secret) => withConfiguration({ value: { password: secret.length } }),
  "a certificate": (secret) => withConfiguration({ connection_info: { ssl_configuration: { sslkey: secret } } }),
  "a password with the name of a variable beside it": (secret) =>
    withConfiguration({ connection_info: { database_url: { from_env: "X", url: secret } } }),
  "a payload": (secret) => withCron({ webhook: "{{URL}}/x", payload: { api_key: secret, plain: [secret] } }),
  "a payload that is text": (secret) => withCron({ payload: secret }),
  "a payload with a key that is no variable": (secret) => withCron({ payload: { from_env: secret } }),
  "a payload that differs in what is empty": (secret) => withCron({ payload: secret === "first" ? { a: [] } : {} }),
  "the path of a webhook": (secret) => withTrigger({ webhook: `https://hooks.example/services/T1/${secret}` }),
  "the query of a webhook": (secret) => withTrigger({ webhook: `{{URL}}/x?sig=${secret}` }),
  "the fragment of a webhook": (secret) => withTrigger({ webhook: `{{URL}}/x#${secret}` }),
  "a user of a webhook without a scheme": (secret) => withTrigger({ webhook: `user:${secret}@hook.example/x` }),
  "a template of an address": (secret) =>
    withTrigger({ request_transform: { version: 2, url: `{{$base_url}}/${secret}` } }),
  "a template of a query": (secret) =>
    withTrigger({ request_transform: { query_params: { plain: secret }, method: secret } }),
  "a template of a query that is text": (secret) => withTrigger({ request_transform: { query_params: secret } }),
  "a template of a body": (secret) =>
    withTrigger({ request_transform: { body: { action: "transform", template: `{"x": "${secret}"}` } } }),
  "a template of a form": (secret) =>
    withTrigger({ request_transform: { body: { form_template: { plain: secret } } } }),
  "a header of a template that has the name of a key": (secret) =>
    withTrigger({ request_transform: { request_headers: { add_headers: { from_env: secret } } } }),
  "a template of an answer": (secret) => withAction({ response_transform: { body: { template: secret } } }),
  "the query of a handler": (secret) => withAction({ handler: `{{URL}}/x?apikey=${secret}` }),
  "the query of a handler with an @": (secret) => withAction({ handler: `https://h/x?a=b@${secret}` }),
  "a password with a question mark": (secret) => withAction({ handler: `https://u:${secret}?x@h/y` }),
  "a password with an @": (secret) => withAction({ handler: `https://u:x@${secret}@h/y` }),
  "a token in the path of a handler": (secret) => withAction({ handler: `https://h/x/0123-${secret}-456789/y` }),
  "the address of a remote schema": (secret) => ({
    remote_schemas: [{ name: "r", definition: { url: `https://u:a/${secret}@h/graphql?token=${secret}` } }],
  }),
  "an address in a comment": (secret) =>
    withAction({}, { comment: `See https://u:${secret}@h and https://h?a=${secret}` }),
  "a password in a comment": (secret) =>
    withAction({}, { comment: `Needs password=${secret} and token='x ${secret}'` }),
  "a password in a query": (secret) => ({
    query_collections: [{ name: "c", definition: { queries: [{ name: "q", query: `{f(password: "a ${secret}")}` }] } }],
  }),
  "a preset": (secret) => withPermission("insert", { check: {}, set: { api_key: secret }, columns: [] }),
  "headers in a form of their own": (secret) => ({ future: { headers: { "X-Any": secret } } }),
  "a key that nobody knows yet": (secret) => ({
    future: { apiKey: secret, Authorization: secret, auth: { user: secret }, dsn: secret, connection: secret },
  }),
};

for (const [name, place] of Object.entries(SECRET_PLACES)) {
  Deno.test(`diffMetadata() finds but does not show: ${name}`, () => {
    const [first, second] = [place("first"), place("second-one")];
    const changed = diffMetadata(first, second);
    assert.notEqual(changed.length, 0);
    for (const changes of [changed, diffMetadata({}, first), diffMetadata(second, {}), diffMetadata(second, first)]) {
      const shown = JSON.stringify(changes) + formatMetadataDiff(changes);
      assert.match(shown, /[+~-] /);
      assert.doesNotMatch(shown, /first|second|password":\d|in another order/);
    }
    assert.match(JSON.stringify(changed), /\(hidden\)/);
  });
}

/** What is no secret, and what is said where it changes. */
const PLAIN: readonly [name: string, place: (value: string) => Json, shown: string][] = [
  ["a handler", (value) => withAction({ handler: `{{URL}}/${value}` }), '"{{URL}}/a" -> "{{URL}}/b"'],
  [
    "a handler with a scheme",
    (value) => withAction({ handler: `http://aerie-merlin-0123456789:27183/refreshModelParameters/${value}` }),
    '"http://aerie-merlin-0123456789:27183/refreshModelParameters/',
  ],
  ["a webhook", (value) => withTrigger({ webhook: `{{URL}}/${value}` }), '"{{URL}}/a" -> "{{URL}}/b"'],
  ["the host of a webhook", (value) => withTrigger({ webhook: `https://${value}/x` }), '"https://a/(hidden)" -> '],
  [
    "the rest of an address",
    (value) => withAction({ handler: `https://u:p/w@h/${value}?q` }),
    '"https://(hidden)@h/a?(hidden)"',
  ],
  ["the variable of a webhook", (value) => withTrigger({ webhook_from_env: value }), '"a" -> "b"'],
  [
    "a variable",
    (value) => withConfiguration({ connection_info: { database_url: { from_env: value } } }),
    'database_url.from_env: "a" -> "b"',
  ],
  [
    "a variable of a setting",
    (value) => withConfiguration({ value: { password: { from_env: value } } }),
    'password.from_env: "a" -> "b"',
  ],
  [
    "how strictly a source isolates",
    (value) => withConfiguration({ connection_info: { isolation_level: value } }),
    'isolation_level: "a" -> "b"',
  ],
  [
    "a number of a source",
    (value) => withConfiguration({ connection_info: { pool_settings: { max_connections: value === "a" ? 1 : 2 } } }),
    "max_connections: 1 -> 2",
  ],
  [
    "a yes or no of a source",
    (value) => withConfiguration({ connection_info: { use_prepared_statements: value === "a" } }),
    "use_prepared_statements: true -> false",
  ],
  ["a name of a table", (value) => withTable({ configuration: { custom_name: value } }), '"a" -> "b"'],
  [
    "a name of a column",
    (value) => withTable({ configuration: { custom_column_names: { api_key: value } } }),
    'api_key.custom_name: "a" -> "b"',
  ],
  ["columns", (value) => withPermission("select", { columns: ["token", value], filter: {} }), "columns: -a +b"],
  [
    "a relationship over a constraint",
    (value) => withTable({ object_relationships: [{ name: "r", using: { foreign_key_constraint_on: value } }] }),
    "foreign_key_constraint_on: -a +b",
  ],
  [
    "columns that belong together",
    (value) =>
      withTable({
        object_relationships: [{
          name: "r",
          using: { manual_configuration: { remote_table: "t", column_mapping: { author_key: value } } },
        }],
      }),
    'column_mapping.author_key: "a" -> "b"',
  ],
  ["a type of an argument", (value) => withAction({ arguments: [{ name: "token", type: value }] }), '"a" -> "b"'],
  [
    "the schema of a role",
    (value) => ({
      remote_schemas: [{
        name: "r",
        permissions: [{ role: "u", definition: { schema: `type ${value} { token: String }` } }],
      }],
    }),
    '"type a { token: String }" -> ',
  ],
  ["a comment", (value) => withAction({}, { comment: `Passed? {x} ${value}@b.example` }), '"Passed? {x} a@b.example"'],
  [
    "columns that belong together, of other names",
    (value) => withTable({ configuration: { column_config: { connection: value } } }),
    'column_config.connection: "a" -> "b"',
  ],
  ["a yes or no", (value) => ({ future: { auth: value === "a" } }), "true -> false"],
  ["a variable of any name", (value) => ({ future: { token_from_env: value } }), '"a" -> "b"'],
  ["an author", (value) => ({ future: { author_id: value } }), '"a" -> "b"'],
];

for (const [name, place, shown] of PLAIN) {
  Deno.test(`diffMetadata() shows: ${name}`, () => {
    const text = formatMetadataDiff(diffMetadata(place("a"), place("b")));
    assert.ok(text.includes(shown), text);
  });
}

Deno.test("diffMetadata() shows conditions whole, with columns of any name", () => {
  const rules = (role: string): Json => ({
    filter: { author: { _eq: role }, api_key: { _eq: "x-hasura-key" } },
    columns: ["token"],
  });
  const place = (role: string) => withPermission("select", rules(role) as { [key: string]: Json });
  assert.deepEqual(diffMetadata(place("a"), place("b")).map(({ after }) => after), [
    { author: { _eq: "b" }, api_key: { _eq: "x-hasura-key" } },
  ]);
  const preset = (role: string) => withPermission("insert", { check: {}, set: { author: role, token: "x-hasura-t" } });
  assert.deepEqual(diffMetadata(preset("a"), preset("b")).map(({ after }) => after), [
    { author: "b", token: "x-hasura-t" },
  ]);
});

Deno.test("diffMetadata() shows the names of variables that hold secrets", () => {
  const source = (configuration: Json): Json => ({ sources: [{ name: "A", configuration }] });
  const before = source({ connection_info: { database_url: { from_env: "AERIE_DATABASE_URL" } } });
  const after = source({ connection_info: { database_url: { from_env: "PLANDEV_DATABASE_URL" } } });
  assert.equal(
    formatMetadataDiff(diffMetadata(before, after)),
    "~ source A: configuration.connection_info.database_url.from_env: " +
      '"AERIE_DATABASE_URL" -> "PLANDEV_DATABASE_URL"\n1 change: 1 changed\n',
  );
  const more = source({ connection_info: { database_url: { from_env: "PLANDEV_DATABASE_URL", password: "p" } } });
  assert.deepEqual(diffMetadata(before, more).map(({ after }) => after), ["(hidden)"]);
  const parts = (host: string) => source({ connection_info: { database_url: { connection_parameters: { host } } } });
  assert.deepEqual(diffMetadata(parts("a"), parts("b")).map(({ place, after }) => [place, after]), [
    ["configuration.connection_info.database_url", "(hidden)"],
  ]);
  const none = source({ connection_info: { database_url: null, isolation_level: "serializable" } });
  assert.deepEqual(diffMetadata({}, none).map(({ after }) => after), [{
    name: "A",
    configuration: { connection_info: { database_url: null, isolation_level: "serializable" } },
  }]);
  const written = source({ connection_info: { database_url: "postgres://u:p@h/d" } });
  assert.deepEqual(diffMetadata(before, written).map((change) => [change.before, change.after]), [
    [{ from_env: "AERIE_DATABASE_URL" }, "(hidden)"],
  ]);
  const header = (more: { [key: string]: Json }): Json => withAction({ headers: [{ name: "key", ...more }] });
  assert.deepEqual(
    diffMetadata(header({ value_from_env: "A" }), header({ value: "secret" })).map((
      change,
    ) => [change.path, change.after]),
    [["actions.simulate.definition.headers.key.value", "(hidden)"], [
      "actions.simulate.definition.headers.key.value_from_env",
      undefined,
    ]],
  );
});

Deno.test("diffMetadata() does not take a value of an enum for one of a header", () => {
  const values = (...names: string[]): Json => ({
    custom_types: { enums: [{ name: "headers", values: names.map((value) => ({ value })) }] },
  });
  assert.deepEqual(diffMetadata(values("a"), values("a", "b")).map(({ after }) => after), [{ value: "b" }]);
});

Deno.test("diffMetadata() changes nothing that it was given", () => {
  const [before, after] = [withSecrets("one"), withSecrets("two")];
  diffMetadata(before, after);
  assert.deepEqual([before, after], [withSecrets("one"), withSecrets("two")]);
});

Deno.test("formatMetadataDiff() counts", () => {
  assert.equal(formatMetadataDiff([]), "no differences\n");
  const change = { path: "x", subject: "x", place: "" };
  const added: MetadataChange = { kind: "added", ...change, after: 1 };
  const removed: MetadataChange = { kind: "removed", ...change, before: 1 };
  assert.equal(formatMetadataDiff([added]), "+ x\n1 change: 1 added\n");
  assert.equal(formatMetadataDiff([added, removed, added]), "+ x\n- x\n+ x\n3 changes: 2 added, 1 removed\n");
});

Deno.test("formatMetadataDiff() makes a line of whatever comes", () => {
  const cases: [change: Partial<MetadataChange>, line: string][] = [
    [{ before: "a\nb\x1b[31m", after: "\u202e" }, '~ t: p: "a\\nb\\u001b[31m" -> "\\u{202e}"'],
    [{ subject: "a\nb\x1b\u2028", before: 1, after: 2 }, "~ a\\u{a}b\\u{1b}\\u{2028}: p: 1 -> 2"],
    [{ place: "\x07", before: null, after: true }, "~ t: \\u{7}: null -> true"],
    [{ before: "x".repeat(61), after: "y".repeat(60) }, `~ t: p: "${"x".repeat(60)}…" -> "${"y".repeat(60)}"`],
    [{ before: "\u{1f680}".repeat(61), after: 1 }, `~ t: p: "${"\u{1f680}".repeat(60)}…" -> 1`],
    [{ before: { a: 1 }, after: { a: 2 } }, "~ t: p"],
    [{ before: { a: 1 }, after: 5 }, "~ t: p: an object -> 5"],
    [{ before: [1], after: [2] }, "~ t: p"],
    [{ before: ["a\n"], after: ["b"] }, "~ t: p: -a\\u{a} +b"],
    [{ before: [], after: ["x".repeat(70)] }, `~ t: p: +${"x".repeat(59)}…`],
    [{ before: [], after: [..."abcdefgh"] }, "~ t: p: +a +b +c +d +e +f +g +h"],
    [{ before: ["z"], after: [..."abcdefgh"] }, "~ t: p: 8 added, 1 removed"],
  ];
  for (const [change, line] of cases) {
    const full: MetadataChange = { kind: "changed", path: "t.p", subject: "t", place: "p", ...change };
    assert.equal(formatMetadataDiff([full]), `${line}\n1 change: 1 changed\n`);
  }
});
