/**
 * Relationships of a table to tables of any source, or to remote schemas.
 *
 * @module
 */

import type { TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { keyOf } from "../introspection.ts";
import { isObject, type LooseObject, nameIn, namesIn, objectIn, tableIn } from "../loose.ts";
import type { BuiltRemoteSchema, BuiltTable, Field } from "./built.ts";
import type { Need } from "./collector.ts";
import { Unusable } from "./metadata_object.ts";
import { columnOf, partOf } from "./schema_id.ts";

/** What remote relationships can lead to. */
export interface Remotes {
  /** Tables of each source, by key. */
  sources: ReadonlyMap<string, ReadonlyMap<string, BuiltTable>>;
  remoteSchemas: ReadonlyMap<string, BuiltRemoteSchema>;
}

/** The table that a remote relationship starts at, with its columns and computed fields. */
export interface Start {
  source: string;
  table: TableName;
  fields: ReadonlyMap<string, Field>;
}

/** What a remote relationship shows as its definition. */
export function remoteRelationshipDefinition(item: LooseObject): LooseObject {
  const definition = objectIn(item, "definition");
  const isNew = "to_source" in definition || "to_remote_schema" in definition;
  return { name: nameIn(item, "name"), ...(isNew ? { definition } : definition) };
}

/** What a remote relationship needs. @throws {Unusable} */
export function remoteRelationshipNeeds(item: LooseObject, start: Start, remotes: Remotes): Need[] {
  const definition = objectIn(item, "definition");
  const own: Need = [{ kind: "table", source: start.source, table: start.table }, "other"];
  if (isObject(definition["to_source"])) return [own, ...toSource(definition["to_source"], start, remotes)];
  const toSchema = objectIn(definition, "to_remote_schema");
  const name = nameIn(isObject(definition["to_remote_schema"]) ? toSchema : definition, "remote_schema");
  if (!remotes.remoteSchemas.has(name)) throw new Unusable(`remote schema with name "${name}" not found`);
  const fields = "to_remote_schema" in definition
    ? namesIn(toSchema, "lhs_fields")
    : namesIn(definition, "hasura_fields");
  const unknown = fields.find((field) => !start.fields.has(field));
  if (unknown !== undefined) {
    const allowed = [...start.fields.keys()].toSorted().map((field) => `"${field}"`);
    const shown = allowed.length > 2 ? [allowed.slice(0, -1).join(", ") + ",", ...allowed.slice(-1)] : allowed;
    // There are no blanks in Hasura's words either.
    throw new Unusable(
      `field with name "${unknown}"is not provided by the lhs entity"${displayName(start.table)}"` +
        `for defining a join condition, the allowed fields are ${shown.join(" or ")}`,
    );
  }
  return [own, ...fields.map((field) => fieldNeed(field, start)), [{ kind: "remote schema", name }, "other"]];
}

function toSource(definition: LooseObject, start: Start, { sources }: Remotes): Need[] {
  const [source, table] = [nameIn(definition, "source"), tableIn(definition, "table")];
  const tables = sources.get(source);
  if (tables === undefined) throw new Unusable(`source not found: "${source}"`);
  const there = tables.get(keyOf(table));
  if (there === undefined) {
    throw new Unusable(`table "${displayName(table)}" does not exist in source: ${source}`);
  }
  const mapping = Object.entries(objectIn(definition, "field_mapping")).map(([from, to]) =>
    [from, String(to)] as const
  );
  for (const [from, to] of mapping) {
    if (!start.fields.has(from)) throw new Unusable(`"${from}" does not exist`);
    const field = there.fields.get(to);
    if (field?.kind !== "column") throw new Unusable(`"${to}" does not exist`);
    if (field.enumTable !== undefined) throw new Unusable("relationships to enum fields are not supported yet");
  }
  return [
    ...mapping.map(([from]) => fieldNeed(from, start)),
    [{ kind: "table", source, table }, "other"],
    ...mapping.map(([, to]): Need => [columnOf(source, table, to), "other"]),
  ];
}

function fieldNeed(name: string, { source, table, fields }: Start): Need {
  const isColumn = fields.get(name)?.kind === "column";
  const on = isColumn ? columnOf(source, table, name) : partOf(source, table, { kind: "computed field", name });
  return [on, "other"];
}
