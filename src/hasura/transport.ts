/**
 * One HTTP exchange, with Hasura or another server of the venue.
 *
 * @module
 */

import { describeError, ToolError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { formatSize } from "../size.ts";
import { NoAnswerError } from "./problems.ts";

/** An answer that has come in whole. */
export interface Reply {
  status: number;
  contentType: string;
  /** What the answer says that its server is, as `nginx/1.22.1`. */
  server: string | undefined;
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
      server: headers.get("server") ?? undefined,
      location: status >= 300 && status < 400 ? headers.get("location") ?? undefined : undefined,
      body: await readBody(response),
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

/** Bytes of the longest answer that is read: metadata has some megabytes, and the program must not end for want of memory. */
const LONGEST_ANSWER = 200_000_000;

async function readBody({ status, body }: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of body ?? []) {
      parts.push(part);
      size += part.length;
      if (size > LONGEST_ANSWER) break;
    }
  } catch (error) {
    // The HTTP library has no words for it.
    if (!(error instanceof TypeError)) throw error;
    throw new NoAnswerError(`The connection ended in the middle of the answer (HTTP ${status})`, { cause: error });
  }
  if (size > LONGEST_ANSWER) {
    throw new NoAnswerError(`The server answers with more than ${formatSize(LONGEST_ANSWER)}`, { lasting: true });
  }
  const [first = new Uint8Array()] = parts;
  return parts.length < 2 ? first : new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

/**
 * The reason at the end of the HTTP library's chain of messages, each of which can stand there twice: once as a message
 * and once as the cause of it.
 */
function shortReason(description: string): string {
  const chain = description.replace(/^.*client error \(\w+\): /, "").replaceAll(/ \(os error \d+\)/g, "").split(": ");
  const reasons = chain.filter((reason, index) => !WRAPPERS.test(reason) && chain.indexOf(reason) === index);
  const reason = reasons.length === 0 ? description : reasons.join(": ");
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}

/** Messages that only say that another one follows. */
const WRAPPERS = /^(?:tcp connect error|dns error|connection error|error writing a body to connection)$/;
