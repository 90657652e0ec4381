/**
 * Conditions of permissions: whether they fit, and what they need.
 *
 * @module
 */

import type { Json } from "../bodies.ts";
import type { TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { keyOf } from "../introspection.ts";
import { isObject, type LooseObject, objectIn, tableIn } from "../loose.ts";
import type { BuiltTable, Field } from "./built.ts";
import type { Need } from "./collector.ts";
import { Unusable } from "./metadata_object.ts";
import { comparisonNeeds, isStatic } from "./operators.ts";
import { columnOf, partOf } from "./schema_id.ts";

/** Where a condition is looked at: the table that it is about, and the one that the permission is on. */
export interface ConditionPlace {
  source: string;
  tables: ReadonlyMap<string, BuiltTable>;
  table: BuiltTable;
  root: BuiltTable;
}

/** What a condition needs. @throws {Unusable} when it does not fit its table */
export function conditionNeeds(condition: Json, place: ConditionPlace): Need[] {
  if (!isObject(condition)) return [];
  return Object.entries(condition).flatMap(([key, value]) => {
    switch (key) {
      case "_and":
      case "_or":
      case "$and":
      case "$or":
        return Array.isArray(value) ? value.flatMap((inner) => conditionNeeds(inner, place)) : [];
      case "_not":
      case "$not":
        return conditionNeeds(value, place);
      case "_exists":
      case "$exists":
        return isObject(value) ? existsNeeds(value, place) : [];
      default:
        return fieldNeeds(key, { value, place });
    }
  });
}

function existsNeeds(value: LooseObject, place: ConditionPlace): Need[] {
  const name = tableIn(value, "_table");
  const table = tableOf(name, place);
  return [
    [{ kind: "table", source: place.source, table: name }, "other"],
    ...conditionNeeds(objectIn(value, "_where"), { ...place, table }),
  ];
}

function tableOf(name: TableName, { tables }: ConditionPlace): BuiltTable {
  const table = tables.get(keyOf(name));
  if (table === undefined) throw new Unusable(`table "${displayName(name)}" does not exist`);
  return table;
}

function fieldNeeds(name: string, { value, place }: { value: Json; place: ConditionPlace }): Need[] {
  const field = place.table.fields.get(name);
  if (field === undefined) throw new Unusable(`"${name}" does not exist`);
  const here = place.table.entry.table;
  switch (field.kind) {
    case "column":
      return [
        [columnOf(place.source, here, name), isStatic(value) ? "type" : "other"],
        ...comparisonNeeds(value, { name, type: field.column.type, place }),
      ];
    case "relationship":
      return [
        [partOf(place.source, here, { kind: "relationship", name }), "type"],
        ...conditionNeeds(value, { ...place, table: tableOf(field.to, place) }),
      ];
    case "computed field":
      return computedNeeds(name, { field, value, place });
    case "remote relationship":
      throw new Unusable("remote field unsupported");
  }
}

function computedNeeds(
  name: string,
  { field, value, place }: { field: Field & { kind: "computed field" }; value: Json; place: ConditionPlace },
): Need[] {
  if (field.hasArguments) {
    throw new Unusable("Computed columns with input arguments can not be part of the where clause");
  }
  const self = partOf(place.source, place.table.entry.table, { kind: "computed field", name });
  if (field.table !== undefined) {
    return [[self, "other"], ...conditionNeeds(value, { ...place, table: tableOf(field.table, place) })];
  }
  return [
    [self, isStatic(value) ? "type" : "other"],
    ...comparisonNeeds(value, { name, type: field.scalar ?? "", place }),
  ];
}
