/**
 * Relationships of a table to others in its source.
 *
 * @module
 */

import type { TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { type ForeignKey, keyOf } from "../introspection.ts";
import { isObject, type LooseObject, namesIn, objectIn, tableIn } from "../loose.ts";
import type { Need } from "./collector.ts";
import { Unusable } from "./metadata_object.ts";
import type { Place } from "./place.ts";
import { columnOf, partOf } from "./schema_id.ts";

/** Where a relationship leads, and what it needs. */
export interface BuiltRelationship {
  to: TableName;
  needs: Need[];
}

/** Makes a relationship. @throws {Unusable} */
export function buildRelationship(relationship: LooseObject, place: Place): BuiltRelationship {
  const using = objectIn(relationship, "using");
  if (isObject(using["manual_configuration"])) return byHand(using["manual_configuration"], place);
  const key = using["foreign_key_constraint_on"];
  return isObject(key) ? byKeyThere(key, place) : byKeyHere(namesIn(using, "foreign_key_constraint_on"), place);
}

function byHand(configuration: LooseObject, { source, table }: Place): BuiltRelationship {
  const to = tableIn(configuration, "remote_table");
  const mapping = objectIn(configuration, "column_mapping");
  return {
    to,
    needs: [
      ...Object.keys(mapping).map((column): Need => [columnOf(source.name, table.entry.table, column), "other"]),
      ...Object.values(mapping).map((column): Need => [columnOf(source.name, to, String(column)), "other"]),
    ],
  };
}

function byKeyHere(columns: string[], { source, table, catalog }: Place): BuiltRelationship {
  const here = table.entry.table;
  const key = theOne(catalog.foreignKeys.filter(({ from }) => from === keyOf(here)), columns);
  const [schema, name]: [string, string] = JSON.parse(key.to);
  const to = { schema, name };
  return {
    to,
    needs: [
      [partOf(source.name, here, { kind: "constraint", name: key.name }), "other"],
      [{ kind: "table", source: source.name, table: to }, "other"],
      ...columns.map((column): Need => [columnOf(source.name, here, column), "other"]),
    ],
  };
}

function byKeyThere(using: LooseObject, { source, table, tables, catalog }: Place): BuiltRelationship {
  const to = tableIn(using, "table");
  if (!tables.has(keyOf(to))) {
    throw new Unusable(`table "${displayName(to)}" does not exist in source: ${source.name}`);
  }
  const columns = namesIn(using, "columns" in using ? "columns" : "column");
  const leadingHere = catalog.foreignKeys.filter((key) =>
    key.from === keyOf(to) && key.to === keyOf(table.entry.table)
  );
  const key = theOne(leadingHere, columns);
  return {
    to,
    needs: [
      [partOf(source.name, to, { kind: "constraint", name: key.name }), "other"],
      [{ kind: "table", source: source.name, table: to }, "other"],
      ...columns.map((column): Need => [columnOf(source.name, to, column), "other"]),
    ],
  };
}

/** The foreign key on exactly these columns. */
function theOne(keys: ForeignKey[], columns: string[]): ForeignKey {
  const wanted = new Set(columns);
  const found = keys.filter(({ mapping }) => new Set(Object.keys(mapping)).symmetricDifference(wanted).size === 0);
  if (found.length === 1 && found[0] !== undefined) return found[0];
  const number = found.length === 0 ? "no foreign constraint exists" : "more than one foreign key constraint exists";
  throw new Unusable(`${number} on the given column(s)`);
}
