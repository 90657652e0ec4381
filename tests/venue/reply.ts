/**
 * What a request gets in the end.
 *
 * @module
 */

import type { Answer } from "./api.ts";
import { encode } from "./bodies.ts";
import type { Front } from "./front.ts";

/** Nothing, by one end of the connection or the other, or an answer that may be cut. */
export type Reply = "nothing" | "reset" | { answer: Answer; cut?: "body" | "json" };

/** How a reply is written. */
export interface WriteOptions {
  front: Front;
  /** The port at the other end of the connection. */
  connection: number;
  /** Of the request. */
  headers: Headers;
  /** Whether to write keys the other way round. */
  reversed: boolean;
  /** Whether the connection is closed after it. */
  last: boolean;
}

/** Hasura compresses no answer below this size, in bytes. */
const WORTH_COMPRESSING = 700;

/** Writes a reply. Where there is none, the connection is cut, and what is returned reaches nobody. */
export async function write(
  reply: Reply,
  { front, connection, headers, reversed, last }: WriteOptions,
): Promise<Response> {
  if (reply === "nothing" || reply === "reset") {
    front.cut(connection, reply === "reset" ? "reset" : "close");
    return new Response();
  }
  if (reply.cut === "body") front.truncate(connection);
  const { answer } = reply;
  const text = "text" in answer ? answer.text : encode(answer.json, reversed);
  const type = "text" in answer ? answer.contentType : "application/json; charset=utf-8";
  const body = new TextEncoder().encode(reply.cut === "json" ? text.slice(0, Math.floor(text.length / 2)) : text);
  const ok = answer.status === 200 && !answer.bare;
  const compressed = ok && wantsGzip(headers.get("accept-encoding") ?? "", body.length);
  return new Response(answer.bare ? inChunks(body) : compressed ? await gzip(body) : body, {
    status: answer.status,
    headers: {
      // Keeps Deno from compressing, so that an answer can be cut at a known place.
      "cache-control": "no-transform",
      ...type === null ? {} : { "content-type": type },
      ...compressed ? { "content-encoding": "gzip" } : {},
      ...last ? { connection: "close" } : {},
      ...ok ? { "x-request-id": headers.get("x-request-id") ?? crypto.randomUUID() } : {},
    },
  });
}

/** Whether an answer is compressed: of how much a client wants it Hasura sees only nothing at all. */
function wantsGzip(accepted: string, length: number): boolean {
  const refused = (name: string) => new RegExp(`(^|,)\\s*${name}\\s*;\\s*q=0(\\.0*)?\\s*(,|$)`).test(accepted);
  if (!/(^|,)\s*gzip\s*(;|,|$)/.test(accepted) || refused("gzip")) return false;
  return length >= WORTH_COMPRESSING || refused("identity");
}

async function gzip(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
}

function inChunks(body: Uint8Array<ArrayBuffer>): BodyInit | null {
  return body.length === 0 ? null : new Blob([body]).stream();
}
