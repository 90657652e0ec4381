/**
 * Sessions that stay open between requests, as Hasura's pool keeps them.
 *
 * A session goes back as it is: what a request has set with `SET` is seen by the next one that gets the session. A
 * statement whose connection breaks is sent again on a fresh connection, without the `BEGIN` that came before it
 * (Hasura source, pg-client, `retryOnConnErr`), so an answer of 200 does not prove that anything was committed.
 *
 * @module
 */

import {
  CONNECTION_REFUSED,
  ConnectionLostError,
  type Database,
  NO_CONNECTION,
  type Outcome,
  type Session,
} from "./session.ts";
import type { Slots } from "./slots.ts";

// The two settings that Hasura makes when a session opens.
const AT_CONNECT = "SET client_encoding = 'UTF8';SET client_min_messages TO WARNING;";

/** How many sessions a pool holds and how it deals with broken ones. */
export interface PoolOptions {
  /** Most sessions at one time; pools may share them. */
  slots: Slots;
  /** How often a statement is sent again after a broken connection. */
  retries: number;
}

/** A pool of sessions on one database. */
export class SessionPool {
  readonly #database: Database;
  readonly #options: PoolOptions;
  readonly #idle: Session[] = [];
  readonly #open = new Set<Session>();
  #reachable = true;
  #abandoned = false;

  /** Creates an empty pool; sessions open when they are needed. */
  constructor(database: Database, options: PoolOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Whether sessions can be made: not between {@linkcode lose} and {@linkcode restore}. */
  get reachable(): boolean {
    return this.#reachable;
  }

  /** Whether the process that this pool belongs to has ended. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Takes the session that was used last, or opens one, or waits for one. @throws {ConnectionLostError} */
  async acquire(): Promise<Session> {
    await this.#options.slots.take();
    try {
      return this.#idle.pop() ?? await this.#connect();
    } catch (error) {
      this.#options.slots.give();
      throw error;
    }
  }

  /** Gives a session back as it is. */
  release(session: Session): void {
    this.#idle.push(session);
    this.#options.slots.give();
  }

  /** Gives a broken session back. */
  async discard(session: Session): Promise<void> {
    this.#open.delete(session);
    await session.close();
    this.#options.slots.give();
  }

  /** Takes a session for `work` and gives it back. @throws {ConnectionLostError} */
  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.acquire();
    try {
      const value = await work(session);
      this.release(session);
      return value;
    } catch (error) {
      if (error instanceof ConnectionLostError) await this.discard(session);
      else this.release(session);
      throw error;
    }
  }

  /** Runs a text on `session`, again after a broken connection. @throws {ConnectionLostError} */
  run(session: Session, text: string): Promise<Outcome> {
    return this.#again(() => session.run(text), () => this.#reset(session));
  }

  /** Runs a prepared statement on `session`, again after a broken connection. @throws {ConnectionLostError} */
  runPrepared(session: Session, statement: string): Promise<Outcome> {
    return this.#again(() => session.runPrepared(statement), () => this.#reset(session));
  }

  /** Ends the backend behind `session`. */
  kill(session: Session): Promise<void> {
    return this.#database.kill(session);
  }

  /** Ends all backends, as a server that stops does; until {@linkcode restore} connecting is refused. */
  async lose(): Promise<void> {
    this.#reachable = false;
    await Promise.all([...this.#open].map((session) => this.#database.kill(session)));
    // A session that nobody uses learns of its end by and by: its next user must not be sooner.
    await Promise.all(this.#idle.map((session) => session.abandon()));
  }

  /** Lets sessions be made again. */
  restore(): void {
    this.#reachable = true;
  }

  /** Closes all connections without a goodbye, as the end of a process does. Nothing is sent again. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    await Promise.all([...this.#open].map((session) => session.abandon()));
  }

  /** Ends the sessions that nobody uses. */
  async close(): Promise<void> {
    for (const session of this.#idle.splice(0)) {
      this.#open.delete(session);
      await session.close();
    }
  }

  async #connect(): Promise<Session> {
    const session = await this.#again(() => this.#make(), () => Promise.resolve());
    try {
      await session.run(AT_CONNECT);
    } catch (error) {
      await session.close();
      throw error;
    }
    this.#open.add(session);
    return session;
  }

  async #make(): Promise<Session> {
    this.#check();
    const session = await this.#database.open();
    try {
      this.#check();
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  #check(): void {
    if (this.#abandoned) throw new ConnectionLostError(NO_CONNECTION);
    if (!this.#reachable) throw new ConnectionLostError(CONNECTION_REFUSED);
  }

  /** Makes a new connection in place of a broken one. Where none can be made, the next use shows it. */
  async #reset(session: Session): Promise<void> {
    if (this.#connects) await session.reset();
    // Asked again: the server, or this process, may have ended meanwhile.
    if (!this.#connects) await session.close();
  }

  get #connects(): boolean {
    return this.#reachable && !this.#abandoned;
  }

  async #again<T>(action: () => Promise<T>, reset: () => Promise<void>): Promise<T> {
    for (let attempt = 0;; attempt++) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        await reset();
        if (attempt >= this.#options.retries || this.#abandoned) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
      }
    }
  }
}
