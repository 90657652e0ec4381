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
  reason: "needs a second session beside the one at work; PGlite has one",
  plays: false,
};

const DIFFERENT: readonly Difference[] = [
  {
    id: "replace-catalog-left",
    on: "both",
    reason: "the venue keeps Hasura's own tables in the database of its sources",
  },
  { id: "leak-encoding", on: "pglite", reason: "PGlite hangs", plays: false },
  { id: "leak-timeout", on: "pglite", reason: "PGlite hangs", plays: false },
];

/** Why a scenario's answer differs on a backend; `undefined` where it has to be equal. */
export function expectedDifference({ id, needs = [] }: Scenario, backend: Backend["name"]): Difference | undefined {
  if (backend === "pglite" && (needs.includes("kill") || needs.includes("exhaust"))) return ONE_SESSION;
  return DIFFERENT.find((difference) =>
    difference.id === id && (difference.on === "both" || difference.on === backend)
  );
}
