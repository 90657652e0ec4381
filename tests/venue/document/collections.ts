/**
 * Collections of queries, and what refers to them: the allow list and REST endpoints.
 *
 * @module
 */

import { Kind, parse } from "graphql";
import { parseFailed } from "../bodies.ts";
import { bool, name, tag, text } from "./scalars.ts";
import {
  asObject,
  byHand,
  derived,
  filledIn,
  list,
  nonEmpty,
  object,
  optional,
  required,
  type Shape,
  templated,
} from "./shape.ts";

const COLLECTION = "Hasura.RQL.Types.QueryCollection";
const ENDPOINT = "Hasura.RQL.Types.Endpoint";

const query: Shape<string> = (value, path) => {
  const given = text(value, path);
  if (isExecutable(given)) return given;
  throw parseFailed("parsing the graphql query failed", path);
};

function isExecutable(given: string): boolean {
  try {
    const executable: string[] = [Kind.OPERATION_DEFINITION, Kind.FRAGMENT_DEFINITION];
    return parse(given, { noLocation: true }).definitions.every(({ kind }) => executable.includes(kind));
  } catch {
    return false;
  }
}

/** A collection of queries. */
export const collection: Shape = object(derived(`${COLLECTION}.CreateCollection`), {
  name: required(name),
  definition: required(object(derived(`${COLLECTION}.CollectionDef`), {
    queries: required(list(object(derived(`${COLLECTION}.ListedQuery`), {
      name: required(name),
      query: required(query),
    }))),
  })),
  comment: optional(text),
});

const scope: Shape = (value, path) => {
  const given = asObject(byHand("AllowlistScope"), value, path);
  if (!Object.hasOwn(given, "global")) throw parseFailed('key "global" not found', path);
  if (bool(given["global"], `${path}.global`)) {
    if ((given["roles"] ?? null) === null) return { global: true };
    throw parseFailed("roles are not allowed when global is true", path);
  }
  if (!Object.hasOwn(given, "roles")) throw parseFailed('key "roles" not found', path);
  const roles = nonEmpty(name)(given["roles"], `${path}.roles`);
  if (new Set(roles).size === roles.length) return { global: false, roles };
  throw parseFailed("duplicate roles are not allowed", path);
};

/** An entry of the allow list. */
export const allowed: Shape = object(byHand("AllowlistEntry"), {
  collection: required(name),
  scope: filledIn(scope, { global: true }),
});

/** A REST endpoint. */
export const endpoint: Shape = object(templated(`${ENDPOINT}.EndpointMetadata`), {
  name: required(name),
  url: required(name),
  methods: required(nonEmpty(tag(`${ENDPOINT}.EndpointMethod`, ["GET", "POST", "PUT", "DELETE", "PATCH"]))),
  definition: required(object(templated(`${ENDPOINT}.EndpointDef`), {
    query: required(object(templated(`${ENDPOINT}.QueryReference`), {
      collection_name: required(name),
      query_name: required(name),
    })),
  })),
  comment: filledIn(text, null),
});
