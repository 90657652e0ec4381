/**
 * One text on its way to a PostgreSQL server and its result on the way back, by node-postgres.
 *
 * @module
 */

import { CLOSED_UNEXPECTEDLY, ConnectionLostError, type Outcome, OutcomeFolder } from "./session.ts";

/** What is used of node-postgres's connection, which brings no types. */
export interface Connection {
  query(text: string): void;
  parse(message: { name: string; text: string; types: number[] }): void;
  bind(message: { statement: string }): void;
  execute(message: Record<never, never>): void;
  readonly stream: { destroy(): void; readonly closed: boolean; once(event: "close", handler: () => void): void };
  sync(): void;
  sendCopyFail(message: string): void;
  on(event: "copyOutResponse", handler: () => void): void;
}

/** An error as node-postgres tells it; without `severity` it is not PostgreSQL's. */
export type Problem = Error & Words;

type Words = { [name in "severity" | "code" | "detail" | "hint" | "where"]?: string | undefined };

/** One exchange, in the shape that node-postgres calls. */
export class Exchange {
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
      this.#settle.reject(new ConnectionLostError(farewellOf(error)));
    } else {
      const { code = "", message, detail = null, hint = null } = error;
      this.#folder.error({ code, message, detail, hint });
      this.#settle.resolve(this.#folder.outcome);
    }
  }
}

/** The last words of a session, as libpq tells them. */
export function farewellOf(
  { severity = "FATAL", message, detail, hint, where }: Words & { message: string },
): string {
  const lines = Object.entries({ [severity]: message, DETAIL: detail, HINT: hint, CONTEXT: where });
  const said = lines.filter(([, text]) => text !== undefined).map(([name, text]) => `${name}:  ${text}\n`);
  return said.join("") + CLOSED_UNEXPECTEDLY;
}
