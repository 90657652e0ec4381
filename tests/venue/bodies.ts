/**
 * Hasura's error bodies and how its JSON is written.
 *
 * @module
 */

import { type ConnectionLostError, type Outcome, TooManyClientsError } from "./session.ts";

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What an error says besides its text. */
export interface HasuraErrorDetails {
  /** HTTP status. */
  status: number;
  /** Hasura's name of the kind of error. */
  code: string;
  /** Where in the request; by default what the endpoint puts there. */
  path?: string;
  /** What only an admin sees. */
  internal?: Json;
}

/** A request that Hasura refuses. */
export class HasuraError extends Error {
  override readonly name = "HasuraError";
  readonly details: HasuraErrorDetails;

  /** Creates the error with the text of the body's `error`. */
  constructor(message: string, details: HasuraErrorDetails) {
    super(message);
    this.details = details;
  }

  /** The error with a place, unless it has one. */
  at(path: string): HasuraError {
    return new HasuraError(this.message, { path, ...this.details });
  }

  /** The error of a part of a request, as an error of the whole; `part` as in `.args[0]`. */
  within(part: string): HasuraError {
    const { path = "$.args" } = this.details;
    return new HasuraError(this.message, { ...this.details, path: `$${part}${path.slice(1)}` });
  }
}

/** The body of an error without a place of its own; `internal` tells whether that part is shown. */
export function errorBody(
  { message, details: { path, code, internal } }: HasuraError,
  shown: { place: string; internal: boolean },
): { [key: string]: Json } {
  const extra = internal !== undefined && shown.internal ? { internal } : {};
  return { error: message, path: path ?? shown.place, code, ...extra };
}

/** The body cannot be decoded. */
export function parseFailed(message: string, path: string): HasuraError {
  return new HasuraError(message, { status: 400, code: "parse-failed", path });
}

/** No such endpoint, or it is switched off. */
export function notFound(): HasuraError {
  return new HasuraError("resource does not exist", { status: 404, code: "not-found", path: "$" });
}

/** What `internal` says of a statement that did not end well; `undefined` when it did. */
export function statementProblem(outcome: Outcome, about: { statement: string; prepared: boolean }): Json | undefined {
  const error = problem(outcome);
  return error === undefined ? undefined : { ...about, arguments: [], error };
}

function problem(outcome: Outcome): Json | undefined {
  switch (outcome.status) {
    case "CommandOk":
    case "TuplesOk":
      return undefined;
    case "CopyIn":
    case "CopyOut":
      return `Unexpected execStatus: ${outcome.status}`;
    case "EmptyQuery":
      return { exec_status: "EmptyQuery", status_code: null, message: null, description: null, hint: null };
    case "FatalError": {
      const { code, message, detail, hint } = outcome.error;
      return { exec_status: "FatalError", status_code: code, message, description: detail, hint };
    }
  }
}

/** The error that Hasura answers with when the connection to PostgreSQL fails. */
export function connectionError(error: ConnectionLostError): HasuraError {
  return error instanceof TooManyClientsError
    ? new HasuraError("max connections reached on postgres", {
      status: 500,
      code: "postgres-max-connections-error",
      internal: error.message,
    })
    : new HasuraError("connection error", { status: 500, code: "postgres-error", internal: error.message });
}

/** Writes JSON. Hasura promises no order of keys: `reversed` writes the other one. */
export function encode(value: unknown, reversed: boolean): string {
  return JSON.stringify(reversed ? reverseKeys(value) : value);
}

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([key, inner]) => [key, reverseKeys(inner)]));
}

/** Name of a JSON value's type as Hasura's decoder says it. */
export function typeName(value: unknown): string {
  if (value === null) return "Null";
  if (Array.isArray(value)) return "Array";
  const type = typeof value;
  return type === "boolean" ? "Boolean" : type.charAt(0).toUpperCase() + type.slice(1);
}
