/**
 * The fields of a table besides its columns, and where their names clash.
 *
 * @module
 */

import type { Json } from "../bodies.ts";
import { displayName } from "../consistency.ts";
import { listIn, type LooseObject, nameIn } from "../loose.ts";
import type { Field } from "./built.ts";
import { type Collector, within } from "./collector.ts";
import { buildComputedField } from "./computed_fields.ts";
import { computedFieldDefinition, relationshipDefinition } from "./definitions.ts";
import { conflicting, inconsistent, type MetadataObject, tableObject } from "./metadata_object.ts";
import type { Place } from "./place.ts";
import { buildRelationship } from "./relationships.ts";
import { remoteRelationshipDefinition, remoteRelationshipNeeds, type Remotes } from "./remote_relationships.ts";
import { partOf } from "./schema_id.ts";

/** A field and the object that defines it. */
type Defined = [field: Field, object: MetadataObject];

/** Adds relationships, computed fields and remote relationships to a table. */
export function addFields(place: Place, { collector, remotes }: { collector: Collector; remotes: Remotes }): void {
  const maker = new FieldMaker(place, collector);
  const relationships = new Map([...maker.relationships("array"), ...maker.relationships("object")]);
  const computed = maker.computedFields();
  const remote = maker.remoteRelationships(computed, remotes);
  const fields = merge(merge(relationships, computed, collector), remote, collector);
  for (const [name, [field, object]] of fields) {
    const reason = clashWithColumn(name, { field, place });
    if (reason === undefined) place.table.fields.set(name, field);
    else collector.problems.push(inconsistent(object, reason));
  }
}

class FieldMaker {
  readonly #place: Place;
  readonly #collector: Collector;

  constructor(place: Place, collector: Collector) {
    this.#place = place;
    this.#collector = collector;
  }

  relationships(type: "object" | "array"): Map<string, Defined> {
    return this.#all(`${type}_relationships`, `${type}_relation`, relationshipDefinition, (item, object) => {
      const name = nameIn(item, "name");
      const { to, needs } = within(`in relationship "${name}": `, () => buildRelationship(item, this.#place));
      this.#collector.depend(object, this.#id("relationship", name), needs);
      return { kind: "relationship", to, many: type === "array" };
    });
  }

  computedFields(): Map<string, Defined> {
    return this.#all("computed_fields", "computed_field", computedFieldDefinition, (item) => {
      return within(`in computed field "${nameIn(item, "name")}": `, () => buildComputedField(item, this.#place));
    });
  }

  remoteRelationships(computed: Map<string, Defined>, remotes: Remotes): Map<string, Defined> {
    const { source: { name: source }, table: { entry: { table }, fields } } = this.#place;
    const usable = [...computed].flatMap(([name, [field]]): [string, Field][] =>
      field.kind === "computed field" && field.scalar !== undefined && !field.hasArguments ? [[name, field]] : []
    );
    const start = { source, table, fields: new Map([...usable, ...fields]) };
    return this.#all("remote_relationships", "remote_relationship", remoteRelationshipDefinition, (item, object) => {
      const name = nameIn(item, "name");
      const context = `in remote relationship "${name}": `;
      const needs = within(context, () => remoteRelationshipNeeds(item, start, remotes));
      this.#collector.depend(object, this.#id("remote relationship", name), needs);
      return { kind: "remote relationship" };
    });
  }

  #id(kind: "relationship" | "remote relationship", name: string) {
    return partOf(this.#place.source.name, this.#place.table.entry.table, { kind, name });
  }

  #all(
    key: string,
    type: string,
    define: (item: LooseObject) => LooseObject,
    make: (item: LooseObject, object: MetadataObject) => Field,
  ): Map<string, Defined> {
    const { source: { name: source }, table: { entry } } = this.#place;
    const made = new Map<string, Defined>();
    for (const item of listIn(entry, key)) {
      const name = nameIn(item, "name");
      const definition: Json = { source, table: entry.table, ...define(item) };
      const object = tableObject(type, name, { source, table: entry.table, definition });
      const field = this.#collector.attempt(object, () => {
        return within(`in table "${displayName(entry.table)}": `, () => make(item, object));
      });
      if (field !== undefined) made.set(name, [field, object]);
    }
    return made;
  }
}

/** The fields of both; two of one name are both lost. */
function merge(one: Map<string, Defined>, other: Map<string, Defined>, collector: Collector): Map<string, Defined> {
  const merged = new Map([...one, ...other]);
  for (const [name, [, object]] of one) {
    const clashing = other.get(name);
    if (clashing === undefined) continue;
    collector.problems.push(conflicting([object, clashing[1]], `conflicting definitions for field "${name}"`));
    merged.delete(name);
  }
  return merged;
}

function clashWithColumn(name: string, { field, place }: { field: Field; place: Place }): string | undefined {
  const columns = [...place.table.fields.values()].flatMap((column) => column.kind === "column" ? [column] : []);
  const names = field.kind === "relationship" && field.many ? [name, `${name}_aggregate`] : [name];
  const renamed = columns.find(({ column, graphqlName }) => names.includes(graphqlName) && column.name !== graphqlName);
  if (renamed !== undefined) {
    return `field definition conflicts with custom field name for postgres column "${renamed.column.name}"`;
  }
  return columns.some(({ column }) => column.name === name)
    ? "field definition conflicts with postgres column"
    : undefined;
}
