/**
 * What a database has, as far as metadata can name it.
 *
 * @module
 */

import type { TableName } from "./catalog.ts";
import { LOOK } from "./introspection_sql.ts";
import type { SessionPool } from "./pool.ts";
import type { Session } from "./session.ts";
import { ownTransaction, query, rowsOf } from "./transaction.ts";

/** A type with its schema; `kind` as in `pg_type.typtype`. */
export interface QualifiedType {
  schema: string;
  name: string;
  kind: string;
}

/** A column of a table or view. */
export interface Column {
  name: string;
  /** `pg_attribute.attnum`: stays when the column is renamed. */
  position: number;
  /** As `pg_type.typname` has it. */
  type: string;
  nullable: boolean;
}

/** A table or view. */
export interface TableCatalog extends TableName {
  oid: number;
  columns: Column[];
  primaryKey: string[] | null;
  /** What can be done to its rows. */
  can: { insert: boolean; update: boolean; delete: boolean };
}

/** A function or procedure. */
export interface FunctionCatalog extends TableName {
  oid: number;
  volatility: "VOLATILE" | "STABLE" | "IMMUTABLE";
  variadic: boolean;
  returns: QualifiedType;
  returnsSet: boolean;
  returnsTable: boolean;
  /** Of the arguments that go in. */
  argumentTypes: QualifiedType[];
  argumentNames: string[];
}

/** A foreign key; tables by {@linkcode keyOf}. */
export interface ForeignKey {
  oid: number;
  name: string;
  from: string;
  to: string;
  /** Columns here and the ones there that they lead to. */
  mapping: Record<string, string>;
}

/** What a database had when it was looked at. */
export interface DatabaseCatalog {
  /** By {@linkcode keyOf}. */
  readonly tables: ReadonlyMap<string, TableCatalog>;
  /** All that have one name, by {@linkcode keyOf}. */
  readonly functions: ReadonlyMap<string, FunctionCatalog[]>;
  readonly foreignKeys: readonly ForeignKey[];
  /** Names of the base types. */
  readonly scalars: ReadonlySet<string>;
}

interface Found {
  tables: TableCatalog[] | null;
  functions: FunctionCatalog[] | null;
  foreignKeys: (Omit<ForeignKey, "from" | "to"> & { from: TableName; to: TableName })[] | null;
  scalars: string[];
}

/** Looks at the database in a transaction of its own. @throws {HasuraError} */
export function introspect(pool: SessionPool): Promise<DatabaseCatalog> {
  return ownTransaction(pool, (session) => introspectIn(pool, session));
}

/** Looks at the database as it is inside of a transaction. @throws {HasuraError} */
export async function introspectIn(pool: SessionPool, session: Session): Promise<DatabaseCatalog> {
  const rows = rowsOf(await query(pool, session, { text: LOOK }));
  const found: Found = JSON.parse(rows[0]?.[0] ?? "");
  return {
    tables: new Map((found.tables ?? []).map((table) => [keyOf(table), table])),
    functions: Map.groupBy(found.functions ?? [], keyOf),
    foreignKeys: (found.foreignKeys ?? []).map((key) => ({ ...key, from: keyOf(key.from), to: keyOf(key.to) })),
    scalars: new Set(found.scalars),
  };
}

/** A name in a map. */
export function keyOf({ schema, name }: TableName): string {
  return JSON.stringify([schema, name]);
}
