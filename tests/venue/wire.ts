/**
 * A client that writes HTTP by hand and sees every byte, for the venue's own tests.
 *
 * @module
 */

import type { Venue } from "./mod.ts";

/** What a client sees of one request. */
export interface Seen {
  /** All bytes, the date replaced by `<date>`. */
  bytes: string;
  /** `open`: the connection is of use still, as a second request on it has shown. */
  end: "open" | "closed" | "reset";
}

/** A request for `path`. */
export function getBytes(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: venue\r\nx-request-id: r\r\n\r\n`;
}

/** A request with a JSON body, with the admin secret. */
export function postBytes({ adminSecret }: Venue, path: string, body: unknown): string {
  const text = JSON.stringify(body);
  const length = new TextEncoder().encode(text).length;
  return `POST ${path} HTTP/1.1\r\nhost: venue\r\nx-request-id: r\r\nx-hasura-admin-secret: ${adminSecret}\r\n` +
    `content-type: application/json\r\ncontent-length: ${length}\r\n\r\n${text}`;
}

/** A `run_sql` for source `Aerie`. */
export function runSqlBytes(venue: Venue, sql: string): string {
  return postBytes(venue, "/v2/query", { type: "run_sql", args: { source: "Aerie", sql } });
}

/** A connection of its own. */
export class Wire implements AsyncDisposable {
  readonly #connection: Deno.TcpConn;
  readonly #reading: Promise<void>;
  #received = "";
  #end: "closed" | "reset" | undefined;
  #news = Promise.withResolvers<void>();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#reading = this.#read();
  }

  /** Connects. @throws {Deno.errors.ConnectionRefused} */
  static async open({ url }: Venue): Promise<Wire> {
    const { hostname, port } = new URL(url);
    return new Wire(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** What has come so far, unless it was taken. */
  get now(): { bytes: string; end: "closed" | "reset" | undefined } {
    return { bytes: this.#received.replace(/(?<=\r\ndate: )[^\r]*/, "<date>"), end: this.#end };
  }

  /** Writes bytes. */
  async send(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) sent += await this.#connection.write(bytes.subarray(sent));
  }

  /** Says that no more will be sent. */
  async finish(): Promise<void> {
    await this.#connection.closeWrite();
  }

  /** Waits for the answer to what was sent, or for the end of the connection, and sees how the connection stands then. */
  async see(): Promise<Seen> {
    const { bytes, end } = await this.#take();
    if (end !== undefined) return { bytes, end };
    await this.send("OPTIONS / HTTP/1.1\r\nhost: venue\r\n\r\n");
    const after = await this.#take();
    return { bytes, end: after.end ?? "open" };
  }

  /** Sends, then {@linkcode see}s. */
  async exchange(request: string): Promise<Seen> {
    await this.send(request);
    return await this.see();
  }

  /** Closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#connection.close();
    } catch {
      // Reset by the other side.
    }
    await this.#reading;
  }

  /** Takes one whole answer; where the connection ends before, what came until then. */
  async #take(): Promise<{ bytes: string; end: "closed" | "reset" | undefined }> {
    while (!isWhole(this.#received) && this.#end === undefined) await this.#news.promise;
    const { bytes, end } = this.now;
    const whole = isWhole(this.#received);
    this.#received = "";
    return { bytes, end: whole ? undefined : end };
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let size = await this.#connection.read(buffer); size !== null; size = await this.#connection.read(buffer)) {
        this.#received += new TextDecoder().decode(buffer.subarray(0, size));
        this.#tell();
      }
      this.#end = "closed";
    } catch (error) {
      this.#end = error instanceof Deno.errors.ConnectionReset ? "reset" : "closed";
    }
    this.#tell();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const head = answer.slice(0, end);
  if (/^transfer-encoding: chunked/im.test(head)) return answer.endsWith("\r\n0\r\n\r\n");
  return answer.length >= end + 4 + Number(/^content-length: (\d+)/m.exec(head)?.[1] ?? 0);
}
