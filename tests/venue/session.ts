/**
 * One connection to PostgreSQL as libpq's `PQexec` shows it: a text may hold many statements, the last result counts.
 *
 * @module
 */

/** What PostgreSQL says about a statement that failed. */
export interface ServerError {
  /** SQLSTATE. */
  code: string;
  message: string;
  detail: string | null;
  hint: string | null;
}

/** The one result of a text, named by libpq's status. */
export type Outcome =
  | { status: "CommandOk" }
  | { status: "TuplesOk"; columns: string[]; rows: (string | null)[][] }
  | { status: "EmptyQuery" }
  | { status: "CopyIn" | "CopyOut" }
  | { status: "FatalError"; error: ServerError };

/** A connection that keeps its session state until it is closed. */
export interface Session {
  /** Process id of the backend; `0` where there is none. */
  readonly backend: number;
  /** Whether a transaction is open, failed or not. */
  readonly inTransaction: boolean;
  /** Runs `text` by the simple protocol. @throws {ConnectionLostError} */
  run(text: string): Promise<Outcome>;
  /** Runs one statement that is prepared on first use and kept. @throws {ConnectionLostError} */
  runPrepared(statement: string): Promise<Outcome>;
  /** Makes a fresh connection in place of this one, without any setting; a failure shows at the next use. */
  reset(): Promise<void>;
  /** Ends the connection. */
  close(): Promise<void>;
  /**
   * Loses the connection without a goodbye. A backend that is at work goes on, and keeps its locks, until it next looks
   * at its client; then it aborts.
   */
  abandon(): Promise<void>;
}

/** A database that sessions can be opened on. */
export interface Database {
  /** Most sessions at one time. */
  readonly sessions: number;
  /** Where other programs reach it; missing where they cannot. */
  readonly url?: string;
  /** Opens a session. @throws {ConnectionLostError} and {@linkcode TooManyClientsError} */
  open(): Promise<Session>;
  /** Ends the backend of `session` as an administrator would. */
  kill(session: Session): Promise<void>;
  /** Resolves when the backends of all abandoned sessions have ended. */
  settled(): Promise<void>;
  /** Ends what belongs to this database. All sessions must be closed before. */
  close(): Promise<void>;
}

/** The connection to PostgreSQL could not be made, or broke. The message is worded as libpq's. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
}

/** PostgreSQL has no connection left for us. */
export class TooManyClientsError extends ConnectionLostError {}

/** What libpq says when the server closes the connection in the middle of a statement. */
export const CLOSED_UNEXPECTEDLY = "server closed the connection unexpectedly\n" +
  "\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.\n";

/** What libpq says on a connection that is already known to be broken. */
export const NO_CONNECTION = "no connection to the server\n";

/** What libpq says when nothing listens. */
export function refused(host: string, port: string): string {
  return `connection to server at "${host}", port ${port} failed: Connection refused\n` +
    "\tIs the server running on that host and accepting TCP/IP connections?\n";
}

/** The same for the venue's database. */
export const CONNECTION_REFUSED = refused("127.0.0.1", "5432");

/** What libpq says when all connections are taken. */
export const TOO_MANY_CLIENTS = 'connection to server at "127.0.0.1", port 5432 failed: ' +
  "FATAL:  sorry, too many clients already\n";

/** What PostgreSQL says to a session that an administrator, or its own end, ends. */
export const TERMINATED = `FATAL:  terminating connection due to administrator command\n${CLOSED_UNEXPECTEDLY}`;

/** The two settings that Hasura makes when a session opens. */
export const AT_CONNECT = "SET client_encoding = 'UTF8';SET client_min_messages TO WARNING;";

/** Folds the messages of one answer into its outcome. */
export class OutcomeFolder {
  #outcome: Outcome | undefined;
  #columns: string[] | undefined;
  #rows: (string | null)[][] = [];

  /** A result with rows begins. */
  columns(names: string[]): void {
    this.#columns = names;
    this.#rows = [];
  }

  /** One row of the result that began last. */
  row(cells: (string | null)[]): void {
    this.#rows.push(cells);
  }

  /** A statement ended well. */
  complete(): void {
    if (this.#columns === undefined) this.#set({ status: "CommandOk" });
    else this.#set({ status: "TuplesOk", columns: this.#columns, rows: this.#rows });
    this.#columns = undefined;
    this.#rows = [];
  }

  /** The text holds no statement. */
  empty(): void {
    this.#set({ status: "EmptyQuery" });
  }

  /** PostgreSQL waits for data, or sends some: `PQexec` stops looking here. */
  copy(status: "CopyIn" | "CopyOut"): void {
    this.#set({ status });
  }

  /** A statement failed. */
  error(error: ServerError): void {
    this.#set({ status: "FatalError", error });
  }

  /** The outcome; preparing a statement has no result of its own. */
  get outcome(): Outcome {
    return this.#outcome ?? { status: "CommandOk" };
  }

  #set(outcome: Outcome): void {
    if (this.#outcome?.status === "CopyIn" || this.#outcome?.status === "CopyOut") return;
    this.#outcome = outcome;
  }
}

/** Quotes `text` as an SQL string. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Quotes `name` as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
