/**
 * When two values in Hasura's metadata say the same.
 *
 * @module
 */

import type { Json } from "../json.ts";
import { isObject } from "./diff_spelling.ts";

/** Whether there is no value. */
export function isMissing(value: Json | undefined): boolean {
  return value === undefined || value === null;
}

/** Whether nothing is said: the value is missing or null, or empty as far as it goes. */
export function isNothing(value: Json | undefined): boolean {
  if (isObject(value)) return Object.values(value).every(isNothing);
  return isEmpty(value);
}

/** Whether there is no value, or nothing in it. */
export function isEmpty(value: Json | undefined): boolean {
  return isMissing(value) || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

/** Whether two values are equal to the last empty list. */
export function isSame(before: Json | undefined, after: Json | undefined): boolean {
  return isEqual(before, after, isSame);
}

/** Whether two values are equal where nothing is the same as something empty. */
export function isAlike(before: Json | undefined, after: Json | undefined): boolean {
  return (isNothing(before) && isNothing(after)) || isEqual(before, after, isAlike);
}

function isEqual(before: Json | undefined, after: Json | undefined, isEqualPart: typeof isSame): boolean {
  if (Array.isArray(before) && Array.isArray(after)) {
    return before.length === after.length && before.every((item, index) => isEqualPart(item, after[index]));
  }
  if (isObject(before) && isObject(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .every((key) => isEqualPart(own(before, key), own(after, key)));
  }
  return before === after;
}

/** Whether two lists have the same items, in whatever order and however often. */
export function isSameSet(before: Json | undefined, after: Json | undefined): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) return isAlike(before, after);
  const [old, now] = [before, after].map((list) => new Set(list.map((item) => JSON.stringify(item))));
  return old !== undefined && now !== undefined && old.symmetricDifference(now).size === 0;
}

/** The value of a key, but for what every object has. */
export function own<Value>(record: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
