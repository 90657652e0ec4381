/**
 * Objects of the metadata that do not fit the database, and the tables of the database behind tracked ones.
 *
 * @module
 */

import type { Json } from "./bodies.ts";
import type { TableName } from "./catalog.ts";
import type { SessionPool } from "./pool.ts";
import { literal, type Session } from "./session.ts";
import { query, rowsOf } from "./transaction.ts";

/** An object of the metadata that does not fit the database. */
export type InconsistentObject = {
  type: string;
  name: string;
  definition: Json;
  reason: string;
  /** What somebody else said of it, as PostgreSQL of a connection. */
  message?: Json;
};

/** An inconsistent object; `name` is what comes after its type. */
export function inconsistent(
  type: string,
  name: string,
  { definition, reason }: { definition: Json; reason: string },
): InconsistentObject {
  return { type, name: `${type} ${name}`, definition, reason: `Inconsistent object: ${reason}` };
}

/** Object ids of those tables and views that exist, by display name. @throws {HasuraError} */
export async function tableOids(
  pool: SessionPool,
  session: Session,
  { tables }: { tables: TableName[] },
): Promise<Map<string, string>> {
  const wanted = tables.map(({ schema, name }) => `(${literal(schema)}, ${literal(name)})`).join(", ");
  return wanted === "" ? new Map() : await oids(pool, session, `(n.nspname, c.relname) IN (${wanted})`);
}

/** Present names of the tables with these object ids. @throws {HasuraError} */
export async function tableNames(
  pool: SessionPool,
  session: Session,
  { oids: wanted }: { oids: string[] },
): Promise<Map<string, TableName>> {
  const names = new Map<string, TableName>();
  if (wanted.length === 0) return names;
  for (const [schema, name, oid] of await lookUp(pool, session, `c.oid IN (${wanted.join(", ")})`)) {
    names.set(oid ?? "", { schema: schema ?? "", name: name ?? "" });
  }
  return names;
}

/** A table as Hasura's messages name it: without the schema where that is `public`. */
export function displayName({ schema, name }: TableName): string {
  return schema === "public" ? name : `${schema}.${name}`;
}

async function oids(pool: SessionPool, session: Session, condition: string): Promise<Map<string, string>> {
  const rows = await lookUp(pool, session, condition);
  return new Map(
    rows.map(([schema, name, oid]) => [displayName({ schema: schema ?? "", name: name ?? "" }), oid ?? ""]),
  );
}

async function lookUp(pool: SessionPool, session: Session, condition: string): Promise<(string | null)[][]> {
  const text = `SELECT n.nspname, c.relname, c.oid FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND ${condition}`;
  return rowsOf(await query(pool, session, { text }));
}
