/**
 * Hasura's endpoints: what a request is answered with.
 *
 * @module
 */

import { authenticate, requireAdmin } from "./auth.ts";
import { errorBody, HasuraError, type Json, notFound, parseFailed } from "./bodies.ts";
import { asObject, required, text } from "./decode.ts";
import { health } from "./health.ts";
import type { Instance } from "./instance.ts";
import { callMetadata, decodeMetadata } from "./metadata.ts";
import { decodeRunSql, runSql, type Stages } from "./run_sql.ts";

/** A request, its body read. */
export interface ApiRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: Headers;
  body: string;
}

/** An answer before it is written. */
export type Answer =
  | { status: number; json: Json }
  | { status: number; text: string; contentType: string };

const QUERY_PATHS = ["/v2/query", "/v1/query", "/v1/metadata"];

/** Answers a request; an error becomes its body. */
export async function answer(instance: Instance, request: ApiRequest, stages: Stages): Promise<Answer> {
  const path = request.path.split("?", 1)[0] ?? "";
  try {
    if (request.method === "GET") return await get(instance, path, request);
    if (request.method === "POST") return await post(instance, path, { request, stages });
    // Left to the web framework, which knows nothing of Hasura's errors.
    return { status: 404, text: "<html><body><h1>404 - File not found</h1></body></html>", contentType: "text/html" };
  } catch (error) {
    return errorAnswer(instance, error, path);
  }
}

/** The body of an error. @throws whatever is not Hasura's own */
export function errorAnswer({ settings }: Instance, error: unknown, path: string): Answer {
  if (!(error instanceof HasuraError)) throw error;
  const place = path === "/v2/query" ? "$" : "$.args";
  return { status: error.details.status, json: errorBody(error, { place, internal: settings.internalErrors }) };
}

async function get(instance: Instance, path: string, { headers, path: whole }: ApiRequest): Promise<Answer> {
  const { settings } = instance;
  switch (path) {
    case "/healthz":
    case "/hasura/healthz":
      return await health(instance, { strict: /[?&]strict=true(&|$)/.test(whole) });
    case "/v1/version":
      return { status: 200, json: { version: settings.version, server_type: "ce" } };
    case "/v1alpha1/config":
      if (!settings.enabledApis.includes("config")) throw notFound();
      requireAdmin(authenticate(headers, settings.adminSecret), "other");
      return await Promise.resolve({
        status: 200,
        json: { version: settings.version, is_admin_secret_set: settings.adminSecret !== null },
      });
    default:
      throw notFound();
  }
}

async function post(
  instance: Instance,
  path: string,
  { request, stages }: { request: ApiRequest; stages: Stages },
): Promise<Answer> {
  const { settings } = instance;
  if (!QUERY_PATHS.includes(path) || !settings.enabledApis.includes("metadata")) throw notFound();
  const role = authenticate(request.headers, settings.adminSecret);
  const run = decode(instance, path, { body: parse(request.body), stages });
  requireAdmin(role, "query");
  return { status: 200, json: await run() };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HasuraError(`Error in $: ${reason}`, { status: 400, code: "invalid-json", path: "$" });
  }
}

function decode(
  instance: Instance,
  path: string,
  { body, stages }: { body: unknown; stages: Stages },
): () => Promise<Json> {
  const envelope = asObject(body, { path: "$", what: "RQLQuery" });
  const type = text(envelope, "type");
  if (type === "run_sql" && path !== "/v1/metadata") {
    const args = decodeRunSql(required(envelope, "args"), "$.args");
    return () => runSql(instance, args, stages);
  }
  if (path === "/v2/query") throw parseFailed(`Unrecognised RQLQuery type: ${type}`, "$");
  const request = decodeMetadata(body);
  return () => callMetadata(instance, request);
}
