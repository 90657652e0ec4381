/**
 * A proxy in front of Hasura that takes no large requests: nothing of them reaches Hasura.
 *
 * @module
 */

import { proxyPage } from "./proxy_page.ts";

/** What the proxy does with a large request. */
export interface BodyLimit {
  /** Bytes of the longest body that is let through. */
  over: number;
  /** Bytes of the body that are taken before anything is done: 0, where the head is enough. */
  after: number;
  /**
   * - `403`, `413`: answers with its page, and reads on as long as the client sends, as nginx does;
   * - `413-closing`: answers and closes at once, so that the client may lose the answer;
   * - `close`, `reset`: closes or resets the connection without an answer.
   */
  do: 403 | 413 | "413-closing" | "close" | "reset";
}

/** The bytes that a client gets, where it gets an answer. */
export function limitAnswer({ do: action }: BodyLimit): Uint8Array | undefined {
  if (action === "close" || action === "reset") return undefined;
  const answer = proxyPage(action === 403 ? 403 : 413);
  const text = "text" in answer ? answer.text : "";
  const head = [
    `HTTP/1.1 ${answer.status} Refused`,
    "server: a-proxy/1.0",
    "content-type: text/html",
    `content-length: ${text.length}`,
    "connection: close",
  ];
  return new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n${text}`);
}
