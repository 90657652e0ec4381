/**
 * The root fields of the schema: no two may have one name.
 *
 * @module
 */

import { HasuraError } from "../bodies.ts";
import { displayName } from "../consistency.ts";
import { nameIn, objectIn } from "../loose.ts";
import type { Built } from "./built.ts";
import { functionRootFields, namespaceOf, type Root, tableRootFields } from "./graphql_names.ts";

interface RootField {
  name: string;
  /** Whose it is, as errors say it; a source's namespace is nobody's. */
  origin: string | undefined;
}

/** Refuses a schema with two root fields of one name. @throws {HasuraError} */
export function refuseClashes(built: Built): void {
  for (const root of ["mutation", "subscription", "query"] as const) {
    const origins = new Map<string, (string | undefined)[]>();
    // Hasura tells of the last first.
    for (const { name, origin } of rootFields(root, built).toReversed()) {
      origins.set(name, [origin, ...origins.get(name) ?? []]);
    }
    const clashes = [...origins].filter(([, several]) => several.length > 1).map(([name, several]) =>
      show(name, several)
    );
    if (clashes.length > 0) throw clash(root, clashes);
  }
}

function show(name: string, origins: (string | undefined)[]): string {
  const known = [...new Set(origins.filter((origin) => origin !== undefined))];
  return known.length === 0 ? `'${name}'` : `'${name}' defined in [${known.join(", ")}]`;
}

function clash(root: Root, clashes: string[]): HasuraError {
  const fields = clashes.length === 1 ? `field ${clashes[0]}` : `fields: [${clashes.join(", ")}]`;
  return new HasuraError(
    `Encountered conflicting definitions in the selection set for '${root}_root' for ${fields}. ` +
      "Fields must not be defined more than once across all sources.",
    { status: 500, code: "unexpected" },
  );
}

function rootFields(root: Root, { sources, actions, remoteSchemas }: Built): RootField[] {
  const fields: RootField[] = [];
  for (const source of sources.values()) {
    const own: RootField[] = [];
    const inSource = `in source ${source.metadata.name}`;
    for (const table of source.tables.values()) {
      const origin = `table ${displayName(table.entry.table)} ${inSource}`;
      own.push(...named(tableRootFields(table, source), { root, origin }));
    }
    for (const built of source.functions.values()) {
      const origin = `function ${displayName(built.catalog)} ${inSource}`;
      own.push(...named(functionRootFields(built, source), { root, origin }));
    }
    const namespace = namespaceOf(source);
    if (namespace === undefined) fields.push(...own);
    else if (own.length > 0) fields.push({ name: namespace, origin: undefined });
  }
  for (const [name, action] of actions) {
    const definition = objectIn(action, "definition");
    if (actionRoots(nameIn(definition, "type"), nameIn(definition, "kind")).includes(root)) {
      fields.push({ name, origin: `action ${name}` });
    }
  }
  for (const [name, schema] of remoteSchemas) {
    fields.push(...schema.rootFields[root].map((field) => ({ name: field, origin: `remote_schema ${name}` })));
  }
  return fields;
}

function named(
  fields: [key: string, roots: readonly Root[], name: string][],
  { root, origin }: { root: Root; origin: string },
): RootField[] {
  return fields.filter(([, roots]) => roots.includes(root)).map(([, , name]) => ({ name, origin }));
}

/** Where an action can be called; the result of an asynchronous one is asked for afterwards. */
export function actionRoots(type: string, kind: string): Root[] {
  if (type === "query") return ["query"];
  return kind === "asynchronous" ? ["mutation", "query", "subscription"] : ["mutation"];
}
