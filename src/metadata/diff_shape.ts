/**
 * What the parts of Hasura's metadata are to somebody who compares two of them: which lists hold named things, where an
 * order or something empty has no meaning, and what the server takes where nothing is said.
 *
 * @module
 */

import { type JsonObject, spellAction, spellForeignKey, spellKind, spellTableConfiguration } from "./diff_spelling.ts";

/** What is known of an object. Keys that are not named here are compared as they come. */
export interface Shape {
  /** Lists of named things, by key: compared by name and not by position. */
  lists?: Readonly<Record<string, ListShape>>;
  /** Objects of which something is known, by key. */
  objects?: Readonly<Record<string, Shape>>;
  /** Lists whose order has no meaning. */
  sets?: readonly string[];
  /** Values in which what is empty has a meaning, such as conditions: `{}` is everything, `{"_or": []}` is nothing. */
  exact?: readonly string[];
  /** Lists that say something else when they are empty than when they are not there. */
  emptyCounts?: readonly string[];
  /** Keys that the server fills in with what its version has, and that only say something where both have them. */
  filledIn?: readonly string[];
  /** What the server takes where a key is missing. It leaves such values out, or fills them in. */
  defaults?: Readonly<JsonObject>;
  /** Keys that hold the name of a table or function; plain text is one in the schema `public`. */
  qualified?: readonly string[];
  /** Keys that are only a wrapping, and no part of a path. */
  wrappers?: readonly string[];
  /** One of several spellings of the same. */
  respell?: (object: JsonObject) => JsonObject;
}

/** What is known of a list of named things. */
export interface ListShape extends Shape {
  /** The key that holds the name. @default "name" */
  key?: string;
  /** What one is called, before its name. */
  noun: string;
  /** How it is connected with what it is in; without it, it is told by itself. */
  link?: "in" | "of" | "on";
}

const HEADERS: ListShape = { noun: "header", link: "of" };

const PERMISSION: Shape = {
  sets: ["columns", "computed_fields", "query_root_fields", "subscription_root_fields"],
  exact: ["filter", "check", "set"],
  emptyCounts: ["columns", "query_root_fields", "subscription_root_fields"],
  defaults: { allow_aggregations: false, backend_only: false },
};

function permissions(operation: string): ListShape {
  return {
    key: "role",
    noun: `${operation} permission of role`,
    link: "on",
    wrappers: ["permission"],
    objects: { permission: PERMISSION },
  };
}

function relationships(noun: string): ListShape {
  return {
    noun,
    link: "on",
    objects: {
      using: { respell: spellForeignKey, objects: { manual_configuration: { qualified: ["remote_table"] } } },
    },
  };
}

/** What an event trigger is to see of an operation; without one it does not see the operation at all. */
const OPERATION: Shape = { sets: ["columns", "payload"], emptyCounts: ["columns", "payload"] };

const TABLE: ListShape = {
  key: "table",
  noun: "table",
  link: "in",
  defaults: { is_enum: false },
  objects: { configuration: { respell: spellTableConfiguration } },
  lists: {
    object_relationships: relationships("object relationship"),
    array_relationships: relationships("array relationship"),
    computed_fields: {
      noun: "computed field",
      link: "on",
      objects: { definition: { qualified: ["function"] } },
    },
    remote_relationships: {
      noun: "remote relationship",
      link: "on",
      objects: {
        definition: {
          objects: { to_source: { qualified: ["table"] }, to_remote_schema: { exact: ["remote_field"] } },
          exact: ["remote_field"],
          sets: ["hasura_fields"],
        },
      },
    },
    insert_permissions: permissions("insert"),
    select_permissions: permissions("select"),
    update_permissions: permissions("update"),
    delete_permissions: permissions("delete"),
    event_triggers: {
      noun: "event trigger",
      link: "on",
      objects: {
        definition: {
          defaults: { enable_manual: false },
          objects: {
            insert: OPERATION,
            update: OPERATION,
            delete: OPERATION,
          },
          emptyCounts: ["insert", "update", "delete"],
        },
        retry_conf: { defaults: { num_retries: 0, interval_sec: 10, timeout_sec: 60 } },
      },
      lists: { headers: HEADERS },
    },
  },
};

const SOURCE: ListShape = {
  noun: "source",
  respell: spellKind,
  objects: {
    configuration: {
      objects: {
        connection_info: { defaults: { isolation_level: "read-committed", use_prepared_statements: false } },
      },
    },
  },
  lists: {
    tables: TABLE,
    functions: {
      key: "function",
      noun: "function",
      link: "in",
      lists: { permissions: { key: "role", noun: "permission of role", link: "on" } },
    },
    native_queries: { key: "root_field_name", noun: "native query", link: "in" },
    stored_procedures: { key: "stored_procedure", noun: "stored procedure", link: "in" },
    logical_models: {
      noun: "logical model",
      link: "in",
      lists: { fields: { noun: "field", link: "of" }, select_permissions: permissions("select") },
    },
  },
};

/** The order in which differences are told; what is not in it comes after. */
export const TOP_LEVEL_ORDER: readonly string[] = [
  "version",
  "sources",
  "actions",
  "custom_types",
  "remote_schemas",
  "query_collections",
  "allowlist",
  "rest_endpoints",
  "cron_triggers",
  "inherited_roles",
];

/** The metadata itself. */
export const METADATA: Shape = {
  lists: {
    sources: SOURCE,
    actions: {
      noun: "action",
      objects: {
        definition: {
          respell: spellAction,
          defaults: { type: "mutation", timeout: 30, forward_client_headers: false },
          filledIn: ["ignored_client_headers"],
          sets: ["ignored_client_headers"],
          lists: { arguments: { noun: "argument", link: "of" }, headers: HEADERS },
        },
      },
      lists: { permissions: { key: "role", noun: "permission of role", link: "on" } },
    },
    remote_schemas: {
      noun: "remote schema",
      objects: {
        definition: { defaults: { forward_client_headers: false, timeout_seconds: 60 }, lists: { headers: HEADERS } },
      },
      lists: {
        permissions: { key: "role", noun: "permission of role", link: "on" },
        remote_relationships: {
          key: "type_name",
          noun: "remote relationships of type",
          link: "in",
          lists: {
            relationships: {
              noun: "remote relationship",
              link: "in",
              objects: {
                definition: {
                  objects: { to_source: { qualified: ["table"] }, to_remote_schema: { exact: ["remote_field"] } },
                },
              },
            },
          },
        },
      },
    },
    query_collections: {
      noun: "query collection",
      objects: { definition: { lists: { queries: { noun: "query", link: "in" } } } },
    },
    allowlist: {
      key: "collection",
      noun: "allow list entry",
      objects: { scope: { defaults: { global: true }, sets: ["roles"] } },
    },
    rest_endpoints: { noun: "REST endpoint", sets: ["methods"] },
    cron_triggers: {
      noun: "cron trigger",
      exact: ["payload"],
      objects: {
        retry_conf: {
          defaults: { num_retries: 0, retry_interval_seconds: 10, timeout_seconds: 60, tolerance_seconds: 21_600 },
        },
      },
      lists: { headers: HEADERS },
    },
    inherited_roles: { key: "role_name", noun: "inherited role", sets: ["role_set"] },
  },
  objects: {
    custom_types: {
      lists: {
        enums: { noun: "enum", lists: { values: { key: "value", noun: "value", link: "of" } } },
        input_objects: { noun: "input object", lists: { fields: { noun: "field", link: "of" } } },
        objects: {
          noun: "object type",
          lists: {
            fields: { noun: "field", link: "of" },
            relationships: { noun: "relationship", link: "of", qualified: ["remote_table"] },
          },
        },
        scalars: { noun: "scalar" },
      },
    },
    network: { lists: { tls_allowlist: { key: "host", noun: "TLS allow list entry", link: "of" } } },
    api_limits: { defaults: { disabled: false } },
    graphql_schema_introspection: { sets: ["disabled_for_roles"] },
    metrics_config: { defaults: { analyze_query_variables: false, analyze_response_body: false } },
    opentelemetry: {
      defaults: { status: "disabled" },
      sets: ["data_types"],
      objects: {
        exporter_otlp: {
          defaults: { protocol: "http/protobuf", traces_propagators: ["b3"] },
          lists: { headers: HEADERS, resource_attributes: { noun: "resource attribute", link: "of" } },
        },
        batch_span_processor: { defaults: { max_export_batch_size: 512 } },
      },
    },
  },
  exact: ["backend_configs"],
};
