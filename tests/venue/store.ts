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
import { Slots } from "./slots.ts";
import { endLeftover, rowsOf } from "./transaction.ts";

const DROP_ALL = `
select pg_catalog.pg_terminate_backend(pid, 10000) from pg_catalog.pg_stat_activity
 where datname = current_database() and usename = current_user and backend_type = 'client backend' and pid <> pg_backend_pid();
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

/** The pools of one process of Hasura. */
interface Pools {
  /** For `run_sql`. */
  source: SessionPool;
  /** For Hasura's own tables. */
  metadata: SessionPool;
}

/** The database, Hasura's pools, and the way past Hasura. */
export class Store {
  readonly #database: Database;
  readonly #options: StoreOptions;
  /** Where there is only one session, all take turns on it. */
  readonly #one: Slots | undefined;
  readonly #direct: SessionPool;
  #pools: Pools;
  /** Those of a second process of Hasura, where there is one. */
  #secondPools: Pools | undefined;

  private constructor(database: Database, options: StoreOptions) {
    this.#database = database;
    this.#options = options;
    this.#one = database.sessions === 1 ? new Slots(1) : undefined;
    this.#direct = new SessionPool(database, { slots: this.#one ?? new Slots(1), retries: 0 });
    this.#pools = this.#makePools();
  }

  /** Hasura's pools. */
  get pools(): Pools {
    return this.#pools;
  }

  /** The pools of a second process of Hasura, from now on. */
  get secondPools(): Pools {
    return this.#secondPools ??= this.#makePools();
  }

  /** Whether Hasura can connect to the database. */
  get reachable(): boolean {
    return this.#pools.source.reachable;
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

  /** Loses all of Hasura's connections, and gives it fresh pools. */
  async renew(): Promise<void> {
    const { reachable } = this;
    const old = [...this.#each()];
    this.#pools = this.#makePools();
    this.#secondPools = undefined;
    if (!reachable) { for (const pool of this.#each()) await pool.lose(); }
    await Promise.all(old.map((pool) => pool.abandon()));
  }

  /** Ends the backends of Hasura's sessions and refuses new ones, until {@linkcode restore}. */
  async lose(): Promise<void> {
    await Promise.all([...this.#each()].map((pool) => pool.lose()));
  }

  /** Lets Hasura connect again. */
  restore(): void {
    for (const pool of this.#each()) pool.restore();
  }

  /** Resolves when the backends of all lost connections have ended. */
  settled(): Promise<void> {
    return this.#database.settled();
  }

  /** Drops all schemas and forgets all session state. Backends that are still at work are ended. */
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
    for (const pool of [...this.#each(), this.#direct]) await pool.close();
  }

  #each(): Set<SessionPool> {
    const all = [this.#pools, ...(this.#secondPools === undefined ? [] : [this.#secondPools])];
    return new Set(all.flatMap(({ source, metadata }) => [source, metadata]));
  }

  #makePools(): Pools {
    const { poolSize, retries } = this.#options;
    const make = (size: number) => new SessionPool(this.#database, { slots: this.#one ?? new Slots(size), retries });
    const source = make(poolSize);
    return { source, metadata: this.#one === undefined ? make(3) : source };
  }
}
