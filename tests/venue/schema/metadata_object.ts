/**
 * Objects of the metadata, and those of them that cannot be used.
 *
 * @module
 */

import type { Json } from "../bodies.ts";
import type { TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { isObject, nameIn } from "../loose.ts";

/** A part of the metadata that can be used or not on its own. */
export type MetadataObject = {
  type: string;
  name: string;
  definition: Json;
};

/** What `get_inconsistent_metadata` says of one problem. */
export type InconsistentObject = {
  reason: string;
  type?: string;
  name?: string;
  definition?: Json;
  /** What a database or another server said. */
  message?: Json;
  /** Those that get in each other's way. */
  objects?: MetadataObject[];
  /** Definitions of endpoints with one address. */
  conflicts?: Json[];
  /** The permission that a role could not inherit. */
  entity?: Json;
};

/** Makes an object; `name` is what comes after its type. */
export function metadataObject(type: string, name: string, definition: Json): MetadataObject {
  return { type, name: `${type} ${name}`, definition };
}

/** Makes an object that hangs on a table. */
export function tableObject(
  type: string,
  name: string,
  { source, table, definition }: { source: string; table: TableName; definition: Json },
): MetadataObject {
  return metadataObject(type, `${name} in table ${displayName(table)} in source ${source}`, definition);
}

/** An object that cannot be used. */
export function inconsistent(object: MetadataObject, reason: string, message?: Json): InconsistentObject {
  return { ...object, reason: `Inconsistent object: ${reason}`, ...(message === undefined ? {} : { message }) };
}

/** Objects of which none can be used because of the others. */
export function conflicting(objects: MetadataObject[], reason: string): InconsistentObject {
  return { objects, reason: `Conflicting objects: ${reason}` };
}

/** The names of all objects that a problem is about: by them Hasura tells new problems from old ones. */
export function namesOf({ name, objects = [], conflicts, entity }: InconsistentObject): string[] {
  // What a role cannot inherit is told and nothing more.
  if (entity !== undefined) return [];
  if (conflicts !== undefined) return conflicts.slice(0, 1).map((endpoint) => `rest_endpoint ${nameOf(endpoint)}`);
  return name === undefined ? objects.map((object) => object.name) : [name];
}

function nameOf(definition: Json): string {
  return isObject(definition) ? nameIn(definition, "name") : "";
}

/** Why an object cannot be used. */
export class Unusable extends Error {
  override readonly name = "Unusable";
  /** What a database or another server said. */
  readonly said: Json | undefined;

  /** Creates the error with the reason. */
  constructor(reason: string, said?: Json) {
    super(reason);
    this.said = said;
  }
}

/** A list of reasons as Hasura writes it. */
export function because(reasons: readonly string[]): string {
  if (reasons.length === 1) return `because ${reasons[0]}`;
  return `for the following reasons:\n${reasons.map((reason) => `  • ${reason}\n`).join("")}`;
}

/** Names as Hasura lists them. */
export function quotedList(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
