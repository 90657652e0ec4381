/**
 * Tracked tables with their columns.
 *
 * @module
 */

import type { Source, TableEntry } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { type Column, type DatabaseCatalog, keyOf, type TableCatalog } from "../introspection.ts";
import { isObject, nameIn, objectIn } from "../loose.ts";
import { type BuiltTable, type Field, GRAPHQL_NAME } from "./built.ts";
import type { Collector } from "./collector.ts";
import { enumValues, type ReadColumn } from "./enum_tables.ts";
import { metadataObject, Unusable } from "./metadata_object.ts";

/** Where tables are built. */
export interface TablesOptions {
  catalog: DatabaseCatalog;
  collector: Collector;
  /** For the values of enums. */
  read: ReadColumn;
}

/** The tables of a source that exist and fit; nothing but columns is in them yet. */
export async function buildTables(
  source: Source,
  { catalog, collector, read }: TablesOptions,
): Promise<Map<string, BuiltTable>> {
  const tables = new Map<string, BuiltTable>();
  for (const entry of source.tables) {
    const name = `${displayName(entry.table)} in source ${source.name}`;
    const object = metadataObject("table", name, entry.table);
    const built = await collector.attemptLater(object, () => buildTable(entry, { catalog, read }));
    if (built !== undefined) tables.set(keyOf(entry.table), built);
  }
  for (const table of tables.values()) markEnumColumns(table, { tables, catalog });
  return tables;
}

async function buildTable(
  entry: TableEntry,
  { catalog: { tables }, read }: { catalog: DatabaseCatalog; read: ReadColumn },
): Promise<BuiltTable> {
  const catalog = tables.get(keyOf(entry.table));
  if (catalog === undefined) {
    throw new Unusable(`no such table/view exists in source: "${displayName(entry.table)}"`);
  }
  return {
    entry,
    catalog,
    enumValues: entry["is_enum"] === true ? await enumValues(catalog, read) : undefined,
    fields: columnFields(entry, catalog),
    permissions: new Set(),
    triggers: new Set(),
  };
}

function columnFields(entry: TableEntry, { columns }: TableCatalog): Map<string, Field> {
  const names = customNames(entry);
  const unknown = [...names.keys()].find((name) => !columns.some((column) => column.name === name));
  if (unknown !== undefined) {
    throw new Unusable(`configuration was given for the column "${unknown}", but no such column exists`);
  }
  const fields = new Map<string, Field>();
  const byName = new Map<string, Column[]>();
  for (const column of columns) {
    const graphqlName = names.get(column.name) ?? column.name;
    if (!GRAPHQL_NAME.test(graphqlName)) {
      throw new Unusable(
        `cannot include "${graphqlName}" in the GraphQL schema because it is not a valid GraphQL identifier`,
      );
    }
    byName.set(graphqlName, [...byName.get(graphqlName) ?? [], column]);
    fields.set(column.name, { kind: "column", column, graphqlName, enumTable: undefined });
  }
  for (const [name, several] of byName) {
    if (several.length > 1) throw new Unusable(clash(name, several));
  }
  return fields;
}

/** Columns that are configured, with their names in GraphQL where they have one of their own. */
function customNames(entry: TableEntry): Map<string, string | undefined> {
  const configuration = objectIn(entry, "configuration");
  const names = new Map<string, string | undefined>();
  for (const [column, name] of Object.entries(objectIn(configuration, "custom_column_names"))) {
    names.set(column, String(name));
  }
  for (const [column, config] of Object.entries(objectIn(configuration, "column_config"))) {
    names.set(column, (isObject(config) && nameIn(config, "custom_name")) || names.get(column));
  }
  return names;
}

function clash(name: string, columns: Column[]): string {
  const quoted = columns.map((column) => `"${column.name}"`);
  const shown = quoted.length === 2 ? quoted.join(" and ") : `${quoted.slice(0, -1).join(", ")}, and ${quoted.at(-1)}`;
  return `the definitions of columns ${shown} are in conflict: they are mapped to the same field name, "${name}"`;
}

/** A column takes the values of an enum when its foreign key leads to the primary key of the enum's table. */
function markEnumColumns(
  { catalog: { schema, name }, fields }: BuiltTable,
  { tables, catalog: { foreignKeys } }: { tables: Map<string, BuiltTable>; catalog: DatabaseCatalog },
): void {
  for (const key of foreignKeys.filter(({ from }) => from === keyOf({ schema, name }))) {
    const [pair, ...more] = Object.entries(key.mapping);
    const there = tables.get(key.to);
    if (pair === undefined || more.length > 0 || there?.enumValues === undefined) continue;
    const field = fields.get(pair[0]);
    if (field?.kind === "column" && there.catalog.primaryKey?.join() === pair[1]) field.enumTable = key.to;
  }
}
