/**
 * What replacing Hasura's metadata by another would change.
 *
 * Things that have a name are compared by name, so their order has no meaning; what the server leaves out or fills in
 * by itself is no difference.
 *
 * @module
 */

import type { Json } from "../json.ts";
import { isAlike, isEmpty, isMissing, isNothing, isSame, isSameSet, own } from "./diff_equal.ts";
import { hideSecrets, isSecret, namesVariable, type Whereabouts } from "./diff_secrets.ts";
import { type ListShape, METADATA, type Shape, TOP_LEVEL_ORDER } from "./diff_shape.ts";
import { isObject, type JsonObject, qualify } from "./diff_spelling.ts";

/** One difference. Values that may be secrets are hidden in it. */
export interface MetadataChange {
  kind: "added" | "removed" | "changed";
  /** Where it is in the metadata, with names in place of positions: `sources.Aerie.tables.merlin.plan.is_enum`. */
  path: string;
  /** The smallest thing with a name that it is in or that it is: `table merlin.plan in source Aerie`. */
  subject: string;
  /** Where it is in the subject: `is_enum`; empty where it is the subject itself. */
  place: string;
  /** What is there before; missing where it is added. */
  before?: Json;
  /** What is there after; missing where it is removed. */
  after?: Json;
}

/** A difference, with the keys that lead to it from the top. Lists have no keys of their own. */
export interface PlacedChange extends MetadataChange {
  keys: readonly string[];
}

/** Where the comparison is. */
interface Position extends Whereabouts {
  path: readonly string[];
  subject: string;
  place: readonly string[];
}

/** What is there before and after. */
interface Pair {
  before: Json | undefined;
  after: Json | undefined;
}

/**
 * What replacing `before`, as the server exports it, by `after` would change: sorted by kind of thing and name.
 *
 * A thing that is new or gone is one difference, whatever is in it.
 */
export function diffMetadata(before: Json, after: Json): MetadataChange[] {
  return placedChanges(before, after).map(({ keys: _, ...change }) => change);
}

/** The same, for those who have to know what kind of thing each of them is. */
export function placedChanges(before: Json, after: Json): PlacedChange[] {
  const order = TOP_LEVEL_ORDER;
  const rank = (key: string) => order.includes(key) ? order.indexOf(key) : order.length;
  const root: Position = { path: [], subject: "", place: [], keys: [] };
  return pairsOf({ before, after })
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .flatMap(([key, pair]) => diffKey(key, pair, { at: { ...root, subject: key }, shape: METADATA, isTop: true }));
}

/** The values of two objects by key, sorted; what is no object has none. */
function pairsOf({ before, after }: Pair): [key: string, Pair][] {
  const [old, now] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort()
    .map((key) => [key, { before: own(old, key), after: own(now, key) }]);
}

function diffObjects(pair: { before: JsonObject; after: JsonObject }, at: Position, shape: Shape): PlacedChange[] {
  const spell = (object: JsonObject) => shape.respell?.(object) ?? object;
  return pairsOf({ before: spell(pair.before), after: spell(pair.after) })
    .flatMap(([key, values]) => diffKey(key, values, { at, shape, isTop: false }));
}

function diffKey(
  key: string,
  given: Pair,
  { at, shape, isTop }: { at: Position; shape: Shape; isTop: boolean },
): PlacedChange[] {
  const pair = shape.qualified?.includes(key)
    ? { before: given.before && qualify(given.before), after: given.after && qualify(given.after) }
    : withoutEmptyComment(key, given, at);
  const isWrapper = shape.wrappers?.includes(key) ?? false;
  const here: Position = {
    ...at,
    path: isWrapper ? at.path : [...at.path, key],
    place: isWrapper || isTop ? at.place : [...at.place, key],
    keys: [...at.keys, key],
  };
  if (shape.filledIn?.includes(key) && isMissing(pair.before) !== isMissing(pair.after)) return [];
  if (shape.exact?.includes(key)) {
    return diffValues(pair, here, (a, b) => isSame(a, b) || (isEmpty(a) && isEmpty(b)));
  }
  if (isSecret(here) && !(namesVariable(pair.before) && namesVariable(pair.after))) {
    return diffValues(pair, here, isAlike);
  }
  const list = own(shape.lists, key);
  if (list !== undefined) return diffLists(pair, here, list);
  if (shape.emptyCounts?.includes(key) && isMissing(pair.before) !== isMissing(pair.after)) {
    return diffValues(pair, here, () => false);
  }
  if (shape.sets?.includes(key)) return diffValues(pair, here, isSameSet);
  const known = own(shape.objects, key);
  if (known !== undefined && isObject(pair.before ?? {}) && isObject(pair.after ?? {})) {
    return diffKnown(pair, here, known);
  }
  if (isObject(pair.before) && isObject(pair.after)) {
    return diffObjects({ before: pair.before, after: pair.after }, here, known ?? {});
  }
  const standard = own(shape.defaults, key);
  return diffValues({ before: pair.before ?? standard, after: pair.after ?? standard }, here, isAlike);
}

/** The server fills in `""` where there is no comment; of what has a description in the schema, it takes that away. */
function withoutEmptyComment(key: string, { before, after }: Pair, { keys }: Position): Pair {
  const counts = ["configuration", "computed_fields", "functions"].some((part) => keys.includes(part));
  if (key !== "comment" || counts) return { before, after };
  return { before: before === "" ? undefined : before, after: after === "" ? undefined : after };
}

/** Compares objects of which something is known; what is not there counts as an empty one where there are defaults. */
function diffKnown(pair: Pair, at: Position, shape: Shape): PlacedChange[] {
  const [before, after] = [pair.before ?? {}, pair.after ?? {}];
  if (!isObject(before) || !isObject(after)) return [];
  const changes = diffObjects({ before, after }, at, shape);
  if (changes.length === 0 || shape.defaults !== undefined || shape.lists !== undefined) return changes;
  return isNothing(before) || isNothing(after) ? diffValues(pair, at, isAlike) : changes;
}

function diffLists(pair: Pair, at: Position, shape: ListShape): PlacedChange[] {
  const [before, after] = [byName(pair.before, shape), byName(pair.after, shape)];
  if (before === undefined || after === undefined) return diffValues(pair, at, isAlike);
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name) => {
    const parent = shape.link === undefined ? "" : ` ${shape.link} ${at.subject}`;
    const here: Position = { ...at, path: [...at.path, name], subject: `${shape.noun} ${name}${parent}`, place: [] };
    const [old, now] = [before.get(name), after.get(name)];
    if (old === undefined || now === undefined) return diffValues({ before: old, after: now }, here, isSame);
    const { [shape.key ?? "name"]: _oldName, ...oldRest } = old;
    const { [shape.key ?? "name"]: _newName, ...newRest } = now;
    return diffObjects({ before: oldRest, after: newRest }, here, shape);
  });
}

/** The things of a list by their names; `undefined` where it is no list, or not all have a name of their own. */
function byName(list: Json | undefined, { key = "name" }: ListShape): Map<string, JsonObject> | undefined {
  if (isNothing(list)) return new Map();
  if (!Array.isArray(list)) return undefined;
  const things = new Map<string, JsonObject>();
  for (const thing of list) {
    const name = isObject(thing) ? nameOf(thing[key], key) : undefined;
    if (name === undefined || !isObject(thing) || things.has(name)) return undefined;
    things.set(name, thing);
  }
  return things;
}

/** `plan`, or for a table or function `merlin.plan`, in whatever way it is written. */
function nameOf(value: Json | undefined, key: string): string | undefined {
  if (typeof value === "string" && !["table", "function", "stored_procedure"].includes(key)) return value;
  if (Array.isArray(value)) return value.every((part) => typeof part === "string") ? value.join(".") : undefined;
  const full = value === undefined ? undefined : qualify(value);
  if (!isObject(full) || typeof full.name !== "string") return undefined;
  const space = full.schema ?? full.dataset;
  return typeof space === "string" ? `${space}.${full.name}` : undefined;
}

/** The difference between two values, unless they are the same for `isEqual`. */
function diffValues(
  { before, after }: Pair,
  at: Position,
  isEqual: (before: Json | undefined, after: Json | undefined) => boolean,
): PlacedChange[] {
  if (isEqual(before, after)) return [];
  const shown = { path: at.path.join("."), subject: at.subject, place: at.place.join("."), keys: at.keys };
  const [old, now] = [before, after].map((value) => hideSecrets(value ?? null, at));
  if (isMissing(after)) return [{ kind: "removed", ...shown, before: old ?? null }];
  if (isMissing(before)) return [{ kind: "added", ...shown, after: now ?? null }];
  return [{ kind: "changed", ...shown, before: old ?? null, after: now ?? null }];
}
