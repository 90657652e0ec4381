/**
 * Decoding of requests, with the errors of Hasura's decoder. Unknown keys are ignored, as there.
 *
 * @module
 */

import { type HasuraError, parseFailed, typeName } from "./bodies.ts";

/** An object of a request and where it is, for error messages. */
export interface Located {
  value: Record<string, unknown>;
  /** As in `$.args`. */
  path: string;
}

/** One item of a list. */
export interface Item {
  item: unknown;
  /** As in `$.args.names[0]`. */
  path: string;
}

/** Takes `value` as an object. @throws {HasuraError} */
export function asObject(value: unknown, { path, what }: { path: string; what: string }): Located {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return { value: value as Record<string, unknown>, path };
  }
  throw parseFailed(`parsing ${what} failed, expected Object, but encountered ${typeName(value)}`, path);
}

/** Value of a key that must be there. @throws {HasuraError} */
export function required(object: Located, key: string): unknown {
  if (!Object.hasOwn(object.value, key)) throw parseFailed(`key "${key}" not found`, object.path);
  return object.value[key];
}

/** Text of a key. @throws {HasuraError} */
export function text(object: Located, key: string, fallback?: string): string {
  const value = valueOf(object, key, fallback);
  if (typeof value === "string") return value;
  throw mismatch(object, key, `parsing Text failed, expected String, but encountered ${typeName(value)}`);
}

/** Name of a key, which Hasura tells from a text when it is none. @throws {HasuraError} */
export function name(object: Located, key: string, fallback?: string): string {
  const value = valueOf(object, key, fallback);
  if (typeof value === "string") return value;
  throw mismatch(object, key, `parsing String failed, expected String, but encountered ${typeName(value)}`);
}

/** Truth value of a key. @throws {HasuraError} */
export function bool(object: Located, key: string, fallback?: boolean): boolean {
  const value = valueOf(object, key, fallback);
  if (typeof value === "boolean") return value;
  throw mismatch(object, key, `expected Bool, but encountered ${typeName(value)}`);
}

/** Items of a list with their places. With `optional`, a missing key and `null` mean an empty list. @throws {HasuraError} */
export function items(object: Located, key: string, kind: "required" | "optional" = "required"): Item[] {
  const value = valueOf(object, key, kind === "optional" ? [] : undefined);
  if (Array.isArray(value)) return value.map((item, index) => ({ item, path: `${object.path}.${key}[${index}]` }));
  throw mismatch(object, key, `parsing [] failed, expected Array, but encountered ${typeName(value)}`);
}

/** With a fallback, a missing key and `null` mean the same. */
function valueOf(object: Located, key: string, fallback: unknown): unknown {
  return fallback === undefined ? required(object, key) : object.value[key] ?? fallback;
}

function mismatch({ path }: Located, key: string, message: string): HasuraError {
  return parseFailed(message, `${path}.${key}`);
}
