/**
 * Holds a stored query against the types of the schema.
 *
 * @module
 */

import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type TypeNode,
} from "graphql";
import type { GraphqlType } from "./graphql_types.ts";

type Types = ReadonlyMap<string, GraphqlType>;

/** What is wrong with a query, in the order in which it is found. */
export function queryProblems(document: DocumentNode, types: Types): string[] {
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const [operation, ...more] = operations;
  if (operation === undefined || more.length > 0) {
    return ["exactly one operation has to be present in the document when operationName is not specified"];
  }
  const fragments = new Map(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : []
    ),
  );
  return new Analysis(types, fragments).run(operation);
}

class Analysis {
  readonly #types: Types;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #found: string[] = [];

  constructor(types: Types, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#types = types;
    this.#fragments = fragments;
  }

  run({ operation, selectionSet, variableDefinitions = [] }: OperationDefinitionNode): string[] {
    const root = `${operation}_root`;
    const type = this.#types.get(root);
    if (type?.kind === "object") this.#selections(selectionSet.selections, { name: root, type, path: "$" });
    else this.#note("$", `type '${root}' not found in the schema`);
    for (const { variable, type } of variableDefinitions) this.#variable(variable.name.value, baseName(type));
    return this.#found;
  }

  #selections(
    selections: readonly SelectionNode[],
    at: { name: string; type: GraphqlType & { kind: "object" }; path: string },
  ): void {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) this.#selections(selection.selectionSet.selections, at);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        this.#selections(this.#fragments.get(selection.name.value)?.selectionSet.selections ?? [], at);
      } else this.#field(selection.name.value, { inner: selection.selectionSet?.selections ?? [], at });
    }
  }

  #field(
    name: string,
    { inner, at }: {
      inner: readonly SelectionNode[];
      at: { name: string; type: GraphqlType & { kind: "object" }; path: string };
    },
  ): void {
    // What introspection gives back is not looked at.
    if (name === "__typename" || (at.path === "$" && (name === "__schema" || name === "__type"))) return;
    const path = `${at.path}.${name}`;
    const typeName = at.type.fields.get(name);
    if (typeName === undefined) return this.#note(path, `field '${name}' not found in object '${at.name}'`);
    // Behind a remote relationship or in a remote schema everything is taken to be right.
    if (typeName === "") return;
    const type = this.#types.get(typeName);
    if (type === undefined) return this.#note(path, `type '${typeName}' not found in the schema`);
    switch (type.kind) {
      case "object":
        if (inner.length === 0) return this.#note(path, `object of type '${typeName}' must have a selection set`);
        return this.#selections(inner, { name: typeName, type, path });
      case "input object":
        return this.#note(path, `input object '${typeName}' cannot be used for output`);
      default:
        if (inner.length > 0) this.#note(path, `${type.kind} '${typeName}' does not accept a selection set`);
    }
  }

  #variable(name: string, typeName: string): void {
    const type = this.#types.get(typeName);
    if (type === undefined) this.#note(`$.${name}`, `type '${typeName}' not found in the schema`);
    else if (type.kind === "object") this.#note(`$.${name}`, `object '${typeName}' cannot be used in an input type`);
  }

  #note(path: string, problem: string): void {
    this.#found.push(`${path}: ${problem}`);
  }
}

function baseName(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : baseName(type.type);
}
