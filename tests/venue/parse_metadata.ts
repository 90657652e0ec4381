/**
 * Decodes a whole metadata document, as strictly as Hasura does, and writes it as Hasura exports it: lists in the order
 * of their names, nothing that is empty. Unknown keys are kept where Hasura ignores them.
 *
 * @module
 */

import { type Json, parseFailed } from "./bodies.ts";
import type { Metadata } from "./catalog.ts";
import { asObject, items, type Located, required, text } from "./decode.ts";
import type { LooseObject } from "./loose.ts";
import { parseAction, parseCustomTypes } from "./parse_actions.ts";
import { lastOfEach, type ListRule, parseList, sorted, withoutEmpty } from "./parse_list.ts";
import { parseSource } from "./parse_source.ts";

const SECTIONS: Readonly<Record<string, ListRule>> = {
  actions: { name: "name", title: "actions", parse: parseAction },
  allowlist: { name: "collection", title: "allowlist entries" },
  cron_triggers: { name: "name", title: "cron triggers", keys: ["webhook", "schedule", "include_in_metadata"] },
  inherited_roles: { name: "role_name", title: "inherited roles", keys: ["role_set"] },
  query_collections: { name: "name", title: "query collections", keys: ["definition"], parse: parseCollection },
  remote_schemas: { name: "name", title: "remote schemas", keys: ["definition"], parse: parseRemoteSchema },
  rest_endpoints: { name: "name", keys: ["url", "methods", "definition"] },
};

/** Decodes a document with sources. @throws {HasuraError} */
export function parseMetadata(document: Located): Metadata {
  const version = document.value["version"];
  if (version !== 3) throw parseFailed(`unexpected metadata version from storage: ${version}`, document.path);
  required(document, "sources");
  const sources = items(document, "sources").map(parseSource);
  const sections: LooseObject = {};
  for (const [key, value] of Object.entries(document.value)) {
    if (key === "version" || key === "sources") continue;
    const rule = SECTIONS[key];
    if (rule !== undefined) sections[key] = parseList(document, key, rule);
    else sections[key] = key === "custom_types" ? parseCustomTypes(document) : value as Json;
  }
  return { version: 3, sources: sorted(lastOfEach(sources, "name"), "name"), ...withoutEmpty(sections) };
}

function parseCollection(collection: Located): LooseObject {
  const definition = asObject(collection.value["definition"], {
    path: `${collection.path}.definition`,
    what: "CollectionDef",
  });
  for (const { item, path } of items(definition, "queries")) {
    const query = asObject(item, { path, what: "ListedQuery" });
    text(query, "name");
    text(query, "query");
  }
  return collection.value as LooseObject;
}

function parseRemoteSchema(schema: Located): LooseObject {
  const definition = asObject(schema.value["definition"], {
    path: `${schema.path}.definition`,
    what: "RemoteSchemaDef",
  });
  const given = ["url", "url_from_env"].filter((key) => (definition.value[key] ?? null) !== null);
  if (given.length !== 1) throw parseFailed("expected one of url or url_from_env", definition.path);
  return schema.value as LooseObject;
}
