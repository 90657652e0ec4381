/**
 * Tables whose rows are the values of an enum.
 *
 * @module
 */

import { displayName } from "../consistency.ts";
import type { Column, TableCatalog } from "../introspection.ts";
import { GRAPHQL_NAME, typeName } from "./built.ts";
import { because, Unusable } from "./metadata_object.ts";

const RESERVED = ["true", "false", "null"];

/** Reads a column of a table; it may not be readable. */
export type ReadColumn = (table: TableCatalog, column: string) => Promise<string[]>;

/** The values of a table that is marked as an enum. @throws {Unusable} */
export async function enumValues(table: TableCatalog, read: ReadColumn): Promise<string[]> {
  const [reasons, values]: [string[], string[]] = [[], []];
  const key = primaryKey(table, reasons);
  checkColumns(table, { key, reasons });
  if (key !== undefined) {
    values.push(...await read(table, key.name));
    if (values.length === 0) reasons.push("the table must have at least one row");
    const bad = values.filter((value) => !GRAPHQL_NAME.test(value) || RESERVED.includes(value));
    if (bad.length > 0) reasons.push(badValues(bad.toSorted()));
  }
  if (reasons.length === 0) return values;
  throw new Unusable(`the table "${displayName(table)}" cannot be used as an enum ${because(reasons)}`);
}

function primaryKey({ columns, primaryKey }: TableCatalog, reasons: string[]): Column | undefined {
  if (primaryKey === null) return void reasons.push("the table must have a primary key");
  if (primaryKey.length > 1) {
    const shown = primaryKey.toSorted().join(", ");
    return void reasons.push(`the table’s primary key must not span multiple columns (${shown})`);
  }
  const column = columns.find(({ name }) => name === primaryKey[0]);
  if (column?.type === "text") return column;
  return void reasons.push(mismatch("primary key", column));
}

function checkColumns(
  { columns }: TableCatalog,
  { key, reasons }: { key: Column | undefined; reasons: string[] },
): void {
  const others = columns.filter((column) => column !== key);
  if (others.length > 1) {
    const shown = others.map(({ name }) => name).toSorted().join(", ");
    reasons.push(
      "the table must have exactly one primary key and optionally one comment column, " +
        `not ${others.length} columns (${shown})`,
    );
  } else if (others[0] !== undefined && others[0].type !== "text") {
    reasons.push(mismatch("comment column", others[0]));
  }
}

function mismatch(what: string, column: Column | undefined): string {
  return `the table’s ${what} ("${column?.name}") must have type "text", not type "${typeName(column?.type ?? "")}"`;
}

function badValues(names: string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  if (quoted.length === 1) return `the value ${quoted[0]} is not a valid GraphQL enum value name`;
  const shown = quoted.length === 2 ? quoted.join(" and ") : `${names.slice(0, -1).join(", ")}, and ${quoted.at(-1)}`;
  return `the values ${shown} are not valid GraphQL enum value names`;
}
