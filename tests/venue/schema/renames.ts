/**
 * Puts new names of tables and columns into metadata.
 *
 * @module
 */

import type { Json } from "../bodies.ts";
import type { Metadata, TableEntry, TableName } from "../catalog.ts";
import { keyOf } from "../introspection.ts";
import { isObject, listIn, type LooseObject, nameIn, objectIn, tableNameOf } from "../loose.ts";
import type { BuiltTable } from "./built.ts";
import { tableEntry } from "./purge.ts";
import { renameInCondition, renameTableInCondition } from "./rename_conditions.ts";
import { PERMISSION_TYPES, type SchemaId } from "./schema_id.ts";

/** A table that has a new name. */
export interface TableRename {
  source: string;
  old: TableName;
  now: TableName;
}

/** A column that has a new name. */
export interface ColumnRename {
  source: string;
  table: TableName;
  old: string;
  now: string;
}

/** Puts the new name of a table into metadata, which is changed. */
export function renameTable(metadata: Metadata, { source, old, now }: TableRename): void {
  const renamed = (value: Json) => keyOf(tableNameOf(value)) === keyOf(old) ? { ...now } : value;
  const own = metadata.sources.find(({ name }) => name === source);
  for (const entry of own?.tables ?? []) {
    for (const relationship of relationshipsOf(entry)) {
      const using = objectIn(relationship, "using");
      for (
        const [key, name] of [["foreign_key_constraint_on", "table"], ["manual_configuration", "remote_table"]] as const
      ) {
        const inner = using[key];
        if (isObject(inner) && inner[name] !== undefined) inner[name] = renamed(inner[name]);
      }
    }
    for (const permission of permissionsOf(entry)) {
      for (const key of ["filter", "check"]) {
        if (key in permission) permission[key] = renameTableInCondition(permission[key] ?? null, { old, now });
      }
    }
    if (keyOf(entry.table) === keyOf(old)) entry.table = { ...now };
  }
  for (const other of metadata.sources.filter(({ name }) => name !== source)) {
    for (const definition of toSourceIn(other.tables, source)) {
      if (definition["table"] !== undefined) definition["table"] = renamed(definition["table"]);
    }
  }
}

/** What depends on a column that has a new name. */
export interface ColumnDependents {
  dependents: readonly SchemaId[];
  rename: ColumnRename;
  /** The tables of the source as they were, by key. */
  tables: ReadonlyMap<string, BuiltTable>;
}

/** Puts the new name of a column into metadata, which is changed. */
export function renameColumn(metadata: Metadata, { dependents, rename, tables }: ColumnDependents): void {
  for (const id of dependents) {
    if (id.kind !== "part") continue;
    const entry = tableEntry(metadata, { source: id.source, table: id.table });
    const table = tables.get(keyOf(id.table));
    if (entry === undefined) continue;
    const { part } = id;
    switch (part.kind) {
      case "permission":
        for (const item of listIn(entry, `${part.type}_permissions`)) {
          if (nameIn(item, "role") === part.name && table !== undefined) {
            renameInPermission(objectIn(item, "permission"), { rename, tables, table });
          }
        }
        break;
      case "relationship":
        for (const item of relationshipsOf(entry)) {
          const field = table?.fields.get(part.name);
          if (nameIn(item, "name") !== part.name || field?.kind !== "relationship") continue;
          renameInRelationship(objectIn(item, "using"), { rename, from: id.table, to: field.to });
        }
        break;
      case "event-trigger":
        for (const item of listIn(entry, "event_triggers")) {
          if (nameIn(item, "name") === part.name) renameInTrigger(objectIn(item, "definition"), rename);
        }
        break;
      case "remote relationship":
        for (const item of listIn(entry, "remote_relationships")) {
          if (nameIn(item, "name") === part.name) renameInRemote(item, { rename, isHere: id.source === rename.source });
        }
        break;
    }
  }
  const entry = tableEntry(metadata, rename);
  if (entry !== undefined) renameInConfiguration(objectIn(entry, "configuration"), rename);
}

/** Takes the configuration of dropped columns out of metadata, which is changed. */
export function forgetColumns(
  metadata: Metadata,
  { source, table, columns }: { source: string; table: TableName; columns: readonly string[] },
): void {
  const entry = tableEntry(metadata, { source, table });
  if (entry === undefined) return;
  for (const key of CONFIGURED) {
    const configured = objectIn(objectIn(entry, "configuration"), key);
    for (const column of columns) delete configured[column];
  }
}

const CONFIGURED = ["column_config", "custom_column_names"];

function renameInConfiguration(configuration: LooseObject, { old, now }: ColumnRename): void {
  for (const key of CONFIGURED) {
    const configured = configuration[key];
    if (isObject(configured)) configuration[key] = withKey(configured, { old, now });
  }
}

function renameInPermission(
  permission: LooseObject,
  { rename, tables, table }: { rename: ColumnRename; tables: ReadonlyMap<string, BuiltTable>; table: BuiltTable },
): void {
  for (const key of ["filter", "check"]) {
    if (key in permission) permission[key] = renameInCondition(permission[key] ?? null, { rename, tables, table });
  }
  if (keyOf(table.entry.table) !== keyOf(rename.table)) return;
  renameInList(permission, "columns", rename);
  if (isObject(permission["set"])) permission["set"] = withKey(permission["set"], rename);
}

function renameInRelationship(
  using: LooseObject,
  { rename, from, to }: { rename: ColumnRename; from: TableName; to: TableName },
): void {
  const [isFrom, isTo] = [keyOf(from) === keyOf(rename.table), keyOf(to) === keyOf(rename.table)];
  const key = using["foreign_key_constraint_on"];
  if (isObject(key)) {
    if (isTo) { for (const name of ["column", "columns"]) renameInList(key, name, rename); }
  } else if (isFrom) renameInList(using, "foreign_key_constraint_on", rename);
  const manual = objectIn(using, "manual_configuration");
  const mapping = objectIn(manual, "column_mapping");
  if (!("column_mapping" in manual)) return;
  manual["column_mapping"] = Object.fromEntries(
    Object.entries(mapping).map(([here, there]) => [
      isFrom && here === rename.old ? rename.now : here,
      isTo && there === rename.old ? rename.now : there,
    ]),
  );
}

function renameInTrigger(definition: LooseObject, rename: ColumnRename): void {
  for (const operation of ["insert", "update", "delete"]) {
    for (const key of ["columns", "payload"]) renameInList(objectIn(definition, operation), key, rename);
  }
}

function renameInRemote(item: LooseObject, { rename, isHere }: { rename: ColumnRename; isHere: boolean }): void {
  const definition = objectIn(item, "definition");
  const toSource = objectIn(definition, "to_source");
  if (isObject(toSource["field_mapping"])) {
    toSource["field_mapping"] = isHere ? withKey(toSource["field_mapping"], rename) : Object.fromEntries(
      Object.entries(toSource["field_mapping"]).map(([from, to]) => [from, to === rename.old ? rename.now : to]),
    );
  }
  if (!isHere) return;
  renameInList(definition, "hasura_fields", rename);
  renameInList(objectIn(definition, "to_remote_schema"), "lhs_fields", rename);
}

function renameInList(object: LooseObject, key: string, { old, now }: { old: string; now: string }): void {
  const value = object[key];
  if (value === old) object[key] = now;
  else if (Array.isArray(value)) object[key] = value.map((item) => item === old ? now : item);
}

function withKey(object: LooseObject, { old, now }: { old: string; now: string }): LooseObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key === old ? now : key, value]));
}

function relationshipsOf(entry: TableEntry): LooseObject[] {
  return [...listIn(entry, "object_relationships"), ...listIn(entry, "array_relationships")];
}

function permissionsOf(entry: TableEntry): LooseObject[] {
  return PERMISSION_TYPES.flatMap((type) => listIn(entry, `${type}_permissions`)).map((item) =>
    objectIn(item, "permission")
  );
}

function toSourceIn(tables: TableEntry[], source: string): LooseObject[] {
  return tables.flatMap((entry) => listIn(entry, "remote_relationships"))
    .map((item) => objectIn(objectIn(item, "definition"), "to_source"))
    .filter((definition) => definition["source"] === source);
}
