/**
 * Taking objects out of the metadata.
 *
 * @module
 */

import type { Json } from "./bodies.ts";
import type { Metadata, Source, TableEntry } from "./catalog.ts";
import { keyOf } from "./introspection.ts";
import { isObject, listIn, type LooseObject, nameIn, objectIn, tableIn, tableNameOf } from "./loose.ts";

/** The lists of a table, by the type of what is in them. */
const IN_TABLE: Readonly<Record<string, { list: string; by: string }>> = {
  object_relation: { list: "object_relationships", by: "name" },
  array_relation: { list: "array_relationships", by: "name" },
  computed_field: { list: "computed_fields", by: "name" },
  remote_relationship: { list: "remote_relationships", by: "name" },
  insert_permission: { list: "insert_permissions", by: "role" },
  select_permission: { list: "select_permissions", by: "role" },
  update_permission: { list: "update_permissions", by: "role" },
  delete_permission: { list: "delete_permissions", by: "role" },
  event_trigger: { list: "event_triggers", by: "name" },
};

/** The lists of the document, by the type of what is in them. */
const IN_DOCUMENT: Readonly<Record<string, { list: string; by: string }>> = {
  remote_schema: { list: "remote_schemas", by: "name" },
  action: { list: "actions", by: "name" },
  cron_trigger: { list: "cron_triggers", by: "name" },
  rest_endpoint: { list: "rest_endpoints", by: "name" },
  inherited_role: { list: "inherited_roles", by: "role_name" },
};

/** The metadata without an object, as `get_inconsistent_metadata` describes it. */
export function without(metadata: Metadata, object: LooseObject): Metadata {
  // Of objects that are in each other's way, all go.
  if (Array.isArray(object["objects"])) return listIn(object, "objects").reduce(without, metadata);
  const [type, definition] = [nameIn(object, "type"), object["definition"] ?? null];
  const inDocument = IN_DOCUMENT[type];
  if (inDocument !== undefined) return withoutItem(metadata, inDocument, keyIn(definition, inDocument.by));
  switch (type) {
    case "source":
      return { ...metadata, sources: metadata.sources.filter(({ name }) => name !== definition) };
    case "custom_types": {
      const { custom_types: _, ...rest } = metadata;
      return rest as Metadata;
    }
    case "query_collections":
      return withoutQuery(metadata, object);
    default:
      return withoutInSource(metadata, object, type);
  }
}

function withoutInSource(metadata: Metadata, object: LooseObject, type: string): Metadata {
  const definition = isObject(object["definition"]) ? object["definition"] : {};
  const inTable = IN_TABLE[type];
  const source = nameIn(definition, "source") || (/ in source (.*)$/s.exec(nameIn(object, "name"))?.[1] ?? "");
  return inSource(metadata, source, (found) => {
    if (type === "function") return withoutNamed(found, "functions", { key: "function", name: definition });
    if (type === "table") return withoutNamed(found, "tables", { key: "table", name: definition });
    if (inTable === undefined) return found;
    const name = keyIn(definition, inTable.by) || nameIn(objectIn(definition, "configuration"), inTable.by);
    return inTableOf(found, definition, (entry) => withoutItem(entry, inTable, name));
  });
}

/** The metadata with a source changed. */
export function inSource(metadata: Metadata, name: string, change: (source: Source) => Source): Metadata {
  const sources = metadata.sources.map((source) => source.name === name ? change(source) : source);
  return { ...metadata, sources };
}

/** A source with a table changed; `at` names the table. */
export function inTableOf(source: Source, at: LooseObject, change: (entry: TableEntry) => TableEntry): Source {
  const wanted = keyOf(tableIn(at, "table"));
  return {
    ...source,
    tables: source.tables.map((entry) => keyOf(entry.table) === wanted ? change(entry) : entry),
  };
}

/** A source without a table or a function. */
export function withoutNamed(
  source: Source,
  list: "tables" | "functions",
  { key, name }: { key: string; name: Json },
): Source {
  const wanted = keyOf(tableNameOf(name));
  const kept = listIn(source, list).filter((entry) => keyOf(tableIn(entry, key)) !== wanted);
  return withList(source, list, kept);
}

/** An object without one item of a list. */
export function withoutItem<T extends LooseObject>(
  object: T,
  { list, by }: { list: string; by: string },
  name: string,
): T {
  return withList(object, list, listIn(object, list).filter((item) => nameIn(item, by) !== name));
}

/** An object with a list; only the list of tables is written where it is empty. */
export function withList<T extends LooseObject>(object: T, list: string, items: LooseObject[]): T {
  const { [list]: _, ...rest } = object;
  return { ...rest, ...items.length === 0 && list !== "tables" ? {} : { [list]: items } } as T;
}

/** A query goes with all that refers to it; so does a collection that is empty then. */
function withoutQuery(metadata: Metadata, object: LooseObject): Metadata {
  const query = isObject(object["definition"]) ? nameIn(object["definition"], "name") : "";
  const collection = nameIn(object, "name").slice(`query_collections ${query} in `.length);
  const collections = listIn(metadata, "query_collections").map((found) => {
    if (nameIn(found, "name") !== collection) return found;
    const definition = objectIn(found, "definition");
    const queries = listIn(definition, "queries").filter((item) => nameIn(item, "name") !== query);
    return { ...found, definition: { ...definition, queries } };
  }).filter((found) => listIn(objectIn(found, "definition"), "queries").length > 0);
  const gone = !collections.some((found) => nameIn(found, "name") === collection);
  const allowed = listIn(metadata, "allowlist").filter((entry) => !gone || nameIn(entry, "collection") !== collection);
  const endpoints = listIn(metadata, "rest_endpoints").filter((endpoint) => {
    const reference = objectIn(objectIn(endpoint, "definition"), "query");
    return nameIn(reference, "collection_name") !== collection || nameIn(reference, "query_name") !== query;
  });
  const changed = withList(withList(metadata, "query_collections", collections), "allowlist", allowed);
  return withList(changed, "rest_endpoints", endpoints);
}

function keyIn(definition: Json, by: string): string {
  return isObject(definition) ? nameIn(definition, by) : "";
}
