/**
 * Relationships that do not fit the database.
 *
 * @module
 */

import type { TableName } from "./catalog.ts";
import { displayName } from "./consistency.ts";
import { keyOf } from "./introspection.ts";
import { isObject, type LooseObject, namesIn, objectIn, tableIn } from "./loose.ts";
import type { Place } from "./source_problems.ts";

/** Why a relationship cannot be used: by its own fault, or because of what it leads to. */
export type RelationshipProblem = { own: string; missing?: undefined } | { missing: string };

/** Why a relationship of a table cannot be used; `undefined` when it can. */
export function relationshipProblem(relationship: LooseObject, place: Place): RelationshipProblem | undefined {
  const using = objectIn(relationship, "using");
  if ("manual_configuration" in using) return manual(objectIn(using, "manual_configuration"), place);
  const key = using["foreign_key_constraint_on"];
  return isObject(key)
    ? foreignKeyThere(key, place)
    : foreignKeyHere(namesIn(using, "foreign_key_constraint_on"), place);
}

function manual(configuration: LooseObject, place: Place): RelationshipProblem | undefined {
  const remote = tableIn(configuration, "remote_table");
  const mapping = objectIn(configuration, "column_mapping");
  return missingColumn(place.entry.table, { place, columns: Object.keys(mapping) }) ??
    missingColumn(remote, { place, columns: Object.values(mapping).map(String) });
}

function foreignKeyHere(columns: string[], place: Place): RelationshipProblem | undefined {
  const found = foreignKeys(keyOf(place.entry.table), { place, columns });
  const remote = found[0]?.to;
  if (found.length !== 1 || remote === undefined) return wrongCount(found.length);
  const [schema, name]: [string, string] = JSON.parse(remote);
  return place.present.has(remote) ? undefined : untracked({ schema, name });
}

function foreignKeyThere(key: LooseObject, place: Place): RelationshipProblem | undefined {
  const remote = tableIn(key, "table");
  if (!place.present.has(keyOf(remote))) {
    return { own: `table "${displayName(remote)}" does not exist in source: ${place.source.name}` };
  }
  const columns = "columns" in key ? namesIn(key, "columns") : namesIn(key, "column");
  const found = foreignKeys(keyOf(remote), { place, columns }).filter(({ to }) => to === keyOf(place.entry.table));
  return found.length === 1 ? undefined : wrongCount(found.length);
}

/** Foreign keys of a table on exactly these columns. */
function foreignKeys(table: string, { place, columns }: { place: Place; columns: string[] }) {
  const wanted = new Set(columns);
  return place.catalog.foreignKeys.filter((key) =>
    key.from === table && new Set(key.columns).symmetricDifference(wanted).size === 0
  );
}

function wrongCount(count: number): RelationshipProblem {
  const number = count === 0 ? "no foreign constraint exists" : "more than one foreign key constraint exists";
  return { own: `${number} on the given column(s)` };
}

function missingColumn(
  table: TableName,
  { place, columns }: { place: Place; columns: string[] },
): RelationshipProblem | undefined {
  if (!place.present.has(keyOf(table))) return untracked(table);
  const existing = place.catalog.tables.get(keyOf(table));
  const missing = columns.find((column) => !existing?.has(column));
  return missing === undefined
    ? undefined
    : { missing: `table "${displayName(table)}" has no field named "${missing}"` };
}

function untracked(table: TableName): RelationshipProblem {
  return { missing: `table "${displayName(table)}" is not tracked` };
}
