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
import { decodeAnswer } from "./answer.ts";
import { askPatiently } from "./ask.ts";
import { namingProxy, NoAnswerError } from "./problems.ts";
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
  const post = async (call: HasuraCall, init: RequestInit, toBody: (json: string) => BodyInit) => {
    const { path, type, args, version, resourceVersion } = call;
    const body = toBody(JSON.stringify({ type, version, resource_version: resourceVersion, args }));
    const { status, contentType, text } = await request(rt, `${endpoint}${path}`, {
      ...init,
      method: "POST",
      headers,
      body,
    });
    isReached = true;
    return decodeAnswer({ ...options, path, status, contentType, text });
  };
  const through = <T>(work: Promise<T>) => namingProxy(work, options.proxy);
  const health = async (timeout: number) =>
    (await through(request(rt, `${endpoint}/healthz`, { signal: AbortSignal.timeout(timeout) }))).status;
  return {
    endpoint,
    health,
    send: (call, signal) => through(post(call, signal === undefined ? {} : { signal }, unrepeatable)),
    ask: (question) =>
      askPatiently(rt, {
        ...question,
        timeout: question.timeout ?? options.readTimeout,
        isReached: () => isReached,
        health,
        send: (signal) => through(post(question, { signal }, (json) => json)),
      }),
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

async function request(rt: Pick<Runtime, "fetch">, url: string, init: RequestInit) {
  const { status, contentType, location, body } = await exchange(rt, url, init);
  if (location !== undefined) throw new NoAnswerError(`The server redirects to "${location}"`, { lasting: true });
  return { status, contentType, text: new TextDecoder().decode(body) };
}
