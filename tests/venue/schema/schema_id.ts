/**
 * Names of the things that metadata and databases consist of, and what depends on what.
 *
 * @module
 */

import type { TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { keyOf } from "../introspection.ts";

/** The four kinds of permissions. */
export const PERMISSION_TYPES = ["insert", "select", "update", "delete"] as const;

/** A kind of permission. */
export type PermissionType = typeof PERMISSION_TYPES[number];

/** Something that hangs on a table. */
export type TablePart =
  | { kind: "column" | "relationship" | "computed field" | "remote relationship" | "constraint"; name: string }
  | { kind: "event-trigger"; name: string }
  | { kind: "permission"; name: string; type: PermissionType };

/** A thing that others can depend on. */
export type SchemaId =
  | { kind: "table"; source: string; table: TableName }
  | { kind: "part"; source: string; table: TableName; part: TablePart }
  | { kind: "function"; source: string; function: TableName }
  | { kind: "remote schema"; name: string }
  | { kind: "role"; name: string };

/** Why something depends: `type` for what a change of the column's type would break. */
export type Because = "type" | "other";

/** Makes the name of something that hangs on a table. */
export function partOf(source: string, table: TableName, part: TablePart): SchemaId {
  return { kind: "part", source, table, part };
}

/** Makes the name of a table's column. */
export function columnOf(source: string, table: TableName, name: string): SchemaId {
  return partOf(source, table, { kind: "column", name });
}

/** As Hasura's errors call it. */
export function describe(id: SchemaId): string {
  switch (id.kind) {
    case "table":
      return `table ${displayName(id.table)} in source "${id.source}"`;
    case "function":
      return `function ${displayName(id.function)} in source "${id.source}"`;
    case "part": {
      const { kind, name } = id.part;
      const type = id.part.kind === "permission" ? `.${id.part.type}` : "";
      return `${kind} ${displayName(id.table)}.${name}${type} in source "${id.source}"`;
    }
    case "remote schema":
    case "role":
      return `${id.kind} ${id.name}`;
  }
}

/** Several, as Hasura's errors list them. */
export function describeAll(ids: readonly SchemaId[]): string {
  return [...new Set(ids.map(describe))].toSorted((a, b) => a < b ? -1 : 1).join(", ");
}

/** Whether what depends on `inner` depends on `outer`, too: a table holds all that hangs on it. */
export function holds(outer: SchemaId, inner: SchemaId): boolean {
  if (outer.kind === "table" && (inner.kind === "table" || inner.kind === "part")) {
    return outer.source === inner.source && keyOf(outer.table) === keyOf(inner.table);
  }
  return describe(outer) === describe(inner);
}
