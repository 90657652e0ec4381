/**
 * What inconsistent custom types show as their definition.
 *
 * @module
 */

import type { Json } from "../bodies.ts";
import { listIn, type LooseObject, nameIn, tableIn } from "../loose.ts";

/** Custom types with all that Hasura knows of them. */
export function customTypesDefinition(types: LooseObject): LooseObject {
  return {
    enums: listIn(types, "enums").map((type) => ({
      ...described(type),
      values: listIn(type, "values").map((value) => ({
        value: nameIn(value, "value"),
        description: value["description"] ?? null,
        is_deprecated: value["is_deprecated"] ?? null,
      })),
    })),
    input_objects: listIn(types, "input_objects").map((type) => ({
      ...described(type),
      fields: listIn(type, "fields").map(typed),
    })),
    objects: listIn(types, "objects").map((type) => ({
      ...described(type),
      fields: listIn(type, "fields").map((field) => ({ ...typed(field), arguments: field["arguments"] ?? null })),
      relationships: listIn(type, "relationships").map(relationship),
    })),
    scalars: listIn(types, "scalars").map(described),
  };
}

function described(item: LooseObject): { [key: string]: Json } {
  return { name: nameIn(item, "name"), description: item["description"] ?? null };
}

function typed(field: LooseObject): { [key: string]: Json } {
  return { ...described(field), type: nameIn(field, "type") };
}

function relationship(item: LooseObject): LooseObject {
  return {
    name: nameIn(item, "name"),
    type: nameIn(item, "type"),
    source: item["source"] ?? "default",
    remote_table: tableIn(item, "remote_table"),
    field_mapping: item["field_mapping"] ?? {},
  };
}
