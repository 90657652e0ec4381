/**
 * Comparisons of a column in the condition of a permission.
 *
 * @module
 */

import { type Json, typeName as jsonTypeName } from "../bodies.ts";
import { isObject } from "../loose.ts";
import { typeName } from "./built.ts";
import type { Need } from "./collector.ts";
import type { ConditionPlace } from "./conditions.ts";
import { quotedList, Unusable } from "./metadata_object.ts";
import { columnOf } from "./schema_id.ts";

/** A column that is compared. */
export interface Compared {
  name: string;
  /** As `pg_type.typname` has it. */
  type: string;
  place: ConditionPlace;
}

const PLAIN = ["eq", "ne", "neq", "gt", "lt", "gte", "lte"];
const LISTS = ["in", "nin"];
const TEXT = [
  "like",
  "nlike",
  "ilike",
  "nilike",
  "similar",
  "nsimilar",
  "regex",
  "iregex",
  "nregex",
  "niregex",
];
const COLUMNS = ["ceq", "cne", "cneq", "cgt", "clt", "cgte", "clte"];
const JSONB = ["has_key", "has_keys_any", "has_keys_all", "jsonb_path_exists", "jsonb_path_match"];
const LTREE = [
  "ancestor",
  "ancestor_any",
  "descendant",
  "descendant_any",
  "matches",
  "matches_any",
  "matches_fulltext",
];
const TEXT_TYPES = ["varchar", "text", "citext", "bpchar"];

/** What a comparison needs besides its column. @throws {Unusable} */
export function comparisonNeeds(value: Json, compared: Compared): Need[] {
  if (compared.type === "json") throw new Unusable("JSON column can not be part of boolean expression");
  if (!isObject(value)) {
    checkValue(value, compared.type);
    return [];
  }
  return Object.entries(value).flatMap(([operator, operand]) => operatorNeeds(operator, operand, compared));
}

function operatorNeeds(operator: string, operand: Json, compared: Compared): Need[] {
  const { type } = compared;
  const name = /^[_$](.*)$/.exec(operator)?.[1] ?? "";
  if (PLAIN.includes(name)) checkValue(operand, type);
  else if (LISTS.includes(name)) checkList(operand, type);
  else if (TEXT.includes(name)) onlyFor(TEXT_TYPES, compared);
  else if (JSONB.includes(name)) onlyFor(["jsonb"], compared);
  else if (LTREE.includes(name)) onlyFor(["ltree"], compared);
  else if (COLUMNS.includes(name)) return [otherColumn(operand, compared)];
  else if (name === "contains" || name === "contained_in") containment(type);
  else if (name === "is_null") isBool(operand);
  else if (name === "cast") cast(operand, compared);
  else if (!name.startsWith("st_")) throw new Unusable(`Unknown operator: ${operator}`);
  return [];
}

function onlyFor(types: string[], { type }: Compared): void {
  if (types.includes(type)) return;
  throw wrongType(type, quotedList(types));
}

function containment(type: string): void {
  if (type !== "jsonb" && !type.startsWith("_")) throw wrongType(type, "an array or JSONB");
}

function wrongType(type: string, expected: string): Unusable {
  return new Unusable(
    ` is of type "${typeName(type)}"; this operator works only on columns of type ${expected}`,
  );
}

function isBool(operand: Json): void {
  if (typeof operand !== "boolean") throw new Unusable(`expected Bool, but encountered ${jsonTypeName(operand)}`);
}

function cast(operand: Json, compared: Compared): void {
  for (const [target, inner] of Object.entries(isObject(operand) ? operand : {})) {
    const pair = `${compared.type} ${target}`;
    if (!["geometry geography", "geography geometry", "jsonb text", "jsonb String"].includes(pair)) {
      throw new Unusable(`cannot cast column of type "${typeName(compared.type)}" to type "${target}"`);
    }
    comparisonNeeds(inner, { ...compared, type: target === "String" ? "text" : target });
  }
}

/** `["$", "column"]` is one of the table that the permission is on. */
function otherColumn(operand: Json, { name, type, place }: Compared): Need {
  const path = Array.isArray(operand) ? operand : [operand];
  if (path.length === 0) throw new Unusable("path cannot be empty");
  const fromRoot = path.length === 2 && path[0] === "$";
  if (path.length > 1 && !fromRoot) {
    throw new Unusable("Relationship references are not supported in column comparison RHS");
  }
  const [other, table] = [String(path.at(-1)), fromRoot ? place.root : place.table];
  const field = table.fields.get(other);
  if (field === undefined) throw new Unusable(`column "${other}" does not exist`);
  if (field.kind !== "column") {
    throw new Unusable(
      `expecting a database column; but, "${other}" is a ${field.kind}; column operators can only compare postgres columns`,
    );
  }
  if (field.column.type !== type) {
    throw new Unusable(
      `incompatible column types: "${name}" has type "${typeName(type)}", ` +
        `but "${other}" has type "${typeName(field.column.type)}"`,
    );
  }
  return [columnOf(place.source, table.entry.table, other), "type"];
}

function checkList(operand: Json, type: string): void {
  if (typeof operand === "string" && isSessionVariable(operand)) return;
  if (!Array.isArray(operand)) {
    throw new Unusable(`parsing [] failed, expected Array, but encountered ${jsonTypeName(operand)}`);
  }
  for (const item of operand) checkValue(item, type);
}

/** A text fits every type: PostgreSQL reads it. */
function checkValue(value: Json, type: string): void {
  if (typeof value === "string" || value === null) return;
  if (TEXT_TYPES.includes(type)) {
    throw new Unusable(`parsing Text failed, expected String, but encountered ${jsonTypeName(value)}`);
  }
  if (type === "bool") isBool(value);
}

/** Whether a value is one of the session's variables. */
export function isSessionVariable(text: string): boolean {
  return /^x-hasura-/i.test(text) || /^req_user_id$/i.test(text);
}

/** Whether a comparison holds a value of its own, which a change of the column's type could break. */
export function isStatic(value: Json): boolean {
  const operands = isObject(value)
    ? Object.entries(value).filter(([operator]) => !/^[_$](c(eq|ne|neq|gt|lt|gte|lte)|is_null)$/.test(operator))
      .map(([, operand]) => operand)
    : [value];
  return operands.some((operand) => typeof operand !== "string" || !isSessionVariable(operand));
}
