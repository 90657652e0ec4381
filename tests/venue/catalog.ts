/**
 * Hasura's own tables, as far as the venue needs them: catalog state and metadata, in schema `hdb_catalog`.
 *
 * @module
 */

import { HasuraError, type Json } from "./bodies.ts";
import { isObject } from "./loose.ts";
import type { SessionPool } from "./pool.ts";
import { literal } from "./session.ts";
import { ownTransaction, query, rowsOf } from "./transaction.ts";

/** A table or view of a source. */
export type TableName = {
  schema: string;
  name: string;
};

/** A tracked table with all that hangs on it. */
export type TableEntry = {
  [key: string]: Json;
  table: TableName;
};

/** A database that Hasura serves. */
export type Source = {
  [key: string]: Json;
  name: string;
  kind: string;
  tables: TableEntry[];
  configuration: Json;
};

/** The metadata document, format 3. */
export type Metadata = {
  [key: string]: Json;
  version: 3;
  sources: Source[];
};

/** The metadata with the number that every change of it raises by one. */
export type StoredMetadata = {
  resourceVersion: number;
  metadata: Metadata;
};

const TABLES = `
create schema hdb_catalog;
create table hdb_catalog.hdb_version (
  hasura_uuid uuid primary key default gen_random_uuid(),
  version text not null,
  upgraded_on timestamptz not null,
  cli_state jsonb not null default '{}',
  console_state jsonb not null default '{}'
);
create unique index hdb_version_one_row on hdb_catalog.hdb_version ((version is not null));
create table hdb_catalog.hdb_metadata (
  id integer primary key,
  metadata json not null,
  resource_version integer not null default 1 unique
);
`;

/** Makes the tables, with `metadata` as the first version. */
export function catalogSql(metadata: Metadata): string {
  return `${TABLES}
insert into hdb_catalog.hdb_version (version, upgraded_on) values ('48', now());
insert into hdb_catalog.hdb_metadata (id, metadata) values (1, ${literal(JSON.stringify(metadata))});`;
}

/** Answer to `get_catalog_state`. @throws {HasuraError} */
export async function readCatalogState(pool: SessionPool): Promise<Json> {
  const [row] = await inCatalog(
    pool,
    "SELECT hasura_uuid::text, cli_state::json, console_state::json FROM hdb_catalog.hdb_version",
  );
  const [id = null, cli = null, console = null] = row ?? [];
  return { id, cli_state: JSON.parse(cli ?? "null"), console_state: JSON.parse(console ?? "null") };
}

/** Replaces the whole state of the CLI or of the console. @throws {HasuraError} */
export async function writeCatalogState(pool: SessionPool, type: "cli" | "console", state: unknown): Promise<void> {
  const document = JSON.stringify(state);
  try {
    await inCatalog(pool, `UPDATE hdb_catalog.hdb_version SET ${type}_state = ${literal(document)}`);
  } catch (error) {
    throw error instanceof HasuraError ? asSent(error, { type, document }) : error;
  }
}

/** The error as Hasura shows it, which sends the state as an argument. */
function asSent(error: HasuraError, { type, document }: { type: string; document: string }): HasuraError {
  const { internal } = error.details;
  if (!isObject(internal) || !("statement" in internal)) return error;
  const statement = `\n        UPDATE hdb_catalog.hdb_version\n           SET ${type}_state = $1\n      `;
  const argument = `(Oid 114,Just (${JSON.stringify(document)},Binary))`;
  return new HasuraError(error.message, {
    ...error.details,
    internal: { ...internal, statement, arguments: [argument] },
  });
}

/** The stored metadata. @throws {HasuraError} */
export async function readMetadata(pool: SessionPool): Promise<StoredMetadata> {
  const [row] = await inCatalog(pool, "SELECT resource_version, metadata FROM hdb_catalog.hdb_metadata WHERE id = 1");
  const [resourceVersion, metadata] = row ?? [];
  if (!resourceVersion || !metadata) return { resourceVersion: 0, metadata: { version: 3, sources: [] } };
  return { resourceVersion: Number(resourceVersion), metadata: JSON.parse(metadata) };
}

/** The number of the stored metadata. @throws {HasuraError} */
export async function readResourceVersion(pool: SessionPool): Promise<number> {
  const [row] = await inCatalog(pool, "SELECT resource_version FROM hdb_catalog.hdb_metadata WHERE id = 1");
  return Number(row?.[0] ?? 0);
}

/** Stores metadata as the successor of `resourceVersion`; `false` when that is no longer the newest. @throws {HasuraError} */
export async function writeMetadata(pool: SessionPool, stored: StoredMetadata): Promise<boolean> {
  const rows = await inCatalog(
    pool,
    `INSERT INTO hdb_catalog.hdb_metadata(id, metadata) VALUES (1, ${literal(JSON.stringify(stored.metadata))}::json)
  ON CONFLICT (id) DO UPDATE SET metadata = excluded.metadata, resource_version = hdb_catalog.hdb_metadata.resource_version + 1
  WHERE hdb_catalog.hdb_metadata.resource_version = ${stored.resourceVersion} RETURNING resource_version`,
  );
  return rows.length > 0;
}

function inCatalog(pool: SessionPool, text: string): Promise<(string | null)[][]> {
  return ownTransaction(pool, async (session) => rowsOf(await query(pool, session, { text })));
}
