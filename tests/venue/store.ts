/**
 * The database behind a venue and the sessions on it.
 *
 * @module
 */

import { catalogSql, type Metadata } from "./catalog.ts";
import { openPostgres } from "./node_postgres.ts";
import { openPglite } from "./pglite.ts";
import { SessionPool } from "./pool.ts";
import type { Database } from "./session.ts";
import { endLeftover, rowsOf } from "./transaction.ts";

const DROP_ALL = `
do $$
declare
  schema_name text;
begin
  for schema_name in
    select nspname from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
  loop
    execute format('drop schema %I cascade', schema_name);
  end loop;
  create schema public;
  grant usage on schema public to public;
end
$$`;

/** Sizes of the pools. */
export interface StoreOptions {
  /** `pglite` or a connection URL. */
  database: string;
  poolSize: number;
  retries: number;
}

/** The database and its pools. */
export class Store {
  readonly #database: Database;
  readonly #direct: SessionPool;
  /** For `run_sql`. */
  readonly source: SessionPool;
  /** For Hasura's own tables. */
  readonly metadata: SessionPool;

  private constructor(database: Database, { poolSize, retries }: StoreOptions) {
    this.#database = database;
    this.source = new SessionPool(database, { size: Math.min(poolSize, database.sessions), retries });
    const alone = database.sessions === 1;
    this.metadata = alone ? this.source : new SessionPool(database, { size: 3, retries });
    this.#direct = alone ? this.source : new SessionPool(database, { size: 1, retries: 0 });
  }

  /** Opens an empty database. */
  static async open(options: StoreOptions): Promise<Store> {
    const database = options.database === "pglite" ? await openPglite() : await openPostgres(options.database);
    return new Store(database, options);
  }

  /** Makes the database what a new venue has: `baseSql`, then Hasura's tables. */
  async fill(baseSql: string, metadata: Metadata): Promise<void> {
    await this.run(baseSql);
    await this.run(catalogSql(metadata));
  }

  /** Drops all schemas and forgets all session state. Nothing may be running. */
  async empty(): Promise<void> {
    await this.#closeSessions();
    await this.run(DROP_ALL);
  }

  /** Runs a text past Hasura; rows of its last result. @throws {Error} with PostgreSQL's message */
  async run(text: string): Promise<(string | null)[][]> {
    const outcome = await this.#direct.use(async (session) => {
      await endLeftover(session);
      return await session.run(text);
    });
    if (outcome.status === "EmptyQuery" || outcome.status === "CommandOk") return [];
    if (outcome.status === "TuplesOk") return rowsOf(outcome);
    const reason = outcome.status === "FatalError" ? `${outcome.error.code} ${outcome.error.message}` : outcome.status;
    throw new Error(`Cannot run ${JSON.stringify(text.slice(0, 200))} on the venue's database: ${reason}`);
  }

  /** Ends all sessions and the database. */
  async close(): Promise<void> {
    await this.#closeSessions();
    await this.#database.close();
  }

  async #closeSessions(): Promise<void> {
    for (const pool of new Set([this.source, this.metadata, this.#direct])) await pool.close();
  }
}
