/**
 * Takes away what needs something that is not there, again and again until all that is left fits.
 *
 * @module
 */

import { displayName } from "../consistency.ts";
import { keyOf } from "../introspection.ts";
import { type Built, type BuiltTable, permissionKey } from "./built.ts";
import type { Dependency } from "./collector.ts";
import { inconsistent, type InconsistentObject } from "./metadata_object.ts";
import type { SchemaId, TablePart } from "./schema_id.ts";

/** What could not stay, and what is left. */
export interface Resolved {
  problems: InconsistentObject[];
  dependencies: Dependency[];
}

/** Looks for missing things and takes their dependents out of `built`. */
export function resolveDependencies(built: Built, dependencies: Dependency[]): Resolved {
  const problems: InconsistentObject[] = [];
  let left = dependencies;
  while (true) {
    const [kept, lost]: [Dependency[], Dependency[]] = [[], []];
    const found: InconsistentObject[] = [];
    for (const dependency of left) {
      const reason = missing(dependency.on, built);
      if (reason === undefined) kept.push(dependency);
      else found.push(inconsistent(dependency.object, reason));
      if (reason !== undefined) lost.push(dependency);
    }
    if (found.length === 0) return { problems, dependencies: kept };
    problems.push(...found);
    for (const { subject } of lost) remove(subject, built);
    left = kept;
  }
}

function missing(id: SchemaId, { sources, remoteSchemas, roles }: Built): string | undefined {
  switch (id.kind) {
    case "role":
      return roles.has(id.name) ? undefined : `parent role "${id.name}" does not exist`;
    case "remote schema":
      return remoteSchemas.has(id.name) ? undefined : `remote schema "${id.name}" is not found`;
    case "function":
      return sources.get(id.source)?.functions.has(keyOf(id.function))
        ? undefined
        : `function "${displayName(id.function)}" is not tracked`;
    case "table":
    case "part": {
      const source = sources.get(id.source);
      if (source === undefined) return `no such source found "${id.source}"`;
      const table = source.tables.get(keyOf(id.table));
      if (table === undefined) return `table "${displayName(id.table)}" is not tracked`;
      // Foreign keys are never looked for: what names one has just found it.
      return id.kind === "table" || id.part.kind === "constraint" ? undefined : missingPart(id.part, table);
    }
  }
}

function missingPart(part: TablePart, { entry, fields, permissions, triggers }: BuiltTable): string | undefined {
  const table = `"${displayName(entry.table)}"`;
  switch (part.kind) {
    case "permission":
      return permissions.has(permissionKey(part.name, part.type))
        ? undefined
        : `no ${part.type} permission defined on table ${table} for role "${part.name}"`;
    case "event-trigger":
      return triggers.has(part.name)
        ? undefined
        : `no event trigger named "${part.name}" is defined for table ${table}`;
    default: {
      const field = fields.get(part.name);
      if (field === undefined) return `table ${table} has no field named "${part.name}"`;
      return field.kind === part.kind ? undefined : `field "${part.name}"of table ${table} is not a ${part.kind}`;
    }
  }
}

function remove(id: SchemaId, { sources, roles }: Built): void {
  if (id.kind === "role") roles.delete(id.name);
  if (id.kind === "function") sources.get(id.source)?.functions.delete(keyOf(id.function));
  const table = id.kind === "part" ? sources.get(id.source)?.tables.get(keyOf(id.table)) : undefined;
  if (id.kind !== "part" || table === undefined) return;
  if (id.part.kind === "permission") table.permissions.delete(permissionKey(id.part.name, id.part.type));
  else if (id.part.kind === "event-trigger") table.triggers.delete(id.part.name);
  else table.fields.delete(id.part.name);
}
