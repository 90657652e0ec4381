/**
 * What an HTTP answer means: Hasura's JSON, an error of Hasura's, or something that is not Hasura's at all.
 *
 * @module
 */

import { AccessError } from "../errors.ts";
import { isRecord } from "../json.ts";
import { HasuraError, NoAnswerError, type PostgresProblem } from "./problems.ts";

/** An answer that has come in, and what its messages need. */
export interface Answer {
  endpoint: string;
  /** Where the secret was found, for messages. */
  adminSecretFrom: string;
  /** Takes secrets out of what a server said, before it is shortened. */
  redact: (text: string) => string;
  path: string;
  status: number;
  contentType: string;
  /** What the answer says that its server is, as `nginx/1.22.1`. */
  server: string | undefined;
  text: string;
  /** Whether it came before all of the request was sent. */
  cutShort?: boolean;
}

/** Statuses with which a proxy turns a request away, before anybody works on it. */
const TURNED_AWAY = [401, 403, 404, 405, 407, 408, 411, 413, 414, 415, 429, 431];

/** Those of them that are about the time and not about the request: it took too long to come, or there are too many. */
const PASSING = [408, 429];

/**
 * The decoded JSON of a 200 answer.
 *
 * @throws {HasuraError} when it is an error of Hasura's
 * @throws {AccessError} when Hasura does not let us in
 * @throws {NoAnswerError} when it is not Hasura's
 */
export function decodeAnswer(answer: Answer): unknown {
  const { status, text } = answer;
  const { cutShort = false } = answer;
  const turnedAway = TURNED_AWAY.includes(status);
  const notAnswered = { status, cutShort, turnedAway, lasting: turnedAway && !PASSING.includes(status) };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new NoAnswerError(
      `${describeServer(answer)} answered ${status} with ${describeBody(answer)} instead of JSON`,
      notAnswered,
    );
  }
  if (status === 200) return body;
  const error = isRecord(body) && typeof body.error === "string" && typeof body.code === "string" ? body : undefined;
  if (error === undefined) {
    throw new NoAnswerError(
      `${describeServer(answer)} answered ${status} with JSON that is not Hasura's: ${excerpt(answer.redact(text))}`,
      notAnswered,
    );
  }
  const message = answer.redact(String(error.error));
  const code = String(error.code);
  if (status === 401 || code === "access-denied") throw accessDenied(answer, message);
  if (status === 404 && code === "not-found") throw notFound(answer);
  throw new HasuraError(message, {
    status,
    code,
    path: typeof error.path === "string" ? answer.redact(error.path) : undefined,
    postgres: redactProblem(decodePostgresProblem(error.internal), answer.redact),
  });
}

function accessDenied({ endpoint, adminSecretFrom }: Answer, message: string): AccessError {
  return new AccessError(`Hasura at "${endpoint}" refuses the admin secret from ${adminSecretFrom}: ${message}`, {
    next: "Check it against the secret that this server was started with; --admin-secret comes before " +
      "HASURA_GRAPHQL_ADMIN_SECRET, the env file and config.yaml",
  });
}

function notFound({ endpoint, path }: Answer): AccessError {
  return new AccessError(`Hasura at "${endpoint}" has no "${path}"`, {
    next: "Give the root of a Hasura v2 server as endpoint, and check that its metadata API is enabled " +
      "(HASURA_GRAPHQL_ENABLED_APIS)",
  });
}

/** Hasura says of itself what it is; what stands before it does so mostly. */
function describeServer({ server, redact }: Answer): string {
  const name = server === undefined || /^warp\b/i.test(server) ? "" : excerpt(redact(server));
  return name === "" ? "The server" : `The server ("${name}")`;
}

function describeBody({ contentType, text: body, redact }: Answer): string {
  const text = redact(body);
  if (text.trim() === "") return "an empty body";
  if (/html/i.test(contentType) || /^\s*</.test(text)) {
    const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1]?.trim();
    return `an HTML page${title ? ` ("${excerpt(title)}")` : ""}`;
  }
  return `"${excerpt(text)}"`;
}

function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/**
 * Reads `internal` of an error. It is absent where the server hides it (HASURA_GRAPHQL_ADMIN_INTERNAL_ERRORS), and its
 * `error` can be a plain string.
 */
function decodePostgresProblem(internal: unknown): PostgresProblem | undefined {
  if (typeof internal === "string") return problem(internal.trim());
  if (!isRecord(internal)) return undefined;
  const error = internal.error;
  if (typeof error === "string") return problem(error);
  if (!isRecord(error)) return undefined;
  const text = (value: unknown) => typeof value === "string" && value !== "" ? value : undefined;
  return {
    sqlState: text(error.status_code),
    message: text(error.message) ?? text(error.exec_status) ?? "no message",
    detail: text(error.description),
    hint: text(error.hint),
  };
}

function redactProblem(
  problem: PostgresProblem | undefined,
  redact: (text: string) => string,
): PostgresProblem | undefined {
  if (problem === undefined) return undefined;
  const maybe = (text: string | undefined) => text === undefined ? undefined : redact(text);
  return { ...problem, message: redact(problem.message), detail: maybe(problem.detail), hint: maybe(problem.hint) };
}

function problem(message: string): PostgresProblem {
  return { sqlState: undefined, message, detail: undefined, hint: undefined };
}

/** @throws {NoAnswerError} unless `answer` is what Hasura sends when a command of its metadata API is done */
export function expectSuccess(answer: unknown, type: string): void {
  if (isRecord(answer) && answer.message === "success") return;
  throw new NoAnswerError(`The server answered ${type} with JSON of another shape than Hasura's`);
}
