/**
 * Puts new names of tables and columns into the conditions of permissions.
 *
 * @module
 */

import type { Json } from "../bodies.ts";
import type { TableName } from "../catalog.ts";
import { keyOf } from "../introspection.ts";
import { isObject, tableNameOf } from "../loose.ts";
import type { BuiltTable } from "./built.ts";
import type { ColumnRename } from "./renames.ts";

/** A column's new name, and the table that a condition is about. */
export interface ConditionRename {
  rename: ColumnRename;
  /** The tables of the source as they were, by key. */
  tables: ReadonlyMap<string, BuiltTable>;
  table: BuiltTable;
}

/** The condition with a column's new name. */
export function renameInCondition(condition: Json, options: ConditionRename): Json {
  const { rename, tables, table } = options;
  return mapCondition(condition, {
    inner: (inner) => renameInCondition(inner, options),
    exists: (value) => {
      const there = tables.get(keyOf(tableNameOf(value["_table"] ?? null)));
      if (there === undefined) return value;
      return { ...value, _where: renameInCondition(value["_where"] ?? null, { ...options, table: there }) };
    },
    field: (name, value) => {
      const field = table.fields.get(name);
      const isRenamed = name === rename.old && keyOf(table.entry.table) === keyOf(rename.table);
      const to = field?.kind === "relationship" ? tables.get(keyOf(field.to)) : undefined;
      return [
        isRenamed ? rename.now : name,
        to === undefined ? value : renameInCondition(value, { ...options, table: to }),
      ];
    },
  });
}

/** The condition with a table's new name. */
export function renameTableInCondition(condition: Json, names: { old: TableName; now: TableName }): Json {
  return mapCondition(condition, {
    inner: (inner) => renameTableInCondition(inner, names),
    exists: (value) => ({
      ...value,
      _table: keyOf(tableNameOf(value["_table"] ?? null)) === keyOf(names.old)
        ? { ...names.now }
        : value["_table"] ?? null,
      _where: renameTableInCondition(value["_where"] ?? null, names),
    }),
    // What lies behind a relationship stays as it is: Hasura does not look there.
    field: (name, value) => [name, value],
  });
}

interface ConditionMapper {
  inner: (condition: Json) => Json;
  exists: (value: { [key: string]: Json }) => Json;
  field: (name: string, value: Json) => [string, Json];
}

function mapCondition(condition: Json, { inner, exists, field }: ConditionMapper): Json {
  if (!isObject(condition)) return condition;
  return Object.fromEntries(
    Object.entries(condition).map(([key, value]): [string, Json] => {
      if (/^[_$](and|or)$/.test(key)) return [key, Array.isArray(value) ? value.map(inner) : value];
      if (/^[_$]not$/.test(key)) return [key, inner(value)];
      if (/^[_$]exists$/.test(key)) return [key, isObject(value) ? exists(value) : value];
      return field(key, value);
    }),
  );
}
