/**
 * A plain client for the venue's own tests.
 *
 * @module
 */

import type { Venue } from "./mod.ts";

/** What came back. */
export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** `undefined` where the text is no JSON. */
  // deno-lint-ignore no-explicit-any
  json: any;
}

/** How to call. */
export interface CallOptions {
  /** Default: POST. */
  method?: string;
  /** Sent as JSON, a text as it is. */
  body?: unknown;
  /** In place of the admin secret. */
  headers?: Record<string, string>;
}

/** Sends one request. @throws {TypeError} when no answer comes */
export async function call(venue: Venue, path: string, options: CallOptions = {}): Promise<Reply> {
  const { method = "POST", body, headers = { "x-hasura-admin-secret": venue.adminSecret ?? "" } } = options;
  // Deno sends a text or bytes a second time when the connection breaks before the answer, a blob it does not.
  const content = body === undefined ? null : new Blob([typeof body === "string" ? body : JSON.stringify(body)]);
  const response = await fetch(venue.url + path, { method, headers, body: content });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

/** Sends a `run_sql` for source `Aerie`. */
export function runSql(venue: Venue, sql: string, args: Record<string, unknown> = {}): Promise<Reply> {
  return call(venue, "/v2/query", { body: { type: "run_sql", args: { source: "Aerie", sql, ...args } } });
}

/** Sends a metadata call, version 1. */
export function callMetadata(venue: Venue, type: string, args: unknown = {}): Promise<Reply> {
  return call(venue, "/v1/metadata", { body: { type, args } });
}

/** Sends bytes on a connection of its own and returns all bytes that come until it is closed. */
export async function exchange(venue: Venue, request: string): Promise<string> {
  const { hostname, port } = new URL(venue.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const bytes = new TextEncoder().encode(request);
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
  const buffer = new Uint8Array(65_536);
  let received = "";
  for (let size = await connection.read(buffer); size !== null; size = await connection.read(buffer)) {
    received += new TextDecoder().decode(buffer.subarray(0, size));
  }
  return received;
}

/** Asks until the answer is yes, and lets everything else go on in between. */
export async function until(question: () => boolean | Promise<boolean>): Promise<void> {
  while (!await question()) await new Promise((resolve) => setTimeout(resolve));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
