/**
 * Calls to one Hasura server over HTTP.
 *
 * A call resolves with the decoded JSON of a 200 answer, or throws
 * - {@linkcode HasuraError}: Hasura itself answered, with an error;
 * - {@linkcode NoAnswerError}: nobody answered, or somebody else than Hasura did;
 * - `AccessError`: Hasura answered that it does not let us in.
 *
 * @module
 */

import type { Runtime } from "../runtime.ts";
import { formatSize } from "../size.ts";
import { decodeAnswer } from "./answer.ts";
import { askPatiently } from "./ask.ts";
import { onceBody } from "./once_body.ts";
import { HasuraError, namingProxy, NoAnswerError } from "./problems.ts";
import { exchange } from "./transport.ts";

/** Milliseconds after which a reload of the metadata is given up: it asks every source and remote schema. */
export const RELOAD_TIMEOUT = 300_000;

/** Where Hasura is, how it lets us in, and how long to wait for it. */
export interface HasuraClientOptions {
  /** Root of the server, without a trailing slash. */
  endpoint: string;
  adminSecret: string;
  /** Where the secret was found, for messages. */
  adminSecretFrom: string;
  /** The proxy that is between, for messages. */
  proxy?: string | undefined;
  /** Milliseconds after which a call that only reads is given up. */
  readTimeout: number;
  /** Takes secrets out of what a server said, before it is shortened. */
  redact: (text: string) => string;
}

/** A call: `{type, args}` posted to a path. */
export interface HasuraCall {
  path: "/v2/query" | "/v1/metadata";
  type: string;
  args: Record<string, unknown>;
  /** Version of the call. @default 1 */
  version?: 2;
  /** The metadata that the call was made from; Hasura refuses it with `conflict` where that is no longer the newest. */
  resourceVersion?: number;
}

/** A call that may be made as often as it takes: it reads, or leaves the same however often it is made. */
export interface HasuraQuestion<T> extends HasuraCall {
  /** Makes the answer into what was asked for. @throws {NoAnswerError} when it is not an answer to this */
  decode(answer: unknown): T;
  /** Milliseconds for all attempts together. @default the client's `readTimeout` */
  timeout?: number;
  /** Most attempts. @default 5 */
  attempts?: number;
}

/** One Hasura server. */
export interface HasuraClient {
  readonly endpoint: string;
  /** Milliseconds after which a question is given up that has no time of its own. */
  readonly readTimeout: number;
  /** Sends a call that must not reach Hasura twice; once, and without a limit but `signal`. */
  send(call: HasuraCall, signal?: AbortSignal): Promise<unknown>;
  /** Asks until there is an answer, an error that asking again will not change, or no time left. */
  ask<T>(question: HasuraQuestion<T>): Promise<T>;
  /** The status of `GET /healthz`, within `timeout` milliseconds. @throws {NoAnswerError} */
  health(timeout: number): Promise<number>;
}

/** Creates a client. Nothing is sent before the first call. */
export function createHasuraClient(
  rt: Pick<Runtime, "fetch" | "now" | "sleep" | "every">,
  options: HasuraClientOptions,
): HasuraClient {
  const { endpoint } = options;
  const headers = {
    "content-type": "application/json",
    "x-hasura-admin-secret": headerBytes(options.adminSecret),
  };
  // Whether anybody has ever answered: until then a refused connection is most likely a wrong address.
  let isReached = false;
  let hasAnswered = false;
  const post = async (call: HasuraCall, { signal, once }: { signal: AbortSignal | undefined; once: boolean }) => {
    const { path, type, args, version, resourceVersion } = call;
    const json = JSON.stringify({ type, version, resource_version: resourceVersion, args });
    const url = `${endpoint}${path}`;
    const init = { ...signal && { signal }, method: "POST", headers };
    try {
      const reply = await (once ? requestOnce(rt, url, init, json) : request(rt, url, { ...init, body: json }));
      isReached = true;
      const decoded = decodeAnswer({ ...options, ...reply, path });
      hasAnswered = true;
      return decoded;
    } catch (error) {
      if (error instanceof HasuraError) hasAnswered = true;
      if (error instanceof NoAnswerError) {
        error.requestSize = json.length;
        error.hasAnsweredBefore = hasAnswered;
      }
      throw error;
    }
  };
  const through = <T>(work: Promise<T>) => namingProxy(work, options.proxy);
  const health = async (timeout: number) =>
    (await through(request(rt, `${endpoint}/healthz`, { signal: AbortSignal.timeout(timeout) }))).status;
  return {
    endpoint,
    readTimeout: options.readTimeout,
    health,
    send: (call, signal) => through(post(call, { signal, once: true })),
    ask: (question) =>
      askPatiently(rt, {
        ...question,
        timeout: question.timeout ?? options.readTimeout,
        isReached: () => isReached,
        health,
        send: (signal) => through(post(question, { signal, once: false })),
      }),
  };
}

/** A header holds bytes, which `fetch` takes as one character each; Hasura compares the secret as UTF-8. */
function headerBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** The answer to a request that Deno does not repeat, and whether it came before all of the request was sent. */
async function requestOnce(rt: Pick<Runtime, "fetch" | "every">, url: string, init: RequestInit, text: string) {
  const body = onceBody(rt, text);
  try {
    const reply = await request(rt, url, { ...init, body: body.blob });
    return { ...reply, cutShort: body.end() };
  } catch (error) {
    if (!body.end() || !(error instanceof NoAnswerError) || error.notSent) throw error;
    const size = formatSize(body.size);
    throw new NoAnswerError(`The connection ended before all of the request (${size}) was sent: ${error.message}`, {
      cutShort: true,
      cause: error,
    });
  }
}

async function request(rt: Pick<Runtime, "fetch">, url: string, init: RequestInit) {
  const { location, body, ...reply } = await exchange(rt, url, init);
  if (location !== undefined) throw new NoAnswerError(`The server redirects to "${location}"`, { lasting: true });
  return { ...reply, text: new TextDecoder().decode(body) };
}
