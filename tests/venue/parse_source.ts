/**
 * Decodes one source of a metadata document.
 *
 * @module
 */

import { type Json, parseFailed } from "./bodies.ts";
import type { Source, TableEntry, TableName } from "./catalog.ts";
import { asObject, type Item, items, type Located, required, text } from "./decode.ts";
import type { LooseObject } from "./loose.ts";
import { lastOfEach, type ListRule, parseList, withoutEmpty } from "./parse_list.ts";

// What the venue can be: Hasura has more kinds.
const KINDS = ["postgres", "pg"];

const TABLE_LISTS: Readonly<Record<string, ListRule>> = {
  object_relationships: { name: "name", title: "object relationships", keys: ["using"], parse: parseRelationship },
  array_relationships: { name: "name", title: "array relationships", keys: ["using"], parse: parseRelationship },
  computed_fields: { name: "name", title: "computed fields", keys: ["definition"], parse: parseComputedField },
  remote_relationships: { name: "name", title: "remote relationships", keys: ["definition"] },
  insert_permissions: permissions("insert"),
  select_permissions: permissions("select"),
  update_permissions: permissions("update"),
  delete_permissions: permissions("delete"),
  event_triggers: { name: "name", title: "event triggers", keys: ["definition"] },
};
const TABLE_KEYS = ["table", "is_enum", "configuration", "apollo_federation_config", ...Object.keys(TABLE_LISTS)];

/** Decodes a source. @throws {HasuraError} */
export function parseSource({ item, path }: Item): Source {
  const source = asObject(item, { path, what: "SourceMetadata" });
  const kind = text(source, "kind", "postgres");
  if (!KINDS.includes(kind)) {
    const expected = KINDS.map((name) => `"${name}"`).join(", ");
    throw parseFailed(`got: "${kind}", expected one of: ${expected}`, `${path}.kind`);
  }
  const name = text(source, "name");
  const tables = byTable(items(source, "tables").map(parseTable), "table");
  const functions = byTable(items(source, "functions", "optional").map(parseFunction), "function");
  const configuration = required(source, "configuration") as Json;
  const rest = withoutEmpty(source.value as LooseObject);
  return { ...rest, ...withoutEmpty({ functions }), name, kind: "postgres", tables, configuration };
}

function parseTable({ item, path }: Item): TableEntry {
  const entry = asObject(item, { path, what: "Object" });
  const unexpected = Object.keys(entry.value).filter((key) => !TABLE_KEYS.includes(key));
  if (unexpected.length > 0) {
    throw parseFailed(`unexpected keys when parsing TableMetadata: ${JSON.stringify(unexpected)}`, path);
  }
  const lists = Object.entries(TABLE_LISTS).map(([key, rule]) => [key, parseList(entry, key, rule)] as const);
  const { is_enum: isEnum, ...rest } = withoutEmpty({
    ...entry.value as LooseObject,
    ...Object.fromEntries(lists),
  });
  return { ...rest, ...(isEnum === true ? { is_enum: isEnum } : {}), table: parseName(entry, "table") };
}

function parseFunction({ item, path }: Item): LooseObject {
  const entry = asObject(item, { path, what: "Object" });
  return { ...withoutEmpty(entry.value as LooseObject), function: parseName(entry, "function") };
}

/** The name of a table or function: a text alone is one in schema `public`. */
function parseName(object: Located, key: string): TableName {
  const value = required(object, key);
  if (typeof value === "string") return { name: value, schema: "public" };
  const name = asObject(value, { path: `${object.path}.${key}`, what: "QualifiedObject" });
  return { name: text(name, "name"), schema: text(name, "schema", "public") };
}

function parseRelationship(relationship: Located): LooseObject {
  const using = asObject(relationship.value["using"], { path: `${relationship.path}.using`, what: "RelUsing" });
  const given = ["foreign_key_constraint_on", "manual_configuration"].filter((key) => Object.hasOwn(using.value, key));
  if (given.length !== 1) {
    const how = given.length === 0 ? "at least" : "only";
    throw parseFailed(
      `${how} one of foreign_key_constraint_on/manual_configuration should be present`,
      using.path,
    );
  }
  return withoutComment(relationship);
}

function parseComputedField(field: Located): LooseObject {
  const definition = asObject(field.value["definition"], { path: `${field.path}.definition`, what: "Object" });
  parseName(definition, "function");
  return withoutComment(field);
}

function permissions(type: "insert" | "select" | "update" | "delete"): ListRule {
  return {
    name: "role",
    title: `${type} permissions`,
    keys: ["permission"],
    parse(item) {
      const permission = asObject(item.value["permission"], { path: `${item.path}.permission`, what: "Object" });
      required(permission, type === "insert" ? "check" : "filter");
      const columns = permission.value["columns"];
      if (type === "select" || type === "update") required(permission, "columns");
      if (columns !== undefined && columns !== "*" && !Array.isArray(columns)) {
        throw parseFailed('expected an array of columns or "*"', `${permission.path}.columns`);
      }
      return withoutComment(item);
    },
  };
}

function withoutComment({ value }: Located): LooseObject {
  const { comment = null, ...rest } = value as LooseObject;
  return comment === null ? rest : { ...rest, comment };
}

/** The last of each table or function, in the order of schemas and names. */
function byTable<T extends LooseObject>(list: T[], key: string): T[] {
  const nameOf = (item: T) => {
    const { schema, name } = item[key] as TableName;
    return `${schema}\0${name}`;
  };
  return lastOfEach(list.map((item) => ({ ...item, [key]: ordered(item[key] as TableName) })), key)
    .toSorted((a, b) => nameOf(a) < nameOf(b) ? -1 : 1);
}

function ordered({ name, schema }: TableName): TableName {
  return { name, schema };
}
