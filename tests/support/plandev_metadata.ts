/**
 * The metadata directory of an invented release, as the Hasura CLI lays it out (format 3).
 *
 * @module
 */

import { TRACKED_TABLES, type TrackedTable } from "./plandev_tables.ts";

/** The release that the metadata is for. */
export interface MetadataOptions {
  source: "Aerie" | "PlanDev";
  /** Its newest migration; the metadata fits the database as it is then. */
  newest: number;
}

/** The function that the metadata tracks, and the first version that has it. */
const TRACKED_FUNCTION = { schema: "merlin", name: "plans_of", since: 23 };

/** The files, by their path below the metadata directory. */
export function metadataFiles({ source, newest }: MetadataOptions): Record<string, string> {
  const tables = TRACKED_TABLES.filter((table) => isThere(table, newest));
  const files: Record<string, string> = {
    "version.yaml": "version: 3\n",
    "databases/databases.yaml": databasesYaml(source),
    [`databases/${source}/tables/tables.yaml`]: tables.map((table) => `- "!include ${tablePath(table)}"\n`).join(""),
    [`databases/${source}/functions/functions.yaml`]: newest < TRACKED_FUNCTION.since
      ? "[]\n"
      : '- "!include merlin/plans_of.yaml"\n',
    "actions.graphql": ACTIONS_GRAPHQL,
    "actions.yaml": ACTIONS_YAML.replace("SOURCE", source),
    "allow_list.yaml": "[]\n",
    "api_limits.yaml": "{}\n",
    "cron_triggers.yaml": "[]\n",
    "graphql_schema_introspection.yaml": "disabled_for_roles: []\n",
    "inherited_roles.yaml": "[]\n",
    "network.yaml": "{}\n",
    "query_collections.yaml": "[]\n",
    "remote_schemas.yaml": "[]\n",
    "rest_endpoints.yaml": "[]\n",
  };
  for (const table of tables) files[`databases/${source}/tables/${tablePath(table)}`] = tableYaml(table, newest);
  if (newest >= TRACKED_FUNCTION.since) files[`databases/${source}/functions/merlin/plans_of.yaml`] = FUNCTION_YAML;
  return files;
}

/** Names of the tables that the metadata of a release tracks and a database at `version` lacks, as `schema.name`. */
export function tablesAbove(version: number, { newest }: { newest: number }): string[] {
  return TRACKED_TABLES.filter((table) => isThere(table, newest) && !isThere(table, version)).map(({ schema, name }) =>
    `${schema}.${name}`
  );
}

function isThere({ since, until = Infinity }: { since: number; until?: number | undefined }, version: number): boolean {
  return since <= version && version < until;
}

function tablePath({ schema, name }: TrackedTable): string {
  return `${schema}/${name}.yaml`;
}

function databasesYaml(source: "Aerie" | "PlanDev"): string {
  return `- name: ${source}
  kind: postgres
  configuration:
    connection_info:
      database_url:
        from_env: ${source.toUpperCase()}_DATABASE_URL
      isolation_level: read-committed
      pool_settings:
        connection_lifetime: 600
        max_connections: 50
        retries: 1
      use_prepared_statements: true
  tables: "!include ${source}/tables/tables.yaml"
  functions: "!include ${source}/functions/functions.yaml"
`;
}

function tableYaml({ schema, name, columns, objects = [], arrays = [], owner }: TrackedTable, newest: number): string {
  const names = columns.filter((column) => typeof column === "string" || column[1] <= newest)
    .map((column) => typeof column === "string" ? column : column[0]);
  const list = (indent: string) => names.map((column) => `${indent}- ${column}\n`).join("");
  let text = `table:\n  name: ${name}\n  schema: ${schema}\n`;
  if (objects.length > 0) {
    text += "object_relationships:\n" +
      objects.map(([relationship, column]) =>
        `  - name: ${relationship}\n    using:\n      foreign_key_constraint_on: ${column}\n`
      ).join("");
  }
  const there = arrays.filter(([, since, until]) => isThere({ since, until }, newest));
  if (there.length > 0) {
    text += "array_relationships:\n" + there.map(([[relationship, table, column]]) => {
      const [remoteSchema, remoteName] = table.split(".");
      return `  - name: ${relationship}\n    using:\n      foreign_key_constraint_on:\n        column: ${column}\n` +
        `        table:\n          name: ${remoteName}\n          schema: ${remoteSchema}\n`;
    }).join("");
  }
  text += `select_permissions:\n  - role: viewer\n    permission:\n      columns:\n${
    list("        ")
  }      filter: {}\n`;
  text += `  - role: planner\n    permission:\n      columns:\n${
    list("        ")
  }      filter: {}\n      allow_aggregations: true\n`;
  if (owner === undefined) return text;
  const own = `      filter:\n        ${owner}:\n          _eq: X-Hasura-User-Id\n`;
  return `${text}update_permissions:\n  - role: planner\n    permission:\n      columns:\n        - name\n${own}` +
    `      check: {}\ndelete_permissions:\n  - role: planner\n    permission:\n${own}`;
}

const FUNCTION_YAML = `function:
  name: plans_of
  schema: merlin
configuration:
  custom_root_fields:
    function: plansOf
permissions:
  - role: planner
`;

const ACTIONS_GRAPHQL = `type Query {
  """How far a plan is from being flown"""
  planReadiness(planId: Int!): PlanReadiness
}

type Mutation {
  "Computes what a plan does"
  runSimulation(planId: Int!, force: Boolean): SimulationTicket!
  shareWorkspace(request: ShareRequest!): [Account!]!
}

"""
As the server writes it
"""
scalar Account

enum Readiness {
  NOT_YET
  "Somebody has to look"
  NEARLY
  READY
}

input ShareRequest {
  workspaceId: Int!
  accounts: [Account!]!
}

type PlanReadiness {
  planId: Int!
  readiness: Readiness!
  reasons: [String!]
}

type SimulationTicket {
  simulationId: Int!
}
`;

const ACTIONS_YAML = `actions:
  - name: planReadiness
    definition:
      kind: ""
      handler: http://gateway:9000/readiness
      timeout: 300
    permissions:
      - role: viewer
      - role: planner
    comment: How far a plan is from being flown
  - name: runSimulation
    definition:
      kind: synchronous
      handler: http://gateway:9000/simulate?wait=no
      forward_client_headers: true
      headers:
        - name: x-from
          value: hasura
    permissions:
      - role: planner
  - name: shareWorkspace
    definition:
      kind: asynchronous
      handler: http://workspace:28000/share
    permissions:
      - role: planner
custom_types:
  enums:
    - name: Readiness
  input_objects:
    - name: ShareRequest
  objects:
    - name: PlanReadiness
      relationships:
        - field_mapping:
            planId: id
          name: plan
          remote_table:
            name: plan
            schema: merlin
          source: SOURCE
          type: object
    - name: SimulationTicket
  scalars:
    - name: Account
`;
