/**
 * `actions.graphql`: the actions are the fields of `Query` and `Mutation`, all other definitions are their types.
 *
 * @module
 */

import type {
  DefinitionNode,
  FieldDefinitionNode,
  InputValueDefinitionNode,
  ObjectTypeDefinitionNode,
  ObjectTypeExtensionNode,
  StringValueNode,
  TypeNode,
} from "graphql/language/ast.js";
import { excerpt, listFew, parserWords, showPlace, unusable } from "./problem.ts";

/** An argument of an action, or a field of a type. */
export interface SdlField {
  name: string;
  /** As it is written in GraphQL, `[Plan!]!` for example. */
  type: string;
  description: string | null;
}

/** An action. */
export interface SdlAction {
  name: string;
  line: number;
  type: "query" | "mutation";
  arguments: SdlField[];
  outputType: string;
}

/** The list of the metadata's `custom_types` in which a type stands. */
export type TypeKind = "enums" | "input_objects" | "objects" | "scalars";

/** A custom type. */
export interface SdlType {
  name: string;
  line: number;
  kind: TypeKind;
  description: string | null;
  /** Of input objects and objects. */
  fields: SdlField[];
  /** Of enums. */
  values: { value: string; description: string | null }[];
}

/** What the file says. */
export interface Sdl {
  actions: SdlAction[];
  types: SdlType[];
  /** What Hasura makes no use of. */
  notes: string[];
}

const ROOTS: Readonly<Record<string, SdlAction["type"]>> = { Query: "query", Mutation: "mutation" };

/** What the kinds of definitions that cannot be used are called. */
const REFUSED: Readonly<Record<string, string>> = {
  SchemaDefinition: "a schema block",
  SchemaExtension: "a schema block",
  UnionTypeDefinition: "a union",
  DirectiveDefinition: "the definition of a directive",
  OperationDefinition: "an operation",
  FragmentDefinition: "a fragment",
};

/**
 * Reads the text of the file at `path`.
 *
 * @throws {ConfigError} when it is not GraphQL, or has what cannot be an action or a custom type of Hasura
 */
export async function parseSdl(text: string, path: string): Promise<Sdl> {
  const sdl: Sdl = { actions: [], types: [], notes: [] };
  // GraphQL knows no empty document; a project without actions has one.
  if (text.replaceAll(/#.*/g, "").trim() === "") return sdl;
  const unused = new Map<string, string[]>();
  for (const definition of await parseDefinitions(text, path)) readDefinition(definition, { sdl, path, unused });
  refuseDoubles(sdl.actions, { path, what: "action" });
  refuseDoubles(sdl.types, { path, what: "type" });
  for (const [what, names] of unused) {
    sdl.notes.push(`Hasura makes no use of ${what} in ${showPlace({ path })}: ${listFew(names)}`);
  }
  return sdl;
}

interface Reading {
  sdl: Sdl;
  path: string;
  /** Names of what Hasura makes no use of, by what it is. */
  unused: Map<string, string[]>;
}

async function parseDefinitions(text: string, path: string): Promise<readonly DefinitionNode[]> {
  const { parse } = await import("graphql/language/parser.js");
  try {
    return parse(text).definitions;
  } catch (error) {
    if (error instanceof RangeError) throw unusable({ path }, "it is nested too deeply");
    const { locations, message } = error as { locations?: { line: number; column: number }[]; message: string };
    const [place] = locations ?? [];
    if (place === undefined) throw error;
    const words = parserWords(message.replace(/^Syntax Error: /, ""));
    throw unusable({ path, line: place.line }, `it is not valid GraphQL, column ${place.column}: ${words}`);
  }
}

function readDefinition(definition: DefinitionNode, reading: Reading): void {
  const { sdl } = reading;
  const name = "name" in definition ? definition.name?.value ?? "" : "";
  if (Object.hasOwn(ROOTS, name)) return readActions(definition, reading);
  switch (definition.kind) {
    case "InterfaceTypeDefinition":
      // Hasura has none, and those that implement them repeat their fields.
      return;
    case "ScalarTypeDefinition":
      return void sdl.types.push({ ...common(definition), kind: "scalars", fields: [], values: [] });
    case "EnumTypeDefinition": {
      const values = (definition.values ?? []).map((value) => ({
        value: value.name.value,
        description: describe(value),
      }));
      return void sdl.types.push({ ...common(definition), kind: "enums", fields: [], values });
    }
    case "InputObjectTypeDefinition": {
      const fields = (definition.fields ?? []).map((field) => readInput(field, { owner: name, reading }));
      return void sdl.types.push({ ...common(definition), kind: "input_objects", fields, values: [] });
    }
    case "ObjectTypeDefinition": {
      const fields = (definition.fields ?? []).map((field) => readField(field));
      for (const field of definition.fields ?? []) {
        if ((field.arguments ?? []).length > 0) note(reading, "arguments of fields", `${name}.${field.name.value}`);
      }
      return void sdl.types.push({ ...common(definition), kind: "objects", fields, values: [] });
    }
    default:
      throw refused(definition, reading);
  }
}

function readActions(definition: DefinitionNode, reading: Reading): void {
  if (definition.kind !== "ObjectTypeDefinition" && definition.kind !== "ObjectTypeExtension") {
    throw refused(definition, reading);
  }
  const { name: { value: root }, fields = [] }: ObjectTypeDefinitionNode | ObjectTypeExtensionNode = definition;
  for (const field of fields) {
    const name = field.name.value;
    reading.sdl.actions.push({
      name,
      line: lineOf(field),
      type: ROOTS[root] ?? "mutation",
      arguments: (field.arguments ?? []).map((argument) => readInput(argument, { owner: name, reading })),
      outputType: typeText(field.type),
    });
  }
}

function refused(definition: DefinitionNode, { path }: Reading): Error {
  const name = "name" in definition ? definition.name?.value : undefined;
  const what = REFUSED[definition.kind] ??
    (definition.kind.endsWith("Extension") ? "an extension of a type" : "a definition that is no type");
  return unusable(
    { path, line: lineOf(definition) },
    `${what}${name === undefined ? "" : ` (${excerpt(name)})`} cannot be part of Hasura's actions`,
    'Write the actions as fields of "type Query" and "type Mutation", their types as type, input, enum or scalar, ' +
      "and remove all else",
  );
}

function readInput(
  node: InputValueDefinitionNode,
  { owner, reading }: { owner: string; reading: Reading },
): SdlField {
  if (node.defaultValue) note(reading, "default values", `${owner}.${node.name.value}`);
  return readField(node);
}

function readField(node: FieldDefinitionNode | InputValueDefinitionNode): SdlField {
  return { name: node.name.value, type: typeText(node.type), description: describe(node) };
}

function typeText(node: TypeNode): string {
  if (node.kind === "NonNullType") return `${typeText(node.type)}!`;
  return node.kind === "ListType" ? `[${typeText(node.type)}]` : node.name.value;
}

function describe({ description }: { readonly description?: StringValueNode | undefined }): string | null {
  return description ? description.value.trim() : null;
}

function common(node: DefinitionNode & { name: { value: string }; description?: StringValueNode | undefined }) {
  return { name: node.name.value, line: lineOf(node), description: describe(node) };
}

function lineOf(node: { loc?: { startToken: { line: number } } | undefined }): number {
  return node.loc?.startToken.line ?? 1;
}

function note({ unused }: Reading, what: string, name: string): void {
  const names = unused.get(what) ?? [];
  unused.set(what, names);
  names.push(name);
}

function refuseDoubles(
  definitions: readonly { name: string; line: number }[],
  { path, what }: { path: string; what: string },
): void {
  const lines = new Map<string, number>();
  for (const { name, line } of definitions) {
    const first = lines.get(name);
    if (first !== undefined) {
      throw unusable({ path, line }, `the ${what} ${excerpt(name)} is there twice, first in line ${first}`);
    }
    lines.set(name, line);
  }
}
