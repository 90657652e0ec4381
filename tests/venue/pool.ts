/**
 * Sessions that stay open between requests, as Hasura's pool keeps them.
 *
 * A session goes back as it is: what a request has set with `SET` is seen by the next one that gets the session. A
 * statement whose connection breaks is sent again on a fresh connection, without the `BEGIN` that came before it
 * (Hasura source, pg-client, `retryOnConnErr`), so an answer of 200 does not prove that anything was committed.
 *
 * @module
 */

import type { Road } from "./roads.ts";
import {
  AT_CONNECT,
  ConnectionLostError,
  type Database,
  NO_CONNECTION,
  type Outcome,
  type Session,
} from "./session.ts";
import type { Slots } from "./slots.ts";

/** How many sessions a pool holds and how it deals with broken ones. */
export interface PoolOptions {
  /** Most sessions at one time; pools may share them. */
  slots: Slots;
  /** How often a statement is sent again after a broken connection. */
  retries: number;
  /** To the database. */
  road: Road;
  /** Throws a {@linkcode ConnectionLostError} where the address leads nowhere. */
  passable?: () => Promise<void>;
  /** Milliseconds that a request waits for a session; default: for ever. */
  timeout?: number;
}

/** A pool of sessions on one database. */
export class SessionPool {
  readonly #database: Database;
  readonly #options: PoolOptions;
  readonly #idle: Session[] = [];
  readonly #open = new Set<Session>();
  #abandoned = false;
  #retired = false;

  /** Creates an empty pool; sessions open when they are needed. */
  constructor(database: Database, options: PoolOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Whether it has no session. */
  get empty(): boolean {
    return this.#open.size === 0;
  }

  /** Takes the session that was used last, or opens one, or waits for one. @throws {ConnectionLostError} */
  async acquire(): Promise<Session> {
    const { slots, timeout } = this.#options;
    if (!await slots.take(timeout)) throw new ConnectionLostError("connection acquisition timeout expired");
    try {
      return this.#idle.pop() ?? await this.#connect();
    } catch (error) {
      this.#options.slots.give();
      throw error;
    }
  }

  /** Opens so many sessions, for later. @throws {ConnectionLostError} */
  async open(count: number): Promise<void> {
    await this.use(async () => {
      while (this.#open.size < count) this.#idle.push(await this.#connect());
    });
  }

  /** Gives a session back as it is. */
  async release(session: Session): Promise<void> {
    if (this.#retired) return await this.discard(session);
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
      await this.release(session);
      return value;
    } catch (error) {
      if (error instanceof ConnectionLostError) await this.discard(session);
      else await this.release(session);
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

  /** Ends all backends, as a server that stops does. */
  async lose(): Promise<void> {
    await Promise.all([...this.#open].map((session) => this.#database.kill(session)));
    // A session that nobody uses learns of its end by and by: its next user must not be sooner.
    await Promise.all(this.#idle.map((session) => session.abandon()));
  }

  /** Ends the sessions that nobody uses, and each other one when it is given back. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.close();
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
    await this.#pass();
    const session = await this.#database.open();
    try {
      await this.#pass();
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  async #pass(): Promise<void> {
    if (this.#abandoned) throw new ConnectionLostError(NO_CONNECTION);
    this.#options.road.pass();
    await this.#options.passable?.();
  }

  /** Makes a new connection in place of a broken one. Where none can be made, the next use shows it. */
  async #reset(session: Session): Promise<void> {
    if (this.#connects) await session.reset();
    // Asked again: the server, or this process, may have ended meanwhile.
    if (!this.#connects) await session.close();
  }

  get #connects(): boolean {
    return this.#options.road.state === "open" && !this.#abandoned;
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
