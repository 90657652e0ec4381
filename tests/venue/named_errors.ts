/**
 * Hasura's own error answers that a fault can put in place of the right one.
 *
 * @module
 */

import { HasuraError, type HasuraErrorDetails } from "./bodies.ts";
import { NO_CONNECTION, TOO_MANY_CLIENTS } from "./session.ts";

/**
 * An error answer:
 * - `connection-error`: 500, the connection to PostgreSQL is lost;
 * - `tx-error`: 500, COMMIT failed;
 * - `max-connections`: 500, PostgreSQL has no connection left;
 * - `internal-error`: 500, Hasura's handler has crashed;
 * - `source-inconsistent`: 400, the database could not be reached when Hasura started.
 */
export type ErrorName = "connection-error" | "tx-error" | "max-connections" | "internal-error" | "source-inconsistent";

const COMMIT_FAILED = {
  statement: "COMMIT",
  prepared: true,
  arguments: [],
  error: {
    exec_status: "FatalError",
    status_code: "23503",
    message: 'insert or update on table "plan" violates foreign key constraint "plan_model_id_fkey"',
    description: 'Key (model_id)=(1) is not present in table "mission_model".',
    hint: null,
  },
};

const ERRORS: Record<ErrorName, (source: string) => [string, HasuraErrorDetails]> = {
  "connection-error": () => [
    "connection error",
    { status: 500, code: "postgres-error", internal: NO_CONNECTION },
  ],
  "tx-error": () => ["postgres tx error", { status: 500, code: "postgres-error", internal: COMMIT_FAILED }],
  "max-connections": () => [
    "max connections reached on postgres",
    { status: 500, code: "postgres-max-connections-error", internal: TOO_MANY_CLIENTS },
  ],
  "internal-error": () => ["Internal Server Error", { status: 500, code: "unexpected", path: "$" }],
  "source-inconsistent": (source) => [
    `source with name "${source}" is inconsistent`,
    { status: 400, code: "unexpected" },
  ],
};

/** The error; `source` is the one that the request is about. */
export function namedError(name: ErrorName, source: string): HasuraError {
  return new HasuraError(...ERRORS[name](source));
}
