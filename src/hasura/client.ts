/**
 * Calls to one Hasura server over HTTP, and the three ways in which a call can go wrong.
 *
 * A call resolves with the decoded JSON of a 200 answer, or throws
 * - {@linkcode HasuraError}: Hasura itself answered, with an error;
 * - {@linkcode NoAnswerError}: nobody answered, or somebody else than Hasura did;
 * - `AccessError`: Hasura answered that it does not let us in.
 *
 * @module
 */

import { AccessError, describeError, ToolError } from "../errors.ts";
import { isRecord } from "../json.ts";
import type { Runtime } from "../runtime.ts";

/** Milliseconds after which a call that only reads is given up. */
export const READ_TIMEOUT = 30_000;

/** Milliseconds after which a reload of the metadata is given up: it asks every source and remote schema. */
export const RELOAD_TIMEOUT = 300_000;

/** Where Hasura is and how it lets us in. */
export interface HasuraClientOptions {
  /** Root of the server, without a trailing slash. */
  endpoint: string;
  adminSecret: string;
  /** Where the secret was found, for messages. */
  adminSecretFrom: string;
  /** Takes secrets out of what a server said, before it is shortened. */
  redact: (text: string) => string;
}

/** A call: `{type, args}` posted to a path. */
export interface HasuraCall {
  path: "/v2/query" | "/v1/metadata";
  type: string;
  args: Record<string, unknown>;
  /** Milliseconds; none where it is not set. */
  timeout?: number;
  /** Whether the call must not reach Hasura twice. */
  once?: boolean;
}

/** What PostgreSQL said, where Hasura passes it on. */
export interface PostgresProblem {
  /** SQLSTATE, as `42P01`. */
  sqlState: string | undefined;
  message: string;
  detail: string | undefined;
  hint: string | undefined;
}

/** Hasura answered with an error. */
export class HasuraError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** Hasura's own code, as `postgres-error`. */
  readonly code: string;
  /** PostgreSQL's part of it, where there is one and the server shows it. */
  readonly postgres: PostgresProblem | undefined;

  /** Creates the error from what the server sent. */
  constructor(message: string, details: { status: number; code: string; postgres: PostgresProblem | undefined }) {
    super(message);
    this.name = "HasuraError";
    this.status = details.status;
    this.code = details.code;
    this.postgres = details.postgres;
  }
}

/** No answer of Hasura's came back. */
export class NoAnswerError extends Error {
  /** Whether it is certain that Hasura never worked on the request. */
  readonly notSent: boolean;

  /** Creates the error; `message` is what there was instead of an answer. */
  constructor(message: string, options: { notSent?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "NoAnswerError";
    this.notSent = options.notSent ?? false;
  }
}

/** One Hasura server. */
export interface HasuraClient {
  readonly endpoint: string;
  /** Sends a call and returns the decoded answer. */
  call(call: HasuraCall): Promise<unknown>;
}

/** Creates a client. Nothing is sent before the first call. */
export function createHasuraClient(rt: Pick<Runtime, "fetch">, options: HasuraClientOptions): HasuraClient {
  const headers = {
    "content-type": "application/json",
    "x-hasura-admin-secret": headerBytes(options.adminSecret),
  };
  return {
    endpoint: options.endpoint,
    async call({ path, type, args, timeout, once }) {
      const json = JSON.stringify({ type, args });
      const init: RequestInit = { method: "POST", headers, body: once === true ? unrepeatable(json) : json };
      // The time covers the body too: a server that sends half an answer and then nothing must not hold us.
      if (timeout !== undefined) init.signal = AbortSignal.timeout(timeout);
      const { status, contentType, text } = await send(rt, `${options.endpoint}${path}`, init);
      return decodeAnswer({ ...options, path, status, contentType, text });
    },
  };
}

/** A header holds bytes, which `fetch` takes as one character each; Hasura compares the secret as UTF-8. */
function headerBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/**
 * A body that is sent only once. Deno's `fetch` sends a request again by itself when the connection is lost before the
 * answer, a POST too, and whatever the server has done by then (denoland/deno#35610); but not one with a blob for a body.
 */
function unrepeatable(text: string): Blob {
  return new Blob([text]);
}

async function send(rt: Pick<Runtime, "fetch">, url: string, init: RequestInit) {
  try {
    const response = await rt.fetch(url, init);
    const location = response.headers.get("location");
    const text = await response.text();
    if (location !== null && response.status >= 300 && response.status < 400) {
      throw new NoAnswerError(`The server redirects to "${location}"`);
    }
    return { status: response.status, contentType: response.headers.get("content-type") ?? "", text };
  } catch (error) {
    if (error instanceof NoAnswerError || error instanceof ToolError) throw error;
    const description = describeError(error);
    if (error instanceof DOMException && error.name === "TimeoutError") {
      throw new NoAnswerError("The server did not answer in time", { cause: error });
    }
    // "Connect" is the HTTP library's word for: there was no connection to send anything on.
    throw new NoAnswerError(shortReason(description), {
      notSent: /client error \(Connect\)/.test(description),
      cause: error,
    });
  }
}

/** The reason at the end of the HTTP library's chain of messages. */
function shortReason(description: string): string {
  const reason = description.replace(/^.*client error \(\w+\): /, "")
    .replace(/^(tcp connect error|dns error): /, "")
    .replace(/ \(os error \d+\)/, "");
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}

interface Answer extends HasuraClientOptions {
  path: string;
  status: number;
  contentType: string;
  text: string;
}

/** Statuses with which a proxy turns a request away, before anybody works on it. */
const TURNED_AWAY = [401, 403, 404, 405, 411, 413, 414, 415, 429, 431];

function decodeAnswer(answer: Answer): unknown {
  const { status, text } = answer;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new NoAnswerError(`The server answered ${status} with ${describeBody(answer)} instead of JSON`, {
      notSent: TURNED_AWAY.includes(status),
    });
  }
  if (status === 200) return body;
  const error = isRecord(body) && typeof body.error === "string" && typeof body.code === "string" ? body : undefined;
  if (error === undefined) {
    throw new NoAnswerError(
      `The server answered ${status} with JSON that is not Hasura's: ${excerpt(answer.redact(text))}`,
      {
        notSent: TURNED_AWAY.includes(status),
      },
    );
  }
  const message = answer.redact(String(error.error));
  const code = String(error.code);
  if (status === 401 || code === "access-denied") throw accessDenied(answer, message);
  if (status === 404 && code === "not-found") throw notFound(answer);
  throw new HasuraError(message, {
    status,
    code,
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
