/**
 * Permissions that roles inherit: those to change something must be the same wherever they come from.
 *
 * @module
 */

import { displayName } from "../consistency.ts";
import { listIn, type LooseObject, nameIn, objectIn } from "../loose.ts";
import { type BuiltTable, permissionKey } from "./built.ts";
import { permissionDefinition } from "./definitions.ts";
import type { InconsistentObject } from "./metadata_object.ts";
import type { Roles } from "./roles.ts";
import { PERMISSION_TYPES } from "./schema_id.ts";

/** Where the permissions of a table cannot be inherited. */
export function inheritanceProblems(table: BuiltTable, source: string, roles: Roles): InconsistentObject[] {
  const problems: InconsistentObject[] = [];
  for (const type of PERMISSION_TYPES.filter((each) => each !== "select")) {
    const permissions = new Map(
      listIn(table.entry, `${type}_permissions`)
        .filter((item) => table.permissions.has(permissionKey(nameIn(item, "role"), type)))
        .map((item): [string, string] => [nameIn(item, "role"), canonical(item, { type, table })]),
    );
    for (const [role, parents] of roles) {
      if (permissions.has(role)) continue;
      const inherited = new Set(parents.flatMap((parent) => permissions.get(parent) ?? []));
      const [permission] = inherited;
      if (permission === undefined) continue;
      if (inherited.size === 1) permissions.set(role, permission);
      else problems.push(problem(role, { type, source, table: displayName(table.entry.table) }));
    }
  }
  return problems;
}

/** The same text for permissions that allow the same. */
function canonical(
  item: LooseObject,
  { type, table }: { type: typeof PERMISSION_TYPES[number]; table: BuiltTable },
): string {
  const permission = objectIn(permissionDefinition(type, item), "permission");
  const all = table.catalog.columns.map(({ name }) => name);
  const columns = Array.isArray(permission["columns"]) ? permission["columns"] : all;
  return JSON.stringify(
    { check: null, set: {}, ...permission, columns: [...columns].toSorted() },
    (_, value) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1))
        : value,
  );
}

function problem(
  role: string,
  { type, source, table }: { type: string; source: string; table: string },
): InconsistentObject {
  const entity = `${type} permission, table: ${table}, source: '${source}'`;
  return {
    name: role,
    type: "inherited role permission inconsistency",
    reason: `Could not inherit permission for the role '${role}' for the entity: '${entity}'`,
    entity: { permission_type: type, source, table },
  };
}
