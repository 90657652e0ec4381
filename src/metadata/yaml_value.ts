/**
 * What the nodes of a YAML file say: as JSON, and as the lists, mappings and texts that a rule asks for.
 *
 * @module
 */

import type { Json } from "../json.ts";
import { excerpt, unusable } from "./problem.ts";
import type { YamlFile, YamlMapping, YamlNode, YamlPair, YamlScalar } from "./yaml_node.ts";

/** Puts the content of a file in the place of a node that includes it; any other node stays. */
export type Expand = (node: YamlNode) => YamlNode;

/** An entry of a mapping, after `<<`. */
export interface Entry {
  key: string;
  keyNode: YamlNode;
  value: YamlNode;
}

/** Values of one document; more of them come from aliases and includes that multiply each other. */
const MOST_VALUES = 2_000_000;

/** The place of `node`. */
export function placeOf({ file, line }: YamlNode): { path: string; line: number } {
  return { path: file.path, line };
}

/**
 * `node` as JSON.
 *
 * @throws {ConfigError} when it includes a file where none may be included (without `expand`), or has what is no JSON
 */
export function toJson(node: YamlNode, expand: Expand = refuseInclude): Json {
  let left = MOST_VALUES;
  const known: KnownEntries = new Map();
  const convert = (unexpanded: YamlNode): Json => {
    const current = expand(unexpanded);
    if (--left < 0) throw unusable(placeOf(node), "its aliases and includes make it too large");
    if (current.kind === "scalar") return current.value;
    if (current.kind === "list") return current.items.map(convert);
    const object: { [key: string]: Json } = {};
    for (const { key, value } of entriesOf(current, { expand, known })) setKey(object, key, convert(value));
    return object;
  };
  return convert(node);
}

/** Entries of mappings that were asked for before: `<<` can multiply them. */
type KnownEntries = Map<YamlMapping, Entry[]>;

/**
 * The entries of a mapping; what it takes over with `<<` comes last, and only where it has no such key itself.
 *
 * @throws {ConfigError} when a key is no text, or `<<` has no mappings
 */
export function entriesOf(
  node: YamlMapping,
  { expand = refuseInclude, known = new Map() }: { expand?: Expand; known?: KnownEntries } = {},
): Entry[] {
  const before = known.get(node);
  if (before) return before;
  const entries = new Map<string, Entry>();
  for (const pair of node.pairs) {
    if (pair.isMerge) continue;
    const entry = entryOf(pair, expand);
    const { key, keyNode } = entry;
    // Only keys that are included can be there twice.
    if (entries.has(key)) throw unusable(placeOf(keyNode), `the key ${excerpt(key)} is there twice`);
    entries.set(key, entry);
  }
  for (const pair of node.pairs) {
    if (!pair.isMerge) continue;
    for (const source of mergedMappings(pair.value, expand)) {
      for (const entry of entriesOf(source, { expand, known })) {
        if (!entries.has(entry.key)) entries.set(entry.key, entry);
      }
    }
  }
  const found = [...entries.values()];
  known.set(node, found);
  return found;
}

function entryOf({ key: node, value }: YamlPair, expand: Expand): Entry {
  const key = expand(node);
  if (key.kind !== "scalar" || key.value === null) throw unusable(placeOf(node), "a key is not text");
  // A number is the text that it is written as.
  return { key: typeof key.value === "string" ? key.value : key.text, keyNode: node, value };
}

function mergedMappings(node: YamlNode, expand: Expand): YamlMapping[] {
  const value = expand(node);
  const items = value.kind === "list" ? value.items.map(expand) : [value];
  return items.map((item) => {
    if (item.kind !== "mapping") throw unusable(placeOf(node), "<< takes over mappings, and this is none");
    return item;
  });
}

/** `node`, which is not in a place where files are included. @throws {ConfigError} when it includes one */
export function refuseInclude(node: YamlNode): YamlNode {
  if (node.kind !== "scalar") return node;
  const { value, isInclude } = node;
  if (!isInclude && (typeof value !== "string" || !/^\s*!include\b/.test(value))) return node;
  throw unusable(
    placeOf(node),
    '"!include" works only in "tables" and "functions" of databases.yaml; here the words would be sent as they are',
    "Write the content of that file here",
  );
}

/** The mapping that `node` is; `what` names it. @throws {ConfigError} when it is none */
export function asMapping(node: YamlNode, what: string): YamlMapping {
  refuseInclude(node);
  if (node.kind !== "mapping") throw unusable(placeOf(node), `${what} is not a mapping, but ${describe(node)}`);
  return node;
}

/** The items of the list that `node` is; `what` names it. @throws {ConfigError} when it is none */
export function asList(node: YamlNode, what: string): YamlNode[] {
  refuseInclude(node);
  if (node.kind !== "list") throw unusable(placeOf(node), `${what} is not a list, but ${describe(node)}`);
  return node.items;
}

/**
 * The entries of a mapping by key, of which none is unknown.
 *
 * @throws {ConfigError} when there is an unknown one, which the Hasura CLI would leave out
 */
export function knownEntries(node: YamlMapping, known: readonly string[], what: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const entry of entriesOf(node)) {
    if (!known.includes(entry.key)) {
      throw unusable(
        placeOf(entry.keyNode),
        `${what} has the unknown key ${excerpt(entry.key)}, which the Hasura CLI would leave out without a word`,
        `Correct or remove it; known are ${known.join(", ")}`,
      );
    }
    entries.set(entry.key, entry);
  }
  return entries;
}

/** The text of a scalar as it is written, `""` for null; `what` names it. @throws {ConfigError} when it is no scalar */
export function asText(node: YamlNode, what: string): string {
  refuseInclude(node);
  if (node.kind !== "scalar") throw unusable(placeOf(node), `${what} is not text, but ${describe(node)}`);
  if (node.value === null) return "";
  return typeof node.value === "string" ? node.value : node.text;
}

/** Whether there is nothing: no node, or null. */
export function isNull(node: YamlNode | undefined): node is undefined | YamlScalar & { value: null } {
  return node === undefined || node.kind === "scalar" && node.value === null && !node.isInclude;
}

/** What `node` is, for a message. */
export function describe(node: YamlNode): string {
  if (node.kind !== "scalar") return `a ${node.kind}`;
  if (node.value === null) return "empty";
  return typeof node.value === "string" ? `the text ${excerpt(node.value)}` : node.text;
}

/** The root of a file, `undefined` where it holds nothing. */
export function rootOf(file: YamlFile): YamlNode | undefined {
  return isNull(file.root) ? undefined : file.root;
}

/** Sets a key also where it is named as something that all objects have. */
export function setKey(object: { [key: string]: Json }, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
