/**
 * A real PostgreSQL server, by connection URL.
 *
 * @module
 */

import pg from "pg";
import { type Connection, Exchange, farewellOf, type Problem } from "./pg_exchange.ts";
import {
  ConnectionLostError,
  type Database,
  identifier,
  NO_CONNECTION,
  type Outcome,
  refused,
  type Session,
  TooManyClientsError,
} from "./session.ts";
import { rowsOf } from "./transaction.ts";

/** What is used of node-postgres, which brings no types. */
interface Client {
  processID: number | null;
  connection: Connection;
  getTransactionStatus(): "I" | "T" | "E" | null;
  connect(): Promise<unknown>;
  end(): Promise<void>;
  query(submittable: Exchange): void;
  on(event: "error", handler: (error: Problem) => void): void;
}

/** Creates a database of its own on the server at `url` and drops it when it is closed. */
export async function openPostgres(url: string): Promise<Database> {
  const name = `venue_${crypto.randomUUID().replaceAll("-", "")}`;
  await administer(url, `create database ${identifier(name)} template template0 encoding 'UTF8'`);
  // Reading the catalogs is taken for a large query, and compiling that takes three times as long as running it.
  await administer(url, `alter database ${identifier(name)} set jit = off`);
  const address = new URL(url);
  address.pathname = `/${name}`;
  const left = new Set<number>();
  return {
    sessions: Infinity,
    url: address.href,
    open: () => NodePostgresSession.open(address.href, (backend) => left.add(backend)),
    kill: (session) => administer(url, `select pg_catalog.pg_terminate_backend(${session.backend}, 10000)`),
    settled: () => waitForEnd(url, left),
    close: () => administer(url, `drop database ${identifier(name)} with (force)`),
  };
}

async function waitForEnd(url: string, backends: Set<number>): Promise<void> {
  if (backends.size === 0) return;
  const session = await NodePostgresSession.open(url);
  try {
    for (const backend of backends) {
      const alive = `select from pg_catalog.pg_stat_activity where pid = ${backend}`;
      while (rowsOf(await session.run(alive)).length > 0) await session.run("select pg_catalog.pg_sleep(0.01)");
      backends.delete(backend);
    }
  } finally {
    await session.close();
  }
}

async function administer(url: string, text: string): Promise<void> {
  const session = await NodePostgresSession.open(url);
  try {
    const outcome = await session.run(text);
    if (outcome.status === "FatalError") {
      throw new Error(`Cannot run ${JSON.stringify(text)}: ${outcome.error.message}`);
    }
  } finally {
    await session.close();
  }
}

class NodePostgresSession implements Session {
  readonly #url: string;
  readonly #onAbandon: (backend: number) => void;
  #client: Client | undefined;
  #active: Exchange | undefined;
  #lost = true;
  /** What the server said when it ended the session while nobody used it; told once. */
  #farewell: string | undefined;
  #prepared = new Map<string, string>();

  constructor(url: string, onAbandon: (backend: number) => void) {
    this.#url = url;
    this.#onAbandon = onAbandon;
  }

  static async open(url: string, onAbandon: (backend: number) => void = () => {}): Promise<NodePostgresSession> {
    const session = new NodePostgresSession(url, onAbandon);
    await session.#connect();
    return session;
  }

  get backend(): number {
    return this.#client?.processID ?? 0;
  }

  get inTransaction(): boolean {
    return (this.#client?.getTransactionStatus() ?? "I") !== "I";
  }

  run(text: string): Promise<Outcome> {
    return this.#submit((connection) => connection.query(text));
  }

  async runPrepared(statement: string): Promise<Outcome> {
    const known = this.#prepared.get(statement);
    const name = known ?? String(this.#prepared.size);
    if (known === undefined) {
      const parsed = await this.#submit((connection) => {
        connection.parse({ name, text: statement, types: [] });
        connection.sync();
      });
      if (parsed.status === "FatalError") return parsed;
      this.#prepared.set(statement, name);
    }
    return await this.#submit((connection) => {
      connection.bind({ statement: name });
      connection.execute({});
      connection.sync();
    });
  }

  async reset(): Promise<void> {
    await this.close();
    try {
      await this.#connect();
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error;
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#lost = true;
    await client?.end();
  }

  async abandon(): Promise<void> {
    this.#onAbandon(this.backend);
    const stream = this.#client?.connection.stream;
    this.#lost = true;
    if (stream === undefined || stream.closed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    stream.once("close", resolve);
    stream.destroy();
    await promise;
  }

  async leave(): Promise<NodePostgresSession> {
    const left = new NodePostgresSession(this.#url, this.#onAbandon);
    left.#client = this.#client;
    left.#lost = this.#lost;
    left.#client?.on("error", () => left.#lost = true);
    left.#onAbandon(left.backend);
    this.#client = undefined;
    this.#lost = true;
    await this.#connect();
    return left;
  }

  /** Resolves when the server has ended the connection. */
  ended(): Promise<void> {
    const stream = this.#client?.connection.stream;
    if (stream === undefined || stream.closed) return Promise.resolve();
    return new Promise((resolve) => stream.once("close", resolve));
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url }) as Client;
    client.on("error", (error: Problem) => {
      if (this.#client !== client) return;
      this.#lost = true;
      if (error.severity !== undefined) this.#farewell ??= farewellOf(error);
    });
    // The one message of the protocol that node-postgres keeps to itself.
    client.connection.on("copyOutResponse", () => this.#active?.handleCopyOutResponse());
    try {
      await client.connect();
    } catch (error) {
      await client.end().catch(() => {});
      const { severity, code, message } = error as Problem;
      const { hostname, port } = new URL(this.#url);
      if (severity === undefined) throw new ConnectionLostError(refused(hostname, port));
      const text = `connection to server at "${hostname}", port ${port} failed: ${severity}:  ${message}\n`;
      throw code === "53300" ? new TooManyClientsError(text) : new ConnectionLostError(text);
    }
    this.#client = client;
    this.#lost = false;
    this.#farewell = undefined;
    this.#prepared = new Map();
  }

  #submit(send: (connection: Connection) => void): Promise<Outcome> {
    const client = this.#client;
    if (client === undefined || this.#lost) {
      const said = this.#farewell ?? NO_CONNECTION;
      this.#farewell = undefined;
      return Promise.reject(new ConnectionLostError(said));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.#active = new Exchange(send, {
      resolve,
      reject: (error) => {
        this.#lost = true;
        this.#farewell = undefined;
        reject(error);
      },
    });
    client.query(this.#active);
    return promise;
  }
}
