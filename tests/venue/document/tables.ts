/**
 * Tracked tables and functions.
 *
 * @module
 */

import { type Json, parseFailed } from "../bodies.ts";
import { isObject, type LooseObject } from "../loose.ts";
import { eventTrigger } from "./event_triggers.ts";
import { named, requiredNamed } from "./named_list.ts";
import { permission } from "./permissions.ts";
import { arrayRelationship, objectRelationship, remoteRelationship } from "./relationships.ts";
import { bool, graphqlName, name, qualified, tag, text } from "./scalars.ts";
import {
  asObject,
  byHand,
  derived,
  dictionary,
  type Field,
  filledIn,
  items,
  mismatch,
  object,
  optional,
  required,
  type Shape,
  unless,
} from "./shape.ts";

const ROOT_FIELDS = [
  "select",
  "select_by_pk",
  "select_aggregate",
  "select_stream",
  "insert",
  "insert_one",
  "update",
  "update_by_pk",
  "update_many",
  "delete",
  "delete_by_pk",
];

/** A comment that stands for "none of Hasura's own": a text, which may be empty. */
const comment: Shape = (value, path) => {
  if (typeof value === "string") return value;
  throw mismatch("Comment", "String or Null", { value, path });
};

const customRootField: Shape = (value, path) => {
  if (typeof value === "string") return graphqlName(value, path);
  const wording = {
    ...byHand("CustomRootField"),
    mismatch: () => mismatch("CustomRootField", "Object, String or Null", { value, path }).message,
  };
  const field = object(wording, { name: optional(graphqlName), comment: optional(comment) })(
    value,
    path,
  );
  return Object.keys(field).join() === "name" ? field["name"] ?? null : field;
};

const customRootFields = object(
  byHand("Object"),
  Object.fromEntries(ROOT_FIELDS.map((key): [string, Field] => [key, optional(customRootField)])),
);

const columnConfig = object(byHand("ColumnConfig"), { custom_name: optional(graphqlName), comment: optional(comment) });

/** Names of columns are written twice: the older key says what the newer one does. */
export const tableConfiguration: Shape<LooseObject> = (value, path) => {
  const given = object(byHand("TableConfig"), {
    custom_root_fields: filledIn(rootFieldsOnce, {}),
    column_config: filledIn(dictionary(columnConfig), {}),
    custom_column_names: filledIn(dictionary(graphqlName), {}),
    custom_name: optional(graphqlName),
    comment: optional(comment),
  })(value, path);
  const older = Object.entries(given["custom_column_names"] as LooseObject);
  const columns: LooseObject = Object.fromEntries(older.map(([column, custom_name]) => [column, { custom_name }]));
  for (const [column, config] of Object.entries(given["column_config"] as LooseObject)) {
    columns[column] = { ...columns[column] as LooseObject, ...config as LooseObject };
  }
  const names = Object.entries(columns).flatMap(([column, config]) => {
    const custom = isObject(config) ? config["custom_name"] : undefined;
    return custom === undefined ? [] : [[column, custom] as const];
  });
  return { ...given, column_config: columns, custom_column_names: Object.fromEntries(names) };
};

const EMPTY_CONFIGURATION = { custom_root_fields: {}, column_config: {}, custom_column_names: {} };

function rootFieldsOnce(value: unknown, path: string): Json {
  const decoded = customRootFields(value, path);
  const names = Object.values(decoded).map((field) => isObject(field) ? field["name"] : field);
  const twice = [...new Set(names.filter((given, at) => given !== undefined && names.indexOf(given) !== at))];
  if (twice.length === 0) return decoded;
  const last = twice.length > 2 ? ", and " : " and ";
  const shown = twice.length === 1 ? twice[0] : `${twice.slice(0, -1).join(", ")}${last}${twice.at(-1)}`;
  throw parseFailed(`the following custom root field names are duplicated: ${shown}`, path);
}

/** A field that a function computes. */
export const computedField: Shape<LooseObject> = object(byHand("ComputedFieldMetadata"), {
  name: required(name),
  definition: required(object(derived("Hasura.Backends.Postgres.Types.ComputedField.ComputedFieldDefinition"), {
    function: required(qualified),
    table_argument: optional(text),
    session_argument: optional(text),
  })),
  comment: optional(comment),
});

const TABLE: Readonly<Record<string, Field>> = {
  table: required(qualified),
  is_enum: unless(false, bool),
  configuration: unless(EMPTY_CONFIGURATION, tableConfiguration),
  object_relationships: named(objectRelationship, { by: "name", things: "object relationships" }),
  array_relationships: named(arrayRelationship, { by: "name", things: "array relationships" }),
  computed_fields: named(computedField, { by: "name", things: "computed fields" }),
  remote_relationships: named(remoteRelationship, { by: "name", things: "remote relationships" }),
  insert_permissions: named(permission("insert"), { by: "role", things: "insert permissions" }),
  select_permissions: named(permission("select"), { by: "role", things: "select permissions" }),
  update_permissions: named(permission("update"), { by: "role", things: "update permissions" }),
  delete_permissions: named(permission("delete"), { by: "role", things: "delete permissions" }),
  event_triggers: named(eventTrigger, { by: "name", things: "event triggers" }),
  apollo_federation_config: optional(object(byHand("ApolloFederationConfig"), {
    enable: required(tag("Hasura.RQL.Types.Common.ApolloFederationVersion", ["v1"])),
  })),
  logical_model: optional(name),
};

const KNOWN = object(byHand("Object"), TABLE);

/** A tracked table. The only place where Hasura refuses keys that it does not know. */
const table: Shape = (value, path) => {
  const unexpected = Object.keys(asObject(byHand("Object"), value, path)).filter((key) => !Object.hasOwn(TABLE, key));
  if (unexpected.length === 0) return KNOWN(value, path);
  throw parseFailed(`unexpected keys when parsing TableMetadata: ${JSON.stringify(unexpected)}`, path);
};

/** How a function is shown. */
export const functionConfiguration: Shape<LooseObject> = object(byHand("FunctionConfig"), {
  custom_name: optional(graphqlName),
  custom_root_fields: filledIn(
    object(byHand("FunctionCustomRootFields"), {
      function: optional(graphqlName),
      function_aggregate: optional(graphqlName),
    }),
    {},
  ),
  session_argument: optional(text),
  exposed_as: optional(tag("Hasura.Function.Cache.FunctionExposedAs", ["query", "mutation"])),
  response: optional(object(byHand("FunctionReturnType"), { type: required(text), table: optional(qualified) })),
});

const trackedFunction = object(byHand("FunctionMetadata"), {
  function: required(qualified),
  configuration: unless({ custom_root_fields: {} }, functionConfiguration),
  permissions: items(object(derived("Hasura.Function.Cache.FunctionPermissionInfo"), { role: required(name) })),
  comment: optional(text),
});

/** The tracked tables of a source; the list must be there. */
export const trackedTables = requiredNamed(table, { by: "table" });

/** The tracked functions of a source. */
export const trackedFunctions = named(trackedFunction, { by: "function" });
