/**
 * `databases/databases.yaml`: the sources, and what their tables and functions include.
 *
 * @module
 */

import type { Json } from "../json.ts";
import { isObject } from "./diff_spelling.ts";
import { type MetadataFiles, readYaml } from "./files.ts";
import { type Includes, readIncludes } from "./include.ts";
import { excerpt, showPlace, unusable } from "./problem.ts";
import type { YamlNode } from "./yaml_node.ts";
import {
  asList,
  asMapping,
  asText,
  describe,
  type Entry,
  isNull,
  knownEntries,
  placeOf,
  rootOf,
  setKey,
  toJson,
} from "./yaml_value.ts";

/** Path in the metadata directory. */
export const SOURCES_FILE = "databases/databases.yaml";

/** The keys of a source that the Hasura CLI sends. */
const KEYS = [
  "name",
  "kind",
  "configuration",
  "query_tags",
  "customization",
  "health_check",
  "logical_models",
  "native_queries",
  "stored_procedures",
  "tables",
  "functions",
];

type Source = Map<string, Entry>;

/**
 * Reads the sources.
 *
 * @returns them, and the paths of all files that count
 * @throws {ConfigError} when a file cannot be used, or the Hasura CLI would lose something
 */
export async function readSources(files: MetadataFiles): Promise<{ sources: Json[]; names: Set<string> }> {
  const file = await readYaml(files, SOURCES_FILE);
  const root = rootOf(file);
  if (root === undefined) {
    throw unusable(
      { path: file.path },
      "it is empty, which would remove all sources with their tables",
      "Restore the file as the release has it; write [] if there is to be no source",
    );
  }
  const sources = asList(root, "it").map(readSource);
  refuseDoubles(sources);
  const included = sources.flatMap((source) => ["tables", "functions"].flatMap((key) => source.get(key)?.value ?? []));
  const includes = await readIncludes(files, included);
  return {
    sources: sources.map((source) => sourceToJson(source, includes)),
    names: new Set([SOURCES_FILE, ...includes.names]),
  };
}

function readSource(node: YamlNode): Source {
  const source = knownEntries(asMapping(node, "a source"), KEYS, "a source");
  for (const key of ["name", "kind"]) {
    const value = source.get(key)?.value;
    if (isNull(value) || asText(value, `the ${key} of a source`) === "") {
      throw unusable(placeOf(value ?? node), `a source has no ${key}`, `Write ${EXAMPLES[key]}`);
    }
  }
  const tables = source.get("tables")?.value;
  if (isNull(tables)) {
    throw unusable(
      placeOf(tables ?? node),
      `the source ${excerpt(nameOf(source))} has no tables`,
      "Write tables: [] if it is to have none",
    );
  }
  return source;
}

const EXAMPLES: Readonly<Record<string, string>> = { name: "name: <name of the source>", kind: "kind: postgres" };

function nameOf(source: Source): string {
  const node = source.get("name")?.value;
  return node === undefined ? "" : asText(node, "the name of a source");
}

function kindOf(source: Source): string {
  const node = source.get("kind")?.value;
  return node === undefined ? "" : asText(node, "the kind of a source");
}

function refuseDoubles(sources: readonly Source[]): void {
  const lines = new Map<string, number>();
  for (const source of sources) {
    const node = source.get("name")?.value;
    if (node === undefined) continue;
    const name = nameOf(source);
    const first = lines.get(name);
    if (first !== undefined) {
      throw unusable(placeOf(node), `there are two sources named ${excerpt(name)}, the first in line ${first}`);
    }
    lines.set(name, node.line);
  }
}

function sourceToJson(source: Source, { expand }: Includes): Json {
  const object: { [key: string]: Json } = {};
  for (const key of KEYS) {
    const value = source.get(key)?.value;
    if (value === undefined) continue;
    if (key === "name" || key === "kind") setKey(object, key, asText(value, key));
    else if (key !== "tables" && key !== "functions") setKey(object, key, toJson(value));
    else if (!isNull(value)) {
      refuseOddItems(value, { key, kind: kindOf(source), expand });
      setKey(object, key, toJson(value, expand));
    }
  }
  return object;
}

/** Each table and function is a mapping; what Hasura would say of another does not name the file. */
function refuseOddItems(
  value: YamlNode,
  { key, kind, expand }: { key: string; kind: string; expand: Includes["expand"] },
): void {
  const list = expand(value);
  const from = (node: YamlNode, content: YamlNode) =>
    content === node ? "" : ` (included from ${showPlace(placeOf(node))})`;
  if (list.kind !== "list") {
    throw unusable(placeOf(list), `"${key}" is not a list, but ${describe(list)}${from(value, list)}`);
  }
  const seen = new Map<string, YamlNode>();
  for (const item of list.items) {
    const content = expand(item);
    if (content.kind === "mapping") {
      refuseSecond(content, { what: key === "tables" ? "table" : "function", kind, expand, seen });
      continue;
    }
    throw unusable(
      placeOf(content),
      `${isNull(content) ? "nothing" : describe(content)} stands where one of the "${key}" belongs, which is a mapping${
        from(item, content)
      }`,
      content.kind === "list"
        ? "Include each of them by itself: a list in a list stays a list"
        : "Write it as a mapping, as the release has it",
    );
  }
}

/** Of two entries for the same table or function Hasura keeps the last one, and says nothing (its source, `Tables`). */
function refuseSecond(
  content: YamlNode & { kind: "mapping" },
  { what, kind, expand, seen }: {
    what: "table" | "function";
    kind: string;
    expand: Includes["expand"];
    seen: Map<string, YamlNode>;
  },
): void {
  const name = content.pairs.find(({ key }) => key.kind === "scalar" && key.value === what)?.value;
  if (name === undefined) return;
  const { identity, title } = identify(toJson(name, expand), kind);
  const first = seen.get(identity);
  if (first !== undefined) {
    throw unusable(
      placeOf(content),
      `the ${what} ${excerpt(title)} is there twice, first in ${
        showPlace(placeOf(first))
      }, and Hasura would keep one of them`,
      "Leave one of them",
    );
  }
  seen.set(identity, content);
}

/** The kinds of sources in which a table is in the schema `public` where nothing else is said. */
const POSTGRES = ["postgres", "pg", "citus", "cockroach"];

/** What tells a table or function from others of its source, and how it is called in a message. */
function identify(named: Json, kind: string): { identity: string; title: string } {
  if (POSTGRES.includes(kind)) {
    const { schema, name } = isObject(named) ? named : { schema: null, name: named };
    const full = [schema ?? "public", name];
    if (full.every((part) => typeof part === "string")) {
      return { identity: JSON.stringify(full), title: full.join(".") };
    }
  }
  const identity = JSON.stringify(sortKeys(named));
  const parts = isObject(named) ? [named.schema ?? named.dataset, named.name] : [named].flat();
  const title = parts.every((part) => typeof part === "string") ? parts.join(".") : identity;
  return { identity, title };
}

function sortKeys(value: Json): Json {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sortKeys(value[key] ?? null)]));
}
