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
  requestId: string | null;
  /** Whether to write keys the other way round. */
  reversed: boolean;
  /** Whether the connection is closed after it. */
  last: boolean;
}

/** Writes a reply. Where there is none, the connection is cut, and what is returned reaches nobody. */
export function write(reply: Reply, { front, connection, requestId, reversed, last }: WriteOptions): Response {
  if (reply === "nothing" || reply === "reset") {
    front.cut(connection, reply === "reset" ? "reset" : "close");
    return new Response();
  }
  if (reply.cut === "body") front.truncate(connection);
  const { answer } = reply;
  const text = "text" in answer ? answer.text : encode(answer.json, reversed);
  const headers = new Headers({
    // Keeps Deno from compressing, so that an answer can be cut at a known place.
    "cache-control": "no-transform",
    "content-type": "text" in answer ? answer.contentType : "application/json; charset=utf-8",
  });
  if (last) headers.set("connection", "close");
  if (answer.status === 200) headers.set("x-request-id", requestId ?? crypto.randomUUID());
  const body = reply.cut === "json" ? text.slice(0, Math.floor(text.length / 2)) : text;
  return new Response(body, { status: answer.status, headers });
}
