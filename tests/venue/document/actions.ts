/**
 * Actions and custom types. The types keep the order in which they were sent.
 *
 * @module
 */

import { type Json, parseFailed } from "../bodies.ts";
import { bool, choice, graphqlName, graphqlType, name, qualified, tag, template, text } from "./scalars.ts";
import {
  anything,
  byHand,
  derived,
  dictionary,
  filledIn,
  items,
  list,
  mismatch,
  nonEmpty,
  object,
  optional,
  required,
  type Shape,
  templated,
  unless,
} from "./shape.ts";
import { header, requestTransform, responseTransform } from "./webhooks.ts";

const NOT_FORWARDED = [
  "Content-Length",
  "Content-MD5",
  "User-Agent",
  "Host",
  "Origin",
  "Referer",
  "Accept",
  "Accept-Encoding",
  "Accept-Language",
  "Accept-Datetime",
  "Cache-Control",
  "Connection",
  "DNT",
  "Content-Type",
];
const TYPES = "Hasura.RQL.Types.CustomTypes";
const KINDS = ["synchronous", "asynchronous"];

const timeout: Shape = (value, path) => {
  if (typeof value !== "number") throw mismatch("Timeout", "Number", { value, path });
  if (!Number.isInteger(value)) throw parseFailed(`${value} is out of bounds`, path);
  if (value < 0) throw parseFailed("timeout value cannot be negative", path);
  return value;
};

const argument = object(derived("Hasura.RQL.Types.Action.ArgumentDefinition"), {
  name: required(graphqlName),
  type: required(graphqlType),
  description: optional(text),
});

/** The type of an action decides whether it has a kind. */
const definition: Shape = (value, path) => {
  const { type, kind, ...rest } = object(byHand("ActionDefinition"), {
    arguments: items(argument),
    output_type: required(graphqlType),
    headers: items(header),
    forward_client_headers: unless(false, bool),
    ignored_client_headers: filledIn(list(text), NOT_FORWARDED),
    handler: required(template),
    timeout: unless(30, timeout),
    type: filledIn(actionType, "mutation"),
    kind: optional(anything),
    request_transform: optional(requestTransform),
    response_transform: optional(responseTransform),
  })(value, path);
  if (type === "query") return { ...rest, type };
  const shape = tag("Hasura.RQL.Types.Action.ActionMutationKind", KINDS);
  return { ...rest, type: type ?? null, kind: kind === undefined ? "synchronous" : shape(kind, `${path}.kind`) };
};

function actionType(value: unknown, path: string): Json {
  const given = text(value, path);
  // The decoder looks at it when it has it, so that the place is that of the definition.
  return choice(["mutation", "query"], `expected mutation or query, but found ${given}`)(
    given,
    path.replace(/\.type$/, ""),
  );
}

/** An action. */
export const action: Shape = object(byHand("ActionMetadata"), {
  name: required(graphqlName),
  comment: optional(text),
  definition: required(definition),
  permissions: items(object(derived("Hasura.RQL.Types.Action.ActionPermissionMetadata"), {
    role: required(name),
    comment: optional(text),
  })),
});

const described = { name: required(graphqlName), description: optional(text) };

const field = object(templated(`${TYPES}.InputObjectFieldDefinition`), {
  ...described,
  type: required(graphqlType),
});

const objectField = object(templated(`${TYPES}.ObjectFieldDefinition`), {
  name: required(graphqlName),
  arguments: optional(anything),
  description: optional(text),
  type: required(graphqlType),
});

const typeRelationship = object(byHand("TypeRelationshipDefinition"), {
  name: required(graphqlName),
  type: required(choice(["object", "array"], "expecting either 'object' or 'array' for rel_type")),
  source: filledIn(name, "default"),
  remote_table: required(qualified),
  field_mapping: required(dictionary(text)),
});

const enumValue = object(templated(`${TYPES}.EnumValueDefinition`), {
  value: required(graphqlName),
  description: filledIn(text, null),
  is_deprecated: filledIn(bool, null),
});

/** The custom types of a document. */
export const customTypes: Shape = object(byHand("CustomTypes"), {
  input_objects: items(object(templated(`${TYPES}.InputObjectTypeDefinition`), {
    ...described,
    fields: required(nonEmpty(field)),
  })),
  objects: items(object(byHand("ObjectTypeDefinition"), {
    ...described,
    fields: required(nonEmpty(objectField)),
    relationships: items(typeRelationship),
  })),
  scalars: items(object(templated(`${TYPES}.ScalarTypeDefinition`), described)),
  enums: items(object(templated(`${TYPES}.EnumTypeDefinition`), {
    ...described,
    values: required(nonEmpty(enumValue)),
  })),
});
