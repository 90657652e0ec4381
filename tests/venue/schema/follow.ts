/**
 * Makes metadata follow what a text has done to the database, or refuses the text.
 *
 * @module
 */

import { HasuraError } from "../bodies.ts";
import type { Metadata, TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { keyOf } from "../introspection.ts";
import { listIn, tableIn } from "../loose.ts";
import type { BuildResult } from "./build.ts";
import type { Changes, TableChange } from "./changes.ts";
import { purge } from "./purge.ts";
import { forgetColumns, renameColumn, renameTable } from "./renames.ts";
import { type Because, columnOf, describe, describeAll, holds, partOf, type SchemaId } from "./schema_id.ts";

/** Metadata that is to follow, and what Hasura knew before the text. */
export interface FollowOptions {
  metadata: Metadata;
  source: string;
  known: BuildResult;
  /** Whether what depends on dropped things goes with them. */
  cascade: boolean;
}

/** Metadata that fits what is there now. @throws {HasuraError} */
export function follow(changes: Changes, { metadata, source, known, cascade }: FollowOptions): Metadata {
  if (changes.overloadedFunctions.length > 0) {
    const shown = changes.overloadedFunctions.map(displayName).join(", ");
    throw refused(`the following tracked function(s) cannot be overloaded: ${shown}`);
  }
  const dependents = new Dependents(known);
  const indirect = indirectDependents(changes, { source, dependents });
  refuseDependents(indirect, { cascade });
  const changed = structuredClone(metadata);
  for (const id of indirect) purge(changed, id);
  const own = changed.sources.find(({ name }) => name === source);
  const gone = new Set(changes.droppedFunctions.map(keyOf));
  if (own !== undefined && gone.size > 0) {
    own["functions"] = listIn(own, "functions").filter((entry) => !gone.has(keyOf(tableIn(entry, "function"))));
  }
  for (const name of changes.volatileFunctions) {
    throw refused(`type of function "${displayName(name)}" is altered to "VOLATILE" which is not supported now`);
  }
  const dropped = new Set(changes.droppedTables.map(keyOf));
  if (own !== undefined) own.tables = own.tables.filter(({ table }) => !dropped.has(keyOf(table)));
  const follower = new Follower(changed, { source, known, dependents });
  for (const change of changes.tables) follower.followTable(change);
  return changed;
}

/** Refuses to drop what others depend on, unless they are to go with it. @throws {HasuraError} */
export function refuseDependents(dependents: readonly SchemaId[], { cascade }: { cascade: boolean }): void {
  if (dependents.length === 0 || cascade) return;
  throw new HasuraError(`cannot drop due to the following dependent objects: ${describeAll(dependents)}`, {
    status: 400,
    code: "dependency-error",
  });
}

/** What depends on something. */
export class Dependents {
  readonly #known: BuildResult;

  constructor(known: BuildResult) {
    this.#known = known;
  }

  of(id: SchemaId, why: "any" | Because = "any"): SchemaId[] {
    const found = this.#known.dependencies.filter(({ on, because }) =>
      holds(id, on) && (why === "any" || because === why)
    );
    return [...new Map(found.map(({ subject }) => [describe(subject), subject])).values()]
      .toSorted((a, b) => describe(a) < describe(b) ? -1 : 1);
  }
}

/** What depends on dropped things and is not dropped itself. */
function indirectDependents(
  { droppedTables, tables }: Changes,
  { source, dependents }: { source: string; dependents: Dependents },
): SchemaId[] {
  const dropped = new Set(droppedTables.map(keyOf));
  const found = [
    ...droppedTables.flatMap((table) => dependents.of({ kind: "table", source, table })),
    ...tables.flatMap(({ table: { entry: { table } }, droppedColumns, droppedKeys, droppedComputed }) => [
      ...droppedColumns.flatMap((name) => dependents.of(columnOf(source, table, name))),
      ...droppedKeys.flatMap((name) => dependents.of(partOf(source, table, { kind: "constraint", name }))),
      ...droppedComputed.map((name) => partOf(source, table, { kind: "computed field", name })),
    ]),
  ];
  return found.filter((id) => id.kind === "part" && (id.source !== source || !dropped.has(keyOf(id.table))));
}

class Follower {
  readonly #metadata: Metadata;
  readonly #source: string;
  readonly #known: BuildResult;
  readonly #dependents: Dependents;

  constructor(
    metadata: Metadata,
    { source, known, dependents }: { source: string; known: BuildResult; dependents: Dependents },
  ) {
    this.#metadata = metadata;
    this.#source = source;
    this.#known = known;
    this.#dependents = dependents;
  }

  followTable(change: TableChange): void {
    const { table: { entry: { table } }, newName, droppedColumns, alteredColumns } = change;
    refuseComputed(change);
    forgetColumns(this.#metadata, { source: this.#source, table, columns: droppedColumns });
    for (const [old, now] of alteredColumns) {
      if (old.name !== now.name) this.#renameColumn(change, { old: old.name, now: now.name });
      else this.#refuseTypeChange(table, { column: old.name });
    }
    if (newName === undefined) return;
    const rename = { source: this.#source, old: table, now: newName };
    const cannot = `cannot rename table "${displayName(table)}" to "${displayName(newName)}"`;
    for (const id of this.#dependents.of({ kind: "table", source: this.#source, table })) {
      this.#checkDependent(id, cannot);
    }
    renameTable(this.#metadata, rename);
  }

  #renameColumn(
    { table: { entry: { table }, fields } }: TableChange,
    { old, now }: { old: string; now: string },
  ): void {
    const cannot = `cannot rename column "${old}" to "${now}"`;
    if (fields.get(now)?.kind === "relationship") {
      throw new HasuraError(
        `${cannot} in table "${displayName(table)}" as a relationship with the name already exists`,
        { status: 400, code: "already-exists" },
      );
    }
    const dependents = this.#dependents.of(columnOf(this.#source, table, old));
    for (const id of dependents) this.#checkDependent(id, cannot);
    renameColumn(this.#metadata, {
      dependents,
      rename: { source: this.#source, table, old, now },
      tables: this.#known.built.sources.get(this.#source)?.tables ?? new Map(),
    });
  }

  #refuseTypeChange(table: TableName, { column }: { column: string }): void {
    const dependents = this.#dependents.of(columnOf(this.#source, table, column), "type");
    if (dependents.length === 0) return;
    throw new HasuraError(
      `cannot change type of column "${column}" in table "${displayName(table)}" ` +
        `because of the following dependencies: ${describeAll(dependents)}`,
      { status: 400, code: "dependency-error" },
    );
  }

  /** Hasura knows how to rename in some kinds of dependents only. */
  #checkDependent(id: SchemaId, cannot: string): void {
    const kind = id.kind === "part" ? id.part.kind : id.kind;
    const isHere = id.kind === "part" && id.source === this.#source;
    const known = isHere
      ? ["permission", "relationship", "event-trigger", "remote relationship"]
      : ["remote relationship"];
    if (known.includes(kind)) return;
    throw new HasuraError(`unexpected dependency ${describe(id)}; ${cannot}`, { status: 500, code: "unexpected" });
  }
}

function refuseComputed({ table: { entry: { table } }, keptComputed, overloaded }: TableChange): void {
  const onTable = `of table "${displayName(table)}"`;
  for (const { field, built } of overloaded) {
    // There is no blank in Hasura's words either.
    throw refused(
      `The function "${displayName(built)}" associated with computed field"${field}" ${onTable} is being overloaded`,
    );
  }
  for (const { field, built } of keptComputed) {
    if (built.volatility !== "VOLATILE") continue;
    throw refused(
      `The type of function "${displayName(built)}" associated with computed field "${field}" ${onTable} ` +
        'is being altered to "VOLATILE"',
    );
  }
}

function refused(message: string): HasuraError {
  return new HasuraError(message, { status: 400, code: "not-supported" });
}
