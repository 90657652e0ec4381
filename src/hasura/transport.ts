/**
 * One HTTP exchange, with Hasura or another server of the venue.
 *
 * @module
 */

import { describeError, ToolError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { NoAnswerError } from "./problems.ts";

/** An answer that has come in whole. */
export interface Reply {
  status: number;
  contentType: string;
  /** Where a redirect leads; none is followed. */
  location: string | undefined;
  body: Uint8Array;
}

/**
 * Sends a request once.
 *
 * @throws {NoAnswerError} when no answer came back
 */
export async function exchange(rt: Pick<Runtime, "fetch">, url: string, init: RequestInit): Promise<Reply> {
  try {
    const response = await rt.fetch(url, init);
    const { status, headers } = response;
    return {
      status,
      contentType: headers.get("content-type") ?? "",
      location: status >= 300 && status < 400 ? headers.get("location") ?? undefined : undefined,
      body: new Uint8Array(await response.arrayBuffer()),
    };
  } catch (error) {
    if (error instanceof NoAnswerError || error instanceof ToolError) throw error;
    const description = describeError(error);
    if (error instanceof DOMException && error.name === "TimeoutError") {
      throw new NoAnswerError("The server did not answer in time", { cause: error });
    }
    // "Connect" is the HTTP library's word for: there was no connection to send anything on.
    throw new NoAnswerError(shortReason(description), {
      notSent: /client error \(Connect\)/.test(description),
      lasting: /certificate|corrupt message|InvalidContentType|UnknownIssuer|CaUsedAsEndEntity/.test(description),
      cause: error,
    });
  }
}

/** The reason at the end of the HTTP library's chain of messages, each of which may repeat the next one. */
function shortReason(description: string): string {
  const parts = description.replace(/^.*client error \(\w+\): /, "")
    .replace(/^((tcp connect|dns|connection) error: )+/, "")
    .replaceAll(/ \(os error \d+\)/g, "")
    .split(": ");
  const reason = parts.filter((part, index) => part !== parts[index + 1]).join(": ");
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}
