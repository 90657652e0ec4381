/**
 * What a source's metadata names and its database does not have.
 *
 * @module
 */

import type { Json } from "./bodies.ts";
import type { Source, TableEntry, TableName } from "./catalog.ts";
import { displayName, inconsistent, type InconsistentObject } from "./consistency.ts";
import { type DatabaseCatalog, keyOf } from "./introspection.ts";
import { listIn, type LooseObject, nameIn, objectIn, tableIn } from "./loose.ts";
import { permissionProblem } from "./permission_problems.ts";
import { relationshipProblem } from "./relationship_problems.ts";

/** A table at which problems are looked for. */
export interface Place {
  source: Source;
  entry: TableEntry;
  catalog: DatabaseCatalog;
  /** Tracked tables that exist, by {@linkcode keyOf}. */
  present: ReadonlyMap<string, TableEntry>;
}

/** The inconsistent objects of a source. What hangs on a table that is missing is not named: it goes with the table. */
export function sourceProblems(source: Source, catalog: DatabaseCatalog): InconsistentObject[] {
  const [present, missing] = [new Map<string, TableEntry>(), [] as TableName[]];
  for (const entry of source.tables) {
    if (catalog.tables.has(keyOf(entry.table))) present.set(keyOf(entry.table), entry);
    else missing.push(entry.table);
  }
  return [
    ...missing.map((table) =>
      inconsistent("table", `${displayName(table)} in source ${source.name}`, {
        definition: table,
        reason: `no such table/view exists in source: "${displayName(table)}"`,
      })
    ),
    ...[...present.values()].flatMap((entry) => tableProblems({ source, entry, catalog, present })),
    ...functionProblems(source, catalog),
  ];
}

/** Why a function cannot be used; `undefined` when it can. */
function functionProblem(name: TableName, { functions }: DatabaseCatalog): string | undefined {
  const count = functions.get(keyOf(name)) ?? 0;
  if (count === 1) return undefined;
  const shown = `"${displayName(name)}"`;
  return count === 0
    ? `no such function exists: ${shown}`
    : `function ${shown} is overloaded. Overloaded functions are not supported`;
}

function functionProblems(source: Source, catalog: DatabaseCatalog): InconsistentObject[] {
  return listIn(source, "functions").flatMap((entry) => {
    const name = tableIn(entry, "function");
    const problem = functionProblem(name, catalog);
    if (problem === undefined) return [];
    return inconsistent("function", `${displayName(name)} in source ${source.name}`, {
      definition: name,
      reason: `in function "${displayName(name)}": ${problem}`,
    });
  });
}

function tableProblems(place: Place): InconsistentObject[] {
  const { source, entry, catalog } = place;
  const [table, where] = [entry.table, `in table "${displayName(entry.table)}": `];
  const found: InconsistentObject[] = [];
  function note(type: string, name: string, { item, reason }: { item: LooseObject; reason: string | undefined }): void {
    if (reason === undefined) return;
    const definition: Json = { source: source.name, table, comment: null, ...item };
    const whole = `${name} in table ${displayName(table)} in source ${source.name}`;
    found.push(inconsistent(type, whole, { definition, reason }));
  }

  for (const type of ["object", "array"] as const) {
    for (const item of listIn(entry, `${type}_relationships`)) {
      const [name, problem] = [nameIn(item, "name"), relationshipProblem(item, place)];
      const own = problem !== undefined && "own" in problem
        ? `${where}in relationship "${name}": ${problem.own}`
        : undefined;
      note(`${type}_relation`, name, { item, reason: own ?? problem?.missing });
    }
  }
  for (const item of listIn(entry, "computed_fields")) {
    const [name, definition] = [nameIn(item, "name"), objectIn(item, "definition")];
    const problem = functionProblem(tableIn(definition, "function"), catalog);
    const reason = problem === undefined ? undefined : `${where}in computed field "${name}": ${problem}`;
    note("computed_field", name, { item, reason });
  }
  for (const type of ["insert", "select", "update", "delete"] as const) {
    for (const item of listIn(entry, `${type}_permissions`)) {
      const [role, problem] = [nameIn(item, "role"), permissionProblem(item, place)];
      const reason = problem === undefined ? undefined : `${where}in permission for role "${role}": ${problem}`;
      note(`${type}_permission`, role, { item, reason });
    }
  }
  return found;
}
