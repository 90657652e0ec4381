/**
 * Custom types: what actions take and give back.
 *
 * @module
 */

import type { TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { keyOf } from "../introspection.ts";
import { listIn, type LooseObject, nameIn, objectIn, tableIn } from "../loose.ts";
import type { BuiltSource } from "./built.ts";
import { because, quotedList, Unusable } from "./metadata_object.ts";

/** What custom types may name. */
export interface TypeSurroundings {
  sources: ReadonlyMap<string, BuiltSource>;
  /** Names of PostgreSQL's base types. */
  scalars: ReadonlySet<string>;
}

const BUILT_IN = ["Int", "Float", "String", "Boolean", "ID"];
// How Hasura calls types that PostgreSQL keeps under another name.
const ALIASES = ["bigint", "integer", "smallint", "boolean", "real", "decimal", "character"];

/** The names of types, by what they may be used for. */
export class TypeNames {
  readonly scalars: ReadonlySet<string>;
  readonly enums: ReadonlySet<string>;
  readonly inputs: ReadonlySet<string>;
  readonly objects: ReadonlySet<string>;

  /** Reads the names of custom types. */
  constructor(types: LooseObject, scalars: ReadonlySet<string>) {
    const names = (key: string) => listIn(types, key).map((type) => nameIn(type, "name"));
    this.scalars = new Set([...BUILT_IN, ...ALIASES, ...scalars, ...names("scalars")]);
    this.enums = new Set(names("enums"));
    this.inputs = new Set(names("input_objects"));
    this.objects = new Set(names("objects"));
  }

  /** Whether arguments and fields of input objects may have a type. */
  isInput(name: string): boolean {
    return this.scalars.has(name) || this.enums.has(name) || this.inputs.has(name);
  }
}

/** Holds the custom types against what they name. @throws {Unusable} */
export function checkCustomTypes(types: LooseObject, surroundings: TypeSurroundings): void {
  const names = new TypeNames(types, surroundings.scalars);
  const reasons: string[] = [];
  try {
    for (const reason of problems(types, { names, ...surroundings })) reasons.push(reason);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    // Hasura looks no further either.
    reasons.push(error.message);
  }
  if (reasons.length > 0) throw new Unusable(`validation for the given custom types failed ${because(reasons)}`);
}

type Surroundings = TypeSurroundings & { names: TypeNames };

function* problems(types: LooseObject, surroundings: Surroundings): Iterable<string> {
  const keys = ["scalars", "enums", "input_objects", "objects"];
  const twice = duplicates(keys.flatMap((key) => listIn(types, key).map((type) => nameIn(type, "name"))));
  if (twice.length > 0) yield `duplicate type names: ${quotedList(twice)}`;
  for (const type of listIn(types, "enums")) {
    const values = duplicates(listIn(type, "values").map((value) => nameIn(value, "value")));
    if (values.length > 0) yield `the enum type "${nameIn(type, "name")}" has duplicate values: ${quotedList(values)}`;
  }
  for (const type of listIn(types, "input_objects")) yield* inputProblems(type, surroundings);
  for (const type of listIn(types, "objects")) yield* objectProblems(type, surroundings);
}

function* inputProblems(type: LooseObject, { names }: Surroundings): Iterable<string> {
  const fields = listIn(type, "fields");
  const twice = duplicates(fields.map((field) => nameIn(field, "name")));
  if (twice.length > 0) yield `the input object "${nameIn(type, "name")}" has duplicate fields: ${quotedList(twice)}`;
  for (const field of fields) {
    const base = baseType(nameIn(field, "type"));
    if (!names.isInput(base)) throw unknownType(base, field, ` input object type "${nameIn(type, "name")}"`);
  }
}

function* objectProblems(type: LooseObject, surroundings: Surroundings): Iterable<string> {
  const { names } = surroundings;
  const [name, fields, relationships] = [nameIn(type, "name"), listIn(type, "fields"), listIn(type, "relationships")];
  const twice = duplicates([...fields, ...relationships].map((field) => nameIn(field, "name")));
  if (twice.length > 0) yield `the object "${name}" has duplicate fields: ${quotedList(twice)}`;
  for (const field of fields) {
    if ((field["arguments"] ?? null) !== null) yield `the object "${name}" can't have arguments`;
    const base = baseType(nameIn(field, "type"));
    if (!names.scalars.has(base) && !names.enums.has(base) && !names.objects.has(base)) {
      throw unknownType(base, field, ` object type "${name}"`);
    }
  }
  if (new Set(relationships.map(sourceOf)).size > 1) {
    throw new Unusable(`the object "${name}" has relationships refers to tables in multiple sources`);
  }
  for (const relationship of relationships) yield* relationshipProblems(relationship, { type, surroundings });
}

function* relationshipProblems(
  relationship: LooseObject,
  { type, surroundings }: { type: LooseObject; surroundings: Surroundings },
): Iterable<string> {
  const table: TableName = tableIn(relationship, "remote_table");
  const shown = `for relationship "${nameIn(relationship, "name")}"`;
  const [ofType, inType] = [`of object type "${nameIn(type, "name")}"`, `in object type "${nameIn(type, "name")}"`];
  const built = surroundings.sources.get(sourceOf(relationship))?.tables.get(keyOf(table));
  if (built === undefined) {
    throw new Unusable(`the remote table "${displayName(table)}" ${shown} ${ofType} does not exist`);
  }
  const fields = new Map(listIn(type, "fields").map((field) => [nameIn(field, "name"), nameIn(field, "type")]));
  for (const [name, column] of Object.entries(objectIn(relationship, "field_mapping"))) {
    const fieldType = fields.get(name);
    if (fieldType === undefined) yield `the field "${name}" ${shown} ${inType} does not exist`;
    else if (fieldType.trim().startsWith("[")) {
      yield `the type of the field "${name}" ${shown} ${inType} is a list type`;
    }
    if (built.fields.get(String(column))?.kind !== "column") {
      throw new Unusable(
        `the column "${column}" of remote table "${displayName(table)}" ${shown} ${ofType} does not exist`,
      );
    }
  }
}

function unknownType(type: string, field: LooseObject, where: string): Unusable {
  return new Unusable(`the type "${type}" for field "${nameIn(field, "name")}" in ${where} does not exist`);
}

function sourceOf(relationship: LooseObject): string {
  return nameIn(relationship, "source") || "default";
}

function duplicates(names: string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** The type inside lists and marks for what must not be null. */
export function baseType(type: string): string {
  return type.replaceAll(/[[\]!\s]/g, "");
}
