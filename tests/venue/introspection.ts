/**
 * What a database has, as far as metadata can name it.
 *
 * @module
 */

import type { TableName } from "./catalog.ts";
import type { SessionPool } from "./pool.ts";
import { ownTransaction, query, rowsOf } from "./transaction.ts";

/** A foreign key; tables by {@linkcode keyOf}. */
export interface ForeignKey {
  from: string;
  columns: readonly string[];
  to: string;
}

/** What a database had when it was looked at. */
export interface DatabaseCatalog {
  /** Columns of tables and views, by {@linkcode keyOf}. */
  readonly tables: ReadonlyMap<string, ReadonlySet<string>>;
  /** How many functions have a name, by {@linkcode keyOf}. */
  readonly functions: ReadonlyMap<string, number>;
  readonly foreignKeys: readonly ForeignKey[];
  /** Names of the base types. */
  readonly scalars: ReadonlySet<string>;
}

// One statement, so that all is of one moment.
const LOOK = `
WITH spaces AS (
  SELECT oid, nspname AS name FROM pg_catalog.pg_namespace
   WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'hdb_catalog')
), relations AS (
  SELECT c.oid, s.name AS space, c.relname AS name FROM pg_catalog.pg_class c JOIN spaces s ON s.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
)
SELECT pg_catalog.json_build_object(
  'tables', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(space, name, (
      SELECT pg_catalog.json_agg(attname) FROM pg_catalog.pg_attribute
       WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped
    ))) FROM relations r),
  'functions', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(s.name, p.proname))
      FROM pg_catalog.pg_proc p JOIN spaces s ON s.oid = p.pronamespace WHERE p.prokind = 'f'),
  'foreign_keys', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(f.space, f.name, t.space, t.name, (
      SELECT pg_catalog.json_agg(attname) FROM pg_catalog.pg_attribute
       WHERE attrelid = k.conrelid AND attnum = ANY (k.conkey)
    ))) FROM pg_catalog.pg_constraint k
    JOIN relations f ON f.oid = k.conrelid JOIN relations t ON t.oid = k.confrelid WHERE k.contype = 'f'),
  'scalars', (SELECT pg_catalog.json_agg(typname) FROM pg_catalog.pg_type WHERE typtype = 'b')
)`;

interface Found {
  tables: [schema: string, name: string, columns: string[] | null][] | null;
  functions: [schema: string, name: string][] | null;
  foreign_keys: [schema: string, name: string, toSchema: string, toName: string, columns: string[]][] | null;
  scalars: string[];
}

/** Looks at the database. @throws {HasuraError} */
export async function introspect(pool: SessionPool): Promise<DatabaseCatalog> {
  const rows = await ownTransaction(pool, async (session) => rowsOf(await query(pool, session, { text: LOOK })));
  const found: Found = JSON.parse(rows[0]?.[0] ?? "");
  const functions = new Map<string, number>();
  for (const [schema, name] of found.functions ?? []) {
    const key = keyOf({ schema, name });
    functions.set(key, (functions.get(key) ?? 0) + 1);
  }
  return {
    tables: new Map((found.tables ?? []).map(([schema, name, columns]) => [keyOf({ schema, name }), new Set(columns)])),
    functions,
    foreignKeys: (found.foreign_keys ?? []).map(([schema, name, toSchema, toName, columns]) => ({
      from: keyOf({ schema, name }),
      columns,
      to: keyOf({ schema: toSchema, name: toName }),
    })),
    scalars: new Set(found.scalars),
  };
}

/** A name in a map. */
export function keyOf({ schema, name }: TableName): string {
  return JSON.stringify([schema, name]);
}
