/**
 * What the venue remembers of each request.
 *
 * @module
 */

import { type AuthSettings, describeHeaders } from "./auth.ts";

/** One request. */
export interface RequestRecord {
  method: string;
  /** Without the query. */
  path: string;
  /** `type` of the body. */
  type?: string;
  /** Decoded JSON, or the text where it is none. */
  body: unknown;
  /** `x-hasura-admin-secret` is `right`, `wrong` or `none` here. */
  headers: Record<string, string>;
  /** Of a `run_sql`. */
  readOnly?: boolean;
  /** Of a `run_sql`. */
  sql?: string;
  /** What was answered; missing while the request runs and where the connection was cut. */
  status?: number;
  /** Milliseconds on the clock of `performance.now()`. */
  startedAt: number;
  endedAt?: number;
  /** How many other requests were running when this one came. */
  inFlightWith: number;
}

/** Describes a request that has just come in. */
export function describeRequest(
  request: { method: string; url: string; headers: Headers },
  body: string,
  { settings, inFlightWith }: { settings: AuthSettings; inFlightWith: number },
): RequestRecord {
  const record: RequestRecord = {
    method: request.method,
    path: new URL(request.url).pathname,
    body: decoded(body),
    headers: describeHeaders(request.headers, settings),
    startedAt: performance.now(),
    inFlightWith,
  };
  const { type, args } = asRecord(record.body);
  if (typeof type === "string") record.type = type;
  if (type === "run_sql") {
    const { sql, read_only: readOnly } = asRecord(args);
    if (typeof sql === "string") record.sql = sql;
    record.readOnly = readOnly === true;
  }
  return record;
}

/** Whether a request can have changed anything: all that is not known to read. */
export function mayWrite({ method, type, readOnly }: RequestRecord): boolean {
  if (method === "GET" || method === "HEAD") return false;
  if (type === "run_sql") return readOnly !== true;
  return type === undefined || !(type.startsWith("get_") || type === "export_metadata");
}

function decoded(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
