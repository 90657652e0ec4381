/**
 * What a role may do with a table.
 *
 * @module
 */

import { type Json, parseFailed } from "../bodies.ts";
import type { LooseObject } from "../loose.ts";
import { bool, int, name, qualified, tag, template, text } from "./scalars.ts";
import {
  anything,
  asObject,
  byHand,
  derived,
  dictionary,
  type Field,
  filledIn,
  items,
  list,
  object,
  optional,
  pathTo,
  required,
  type Shape,
  unless,
} from "./shape.ts";
import { header } from "./webhooks.ts";

const TYPES = "Hasura.RQL.Types.Permission";
const CONDITION = byHand("boolean expression");

/** A condition on rows. Operators are written with an underscore, whichever way they came. */
export const condition: Shape<LooseObject> = (value, path) => {
  const written: LooseObject = {};
  for (const [key, inner] of Object.entries(asObject(CONDITION, value, path))) {
    const at = pathTo(path, key);
    switch (key) {
      case "_and":
      case "$and":
      case "_or":
      case "$or":
        written[`_${key.slice(1)}`] = list(condition)(inner, at);
        break;
      case "_not":
      case "$not":
        written["_not"] = condition(inner, at);
        break;
      case "_exists":
      case "$exists":
        written["_exists"] = exists(inner, at);
        break;
      default:
        written[key] = inner as Json;
    }
  }
  return written;
};

const exists = object({ ...byHand("_exists"), mismatch: () => "expecting an Object for _exists" }, {
  _table: required(qualified),
  _where: required((value, path) => condition(value, path)),
});

/** The columns, or `*` for all. */
const columns: Shape = (value, path) => value === "*" ? value : list(text)(value, path);

const rootFields = (type: string, names: readonly string[]): Field => optional(list(tag(`${TYPES}.${type}`, names)));

const validation = optional(object(byHand("ValidateInput"), {
  type: required((value, path) => {
    if (value === "http") return value;
    throw parseFailed("only http type is supported", path);
  }),
  definition: required(object(byHand("ValidateInputHttpDefinition"), {
    url: required(template),
    headers: filledIn(list(header), []),
    timeout: filledIn(int, 10),
    forward_client_headers: filledIn(bool, false),
  })),
}));

const backendOnly = unless(false, bool);
const preset = unless({}, dictionary(anything));

const PERMISSIONS = {
  insert: object(byHand("InsPerm"), {
    check: required(condition),
    set: preset,
    columns: optional(columns),
    backend_only: backendOnly,
    validate_input: validation,
  }),
  select: object(byHand("SelPerm"), {
    columns: required(columns),
    computed_fields: items(name),
    filter: required(condition),
    limit: optional(int),
    allow_aggregations: unless(false, bool),
    query_root_fields: rootFields("QueryRootFieldType", ["select", "select_by_pk", "select_aggregate"]),
    subscription_root_fields: rootFields(
      "SubscriptionRootFieldType",
      ["select", "select_by_pk", "select_aggregate", "select_stream"],
    ),
  }),
  update: object(byHand("UpdPerm"), {
    columns: required(columns),
    set: preset,
    filter: required(condition),
    check: filledIn(condition, null),
    backend_only: backendOnly,
    validate_input: validation,
  }),
  delete: object(byHand("DelPerm"), {
    filter: required(condition),
    backend_only: backendOnly,
    validate_input: validation,
  }),
} as const;

/** A permission with the role that has it. */
export function permission(kind: keyof typeof PERMISSIONS): Shape<LooseObject> {
  return object(derived(`${TYPES}.PermDef`), {
    role: required(name),
    permission: required(PERMISSIONS[kind]),
    comment: optional(text),
  });
}
