/**
 * Brings what can be spelled in several ways in Hasura's metadata into one spelling.
 *
 * @module
 */

import { isRecord, type Json } from "../json.ts";

/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/** Whether `value` is a JSON object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return isRecord(value);
}

/** The name of a table or function in full; other values as they are. */
export function qualify(value: Json): Json {
  if (typeof value === "string") return { schema: "public", name: value };
  if (isObject(value) && typeof value.name === "string" && Object.keys(value).length === 1) {
    return { schema: "public", name: value.name };
  }
  return value;
}

/** One column can be written as text, or as a list of one. */
export function spellForeignKey(using: JsonObject): JsonObject {
  const key = using.foreign_key_constraint_on;
  if (typeof key === "string") return { ...using, foreign_key_constraint_on: [key] };
  if (!isObject(key)) return using;
  const { column, columns, table, ...rest } = key;
  const list = column === undefined ? columns : column;
  return {
    ...using,
    foreign_key_constraint_on: {
      ...rest,
      ...(list === undefined ? {} : { columns: typeof list === "string" ? [list] : list }),
      ...(table === undefined ? {} : { table: qualify(table) }),
    },
  };
}

/** Names of columns have an old and a new spelling, and the server writes both. */
export function spellTableConfiguration(configuration: JsonObject): JsonObject {
  const { custom_column_names: names, column_config: config, custom_root_fields: fields, ...rest } = configuration;
  const spelled: JsonObject = rest;
  if (isObject(names) || isObject(config)) {
    const columns = new Map<string, Json>(Object.entries(isObject(config) ? config : {}));
    for (const [column, name] of Object.entries(isObject(names) ? names : {})) {
      const known = columns.get(column) ?? {};
      if (isObject(known)) columns.set(column, { custom_name: name, ...known });
    }
    spelled.column_config = Object.fromEntries(columns);
  }
  if (fields !== undefined) {
    spelled.custom_root_fields = isObject(fields) ? mapValues(fields, spellRootField) : fields;
  }
  return spelled;
}

function spellRootField(field: Json): Json {
  return typeof field === "string" ? { name: field } : field;
}

function mapValues(object: JsonObject, change: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

/** Queries have no kind, whatever is written; mutations are synchronous where nothing is said. */
export function spellAction(definition: JsonObject): JsonObject {
  const { kind, ...rest } = definition;
  return definition.type === "query" ? rest : { ...rest, kind: kind ?? "synchronous" };
}

/** The kind of a PostgreSQL database can be cut short. */
export function spellKind(source: JsonObject): JsonObject {
  return source.kind === "pg" ? { ...source, kind: "postgres" } : source;
}
