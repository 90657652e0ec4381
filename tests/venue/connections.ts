/**
 * All sessions of one process of Hasura: those on its own tables and those of each source.
 *
 * @module
 */

import { type PoolOptions, SessionPool } from "./pool.ts";
import type { RoadName, Roads } from "./roads.ts";
import type { Database, Session } from "./session.ts";
import { Slots } from "./slots.ts";
import type { SourceSettings } from "./source_settings.ts";

/** What sessions are made of. */
export interface ConnectionParts {
  database: Database;
  roads: Roads;
  /** Where there is only one session, all take turns on it. */
  one: Slots | undefined;
  /** Of a source that does not say how many sessions it has. */
  poolSize: number;
  /** Of a source that does not say how often a statement is sent again. */
  retries: number;
}

/** The sessions of a process. */
export class Connections {
  readonly #parts: ConnectionParts;
  readonly #sources = new Set<SessionPool>();
  #retiring: Promise<void> = Promise.resolve();
  #abandoned = false;
  /** For Hasura's own tables. */
  readonly metadata: SessionPool;

  /** Makes the pools; sessions open when they are needed. */
  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    const { database, roads, one, retries } = parts;
    this.metadata = new SessionPool(database, { slots: one ?? new Slots(3), retries, road: roads.metadata });
  }

  /** Whether the process has ended. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Where other programs reach the database; `undefined` where they cannot. */
  get url(): string | undefined {
    return this.#parts.database.url;
  }

  /** Whether a request can only be worked on when no other is. */
  get takesTurns(): boolean {
    return this.#parts.one !== undefined;
  }

  /** Whether somebody listens where Hasura's own tables are. */
  get metadataReachable(): boolean {
    return this.#parts.roads.metadata.reachable;
  }

  /** Opens the two sessions that a server has on its own tables as soon as it runs. @throws {ConnectionLostError} */
  async open(): Promise<void> {
    await this.metadata.open(2);
  }

  /** Makes the pool of a source; `passable` throws where its address leads nowhere. */
  async source(settings: SourceSettings, passable: () => Promise<void>): Promise<SessionPool> {
    const { database, roads, one, poolSize, retries } = this.#parts;
    // With one session, what the last user has left behind must be gone before the next one comes.
    if (one !== undefined) { for (const pool of this.#sources) await pool.close(); }
    const options: PoolOptions = {
      slots: one ?? new Slots(settings.maxConnections ?? poolSize),
      retries: settings.retries ?? retries,
      road: roads.source,
      passable,
      ...settings.poolTimeout === undefined ? {} : { timeout: settings.poolTimeout * 1000 },
    };
    const pool = new SessionPool(database, options);
    this.#sources.add(pool);
    return pool;
  }

  /** Begins to end the sessions of all sources but these. */
  keep(pools: ReadonlySet<SessionPool>): void {
    for (const pool of this.#sources) {
      if (pools.has(pool)) continue;
      const retired = this.#retiring.then(() => pool.retire());
      this.#retiring = retired.then(() => {
        // What a request still uses is lost or abandoned with all others.
        if (pool.empty) this.#sources.delete(pool);
      });
    }
  }

  /** Ends the backend behind a session. */
  kill(session: Session): Promise<void> {
    return this.#parts.database.kill(session);
  }

  /** Ends the backends of all sessions on a way. */
  async lose(road: RoadName): Promise<void> {
    await Promise.all((road === "metadata" ? [this.metadata] : [...this.#sources]).map((pool) => pool.lose()));
  }

  /** Closes all connections without a goodbye, as the end of a process does. Nothing is sent again. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    await Promise.all(this.#all().map((pool) => pool.abandon()));
  }

  /** Ends the sessions that nobody uses. */
  async close(): Promise<void> {
    await this.#retiring;
    for (const pool of this.#all()) await pool.close();
  }

  #all(): SessionPool[] {
    return [...this.#sources, this.metadata];
  }
}
