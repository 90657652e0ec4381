/**
 * What stands at a place that Hasura names in the metadata it was sent.
 *
 * @module
 */

import { isRecord, type Json } from "../json.ts";

/** Names for an element of a list, by the key of the list. */
const WORDS: Readonly<Record<string, string>> = {
  sources: "source",
  tables: "table",
  functions: "function",
  actions: "action",
  remote_schemas: "remote schema",
  cron_triggers: "cron trigger",
  query_collections: "query collection",
  rest_endpoints: "REST endpoint",
};

/**
 * The named things on the way to `path`, such as `$.args.metadata.sources[0].tables[14]`, the last one first: `table
 * merlin.plan in source Aerie`. `undefined` where there is none.
 */
export function describePlace(metadata: Json, path: string): string | undefined {
  const [, rest = ""] = /\bmetadata\b(.*)$/s.exec(path) ?? [];
  const names: string[] = [];
  let value: unknown = metadata;
  let list = "";
  for (const [, key, quoted, index] of rest.matchAll(/\.([\w-]+)|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]/g)) {
    const name = key ?? quoted;
    if (name !== undefined) {
      value = isRecord(value) ? value[name] : undefined;
      list = name;
    } else {
      value = Array.isArray(value) ? value[Number(index)] : undefined;
      const title = nameOf(value);
      if (title !== undefined) names.unshift(`${WORDS[list] ?? list} ${title}`);
    }
  }
  return names.length === 0 ? undefined : names.join(" in ");
}

function nameOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const name = value.name ?? value.table ?? value.function;
  if (typeof name === "string") return name;
  if (!isRecord(name)) return undefined;
  return [name.schema, name.name].filter((part) => typeof part === "string").join(".") || undefined;
}
