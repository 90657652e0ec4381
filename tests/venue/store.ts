/**
 * The database behind a venue and the sessions on it.
 *
 * @module
 */

import { catalogSql, type Metadata } from "./catalog.ts";
import { Connections } from "./connections.ts";
import { openPostgres } from "./node_postgres.ts";
import { openPglite } from "./pglite.ts";
import { SessionPool } from "./pool.ts";
import { Road, type RoadName, type RoadState } from "./roads.ts";
import { type Database, literal } from "./session.ts";
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

/** The database, Hasura's pools, and the way past Hasura. */
export class Store {
  readonly #database: Database;
  readonly #options: StoreOptions;
  /** Where there is only one session, all take turns on it. */
  readonly #one: Slots | undefined;
  readonly #direct: SessionPool;
  readonly #roads = { source: new Road(), metadata: new Road() };
  #connections: Connections;

  private constructor(database: Database, options: StoreOptions) {
    this.#database = database;
    this.#options = options;
    this.#one = database.sessions === 1 ? new Slots(1) : undefined;
    this.#direct = new SessionPool(database, { slots: this.#one ?? new Slots(1), retries: 0, road: new Road() });
    this.#connections = this.#connect();
  }

  /** The sessions of the present process of Hasura. */
  get connections(): Connections {
    return this.#connections;
  }

  /** Opens an empty database. */
  static async make(options: StoreOptions): Promise<Store> {
    const database = options.database === "pglite" ? await openPglite() : await openPostgres(options.database);
    return new Store(database, options);
  }

  /** Makes the database what a new venue has: `baseSql`, then Hasura's tables. */
  async fill(baseSql: string, metadata: Metadata): Promise<void> {
    await this.run(baseSql);
    await this.run(catalogSql(metadata));
  }

  /** Loses all of Hasura's connections, and gives its next process fresh ones. */
  async renew(): Promise<void> {
    const old = this.#connections;
    this.#connections = this.#connect();
    await old.abandon();
  }

  /** Opens or closes a way; where nobody listens any more, the backends of its sessions end. */
  async set(road: RoadName, state: RoadState): Promise<void> {
    this.#roads[road].state = state;
    if (state === "down") await this.#connections.lose(road);
  }

  /** Opens both ways. */
  open(): void {
    for (const road of Object.values(this.#roads)) road.state = "open";
  }

  /** Resolves when the backends of all lost connections have ended. */
  settled(): Promise<void> {
    return this.#database.settled();
  }

  /** Drops all schemas and forgets all session state. Backends that are still at work are ended. */
  async empty(): Promise<void> {
    await this.#closeSessions();
    await this.#endPrepared();
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
    await this.#endPrepared();
    await this.#closeSessions();
    await this.#database.close();
  }

  /** Ends the transactions that a text has prepared and nobody has ended. */
  async #endPrepared(): Promise<void> {
    const left = await this.run("select gid from pg_catalog.pg_prepared_xacts where database = current_database()");
    for (const [gid] of left) await this.run(`rollback prepared ${literal(gid ?? "")}`);
  }

  async #closeSessions(): Promise<void> {
    await this.#connections.close();
    await this.#direct.close();
  }

  #connect(): Connections {
    const { poolSize, retries } = this.#options;
    return new Connections({ database: this.#database, roads: this.#roads, one: this.#one, poolSize, retries });
  }
}
