/**
 * What an answer of the workspace server says that is not the one that was asked for.
 *
 * @module
 */

import { NoAnswerError } from "../hasura/problems.ts";
import type { Reply } from "../hasura/transport.ts";
import { isRecord } from "../json.ts";

/** The workspace server, or somebody in front of it, answered that it will not do it. */
export class RefusedError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** What kind of error the workspace server calls it, as in `RESERVED_PATH`; `undefined` where somebody else answered. */
  readonly type: string | undefined;

  /** Creates the error; `message` is what the server said. */
  constructor(message: string, { status, type }: { status: number; type?: string | undefined }) {
    super(message);
    this.name = "RefusedError";
    this.status = status;
    this.type = type;
  }
}

/** How the workspace server calls it that Hasura, which it asks for the rights of a role, does not know that role. */
export const UNKNOWN_ROLE = "GRAPHQL_SERVICE_EXCEPTION";

/** Statuses that are about the time and not about the request, besides those from 500 on. */
const PASSING = [408, 425, 429];

/**
 * The error for an answer that is not the one that was asked for.
 *
 * `redact` takes secrets out of what the server said, before it is shortened.
 */
export function errorOfReply(reply: Reply, redact: (text: string) => string): NoAnswerError | RefusedError {
  const { status, location } = reply;
  if (location !== undefined) {
    return new NoAnswerError(`The server redirects to "${excerpt(redact(location))}"`, { lasting: true });
  }
  const message = `The server answered ${status} with ${describeBody(reply, redact)}`;
  const { type } = errorParts(new TextDecoder().decode(reply.body));
  // An answer of success that is none comes from somebody who stands in between.
  const mayPass = (status < 400 || status >= 500 || PASSING.includes(status)) && type !== UNKNOWN_ROLE;
  return mayPass ? new NoAnswerError(message) : new RefusedError(message, { status, type });
}

/** Whether it is a page for people: no answer of a workspace server is. */
export function isPage({ contentType }: Reply): boolean {
  return /html/i.test(contentType);
}

function describeBody(reply: Reply, redact: (text: string) => string): string {
  const text = redact(new TextDecoder().decode(reply.body));
  if (text.trim() === "") return "an empty body";
  if (isPage(reply) || /^\s*</.test(text)) {
    const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1]?.trim();
    return `an HTML page${title ? ` ("${excerpt(title)}")` : ""}`;
  }
  const { said } = errorParts(text);
  return `"${excerpt(said === undefined ? text : redact(said))}"`;
}

/** What the JSON of an error says, and its type; the other parts are for programs, and a stack. */
function errorParts(text: string): { type?: string; said?: string } {
  try {
    const error: unknown = JSON.parse(text);
    if (!isRecord(error)) return {};
    const { type, message, cause } = error;
    return {
      ...(typeof type === "string" ? { type } : {}),
      ...(typeof message === "string" ? { said: typeof cause === "string" ? `${message}: ${cause}` : message } : {}),
    };
  } catch {
    return {};
  }
}

/** One line, with nothing in it that a terminal would obey. */
function excerpt(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
