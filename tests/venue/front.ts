/**
 * The door of the venue: passes bytes on to the HTTP server behind it, and can cut a connection, which that cannot.
 *
 * @module
 */

interface Pair {
  client: Deno.TcpConn;
  inner: Deno.TcpConn;
  /** Send half of the next answer's body, then cut. */
  truncate: boolean;
}

// How reading or writing fails on a connection that is closed here or at the other end.
const ENDS = [
  Deno.errors.BadResource,
  Deno.errors.Interrupted,
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
  Deno.errors.NotConnected,
];

const HOST = "127.0.0.1";

/** The door. */
export class Front {
  readonly #innerPort: number;
  readonly #pairs = new Map<number, Pair>();
  readonly #running = new Set<Promise<void>>();
  #listener: Deno.TcpListener | undefined;
  /** The port that clients use. */
  readonly port: number;

  /** Opens `port` (`0`: any) in front of the server at `innerPort`. */
  constructor(port: number, innerPort: number) {
    this.#innerPort = innerPort;
    this.#listener = Deno.listen({ hostname: HOST, port });
    this.port = this.#listener.addr.port;
    this.#track(this.#accept(this.#listener));
  }

  /** Cuts the connection that the inner server knows by the port at its other end. */
  cut(innerClientPort: number): void {
    const pair = this.#pairs.get(innerClientPort);
    if (pair !== undefined) closePair(pair);
  }

  /** Cuts that connection in the middle of its next answer's body. */
  truncate(innerClientPort: number): void {
    const pair = this.#pairs.get(innerClientPort);
    if (pair !== undefined) pair.truncate = true;
  }

  /** Stops listening and cuts idle and busy connections alike. */
  stop(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const pair of this.#pairs.values()) closePair(pair);
  }

  /** Listens again, on the same port. */
  start(): void {
    if (this.#listener !== undefined) return;
    this.#listener = Deno.listen({ hostname: HOST, port: this.port });
    this.#track(this.#accept(this.#listener));
  }

  /** Stops, and waits until nothing is open. */
  async close(): Promise<void> {
    this.stop();
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const client of listener) this.#track(this.#join(client));
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    const inner = await Deno.connect({ hostname: HOST, port: this.#innerPort });
    const pair: Pair = { client, inner, truncate: false };
    const key = inner.localAddr.port;
    this.#pairs.set(key, pair);
    inner.setNoDelay(true);
    // Stopped while this connection was being made.
    if (this.#listener === undefined) closePair(pair);
    await Promise.all([passRequests(pair), passAnswers(pair)]);
    this.#pairs.delete(key);
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}

function closePair({ client, inner }: Pair): void {
  for (const connection of [client, inner]) {
    try {
      connection.close();
    } catch {
      // Closed already: both directions end in here.
    }
  }
}

async function passRequests(pair: Pair): Promise<void> {
  try {
    await copy(pair.client, (bytes) => writeAll(pair.inner, bytes));
  } finally {
    closePair(pair);
  }
}

async function passAnswers(pair: Pair): Promise<void> {
  let answer = new Uint8Array();
  try {
    await copy(pair.inner, async (bytes) => {
      if (!pair.truncate) return await writeAll(pair.client, bytes);
      answer = new Uint8Array([...answer, ...bytes]);
      const half = endOfHalf(answer);
      if (half === undefined) return;
      await writeAll(pair.client, answer.subarray(0, half));
      closePair(pair);
    });
  } finally {
    closePair(pair);
  }
}

/** Passes on what comes until the other side closes or either one breaks, which is how connections end here. */
async function copy(from: Deno.TcpConn, write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    for (let size = await from.read(buffer); size !== null; size = await from.read(buffer)) {
      await write(buffer.subarray(0, size));
    }
  } catch (error) {
    if (!ENDS.some((kind) => error instanceof kind)) throw error;
  }
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await connection.write(bytes.subarray(written));
}

/** Where half of the body ends; `undefined` while that much has not come yet. */
function endOfHalf(answer: Uint8Array): number | undefined {
  const text = new TextDecoder("latin1").decode(answer);
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, head))?.[1];
  const half = head + 4 + Math.floor(Number(length ?? 2) / 2);
  return half <= answer.length ? half : undefined;
}
