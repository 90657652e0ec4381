/**
 * A real PostgreSQL server, by connection URL.
 *
 * @module
 */

import pg from "pg";
import {
  CLOSED_UNEXPECTEDLY,
  ConnectionLostError,
  type Database,
  identifier,
  NO_CONNECTION,
  type Outcome,
  OutcomeFolder,
  type Session,
  TooManyClientsError,
} from "./session.ts";

/** What is used of node-postgres, which brings no types. */
interface Client {
  processID: number | null;
  connection: Connection;
  getTransactionStatus(): "I" | "T" | "E" | null;
  connect(): Promise<unknown>;
  end(): Promise<void>;
  query(submittable: Submittable): void;
  on(event: "error", handler: (error: Error) => void): void;
}

interface Connection {
  query(text: string): void;
  parse(message: { name: string; text: string; types: number[] }): void;
  bind(message: { statement: string }): void;
  execute(message: Record<never, never>): void;
  sync(): void;
  sendCopyFail(message: string): void;
  on(event: "copyOutResponse", handler: () => void): void;
}

type Problem = Error & Partial<Record<"severity" | "code" | "detail" | "hint", string>>;

/** Creates a database of its own on the server at `url` and drops it when it is closed. */
export async function openPostgres(url: string): Promise<Database> {
  const name = `venue_${crypto.randomUUID().replaceAll("-", "")}`;
  await administer(url, `create database ${identifier(name)} template template0 encoding 'UTF8'`);
  const address = new URL(url);
  address.pathname = `/${name}`;
  return {
    sessions: Infinity,
    open: () => NodePostgresSession.open(address.href),
    kill: (session) => administer(url, `select pg_catalog.pg_terminate_backend(${session.backend}, 10000)`),
    close: () => administer(url, `drop database ${identifier(name)} with (force)`),
  };
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
  #client: Client | undefined;
  #active: Submittable | undefined;
  #lost = true;
  #prepared = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  static async open(url: string): Promise<NodePostgresSession> {
    const session = new NodePostgresSession(url);
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

  async #connect(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url }) as Client;
    client.on("error", () => {
      if (this.#client === client) this.#lost = true;
    });
    // The one message of the protocol that node-postgres keeps to itself.
    client.connection.on("copyOutResponse", () => this.#active?.handleCopyOutResponse());
    try {
      await client.connect();
    } catch (error) {
      await client.end().catch(() => {});
      const { code, message } = error as Problem;
      throw code === "53300" ? new TooManyClientsError(message) : new ConnectionLostError(`${message}\n`);
    }
    this.#client = client;
    this.#lost = false;
    this.#prepared = new Map();
  }

  #submit(send: (connection: Connection) => void): Promise<Outcome> {
    const client = this.#client;
    if (client === undefined || this.#lost) return Promise.reject(new ConnectionLostError(NO_CONNECTION));
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.#active = new Submittable(send, {
      resolve,
      reject: (error) => {
        this.#lost = true;
        reject(error);
      },
    });
    client.query(this.#active);
    return promise;
  }
}

/** One exchange, in the shape that node-postgres calls. */
class Submittable {
  readonly #send: (connection: Connection) => void;
  readonly #settle: { resolve(outcome: Outcome): void; reject(error: ConnectionLostError): void };
  readonly #folder = new OutcomeFolder();

  constructor(
    send: (connection: Connection) => void,
    settle: { resolve(outcome: Outcome): void; reject(error: ConnectionLostError): void },
  ) {
    this.#send = send;
    this.#settle = settle;
  }

  submit(connection: Connection): void {
    this.#send(connection);
  }

  handleRowDescription(message: { fields: { name: string }[] }): void {
    this.#folder.columns(message.fields.map(({ name }) => name));
  }

  handleDataRow(message: { fields: (string | null)[] }): void {
    this.#folder.row(message.fields);
  }

  handleCommandComplete(): void {
    this.#folder.complete();
  }

  handleEmptyQuery(): void {
    this.#folder.empty();
  }

  handleCopyInResponse(connection: Connection): void {
    this.#folder.copy("CopyIn");
    connection.sendCopyFail("no data");
  }

  handleCopyOutResponse(): void {
    this.#folder.copy("CopyOut");
  }

  handleCopyData(): void {
    // Rows of COPY TO STDOUT: nobody reads them.
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#folder.outcome);
  }

  handleError(error: Problem): void {
    if (error.severity === undefined) {
      this.#settle.reject(new ConnectionLostError(CLOSED_UNEXPECTEDLY));
    } else if (error.severity === "FATAL" || error.severity === "PANIC") {
      this.#settle.reject(new ConnectionLostError(`${error.severity}:  ${error.message}\n${CLOSED_UNEXPECTEDLY}`));
    } else {
      const { code = "", message, detail = null, hint = null } = error;
      this.#folder.error({ code, message, detail, hint });
      this.#settle.resolve(this.#folder.outcome);
    }
  }
}
