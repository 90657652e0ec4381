/**
 * `run_sql`: SQL through Hasura's `/v2/query`.
 *
 * Hasura runs the text as one simple query inside a transaction of its own and returns the result of the last
 * statement only. Every cell is text, and SQL NULL arrives as the text `NULL` (Hasura source, run_sql), so SQL that is
 * to be read here returns one cell of JSON.
 *
 * @module
 */

import { isRecord } from "../json.ts";
import type { HasuraClient } from "./client.ts";
import { NoAnswerError } from "./problems.ts";

/** SQL for one source. */
export interface SqlCall {
  /** Hasura's name of the database. */
  source: string;
  sql: string;
}

/** SQL that only reads. */
export interface SqlQuestion<T> extends SqlCall {
  /** Decodes the JSON of the one cell; `undefined` where it is not an answer to this. */
  decode(value: unknown): T | undefined;
  /** Most attempts. @default as for all questions */
  attempts?: number;
  /** Milliseconds for all attempts together. @default the client's */
  timeout?: number;
}

/**
 * Runs SQL that returns one cell of JSON, in a read-only transaction.
 *
 * @throws {HasuraError} when Hasura or PostgreSQL refuses
 * @throws {NoAnswerError} when no answer of Hasura's came back
 */
export async function querySql<T>(client: HasuraClient, question: SqlQuestion<T>): Promise<T> {
  const { source, sql, decode, ...rest } = question;
  const args = { source, sql, read_only: true, check_metadata_consistency: false };
  return await client.ask({
    ...rest,
    path: "/v2/query",
    type: "run_sql",
    args,
    decode: (answer) => decode(decodeCell(answer)) ?? refuseShape(),
  });
}

/**
 * Runs SQL that changes the database and ends with a query of one cell of JSON. Sent once; there is no time limit, since
 * a migration may take hours.
 *
 * Without the consistency check Hasura neither locks nor changes its metadata, and commits before it answers.
 *
 * @throws {HasuraError} when Hasura or PostgreSQL refuses
 * @throws {NoAnswerError} when no answer of Hasura's came back: the outcome is then not known
 */
export async function executeSql(
  client: HasuraClient,
  { source, sql, signal }: SqlCall & { signal?: AbortSignal },
): Promise<unknown> {
  const args = { source, sql, read_only: false, cascade: false, check_metadata_consistency: false };
  return decodeCell(await client.send({ path: "/v2/query", type: "run_sql", args }, signal));
}

/** The one cell of `{"result_type":"TuplesOk","result":[["name"],["<JSON>"]]}`. */
function decodeCell(answer: unknown): unknown {
  if (isRecord(answer) && answer.result_type === "TuplesOk" && Array.isArray(answer.result)) {
    const row: unknown = answer.result[1];
    if (Array.isArray(row) && row.length === 1 && typeof row[0] === "string") {
      try {
        return JSON.parse(row[0]);
      } catch {
        // Falls through to the one error for all wrong shapes.
      }
    }
  }
  return refuseShape();
}

function refuseShape(): never {
  throw new NoAnswerError("The server answered run_sql with JSON of another shape than Hasura's");
}
