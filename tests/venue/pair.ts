/**
 * A client's connection and the one that goes with it to the HTTP server behind the door.
 *
 * @module
 */

import { RequestMeter } from "./request_meter.ts";
import { resetConnection } from "./tcp_reset.ts";

/** The two connections. */
export interface Pair {
  readonly client: Deno.TcpConn;
  readonly inner: Deno.TcpConn;
  /** Of what the client sends. */
  readonly meter: RequestMeter;
  /** Send half of the next answer's body, then cut. */
  truncate: boolean;
  /** Is cut, or will be: no answer passes. */
  cut: boolean;
  /** The client has closed its side while a request of it was at work. */
  left: boolean;
}

/** Makes a pair. */
export function pairOf(client: Deno.TcpConn, inner: Deno.TcpConn): Pair {
  return { client, inner, meter: new RequestMeter(), truncate: false, cut: false, left: false };
}

/** Resolves when bytes, and ends of connections, may pass. */
export type Passage = () => Promise<void>;

// How reading or writing fails on a connection that is closed here or at the other end.
const ENDS = [
  Deno.errors.BadResource,
  Deno.errors.Interrupted,
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
  Deno.errors.NotConnected,
];

/** Closes both in order. */
export function closePair({ client, inner }: Pair): void {
  for (const connection of [client, inner]) {
    try {
      connection.close();
    } catch {
      // Closed already: both directions end in here.
    }
  }
}

/** Resets the client's connection and closes both. */
export function resetPair(pair: Pair): void {
  resetConnection(pair.client);
  closePair(pair);
}

/** Passes requests on until one side ends. A request that has come whole is worked off even if its client leaves. */
export async function passRequests(pair: Pair, passage: Passage): Promise<void> {
  try {
    await copy(pair.client, async (bytes) => {
      pair.meter.add(bytes);
      await passage();
      await writeAll(pair.inner, bytes);
    });
    // Deno's server would drop the request if it saw the end of the connection, which Hasura does not look for.
    pair.left = pair.meter.whole;
  } finally {
    if (!pair.left) closePair(pair);
  }
}

/** Passes answers on until one side ends. */
export async function passAnswers(pair: Pair, passage: Passage): Promise<void> {
  let answer = new Uint8Array();
  try {
    await copy(pair.inner, async (bytes) => {
      await passage();
      pair.meter.answered();
      if (pair.left) closePair(pair);
      if (pair.cut || pair.left) return;
      if (!pair.truncate) return await writeAll(pair.client, bytes);
      answer = new Uint8Array([...answer, ...bytes]);
      const half = endOfHalf(answer);
      if (half === undefined) return;
      await writeAll(pair.client, answer.subarray(0, half));
      closePair(pair);
    });
    await passage();
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

/** Where half of the body ends, or one letter of one that comes in chunks; `undefined` while that has not come yet. */
function endOfHalf(answer: Uint8Array): number | undefined {
  const text = new TextDecoder("latin1").decode(answer);
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, head))?.[1];
  const chunk = text.indexOf("\r\n", head + 4);
  if (length === undefined && chunk === -1) return undefined;
  const half = length === undefined ? chunk + 3 : head + 4 + Math.floor(Number(length) / 2);
  return half <= answer.length ? half : undefined;
}
