/**
 * Decodes actions and custom types.
 *
 * @module
 */

import { parseFailed } from "./bodies.ts";
import { asObject, bool, items, type Located, text } from "./decode.ts";
import type { LooseObject } from "./loose.ts";
import { parseList, withoutEmpty } from "./parse_list.ts";

const GRAPHQL_NAME = /^[_A-Za-z][_0-9A-Za-z]*$/;
const GRAPHQL_TYPE = /^\[*[_A-Za-z][_0-9A-Za-z]*[\]!]*$/;

/** Decodes an action. @throws {HasuraError} */
export function parseAction(action: Located): LooseObject {
  const definition = asObject(action.value["definition"], {
    path: `${action.path}.definition`,
    what: "ActionDefinition",
  });
  graphqlName(action, "name");
  for (const { item, path } of items(definition, "arguments", "optional")) {
    const argument = asObject(item, { path, what: "ArgumentDefinition" });
    graphqlName(argument, "name");
    graphqlType(argument, "type");
  }
  graphqlType(definition, "output_type");
  text(definition, "handler");
  bool(definition, "forward_client_headers", false);
  const type = text(definition, "type", "mutation");
  if (type !== "mutation" && type !== "query") {
    throw parseFailed(`expected mutation or query, but found ${type}`, definition.path);
  }
  const kind = text(definition, "kind", "synchronous");
  if (type === "mutation" && kind !== "synchronous" && kind !== "asynchronous") {
    throw parseFailed(
      `parsing ActionMutationKind failed, expected one of the tags ["synchronous","asynchronous"], but found ${
        JSON.stringify(kind)
      }`,
      `${definition.path}.kind`,
    );
  }
  return { ...withoutEmpty(action.value as LooseObject), definition: withoutEmpty(definition.value as LooseObject) };
}

/** Decodes the custom types of a document. @throws {HasuraError} */
export function parseCustomTypes(document: Located): LooseObject {
  const value = document.value["custom_types"] ?? {};
  const types = asObject(value, { path: `${document.path}.custom_types`, what: "CustomTypes" });
  return withoutEmpty({
    ...types.value as LooseObject,
    input_objects: parseList(types, "input_objects", { name: "name", parse: parseFields }),
    objects: parseList(types, "objects", { name: "name", parse: parseFields }),
    scalars: parseList(types, "scalars", { name: "name", parse: named }),
    enums: parseList(types, "enums", { name: "name", parse: parseEnum }),
  });
}

function parseFields(type: Located): LooseObject {
  for (const { item, path } of nonEmpty(type, "fields")) {
    const field = asObject(item, { path, what: "Object" });
    graphqlName(field, "name");
    graphqlType(field, "type");
  }
  return named(type);
}

function parseEnum(type: Located): LooseObject {
  for (const { item, path } of nonEmpty(type, "values")) {
    graphqlName(asObject(item, { path, what: "EnumValueDefinition" }), "value");
  }
  return named(type);
}

function named(type: Located): LooseObject {
  graphqlName(type, "name");
  return withoutEmpty(type.value as LooseObject);
}

function nonEmpty(object: Located, key: string): ReturnType<typeof items> {
  const list = items(object, key);
  if (list.length > 0) return list;
  throw parseFailed("parsing NonEmpty failed, unexpected empty list", `${object.path}.${key}`);
}

function graphqlName(object: Located, key: string): void {
  const name = text(object, key);
  if (GRAPHQL_NAME.test(name)) return;
  throw parseFailed(`not a valid GraphQL name: ${JSON.stringify(name)}`, `${object.path}.${key}`);
}

function graphqlType(object: Located, key: string): void {
  const type = text(object, key);
  if (GRAPHQL_TYPE.test(type.replaceAll(/\s/g, ""))) return;
  throw parseFailed(`not a valid GraphQL type: ${type}`, `${object.path}.${key}`);
}
