/**
 * Where the test server answers otherwise than a genuine Hasura, and why that stays so.
 *
 * @module
 */

import type { Backend } from "../venue/mod.ts";
import type { Scenario } from "./answers.ts";

/** A scenario whose answer differs. */
export interface Difference {
  /** Beginning of the ids that it holds for, or a whole id. */
  id: string;
  on: "both" | Backend["name"];
  reason: string;
  /** `false`: not even played, since the scenario would never end. */
  plays?: false;
}

const ONE_SESSION: Difference = {
  id: "",
  on: "pglite",
  reason: "looks, or works, beside a text that is at work; PGlite has one session",
  plays: false,
};

const DIFFERENT: readonly Difference[] = [
  // Transport, texts, sessions and outages.
  {
    id: "metadata-down-replace",
    on: "both",
    reason:
      "how many of Hasura's idle sessions its own threads have used up since the outage began is not ours to know",
  },
  { id: "leak-encoding", on: "pglite", reason: "PGlite ends at the first letter that it has to convert: refused" },
  { id: "kill-idle-no-retries", on: "pglite", reason: "PGlite has one session, which cannot be ended from outside" },
  { id: "tx-prepare-transaction", on: "pglite", reason: "PGlite cannot be set to keep prepared transactions" },
  { id: "select-timezone", on: "pglite", reason: "PGlite calls its time zone UTC, Debian's PostgreSQL Etc/UTC" },
  // The metadata document and its calls.
  {
    id: "replace-catalog-left",
    on: "both",
    reason: "the venue keeps Hasura's own tables in the database of its sources",
  },
];

/** Why a scenario's answer differs on a backend; `undefined` where it has to be equal. */
export function expectedDifference(scenario: Scenario, backend: Backend["name"]): Difference | undefined {
  const { id, setup, during } = scenario;
  // What runs beside the request, or is waited for, would have to wait for it.
  if (backend === "pglite" && [...setup, ...during].some(({ until_sql }) => until_sql !== undefined)) {
    return ONE_SESSION;
  }
  return DIFFERENT.find((difference) =>
    difference.id === id && (difference.on === "both" || difference.on === backend)
  );
}
