/**
 * Decodes lists of named things, of which metadata mostly consists.
 *
 * @module
 */

import { type Json, parseFailed } from "./bodies.ts";
import { asObject, type Item, items, type Located, required, text } from "./decode.ts";
import { isObject, type LooseObject } from "./loose.ts";

/** How a list of named things is decoded. */
export interface ListRule {
  /** Key of the name. */
  name: string;
  /** What the error calls them when two have one name. Without it the last one counts and nobody is told. */
  title?: string;
  /** Keys that each must have besides. */
  keys?: readonly string[];
  /** Decodes one further. @throws {HasuraError} */
  parse?: (item: Located) => LooseObject;
}

/** Decodes a list of named things. @throws {HasuraError} */
export function parseList(object: Located, key: string, rule: ListRule): LooseObject[] {
  const parsed = items(object, key, "optional").map((item) => parseItem(item, rule));
  const names = parsed.map((item) => String(item[rule.name]));
  const double = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  if (rule.title !== undefined && double.size > 0) {
    const shown = [...double].join(", ");
    throw parseFailed(`multiple declarations exist for the following ${rule.title}: ${shown}`, object.path);
  }
  return sorted(lastOfEach(parsed, rule.name), rule.name);
}

/** The last thing of each name. */
export function lastOfEach<T extends LooseObject>(list: T[], name: string): T[] {
  return [...new Map(list.map((item) => [JSON.stringify(item[name]), item])).values()];
}

/** An object without its empty parts. */
export function withoutEmpty(object: LooseObject): LooseObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)));
}

/** In the order of their names. */
export function sorted<T extends LooseObject>(list: T[], name: string): T[] {
  return list.toSorted((a, b) => String(a[name]) < String(b[name]) ? -1 : 1);
}

function parseItem({ item, path }: Item, { name, keys = [], parse }: ListRule): LooseObject {
  const object = asObject(item, { path, what: "Object" });
  text(object, name);
  for (const key of keys) required(object, key);
  return parse?.(object) ?? object.value as LooseObject;
}

function isEmpty(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || (isObject(value) && Object.values(value).every(isEmpty));
}
