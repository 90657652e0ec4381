/**
 * Lists of named things, of which metadata mostly consists. Hasura writes them in the order of their names.
 *
 * @module
 */

import type { Json } from "../bodies.ts";
import { isObject } from "../loose.ts";
import { type Field, list, type Shape } from "./shape.ts";

/** What two things with one name mean. */
export interface NamedList {
  /** Key of the name. */
  by: string;
  /** What the error calls them; without it the last one counts and nobody is told. */
  things?: string;
  /** By what they are sorted; default: the name. */
  sortedBy?: (item: Json) => string;
}

/** A key with a list of named things; it is not written where the list is empty. */
export function named(shape: Shape, { by, things, sortedBy = (item) => sortKey(item, by) }: NamedList): Field {
  return {
    shape: (value, path) => {
      const decoded = list(shape)(value, path);
      return inOrder(things === undefined ? lastOfEach(decoded, by) : decoded, sortedBy);
    },
    omitted: (value) => Array.isArray(value) && value.length === 0,
    ...things === undefined ? {} : { check: (value) => twice(value as Json[], { by, things }) },
  };
}

/** As {@linkcode named}, but the list must be there and is always written. */
export function requiredNamed(shape: Shape, rule: NamedList): Field {
  const { shape: whole } = named(shape, rule);
  return { shape: whole, required: true };
}

function twice(decoded: readonly Json[], { by, things }: { by: string; things: string }): string | undefined {
  const names = decoded.map((item) => textOf(item, by));
  const found = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (found.length === 0) return undefined;
  return `multiple declarations exist for the following ${things}: ${found.join(", ")}`;
}

function lastOfEach(decoded: readonly Json[], by: string): Json[] {
  return [...new Map(decoded.map((item) => [sortKey(item, by), item])).values()];
}

function inOrder(decoded: readonly Json[], sortedBy: (item: Json) => string): Json[] {
  return decoded.toSorted((one, other) => {
    const [first, second] = [sortedBy(one), sortedBy(other)];
    return first < second ? -1 : first > second ? 1 : 0;
  });
}

/** A text of an item; an empty one where there is none. */
export function textOf(item: Json, key: string): string {
  const name = isObject(item) ? item[key] : undefined;
  return typeof name === "string" ? name : "";
}

/** Tables and functions are sorted by schema and name. */
function sortKey(item: Json, key: string): string {
  const name = isObject(item) ? item[key] : undefined;
  return isObject(name) ? `${name["schema"]}\0${name["name"]}` : textOf(item, key);
}
