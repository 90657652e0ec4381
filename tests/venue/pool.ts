/**
 * Sessions that stay open between requests, as Hasura's pool keeps them.
 *
 * A session goes back as it is: what a request has set with `SET` is seen by the next one that gets the session. A
 * statement whose connection breaks is sent again on a fresh connection, without the `BEGIN` that came before it
 * (Hasura source, pg-client, `retryOnConnErr`), so an answer of 200 does not prove that anything was committed.
 *
 * @module
 */

import { ConnectionLostError, type Database, type Outcome, type Session } from "./session.ts";

// The two settings that Hasura makes when a session opens.
const AT_CONNECT = "SET client_encoding = 'UTF8';SET client_min_messages TO WARNING;";

/** How many sessions a pool holds and how it deals with broken ones. */
export interface PoolOptions {
  /** Most sessions at one time. */
  size: number;
  /** How often a statement is sent again after a broken connection. */
  retries: number;
}

/** A pool of sessions on one database. */
export class SessionPool {
  readonly #database: Database;
  readonly #options: PoolOptions;
  readonly #idle: Session[] = [];
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  /** Creates an empty pool; sessions open when they are needed. */
  constructor(database: Database, options: PoolOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Takes the session that was used last, or opens one, or waits for one. @throws {ConnectionLostError} */
  async acquire(): Promise<Session> {
    while (this.#busy >= this.#options.size) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    this.#busy++;
    try {
      return this.#idle.pop() ?? await this.#open();
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** Gives a session back as it is. */
  release(session: Session): void {
    this.#idle.push(session);
    this.#leave();
  }

  /** Gives a broken session back. */
  async discard(session: Session): Promise<void> {
    await session.close();
    this.#leave();
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
    return this.#again(() => session.run(text), () => session.reset());
  }

  /** Runs a prepared statement on `session`, again after a broken connection. @throws {ConnectionLostError} */
  runPrepared(session: Session, statement: string): Promise<Outcome> {
    return this.#again(() => session.runPrepared(statement), () => session.reset());
  }

  /** Ends the backend behind `session`. */
  kill(session: Session): Promise<void> {
    return this.#database.kill(session);
  }

  /** Ends the sessions that nobody uses. */
  async close(): Promise<void> {
    for (const session of this.#idle.splice(0)) await session.close();
  }

  async #open(): Promise<Session> {
    const session = await this.#again(() => this.#database.open(), () => Promise.resolve());
    await session.run(AT_CONNECT);
    return session;
  }

  async #again<T>(action: () => Promise<T>, reset: () => Promise<void>): Promise<T> {
    for (let attempt = 0;; attempt++) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        await reset();
        if (attempt >= this.#options.retries) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
      }
    }
  }

  #leave(): void {
    this.#busy--;
    this.#waiting.shift()?.();
  }
}
