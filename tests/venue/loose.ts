/**
 * Looking into parts of the metadata whose shape was checked when they came in.
 *
 * @module
 */

import type { Json } from "./bodies.ts";
import type { TableName } from "./catalog.ts";

/** A JSON object. */
export type LooseObject = { [key: string]: Json };

/** Whether a value is an object. */
export function isObject(value: unknown): value is LooseObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list; none where there is no list. */
export function listIn(object: LooseObject, key: string): LooseObject[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** An object; an empty one where there is none. */
export function objectIn(object: LooseObject, key: string): LooseObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

/** A text; an empty one where there is none. */
export function nameIn(object: LooseObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

/** The texts of a list; a lone text counts as a list of one. */
export function namesIn(object: LooseObject, key: string): string[] {
  const value = object[key];
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The name of a table or function. */
export function tableIn(object: LooseObject, key: string): TableName {
  return tableNameOf(object[key] ?? null);
}

/** A table or function by its two names, or by one, for schema `public`. */
export function tableNameOf(value: Json): TableName {
  if (typeof value === "string") return { name: value, schema: "public" };
  const { name, schema = "public" } = isObject(value) ? value : {};
  return { name: String(name), schema: String(schema) };
}
