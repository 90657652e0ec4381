/**
 * A metadata directory of the size of a real project, and the metadata that it must be built into. Both are made from
 * one plain description; nothing here knows how the tool builds.
 *
 * @module
 */

import type { Json } from "../../src/json.ts";
import { type ActionDescription, actionFiles, type TypeDescription } from "./metadata_actions.ts";
import { Include, writeYaml } from "./metadata_yaml.ts";

/** See the module. */
export interface MetadataProject {
  /** Text by path below the metadata directory. */
  files: Record<string, string>;
  /** What must be sent. */
  expected: Record<string, Json>;
}

const SOURCE = "PlanDev";
const ROLES = ["aerie_admin", "user", "viewer"];
const TABLES: Readonly<Record<string, readonly string[]>> = {
  merlin: words(
    "plan mission_model activity_directive activity_type dataset simulation simulation_dataset span event topic",
    "profile profile_segment plan_snapshot merge_request uploaded_file constraint_definition constraint_run",
  ),
  scheduler: words(
    "scheduling_specification scheduling_goal_metadata scheduling_goal_definition scheduling_request",
    "scheduling_condition_metadata scheduling_condition_definition scheduling_goal_analysis",
  ),
  sequencing: words(
    "command_dictionary channel_dictionary parameter_dictionary parcel sequence_adaptation user_sequence",
    "expansion_rule expansion_set expansion_run expanded_sequences sequence_to_simulated_activity workspace",
  ),
  tags: words("tags plan_tags constraint_tags goal_tags activity_directive_tags snapshot_activity_tags"),
  permissions: words("user_roles user_role_permission users users_allowed_roles"),
  actions: words("action_definition action_run action_parameter action_setting"),
  ui: words("view view_owner extensions extension_roles"),
  hasura: words(
    "begin_merge_return_value commit_merge_return_value create_snapshot_return_value delete_anchor_return_value",
    "duplicate_plan_return_value get_plan_history_return_value",
  ),
  public: words("notes links"),
};

/** Writes the project. */
export function metadataProject(): MetadataProject {
  const tables = Object.entries(TABLES).flatMap(([schema, names]) => names.map((name) => ({ schema, name })));
  const files: Record<string, string> = {};
  const expectedTables = tables.map((table, index) => writeTable(files, { table, index }));
  files[`databases/${SOURCE}/tables/tables.yaml`] = writeYaml(
    tables.map(({ schema, name }, index) => new Include(`${schema}/${name}.yaml`, index % 2 === 0)),
  );
  const functions = ["duplicate_plan", "begin_merge", "commit_merge"].map((name) => ({
    function: { schema: "hasura", name },
    configuration: { exposed_as: "mutation", session_argument: "hasura_session" },
    permissions: [{ role: "user" }],
  }));
  files[`databases/${SOURCE}/functions/functions.yaml`] = writeYaml(
    functions.map(({ function: { name } }) => new Include(`hasura_${name}.yaml`)),
  );
  for (const one of functions) files[`databases/${SOURCE}/functions/hasura_${one.function.name}.yaml`] = writeYaml(one);

  const source = {
    name: SOURCE,
    kind: "postgres",
    configuration: {
      connection_info: {
        database_url: { from_env: "PLANDEV_DATABASE_URL" },
        isolation_level: "read-committed",
        pool_settings: { connection_lifetime: 600, max_connections: 50 },
        use_prepared_statements: false,
      },
    },
    customization: { naming_convention: "hasura-default" },
  };
  files["databases/databases.yaml"] = writeYaml([{
    ...source,
    tables: new Include(`${SOURCE}/tables/tables.yaml`),
    functions: new Include(`${SOURCE}/functions/functions.yaml`, true),
  }]);
  files["version.yaml"] = writeYaml({ version: 3 });
  for (const { file, value } of Object.values(PASSED_ON)) files[file] = writeYaml(value);
  const { texts, json } = actionFiles(ACTIONS, TYPES);

  return {
    files: { ...files, ...texts },
    expected: {
      version: 3,
      sources: [{ ...source, tables: expectedTables, functions }],
      ...Object.fromEntries(Object.entries(PASSED_ON).map(([key, { value }]) => [key, value])),
      ...json,
    },
  };
}

/** The metadata of a table: the more is in it, the more its index can be divided. */
function tableOf({ schema, name }: { schema: string; name: string }, index: number): Record<string, Json> {
  const columns = ["id", "name", "owner", `${name}_id`, "created_at"].slice(0, 2 + index % 4);
  const table: Record<string, Json> = { table: { schema, name } };
  if (index % 7 === 0) table.configuration = { comment: `Rows of "${name}":\nnumber ${index}` };
  if (index % 3 === 0) {
    table.object_relationships = [
      { name: "owner_user", using: { foreign_key_constraint_on: "owner" } },
      {
        name: "plan",
        using: {
          manual_configuration: {
            remote_table: { schema: "merlin", name: "plan" },
            column_mapping: { plan_id: "id" },
            insertion_order: null,
          },
        },
      },
    ];
  }
  if (index % 4 === 0) {
    table.array_relationships = [{
      name: "tags",
      using: {
        foreign_key_constraint_on: { column: `${name}_id`, table: { schema: "tags", name: "plan_tags" } },
      },
    }];
  }
  if (index % 10 === 0) {
    table.computed_fields = [{
      name: "duration",
      definition: { function: { schema: "hasura", name: `${name}_span` } },
    }];
  }
  table.select_permissions = ROLES.map((role) => ({
    role,
    permission: { columns: role === "aerie_admin" ? "*" : columns, filter: {}, allow_aggregations: true },
  }));
  if (index % 2 === 0) {
    table.insert_permissions = [{
      role: "user",
      permission: { check: {}, set: { owner: "x-hasura-user-id" }, columns },
    }];
    table.delete_permissions = [{ role: "user", permission: { filter: { owner: { _eq: "X-Hasura-User-Id" } } } }];
  }
  return table;
}

/** Writes the files of a table, and returns its metadata; each third has two more levels of includes. */
function writeTable(
  files: Record<string, string>,
  { table, index }: { table: { schema: string; name: string }; index: number },
): Json {
  const { schema, name } = table;
  const json = tableOf(table, index);
  const folder = `databases/${SOURCE}/tables/${schema}`;
  if (index % 3 > 0) {
    files[`${folder}/${name}.yaml`] = writeYaml(json);
    return json;
  }
  const comment = `Table ${name}: see the manual.\n`;
  const insert = { role: "aerie_admin", permission: { check: {}, columns: "*" } };
  files[`${folder}/${name}.yaml`] = writeYaml({
    ...json,
    select_permissions: new Include(`permissions of ${name}/select.yaml`, index % 2 === 0),
    insert_permissions: new Include(`/permissions of ${name}/insert.yaml`),
  });
  files[`${folder}/permissions of ${name}/select.yaml`] = writeYaml(json.select_permissions ?? null);
  files[`${folder}/permissions of ${name}/insert.yaml`] = writeYaml([{
    ...insert,
    comment: new Include("comment.txt"),
  }]);
  files[`${folder}/permissions of ${name}/comment.txt`] = comment;
  return { ...json, insert_permissions: [{ ...insert, comment }] };
}

/** The files that are sent as they are, by their keys. */
const PASSED_ON: Readonly<Record<string, { file: string; value: Json }>> = {
  remote_schemas: {
    file: "remote_schemas.yaml",
    value: ["spice", "telemetry"].map((name) => ({
      name,
      definition: { url: `https://${name}.example/graphql`, timeout_seconds: 60, forward_client_headers: true },
      comment: "",
      permissions: [{ role: "viewer", definition: { schema: `type Query {\n  ${name}: String!\n}\n` } }],
    })),
  },
  query_collections: {
    file: "query_collections.yaml",
    value: ["plans", "models"].map((name) => ({
      name,
      definition: { queries: [{ name: `all_${name}`, query: `query all_${name} {\n  ${name} { id }\n}` }] },
    })),
  },
  allowlist: {
    file: "allow_list.yaml",
    value: [
      { collection: "plans", scope: { global: true } },
      { collection: "models", scope: { global: false, roles: ["viewer"] } },
    ],
  },
  cron_triggers: {
    file: "cron_triggers.yaml",
    value: ["nightly", "weekly"].map((name) => ({
      name,
      webhook: `{{SCHEDULER_URL}}/${name}`,
      schedule: "0 3 * * *",
      include_in_metadata: true,
      payload: { name, dry: false, retries: 1.5 },
    })),
  },
  rest_endpoints: {
    file: "rest_endpoints.yaml",
    value: [{
      name: "plans",
      url: "plans/:id",
      methods: ["GET"],
      definition: { query: { collection_name: "plans", query_name: "all_plans" } },
      comment: null,
    }],
  },
  inherited_roles: {
    file: "inherited_roles.yaml",
    value: [{ role_name: "planner", role_set: ["user", "viewer"] }],
  },
  network: {
    file: "network.yaml",
    value: { tls_allowlist: [{ host: "spice.example", suffix: "443", permissions: ["self-signed"] }] },
  },
  api_limits: {
    file: "api_limits.yaml",
    value: { disabled: false, depth_limit: { global: 12, per_role: { viewer: 6 } }, time_limit: { global: 120 } },
  },
  graphql_schema_introspection: {
    file: "graphql_schema_introspection.yaml",
    value: { disabled_for_roles: ["viewer"] },
  },
  metrics_config: {
    file: "metrics_config.yaml",
    value: { analyze_query_variables: false, analyze_response_body: false },
  },
  opentelemetry: { file: "opentelemetry.yaml", value: {} },
  backend_configs: { file: "backend_configs.yaml", value: {} },
};

/** Twenty actions, half of them queries; what they have besides depends on their number. */
const ACTIONS: readonly ActionDescription[] = Array.from({ length: 20 }, (_, index) => ({
  name: `action_${index}`,
  type: index % 2 === 0 ? "query" : "mutation",
  arguments: [
    { name: "planId", type: "Int!" },
    { name: "range", type: "Range!", description: "When,\nin microseconds" },
    { name: "names", type: "[String!]" },
  ].slice(0, index % 4),
  output: index % 5 === 0 ? "[Result!]!" : `Result`,
  handler: `{{MERLIN_URL}}/action_${index}`,
  ...(index % 2 === 1 ? { kind: index % 3 === 0 ? "asynchronous" : "synchronous" } : {}),
  ...(index % 3 === 0 ? { timeout: 300, headers: [{ name: "x-source", value: "hasura" }] } : {}),
  ...(index % 4 === 0 ? { forwardsHeaders: true, comment: `Number ${index}: "quoted"` } : {}),
  ...(index % 5 === 0 ? { permissions: [{ role: "user" }, { role: "viewer" }] } : {}),
  ...(index % 6 === 0 ? { requestTransform: { version: 2, template_engine: "Kriti", method: "GET" } } : {}),
}));

const TYPES: readonly TypeDescription[] = [
  { kind: "scalars", name: "Any", description: "Any JSON" },
  { kind: "scalars", name: "Duration" },
  { kind: "scalars", name: "Replaced", description: "in the SDL", yaml: { description: "in the YAML" } },
  { kind: "enums", name: "Status", parts: [{ name: "complete", description: "It ended" }, { name: "failed" }] },
  { kind: "enums", name: "Level", description: "How bad", parts: [{ name: "low" }, { name: "high" }], yaml: {} },
  {
    kind: "input_objects",
    name: "Range",
    parts: [{ name: "start", type: "Duration!", description: "included" }, { name: "end", type: "Duration" }],
    yaml: {},
  },
  {
    kind: "objects",
    name: "Result",
    description: "What came out",
    parts: [{ name: "datasetId", type: "Int!" }, { name: "status", type: "Status!", description: "now" }],
    yaml: {
      description: "what came out",
      relationships: [{
        name: "dataset",
        type: "object",
        source: SOURCE,
        remote_table: { schema: "merlin", name: "dataset" },
        field_mapping: { datasetId: "id" },
      }],
    },
  },
  { kind: "objects", name: "Nested", parts: [{ name: "all", type: "[[Result!]!]" }] },
];

function words(...lines: string[]): string[] {
  return lines.join(" ").split(" ");
}
