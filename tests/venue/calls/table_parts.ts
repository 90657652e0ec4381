/**
 * Adding what hangs on a table, and dropping it: relationships, permissions, computed fields.
 *
 * @module
 */

import { displayName } from "../consistency.ts";
import { permission } from "../document/permissions.ts";
import { arrayRelationship, objectRelationship } from "../document/relationships.ts";
import { bool, name } from "../document/scalars.ts";
import { byHand, object, required, type Shape, unless } from "../document/shape.ts";
import { computedField } from "../document/tables.ts";
import { keyOf } from "../introspection.ts";
import { listIn, type LooseObject, nameIn } from "../loose.ts";
import { partOf, PERMISSION_TYPES } from "../schema/schema_id.ts";
import { inSource, inTableOf, withList, withoutItem } from "../without.ts";
import type { CallDecoder, Work } from "../work.ts";
import { build, buildFor, changing, normal, usableSource } from "./building.ts";
import { dependentsOf, withoutDependents } from "./dependents.ts";
import { ABOUT_TABLE, decoded, refusal, type TableArguments } from "./tables.ts";

/** A kind of thing that hangs on a table. */
interface Part {
  /** As inconsistent objects name it. */
  type: string;
  /** As what depends on it knows it; nothing depends on a permission that could be dropped on its own. */
  kind?: "relationship" | "computed field";
  /** Key of the table's list. */
  list: string;
  by: "name" | "role";
  shape: Shape<LooseObject>;
  /** Names the part in an error. */
  show: (name: string, table: string) => string;
}

const relationship = (kind: "object" | "array"): Part => ({
  type: `${kind}_relation`,
  kind: "relationship",
  list: `${kind}_relationships`,
  by: "name",
  shape: kind === "object" ? objectRelationship : arrayRelationship,
  show: (name) => `relationship "${name}"`,
});

const computed: Part = {
  type: "computed_field",
  kind: "computed field",
  list: "computed_fields",
  by: "name",
  shape: computedField,
  show: (name) => `computed field "${name}"`,
};

const permissionOf = (kind: typeof PERMISSION_TYPES[number]): Part => ({
  type: `${kind}_permission`,
  list: `${kind}_permissions`,
  by: "role",
  shape: permission(kind),
  show: (role, table) => `${kind} permission on "${table}" for role "${role}"`,
});

const ABOUT = object(byHand("Object"), ABOUT_TABLE);

/** Calls for what hangs on tables. */
export const TABLE_PART_CALLS: Readonly<Record<string, CallDecoder>> = {
  create_object_relationship: adding(relationship("object")),
  create_array_relationship: adding(relationship("array")),
  drop_relationship: dropping([relationship("object"), relationship("array")], "relationship"),
  add_computed_field: adding(computed),
  drop_computed_field: dropping([computed], "name"),
  ...Object.fromEntries(PERMISSION_TYPES.flatMap((kind) => [
    [`create_${kind}_permission`, adding(permissionOf(kind))],
    [`drop_${kind}_permission`, dropping([permissionOf(kind)], "role")],
  ])),
};

function adding(part: Part): CallDecoder {
  return (args, path) => {
    const { source, table } = ABOUT(args, path) as TableArguments;
    const item = part.shape(args, path);
    const [given, shown] = [nameIn(item, part.by), displayName(table)];
    return changing(async (work) => {
      const entry = entryOf(work, { source, table });
      if (listIn(entry, part.list).some((one) => nameIn(one, part.by) === given)) {
        throw refusal(
          part.by === "name"
            ? `field with name "${given}" already exists in table "${shown}"`
            : `${part.type.replace("_", " ")} already defined on table "${shown}" with role "${given}"`,
          "already-exists",
        );
      }
      const changed = inSource(
        work.metadata,
        source,
        (found) => inTableOf(found, { table }, (one) => withList(one, part.list, [...listIn(one, part.list), item])),
      );
      await buildFor(work, `${part.type} ${given} in table ${shown} in source ${source}`, normal(changed));
    });
  };
}

function dropping(parts: readonly Part[], key: string): CallDecoder {
  const shape = object(byHand("Object"), { ...ABOUT_TABLE, [key]: required(name), cascade: unless(false, bool) });
  return decoded(shape, async (work, args) => {
    const { source, table } = args as TableArguments;
    const [entry, given] = [entryOf(work, { source, table }), nameIn(args, key)];
    const part = parts.find(({ list, by }) => listIn(entry, list).some((one) => nameIn(one, by) === given));
    if (part === undefined) {
      const what = parts[0]?.show(given, displayName(table));
      throw refusal(`${what} does not exist`, key === "role" ? "permission-denied" : "not-exists");
    }
    const { kind } = part;
    const dependents = kind === undefined ? [] : dependentsOf(work, partOf(source, table, { kind, name: given }));
    const left = withoutDependents(work, dependents, args["cascade"] === true);
    await build(
      work,
      inSource(left, source, (found) => inTableOf(found, { table }, (one) => withoutItem(one, part, given))),
    );
  });
}

function entryOf(work: Work, { source, table }: TableArguments): LooseObject {
  const found = usableSource(work, source).tables.find((entry) => keyOf(entry.table) === keyOf(table));
  if (found !== undefined) return found;
  throw refusal(`table "${displayName(table)}" does not exist in source: ${source}`, "not-exists");
}
