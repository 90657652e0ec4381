/**
 * Permissions that do not fit their table.
 *
 * @module
 */

import type { Json } from "./bodies.ts";
import { keyOf } from "./introspection.ts";
import { isObject, listIn, type LooseObject, nameIn, namesIn, objectIn } from "./loose.ts";
import type { Place } from "./source_problems.ts";

/** Why a permission cannot be used; `undefined` when it can. */
export function permissionProblem(item: LooseObject, place: Place): string | undefined {
  if (nameIn(item, "role") === "admin") return "cannot define permission for admin role";
  const permission = objectIn(item, "permission");
  const columns = place.catalog.tables.get(keyOf(place.entry.table)) ?? new Set();
  const named = permission["columns"] === "*" ? [] : namesIn(permission, "columns");
  const missing = [...named, ...Object.keys(objectIn(permission, "set"))].find((name) => !columns.has(name));
  if (missing !== undefined) return `column "${missing}" does not exist`;
  const fields = new Set([...columns, ...otherFields(place)]);
  const unknown = ["filter", "check"].flatMap((key) => fieldsOf(permission[key] ?? null)).find((name) =>
    !fields.has(name)
  );
  return unknown === undefined ? undefined : `"${unknown}" does not exist`;
}

function otherFields({ entry }: Place): string[] {
  const lists = ["object_relationships", "array_relationships", "computed_fields"];
  return lists.flatMap((key) => listIn(entry, key).map((item) => nameIn(item, "name")));
}

/** Fields of the table itself that a condition names; what it asks of tables behind relationships is not looked at. */
function fieldsOf(condition: Json): string[] {
  if (!isObject(condition)) return [];
  return Object.entries(condition).flatMap(([key, value]) => {
    switch (key) {
      case "_and":
      case "_or":
      case "$and":
      case "$or":
        return Array.isArray(value) ? value.flatMap(fieldsOf) : [];
      case "_not":
      case "$not":
        return fieldsOf(value);
      case "_exists":
      case "$exists":
        return [];
      default:
        return [key];
    }
  });
}
