/**
 * What an inconsistent object shows as its definition: the object with all that Hasura knows of it, defaults filled in.
 *
 * @module
 */

import type { Json } from "../bodies.ts";
import { isObject, listIn, type LooseObject, nameIn, namesIn, objectIn, tableIn } from "../loose.ts";
import type { PermissionType } from "./schema_id.ts";

/** An object without the keys that have no value. */
export function given(object: { [key: string]: Json | undefined }): LooseObject {
  return Object.fromEntries(
    Object.entries(object).filter((entry): entry is [string, Json] => (entry[1] ?? null) !== null),
  );
}

/** What a relationship is made by. */
export function relationshipDefinition(relationship: LooseObject): LooseObject {
  const using = objectIn(relationship, "using");
  const key = using["foreign_key_constraint_on"];
  return {
    name: nameIn(relationship, "name"),
    comment: relationship["comment"] ?? null,
    using: { ...usingOf(using, key) },
  };
}

function usingOf(using: LooseObject, key: Json | undefined): LooseObject {
  if (isObject(key)) {
    const columns = namesIn(key, "columns" in key ? "columns" : "column");
    const named: LooseObject = columns.length === 1 ? { column: columns[0] ?? "" } : { columns };
    return { foreign_key_constraint_on: { table: tableIn(key, "table"), ...named } };
  }
  if (key !== undefined && key !== null) {
    const columns = namesIn(using, "foreign_key_constraint_on");
    return { foreign_key_constraint_on: columns.length === 1 ? columns[0] ?? "" : columns };
  }
  const manual = objectIn(using, "manual_configuration");
  return {
    manual_configuration: {
      remote_table: tableIn(manual, "remote_table"),
      column_mapping: objectIn(manual, "column_mapping"),
      insertion_order: manual["insertion_order"] ?? null,
    },
  };
}

/** What a computed field is made by. */
export function computedFieldDefinition(field: LooseObject): LooseObject {
  const definition = objectIn(field, "definition");
  return {
    name: nameIn(field, "name"),
    comment: field["comment"] ?? null,
    definition: given({
      function: tableIn(definition, "function"),
      table_argument: definition["table_argument"],
      session_argument: definition["session_argument"],
    }),
  };
}

const OTHER_KEYS: Record<PermissionType, readonly string[]> = {
  insert: ["check", "columns", "set", "validate_input"],
  select: ["columns", "filter", "limit", "query_root_fields", "subscription_root_fields"],
  update: ["columns", "filter", "check", "set", "validate_input"],
  delete: ["filter", "validate_input"],
};

/** What a permission is made by. */
export function permissionDefinition(type: PermissionType, item: LooseObject): LooseObject {
  const permission = objectIn(item, "permission");
  const rest = given(Object.fromEntries(OTHER_KEYS[type].map((key) => [key, permission[key]])));
  const defaults = type === "select"
    ? {
      allow_aggregations: permission["allow_aggregations"] ?? false,
      computed_fields: permission["computed_fields"] ?? [],
    }
    : { backend_only: permission["backend_only"] ?? false };
  return { role: nameIn(item, "role"), comment: item["comment"] ?? null, permission: { ...rest, ...defaults } };
}

const TRIGGER_KEYS = [
  "name",
  "definition",
  "retry_conf",
  "webhook",
  "webhook_from_env",
  "headers",
  "request_transform",
  "response_transform",
  "cleanup_config",
  "trigger_on_replication",
];

/** What an event trigger is made by. */
export function triggerDefinition(trigger: LooseObject): LooseObject {
  const definition = objectIn(trigger, "definition");
  return {
    ...given(Object.fromEntries(TRIGGER_KEYS.map((key) => [key, trigger[key]]))),
    definition: given(definition),
  };
}

/** What an action is made by. */
export function actionDefinition(action: LooseObject): LooseObject {
  const definition = objectIn(action, "definition");
  const type = definition["type"] ?? "mutation";
  return {
    name: nameIn(action, "name"),
    comment: action["comment"] ?? null,
    definition: {
      ...given({
        request_transform: definition["request_transform"],
        response_transform: definition["response_transform"],
      }),
      arguments: listIn(definition, "arguments").map((argument) => ({
        name: nameIn(argument, "name"),
        type: nameIn(argument, "type"),
        description: argument["description"] ?? null,
      })),
      handler: nameIn(definition, "handler"),
      headers: definition["headers"] ?? [],
      forward_client_headers: definition["forward_client_headers"] ?? false,
      output_type: nameIn(definition, "output_type"),
      timeout: definition["timeout"] ?? 30,
      type,
      ...(type === "query" ? {} : { kind: definition["kind"] ?? "synchronous" }),
    },
  };
}

/** What a remote schema is made by. */
export function remoteSchemaDefinition(schema: LooseObject): LooseObject {
  const definition = objectIn(schema, "definition");
  return {
    name: nameIn(schema, "name"),
    comment: schema["comment"] ?? null,
    definition: {
      ...given(definition),
      forward_client_headers: definition["forward_client_headers"] ?? false,
    },
    permissions: schema["permissions"] ?? [],
    remote_relationships: schema["remote_relationships"] ?? [],
  };
}

/** What a cron trigger is made by. */
export function cronDefinition(trigger: LooseObject): LooseObject {
  return {
    ...given(trigger),
    headers: trigger["headers"] ?? [],
    retry_conf: {
      num_retries: 0,
      retry_interval_seconds: 10,
      timeout_seconds: 60,
      tolerance_seconds: 21_600,
      ...objectIn(trigger, "retry_conf"),
    },
  };
}

/** What a REST endpoint is made by. */
export function endpointDefinition(endpoint: LooseObject): LooseObject {
  const { name = null, url = null, methods = null, definition = null, comment = null } = endpoint;
  return { name, url, methods, definition, comment };
}
