/**
 * Relationships of tables: to tables of the same source, and to what is elsewhere.
 *
 * @module
 */

import { type Json, parseFailed } from "../bodies.ts";
import { choice, name, qualified, text } from "./scalars.ts";
import {
  anything,
  asObject,
  byHand,
  derived,
  dictionary,
  filledIn,
  list,
  nonEmpty,
  object,
  optional,
  required,
  type Shape,
} from "./shape.ts";

const LOCAL = "Hasura.RQL.Types.Relationships.Local";

const manual = object({ ...byHand("Object"), mismatch: () => "manual_configuration should be an object" }, {
  remote_table: required(qualified),
  column_mapping: required(dictionary(text)),
  insertion_order: filledIn(
    choice(["before_parent", "after_parent"], "insertion_order should be 'before_parent' or 'after_parent'"),
    null,
  ),
});

/** One column or several. */
function columns(value: unknown, path: string): Json[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return nonEmpty(text)(value, path);
  throw parseFailed("Expected string or array", path);
}

/** A foreign key of another table. */
const keyThere: Shape = (value, path) => {
  const wording = { ...byHand("Object"), mismatch: () => "Expecting object { table, columns }." };
  const given = asObject(wording, value, path);
  if (!Object.hasOwn(given, "table")) throw parseFailed(wording.missing("table"), path);
  const table = qualified(given["table"], `${path}.table`);
  const [one = null, several = null] = [given["column"], given["columns"]];
  if ((one === null) === (several === null)) {
    throw parseFailed("expected exactly one of 'column' or 'columns'", path);
  }
  const [first = null, ...rest] = columns(one ?? several, path);
  return { table, ...rest.length === 0 ? { column: first } : { columns: [first, ...rest] } };
};

/** A foreign key of the table itself. */
const keyHere: Shape = (value, path) => {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return keyThere(value, path);
  const [first = null, ...rest] = columns(value, path);
  return rest.length === 0 ? first : [first, ...rest];
};

function using(key: Shape): Shape {
  const wording = { ...byHand("Object"), mismatch: () => "using should be an object" };
  return (value, path) => {
    const given = asObject(wording, value, path);
    const ways = ["foreign_key_constraint_on", "manual_configuration"].filter((way) => Object.hasOwn(given, way));
    if (ways.length !== 1) {
      const how = ways.length === 0 ? "atleast" : "only";
      throw parseFailed(`${how} one of foreign_key_constraint_on/manual_configuration should be present`, path);
    }
    // Hasura names the place of `using` for all that is wrong in it.
    if (ways[0] === "manual_configuration") {
      return { manual_configuration: manual(given["manual_configuration"], path) };
    }
    return { foreign_key_constraint_on: key(given["foreign_key_constraint_on"], path) };
  };
}

const relationship = (key: Shape) =>
  object(derived(`${LOCAL}.RelDef`), {
    name: required(name),
    using: required(using(key)),
    comment: optional(text),
  });

/** Leads to one row. */
export const objectRelationship = relationship(keyHere);

/** Leads to several rows. */
export const arrayRelationship = relationship(keyThere);

const toSource = object(derived("Hasura.RQL.Types.Relationships.ToSource.ToSourceRelationshipDef"), {
  relationship_type: required(
    choice(["object", "array"], "expecting either 'object' or 'array' for rel_type"),
  ),
  field_mapping: required(dictionary(text)),
  source: required(name),
  table: required(anything),
});

const toSchema = object(derived("Hasura.RQL.Types.Relationships.ToSchema.ToSchemaRelationshipDef"), {
  remote_schema: required(name),
  lhs_fields: required(list(text)),
  remote_field: required(anything),
});

const elsewhere: Shape = (value, path) => {
  const given = asObject(byHand("RemoteRelationshipDefinition (lenient format)"), value, path);
  if ((given["remote_schema"] ?? null) !== null) {
    return object(byHand("Object"), {
      remote_schema: required(name),
      hasura_fields: required(list(text)),
      remote_field: required(anything),
    })(value, path);
  }
  const [source = null, schema = null] = [given["to_source"], given["to_remote_schema"]];
  if ((source === null) === (schema === null)) {
    throw parseFailed(
      "remote relationship definition (lenient format) expects exactly one of: remote_schema, to_source, " +
        "to_remote_schema",
      path,
    );
  }
  return source === null ? { to_remote_schema: toSchema(schema, path) } : { to_source: toSource(source, path) };
};

/** Leads to another source or to a remote schema. */
export const remoteRelationship = object(byHand("RemoteRelationship"), {
  name: required(name),
  definition: required(elsewhere),
});
