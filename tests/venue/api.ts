/**
 * Hasura's endpoints: what a request is answered with.
 *
 * @module
 */

import { authenticate, requireAdmin } from "./auth.ts";
import { errorBody, HasuraError, type Json, notFound } from "./bodies.ts";
import { configOf } from "./config.ts";
import { asObject, text } from "./decode.ts";
import { health } from "./health.ts";
import { type Instance, showsInternal } from "./instance.ts";
import { decodeJson, JsonError } from "./json.ts";
import { callMetadata, decodeMetadata } from "./metadata.ts";
import { decodePgDump, runPgDump } from "./pg_dump.ts";
import { decodeQuery, isQueryType, runQuery } from "./query.ts";
import type { Stages } from "./run_sql.ts";

/** A request, its body read. */
export interface ApiRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: Headers;
  body: Uint8Array;
}

/** An answer before it is written. */
export type Answer = {
  status: number;
  /** Written as Hasura's web framework does what Hasura itself has no part in: in chunks, without a request id. */
  bare?: true;
} & ({ json: Json } | { text: string; contentType: string | null });

const QUERY_PATHS = ["/v2/query", "/v1/query", "/v1/metadata"];

/** Answers a request; an error becomes its body. */
export async function answer(instance: Instance, request: ApiRequest, stages: Stages): Promise<Answer> {
  const [whole = ""] = request.path.split("?", 1);
  // What is between slashes counts, however many there are.
  const path = `/${whole.split("/").filter((part) => part !== "").join("/")}`;
  try {
    if (request.method === "GET") return await get(instance, path, request);
    if (request.method === "POST") return await post(instance, path, { request, stages });
    return otherMethod(request.method);
  } catch (error) {
    return errorAnswer(instance, error, path);
  }
}

/** The body of an error. @throws whatever is not Hasura's own */
export function errorAnswer({ settings }: Instance, error: unknown, path: string): Answer {
  if (!(error instanceof HasuraError)) throw error;
  const { status } = error.details;
  const place = path === "/v2/query" ? "$" : "$.args";
  const json = errorBody(error, { place, internal: showsInternal(settings) });
  return status === 404 ? { status, json, bare: true } : { status, json };
}

async function get(instance: Instance, path: string, { headers, path: whole }: ApiRequest): Promise<Answer> {
  const { settings } = instance;
  switch (path) {
    case "/healthz":
    case "/hasura/healthz":
      return await health(instance, { strict: /[?&]strict=true(&|$)/.test(whole) });
    case "/v1/version":
      return { status: 200, json: { version: settings.version, server_type: "ce" }, bare: true };
    case "/v1alpha1/config":
      if (!settings.enabledApis.includes("config")) throw notFound();
      requireAdmin(authenticate(headers, settings), "other");
      return await Promise.resolve({ status: 200, json: configOf(settings) });
    default:
      throw notFound();
  }
}

/** Hasura's routes know of no other method; its answer to one has not even a type. */
function otherMethod(method: string): Answer {
  const body = { error: "Internal Server Error", path: "$", code: "unexpected" };
  return { status: 500, text: method === "HEAD" ? "" : JSON.stringify(body), contentType: null, bare: true };
}

async function post(
  instance: Instance,
  path: string,
  { request, stages }: { request: ApiRequest; stages: Stages },
): Promise<Answer> {
  const { settings } = instance;
  const api = path === "/v1alpha1/pg_dump" ? "pgdump" : QUERY_PATHS.includes(path) ? "metadata" : undefined;
  if (api === undefined || !settings.enabledApis.includes(api)) throw notFound();
  const role = authenticate(request.headers, settings);
  const body = parse(request.body);
  if (api === "pgdump") {
    const call = decodePgDump(body);
    requireAdmin(role, "other");
    return await runPgDump(instance, call);
  }
  const run = decode(instance, path, { body, stages });
  requireAdmin(role, "query");
  return { status: 200, json: await run() };
}

function parse(body: Uint8Array): unknown {
  try {
    return decodeJson(body);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new HasuraError(error.message, { status: 400, code: "invalid-json", path: "$" });
  }
}

function decode(
  instance: Instance,
  path: string,
  { body, stages }: { body: unknown; stages: Stages },
): () => Promise<Json> {
  const query = path !== "/v1/metadata" &&
    (path === "/v2/query" || isQueryType(text(asObject(body, { path: "$", what: "RQLQuery" }), "type")));
  if (query) {
    const call = decodeQuery(instance, body);
    return () => runQuery(instance, call, stages);
  }
  const request = decodeMetadata(body);
  return () => callMetadata(instance, request);
}
