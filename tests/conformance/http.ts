/**
 * A client that writes HTTP by hand: it sends any method and any bytes, and sees how an answer ends.
 *
 * @module
 */

import { type HttpAnswer, LENGTH_HEADER } from "./answers.ts";

/** A request as bytes. */
export interface RawRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Sends a request on a connection of its own; the answer, or why there is none. */
export async function send(url: string, request: RawRequest): Promise<HttpAnswer | { none: string }> {
  const { hostname, port } = new URL(url);
  let connection: Deno.TcpConn;
  try {
    connection = await Deno.connect({ hostname, port: Number(port) });
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return { none: "connection refused" };
    throw error;
  }
  using _ = connection;
  try {
    await writeAll(connection, encodeHead(request));
    await writeAll(connection, request.body);
    return await readAnswer(connection, request.method);
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) {
      return { none: "connection closed without an answer" };
    }
    throw error;
  }
}

function encodeHead({ method, path, headers, body }: RawRequest): Uint8Array {
  const lines = Object.entries({ host: "venue", connection: "close", ...headers }).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  // GET and HEAD without a body say nothing of its length, as curl does.
  const bare = body.length === 0 && (method === "GET" || method === "HEAD");
  const length = bare ? "" : `content-length: ${body.length}\r\n`;
  return new TextEncoder().encode(`${method} ${path} HTTP/1.1\r\n${lines.join("")}${length}\r\n`);
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}

async function readAnswer(connection: Deno.TcpConn, method: string): Promise<HttpAnswer | { none: string }> {
  const bytes = new Uint8Array(await new Response(connection.readable).arrayBuffer());
  const latin = Array.from({ length: Math.min(bytes.length, 16_384) }, (_, at) => String.fromCharCode(bytes[at] ?? 0))
    .join("");
  const end = latin.indexOf("\r\n\r\n");
  if (end === -1) return { none: "connection closed without an answer" };
  const [first = "", ...lines] = latin.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const chunked = headers["transfer-encoding"] === "chunked";
  const rest = bytes.subarray(end + 4);
  const whole = chunked ? joinChunks(rest) : rest;
  const body = headers["content-encoding"] === "gzip" && method !== "HEAD" ? await unzip(whole) : whole;
  const given = chunked ? "chunks" : "content-length" in headers ? "content-length" : "nothing";
  return {
    status: Number(first.split(" ")[1]),
    headers: { ...headers, [LENGTH_HEADER]: given },
    body: new TextDecoder().decode(body),
  };
}

function joinChunks(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf(10, at);
    const size = parseInt(new TextDecoder().decode(bytes.subarray(at, lineEnd)), 16);
    if (!(size > 0)) break;
    parts.push(...bytes.subarray(lineEnd + 1, lineEnd + 1 + size));
    at = lineEnd + 1 + size + 2;
  }
  return Uint8Array.from(parts);
}

async function unzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Response(bytes).body?.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
