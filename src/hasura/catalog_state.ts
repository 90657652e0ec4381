/**
 * The tracker: `cli_state`, the document in which the Hasura CLI and console keep what they believe to be applied.
 *
 * Hasura stores it as given: a write replaces all of it, with no version check, and the last writer wins. So it is read
 * and written whole, and what we do not know is kept.
 *
 * @module
 */

import { expectSuccess, type HasuraClient, NoAnswerError, READ_TIMEOUT } from "./client.ts";
import { isRecord } from "../json.ts";

/**
 * The tracker's document, which holds `{migrations: {<source>: {"<version>": <dirty>}}}` among others. A fresh server
 * has `{}`.
 */
export type TrackerState = Record<string, unknown>;

/** @throws {HasuraError | NoAnswerError} when it could not be read */
export async function readTracker(client: HasuraClient): Promise<TrackerState> {
  const answer = await client.call({
    path: "/v1/metadata",
    type: "get_catalog_state",
    args: {},
    timeout: READ_TIMEOUT,
  });
  if (isRecord(answer) && answer.cli_state === null) return {};
  if (!isRecord(answer) || !isRecord(answer.cli_state)) {
    throw new NoAnswerError("The server answered get_catalog_state with JSON of another shape than Hasura's");
  }
  return answer.cli_state;
}

/** @throws {HasuraError | NoAnswerError} when it could not be written; writing it again is safe */
export async function writeTracker(client: HasuraClient, state: TrackerState): Promise<void> {
  const type = "set_catalog_state";
  const args = { type: "cli", state };
  expectSuccess(await client.call({ path: "/v1/metadata", type, args, timeout: READ_TIMEOUT }), type);
}
