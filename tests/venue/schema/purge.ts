/**
 * Takes single objects out of metadata.
 *
 * @module
 */

import type { Metadata, TableEntry, TableName } from "../catalog.ts";
import { keyOf } from "../introspection.ts";
import { listIn, nameIn } from "../loose.ts";
import type { SchemaId, TablePart } from "./schema_id.ts";

/** Takes something that hangs on a table out of metadata, which is changed. */
export function purge(metadata: Metadata, id: SchemaId): void {
  if (id.kind !== "part") return;
  const entry = tableEntry(metadata, { source: id.source, table: id.table });
  if (entry === undefined) return;
  for (const key of listsOf(id.part)) {
    const left = listIn(entry, key).filter((item) => {
      return nameIn(item, id.part.kind === "permission" ? "role" : "name") !== id.part.name;
    });
    if (left.length > 0) entry[key] = left;
    else delete entry[key];
  }
}

/** The entry of a table in metadata. */
export function tableEntry(
  { sources }: Metadata,
  { source, table }: { source: string; table: TableName },
): TableEntry | undefined {
  const tables = sources.find(({ name }) => name === source)?.tables ?? [];
  return tables.find((entry) => keyOf(entry.table) === keyOf(table));
}

function listsOf(part: TablePart): string[] {
  switch (part.kind) {
    case "permission":
      return [`${part.type}_permissions`];
    case "relationship":
      return ["object_relationships", "array_relationships"];
    case "event-trigger":
      return ["event_triggers"];
    case "computed field":
      return ["computed_fields"];
    case "remote relationship":
      return ["remote_relationships"];
    default:
      return [];
  }
}
