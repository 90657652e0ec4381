/**
 * The tracker: `cli_state`, the document in which the Hasura CLI and console keep what they believe to be applied.
 *
 * Hasura stores it as given: a write replaces all of it, with no version check, and the last writer wins. So it is read
 * and written whole, and what we do not know is kept.
 *
 * @module
 */

import { isRecord } from "../json.ts";
import { expectSuccess } from "./answer.ts";
import type { HasuraClient } from "./client.ts";
import { NoAnswerError } from "./problems.ts";

/**
 * The tracker's document, which holds `{migrations: {<source>: {"<version>": <dirty>}}}` among others. A fresh server
 * has `{}`.
 */
export type TrackerState = Record<string, unknown>;

/** @throws {HasuraError | NoAnswerError} when it could not be read */
export async function readTracker(client: HasuraClient): Promise<TrackerState> {
  return await client.ask({ path: "/v1/metadata", type: "get_catalog_state", args: {}, decode: decodeTracker });
}

function decodeTracker(answer: unknown): TrackerState {
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
  await client.ask({
    path: "/v1/metadata",
    type,
    args,
    // What is written was read just before: a second attempt must read again, see tracker.ts.
    attempts: 1,
    decode: (answer) => expectSuccess(answer, type),
  });
}
