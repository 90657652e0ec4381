/**
 * What a failed call to Hasura means to the operator.
 *
 * @module
 */

import { AccessError, FailedError, ToolError } from "../errors.ts";
import { formatSize } from "../size.ts";
import { HasuraError, NoAnswerError, type PostgresProblem } from "./problems.ts";

/** What the call was for. */
export interface CallPurpose {
  /** As in "Cannot <action>". */
  action: string;
  endpoint: string;
  source?: string;
}

/** The error to show for a call that changed nothing, or whose change does not matter when it is made again. */
export function explainCallError(error: unknown, { action, endpoint, source }: CallPurpose): unknown {
  if (error instanceof ToolError) return error;
  if (error instanceof NoAnswerError) {
    return new AccessError(`Cannot ${action} at "${endpoint}": ${error.message}`, {
      next: nextAfterNoAnswer(error),
      cause: error,
    });
  }
  if (!(error instanceof HasuraError)) return error;
  if (isUnknownSource(error) || isWithoutDatabase(error) || error.message === "connection error") {
    const name = source === undefined || !isUnknownSource(error) ? "" : ` "${source}"`;
    return new AccessError(
      `Cannot ${action}: Hasura at "${endpoint}" cannot use its database${name}: ${describe(error)}`,
      { next: RELOAD_MAY_DO, cause: error },
    );
  }
  return new FailedError(`Cannot ${action}: Hasura refused: ${describe(error)}`, {
    next: "Look into the log of Hasura for this request",
    cause: error,
  });
}

/** What to do about a database that Hasura has not reached when it last looked: it does not look again by itself. */
export const RELOAD_MAY_DO = "Check that the database server runs and that Hasura can reach it; once it does, " +
  "metadata reload may be all it takes, and migrate --wait does that by itself";

/** Whether Hasura has no database of that name that it can use: it says the same of one that it has not reached. */
export function isUnknownSource(error: unknown): boolean {
  return error instanceof HasuraError && error.code === "not-exists" && /^source /i.test(error.message);
}

/** Whether Hasura does not know the database, or knows it and cannot use it; older versions tell the second apart. */
export function isUnusableSource(error: unknown): error is HasuraError {
  return isUnknownSource(error) || (error instanceof HasuraError && /^source .* is inconsistent$/.test(error.message));
}

/** Whether Hasura had no database to run the SQL on. "connection error" is not among them: it can come after a commit. */
export function isWithoutDatabase({ code, message }: HasuraError): boolean {
  return /is inconsistent$/.test(message) || code === "postgres-max-connections-error";
}

function describe(error: HasuraError): string {
  const postgres = error.postgres === undefined ? "" : `: ${describePostgres(error.postgres)}`;
  return `${error.message} (${error.code}, HTTP ${error.status})${postgres}`;
}

/** What to do about a call that Hasura did not answer. */
export function nextAfterNoAnswer(error: NoAnswerError): string {
  const { message, notSent, cutShort, status, hasAnsweredBefore } = error;
  if (/UnknownIssuer|CaUsedAsEndEntity/.test(message)) {
    return "Name the file of the authority that signed the server's certificate in DENO_CERT, or set " +
      "DENO_TLS_CA_STORE=system to trust what this machine trusts; a certificate that signed itself is not accepted";
  }
  if (/certificate/.test(message)) return "Check the server's certificate: the name and time that it is valid for";
  if (/corrupt message|InvalidContentType/.test(message)) {
    return "Check whether the server speaks TLS at this port at all: if it does not, the endpoint starts with http://";
  }
  if (status === 413) return `What answers there takes no request of ${sizeOf(error)}: raise its limit ${LIMITS}`;
  if (status === 403) {
    return `What answers there refuses this request of ${
      sizeOf(error)
    }, by what is in it, its size or where it comes ` +
      "from: let POST requests to /v2/query and /v1/metadata through its rules (of a web application firewall, for " +
      "one), or give the address of Hasura itself as endpoint";
  }
  if (status === 407) {
    return "Give the proxy's user and password in HTTP_PROXY or HTTPS_PROXY, or its way around it in NO_PROXY";
  }
  if (cutShort) {
    return `What stands between this machine and Hasura may take no request of ${
      sizeOf(error)
    }, or not for as long as ` +
      `it takes to send it: raise its limits ${LIMITS}`;
  }
  if (notSent) {
    return "Check that the endpoint is right and that Hasura is running and can be reached from here; HTTP_PROXY, " +
      "HTTPS_PROXY, ALL_PROXY and NO_PROXY are obeyed";
  }
  if (hasAnsweredBefore) {
    return "Hasura has answered there before: check that it still runs, and what stands between it and this machine";
  }
  return "Check that the endpoint is the root of a Hasura server, and what stands between it and this machine";
}

const LIMITS =
  "(nginx: client_max_body_size, which is 1 MB where nobody has set it; Apache: LimitRequestBody; others " +
  "have their own), or give the address of Hasura itself as endpoint";

function sizeOf({ requestSize }: NoAnswerError): string {
  return requestSize === undefined ? "this size" : formatSize(requestSize);
}

/** Bytes from which on a request may be too large for somebody. */
const LARGE = 500_000;

/** What to think of where a large request was lost; nothing for a small one. */
export function sizeHint(error: unknown): string {
  if (!(error instanceof NoAnswerError) || (error.requestSize ?? 0) < LARGE) return "";
  return `; a limit for requests of ${sizeOf(error)} may be the reason ${LIMITS}`;
}

/** A syntax error quotes all that follows it, up to the whole file. */
const SYNTAX_ERROR = "42601";

/** Longest part of PostgreSQL's words that is shown. */
const LONGEST = 2_000;

/** PostgreSQL's words in one line; what a syntax error quotes is cut short. */
export function describePostgres({ sqlState, message, detail, hint }: PostgresProblem): string {
  const parts = [sqlState === SYNTAX_ERROR ? shorten(message.split("\n")[0] ?? "", 300) : shorten(message)];
  if (sqlState !== undefined) parts.push(`(SQLSTATE ${sqlState})`);
  if (detail !== undefined) parts.push(`Detail: ${shorten(detail)}`);
  if (hint !== undefined) parts.push(`Hint: ${shorten(hint)}`);
  return parts.join(" ");
}

function shorten(text: string, longest = LONGEST): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, "; ");
  return line.length > longest ? `${line.slice(0, longest).trimEnd()}…` : line;
}
