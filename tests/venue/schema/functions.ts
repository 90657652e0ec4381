/**
 * Tracked functions, and what computed fields share with them.
 *
 * @module
 */

import type { Source, TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { type DatabaseCatalog, type FunctionCatalog, keyOf } from "../introspection.ts";
import { listIn, type LooseObject, objectIn, tableIn } from "../loose.ts";
import { type BuiltFunction, GRAPHQL_NAME } from "./built.ts";
import { type Collector, within } from "./collector.ts";
import { because, metadataObject, Unusable } from "./metadata_object.ts";

/** The functions of a source that exist and fit. What they give back is looked at later. */
export function buildFunctions(
  source: Source,
  { catalog, collector }: { catalog: DatabaseCatalog; collector: Collector },
): Map<string, BuiltFunction> {
  const functions = new Map<string, BuiltFunction>();
  for (const entry of listIn(source, "functions")) {
    const name = tableIn(entry, "function");
    const object = metadataObject("function", `${displayName(name)} in source ${source.name}`, name);
    collector.attempt(object, () =>
      within(`in function "${displayName(name)}": `, () => {
        const built = theFunction(name, catalog);
        const reasons = [...problems(entry, built)];
        if (reasons.length > 0) {
          throw new Unusable(`the function "${displayName(name)}" cannot be tracked ${because(reasons)}`);
        }
        const table: TableName = { schema: built.returns.schema, name: built.returns.name };
        collector.depend(object, { kind: "function", source: source.name, function: name }, [
          [{ kind: "table", source: source.name, table }, "other"],
        ]);
        functions.set(keyOf(name), { entry, catalog: built });
      }));
  }
  return functions;
}

/** The one function of a name. @throws {Unusable} */
export function theFunction(name: TableName, { functions }: DatabaseCatalog): FunctionCatalog {
  const found = functions.get(keyOf(name)) ?? [];
  if (found.length === 1 && found[0] !== undefined) return found[0];
  const shown = `"${displayName(name)}"`;
  throw new Unusable(
    found.length === 0
      ? `no such function exists: ${shown}`
      : `function ${shown} is overloaded. Overloaded functions are not supported`,
  );
}

function* problems(entry: LooseObject, built: FunctionCatalog): Iterable<string> {
  const configuration = objectIn(entry, "configuration");
  const plain = displayName(built).replace(".", "_");
  if (!GRAPHQL_NAME.test(plain)) yield "function name is not a legal GraphQL identifier";
  if (built.variadic) yield 'function with "VARIADIC" parameters are not supported';
  if (built.returns.kind !== "c") yield 'the function does not return a "COMPOSITE" type';
  if (!built.returnsTable) yield "the function does not return a table";
  if (configuration["exposed_as"] === "mutation" && built.volatility !== "VOLATILE") {
    yield "the function was requested to be exposed as a mutation, but is not marked VOLATILE. " +
      "Maybe the function was given the wrong volatility when it was defined?";
  }
  const invalid = inputNames(built).filter((name) => name !== "" && !GRAPHQL_NAME.test(name));
  if (invalid.length > 0) yield `the function arguments ${invalid.join(",")} are not in compliance with GraphQL spec`;
  const session = configuration["session_argument"];
  if (typeof session !== "string") return;
  const at = inputNames(built).indexOf(session);
  if (at === -1) yield `given session argument "${session}" not the input argument of the function`;
  else if (built.argumentTypes[at]?.name !== "json") yield `given session argument "${session}" is not of type json`;
}

/** The names of the arguments that go in; empty ones for those without. */
export function inputNames({ argumentTypes, argumentNames }: FunctionCatalog): string[] {
  return argumentTypes.map((_, index) => argumentNames[index] ?? "");
}
