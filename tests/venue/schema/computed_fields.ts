/**
 * Fields of a table that a function computes.
 *
 * @module
 */

import type { TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { type FunctionCatalog, keyOf } from "../introspection.ts";
import { type LooseObject, nameIn, objectIn, tableIn } from "../loose.ts";
import { type Field, GRAPHQL_NAME, typeName } from "./built.ts";
import { inputNames, theFunction } from "./functions.ts";
import { because, Unusable } from "./metadata_object.ts";
import type { Place } from "./place.ts";

/** Makes a computed field. @throws {Unusable} */
export function buildComputedField(item: LooseObject, place: Place): Field {
  const [field, definition] = [nameIn(item, "name"), objectIn(item, "definition")];
  const built = theFunction(tableIn(definition, "function"), place.catalog);
  const reasons = [...problems(field, { definition, built, place })];
  if (reasons.length > 0) {
    const table = displayName(place.table.entry.table);
    throw new Unusable(`the computed field "${field}" cannot be added to table "${table}" ${because(reasons)}`);
  }
  const { schema, name } = built.returns;
  const implicit = typeof definition["session_argument"] === "string" ? 2 : 1;
  return {
    kind: "computed field",
    scalar: built.returnsTable ? undefined : name,
    table: built.returnsTable ? { schema, name } : undefined,
    hasArguments: built.argumentTypes.length > implicit,
  };
}

function* problems(
  field: string,
  { definition, built, place }: { definition: LooseObject; built: FunctionCatalog; place: Place },
): Iterable<string> {
  const shown = `the function "${displayName(built)}"`;
  if (!GRAPHQL_NAME.test(field)) yield `"${field}" is not valid GraphQL name`;
  if (built.volatility === "VOLATILE") yield `${shown} is of type VOLATILE; cannot be added as a computed field`;
  const { schema, name, kind } = built.returns;
  if (built.returnsTable && !place.tables.has(keyOf({ schema, name }))) {
    yield `${shown} returning set of table "${displayName({ schema, name })}" is not tracked or not found in database`;
  }
  if (!built.returnsTable && kind !== "b") yield `${shown} returning type ${typeName(name)} is not a BASE type`;
  const names = inputNames(built);
  const [tableArgument, sessionArgument] = [definition["table_argument"], definition["session_argument"]];
  if (typeof tableArgument === "string") {
    // What follows would need the argument.
    if (!names.includes(tableArgument)) return void (yield notAnArgument(tableArgument, built));
    yield* tableProblems(names.indexOf(tableArgument), `"${tableArgument}" argument`, { built, place });
  } else if (names.length === 0) {
    yield `${shown} has no input arguments`;
  } else {
    yield* tableProblems(0, "first argument", { built, place });
  }
  if (typeof sessionArgument !== "string") return;
  const type = built.argumentTypes[names.indexOf(sessionArgument)]?.name;
  if (type === undefined) yield notAnArgument(sessionArgument, built);
  else if (type !== "json" && type !== "jsonb") {
    yield `"${sessionArgument}" argument of ${shown} is not of type JSON`;
  }
}

function notAnArgument(name: string, built: FunctionCatalog): string {
  return `"${name}" is not an input argument of the function "${displayName(built)}"`;
}

function* tableProblems(
  at: number,
  argument: string,
  { built, place }: { built: FunctionCatalog; place: Place },
): Iterable<string> {
  const { schema = "", name = "", kind = "" } = built.argumentTypes[at] ?? {};
  const type: TableName = { schema, name };
  const shown = `${argument} of the function "${displayName(built)}"`;
  if (kind !== "c") yield `${shown} is not COMPOSITE type`;
  if (keyOf(type) === keyOf(place.table.entry.table)) return;
  yield `${shown} of type "${displayName(type)}" is not the table to which the computed field is being added`;
}
