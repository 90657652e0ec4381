/**
 * Permissions on a table.
 *
 * @module
 */

import type { Json } from "../bodies.ts";
import { displayName } from "../consistency.ts";
import { listIn, type LooseObject, nameIn, namesIn, objectIn } from "../loose.ts";
import { permissionKey } from "./built.ts";
import { type Collector, type Need, within } from "./collector.ts";
import { conditionNeeds } from "./conditions.ts";
import { permissionDefinition } from "./definitions.ts";
import { tableObject, Unusable } from "./metadata_object.ts";
import { isSessionVariable } from "./operators.ts";
import type { Place } from "./place.ts";
import { columnOf, partOf, PERMISSION_TYPES, type PermissionType } from "./schema_id.ts";

// What Hasura adds when a column that is asked for is something else.
const OTHERWISE: Readonly<Record<PermissionType, string>> = {
  insert: "",
  select: "permissions for relationships are automatically inferred",
  update: "relationships can't be used in update",
  delete: "",
};

/** Adds the permissions of a table. */
export function addPermissions(place: Place, collector: Collector): void {
  const { source: { name: source }, table: { entry, permissions } } = place;
  for (const type of PERMISSION_TYPES) {
    for (const item of listIn(entry, `${type}_permissions`)) {
      const role = nameIn(item, "role");
      const definition: Json = { source, table: entry.table, ...permissionDefinition(type, item) };
      const object = tableObject(`${type}_permission`, role, { source, table: entry.table, definition });
      const context = `in table "${displayName(entry.table)}": in permission for role "${role}": `;
      collector.attempt(object, () =>
        within(context, () => {
          if (role === "admin") throw new Unusable("cannot define permission for admin role");
          const needs = permissionNeeds(objectIn(item, "permission"), { type, place });
          collector.depend(object, partOf(source, entry.table, { kind: "permission", name: role, type }), needs);
          permissions.add(permissionKey(role, type));
        }));
    }
  }
}

interface Kind {
  type: PermissionType;
  place: Place;
}

function permissionNeeds(permission: LooseObject, kind: Kind): Need[] {
  const { type, place: { source: { name: source }, table, tables } } = kind;
  const place = { source, tables, table, root: table };
  const conditions = type === "insert" ? ["check"] : type === "update" ? ["filter", "check"] : ["filter"];
  return [
    [{ kind: "table", source, table: table.entry.table }, "other"],
    ...conditions.flatMap((key) => conditionNeeds(permission[key] ?? null, place)),
    ...presetNeeds(objectIn(permission, "set"), kind),
    ...columnNeeds(permission, kind),
    ...type === "select" ? computedFieldNeeds(namesIn(permission, "computed_fields"), kind) : [],
  ];
}

function presetNeeds(set: LooseObject, { place }: Kind): Need[] {
  return Object.entries(set).map(([column, value]) => {
    const otherwise = `column "${column}" not found in table "${displayName(place.table.entry.table)}"`;
    const isVariable = typeof value === "string" && isSessionVariable(value);
    return [columnId(column, { place, otherwise }), isVariable ? "other" : "type"];
  });
}

function columnNeeds(permission: LooseObject, { type, place }: Kind): Need[] {
  if (type === "delete") return [];
  const all = permission["columns"] === "*" || (type === "insert" && (permission["columns"] ?? null) === null);
  const columns = all ? place.table.catalog.columns.map(({ name }) => name) : namesIn(permission, "columns");
  return columns.map((column) => [columnId(column, { place, otherwise: OTHERWISE[type] }), "other"]);
}

function columnId(column: string, { place, otherwise }: { place: Place; otherwise: string }): Need[0] {
  const field = place.table.fields.get(column);
  if (field === undefined) throw new Unusable(`column "${column}" does not exist`);
  if (field.kind !== "column") {
    throw new Unusable(`expecting a database column; but, "${column}" is a ${field.kind}; ${otherwise}`);
  }
  return columnOf(place.source.name, place.table.entry.table, column);
}

function computedFieldNeeds(names: string[], { place }: Kind): Need[] {
  return names.map((name) => {
    const field = place.table.fields.get(name);
    if (field === undefined) throw new Unusable(`computed field "${name}" does not exist`);
    if (field.kind !== "computed field") {
      throw new Unusable(`expecting a computed field; but, "${name}" is a ${field.kind}`);
    }
    if (field.table !== undefined) {
      throw new Unusable(
        `select permissions on computed field "${name}" are auto-derived from the permissions on its returning table ` +
          `"${displayName(field.table)}" and cannot be specified manually`,
      );
    }
    return [partOf(place.source.name, place.table.entry.table, { kind: "computed field", name }), "other"];
  });
}
