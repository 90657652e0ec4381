/**
 * Shapes of a metadata document: small pieces that refuse what Hasura's decoder refuses, with its text and path, and
 * give what Hasura writes of the rest.
 *
 * @module
 */

import { type HasuraError, type Json, parseFailed, typeName } from "../bodies.ts";
import type { LooseObject } from "../loose.ts";

/** Decodes a value and gives its normal form; `path` as in `$.args.metadata`. @throws {HasuraError} */
export type Shape<T extends Json = Json> = (value: unknown, path: string) => T;

/** How the decoder of a type words its errors. */
export interface Wording {
  /** A value that is no object. */
  mismatch(value: unknown): string;
  /** A key that must be there. */
  missing(key: string): string;
}

/** A decoder that was written by hand. */
export function byHand(name: string): Wording {
  return { mismatch: expected(name, "Object"), missing: (key) => `key "${key}" not found` };
}

/** A decoder that was derived from a Haskell record; `type` with its module. */
export function derived(type: string): Wording {
  const name = `${type}(${type.split(".").at(-1)})`;
  return {
    mismatch: expected(name, "Object"),
    missing: (key) => `parsing ${name} failed, key "${key}" not found`,
  };
}

/** A decoder that Template Haskell has made; `type` with its module. */
export function templated(type: string): Wording {
  return {
    mismatch: (value) =>
      `When parsing the constructor ${type.split(".").at(-1)} of type ${type} expected Object but got ${
        typeName(value)
      }.`,
    missing: (key) => `the key '${key}' was not present`,
  };
}

/** A key of an object. */
export interface Field {
  shape: Shape;
  /** Without it a missing key and `null` mean the same. */
  required?: boolean;
  /** What is written where the key is missing or `null`; without it nothing is. */
  fallback?: Json;
  /** Whether a value is not written. */
  omitted?: (value: Json) => boolean;
  /** Looks at the whole value; its error is the object's. */
  check?: (value: Json) => string | undefined;
}

/** A key that must be there. */
export function required(shape: Shape): Field {
  return { shape, required: true };
}

/** A key that is written only where it is given. */
export function optional(shape: Shape): Field {
  return { shape };
}

/** A key that is always written, with a value of its own where none is given. */
export function filledIn(shape: Shape, fallback: Json): Field {
  return { shape, fallback };
}

/** A key that is not written where it says what holds without it. */
export function unless(value: Json, shape: Shape): Field {
  const usual = canonical(value);
  return { shape, omitted: (given) => canonical(given) === usual };
}

/** A list that is not written where it is empty. */
export function items(shape: Shape): Field {
  return unless([], list(shape));
}

/** An object; its keys are decoded, and written, in the order of `fields`. Unknown keys are dropped. */
export function object(wording: Wording, fields: Readonly<Record<string, Field>>): Shape<LooseObject> {
  return (value, path) => {
    const given = asObject(wording, value, path);
    const written: LooseObject = {};
    for (const [key, field] of Object.entries(fields)) {
      if (field.required && !Object.hasOwn(given, key)) throw parseFailed(wording.missing(key), path);
      const inner = Object.hasOwn(given, key) ? given[key] : null;
      if (inner === null && !field.required) {
        if (field.fallback !== undefined) written[key] = field.fallback;
        continue;
      }
      const decoded = field.shape(inner, pathTo(path, key));
      const problem = field.check?.(decoded);
      if (problem !== undefined) throw parseFailed(problem, path);
      if (field.omitted?.(decoded) !== true) written[key] = decoded;
    }
    return written;
  };
}

/** Takes a value as an object. @throws {HasuraError} */
export function asObject(wording: Wording, value: unknown, path: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw parseFailed(wording.mismatch(value), path);
}

/** A list. */
export function list(shape: Shape, name = "[]"): Shape<Json[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw mismatch(name, "Array", { value, path });
    return value.map((item, index) => shape(item, `${path}[${index}]`));
  };
}

/** A list that must not be empty. */
export function nonEmpty(shape: Shape): Shape<Json[]> {
  const inner = list(shape, "NonEmpty");
  return (value, path) => {
    const decoded = inner(value, path);
    if (decoded.length > 0) return decoded;
    throw parseFailed("parsing NonEmpty failed, unexpected empty list", path);
  };
}

/** An object with any keys, all of whose values have one shape. */
export function dictionary(shape: Shape, name = "HashMap ~Text"): Shape<LooseObject> {
  const wording = byHand(name);
  return (value, path) =>
    Object.fromEntries(
      Object.entries(asObject(wording, value, path)).map(([key, inner]) => [key, shape(inner, pathTo(path, key))]),
    );
}

/** Anything; it is kept as it is. */
export function anything(value: unknown): Json {
  return value as Json;
}

/** The error of a value of another type. */
export function mismatch(
  name: string,
  type: string,
  { value, path }: { value: unknown; path: string },
): HasuraError {
  return parseFailed(expected(name, type)(value), path);
}

/** Path to a key. */
export function pathTo(path: string, key: string): string {
  return /^[\w-]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

/** The same text for the same value, whatever the order of its keys. */
export function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1));
  });
}

function expected(name: string, type: string): (value: unknown) => string {
  return (value) => `parsing ${name} failed, expected ${type}, but encountered ${typeName(value)}`;
}
