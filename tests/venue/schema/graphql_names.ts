/**
 * The names that tables and functions have in GraphQL.
 *
 * @module
 */

import type { TableName } from "../catalog.ts";
import { isObject, type LooseObject, nameIn, objectIn } from "../loose.ts";
import type { BuiltFunction, BuiltSource, BuiltTable } from "./built.ts";

/** The roots of the schema. */
export type Root = "query" | "mutation" | "subscription";

/** A table's root fields by what they do, and by the root that they are in. */
export const TABLE_ROOT_FIELDS:
  readonly (readonly [key: string, roots: readonly Root[], name: (table: string) => string])[] = [
    ["select", ["query", "subscription"], (table) => table],
    ["select_by_pk", ["query", "subscription"], (table) => `${table}_by_pk`],
    ["select_aggregate", ["query", "subscription"], (table) => `${table}_aggregate`],
    ["select_stream", ["subscription"], (table) => `${table}_stream`],
    ["insert", ["mutation"], (table) => `insert_${table}`],
    ["insert_one", ["mutation"], (table) => `insert_${table}_one`],
    ["update", ["mutation"], (table) => `update_${table}`],
    ["update_by_pk", ["mutation"], (table) => `update_${table}_by_pk`],
    ["update_many", ["mutation"], (table) => `update_${table}_many`],
    ["delete", ["mutation"], (table) => `delete_${table}`],
    ["delete_by_pk", ["mutation"], (table) => `delete_${table}_by_pk`],
  ];

/** A table or function by both its names in one, without the schema where that is `public`. */
export function plainName({ schema, name }: TableName): string {
  return schema === "public" ? name : `${schema}_${name}`;
}

/** A table's name in GraphQL, before the source's customization. */
export function tableIdentifier({ entry }: BuiltTable): string {
  return nameIn(objectIn(entry, "configuration"), "custom_name") || plainName(entry.table);
}

/** The name of a table's type. */
export function tableType(table: BuiltTable, source: BuiltSource): string {
  return affixed(tableIdentifier(table), objectIn(objectIn(source.metadata, "customization"), "type_names"));
}

/** The root fields of a table: what each does, the roots that it is in, its name. */
export function tableRootFields(
  table: BuiltTable,
  source: BuiltSource,
): [key: string, roots: readonly Root[], name: string][] {
  const { can, primaryKey } = table.catalog;
  const custom = objectIn(objectIn(table.entry, "configuration"), "custom_root_fields");
  return TABLE_ROOT_FIELDS.filter(([key]) => {
    if (key.endsWith("_by_pk") && primaryKey === null) return false;
    const change = key.split("_")[0];
    return change === "select" || can[change as keyof typeof can];
  }).map(([key, roots, name]) => [
    key,
    roots,
    rootFieldName(customName(custom[key]) ?? name(tableIdentifier(table)), source),
  ]);
}

/** The root fields of a function; `aggregate` is the second of those that give back many rows. */
export function functionRootFields(
  { entry, catalog }: BuiltFunction,
  source: BuiltSource,
): [key: "function" | "function_aggregate", roots: readonly Root[], name: string][] {
  const configuration = objectIn(entry, "configuration");
  const custom = objectIn(configuration, "custom_root_fields");
  const identifier = nameIn(configuration, "custom_name") || plainName(catalog);
  const named = (key: "function" | "function_aggregate", fallback: string) =>
    rootFieldName(customName(custom[key]) ?? fallback, source);
  const exposed = configuration["exposed_as"] ?? (catalog.volatility === "VOLATILE" ? "mutation" : "query");
  if (exposed === "mutation") return [["function", ["mutation"], named("function", identifier)]];
  const roots: Root[] = ["query", "subscription"];
  const one: [key: "function", roots: Root[], name: string] = ["function", roots, named("function", identifier)];
  if (!catalog.returnsSet) return [one];
  return [one, ["function_aggregate", roots, named("function_aggregate", `${identifier}_aggregate`)]];
}

/** The field that a source's root fields are put into, where it has one. */
export function namespaceOf({ metadata }: BuiltSource): string | undefined {
  return nameIn(objectIn(objectIn(metadata, "customization"), "root_fields"), "namespace") || undefined;
}

function rootFieldName(name: string, { metadata }: BuiltSource): string {
  return affixed(name, objectIn(objectIn(metadata, "customization"), "root_fields"));
}

function affixed(name: string, customization: LooseObject): string {
  return `${nameIn(customization, "prefix")}${name}${nameIn(customization, "suffix")}`;
}

function customName(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return isObject(value) ? nameIn(value, "name") || undefined : undefined;
}
