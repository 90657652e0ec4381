/**
 * Holds what a run was told against the ledger.
 *
 * An answer that a step went well is no proof that it was kept: on a lost connection to PostgreSQL, Hasura sends COMMIT
 * again on a new one, where it does nothing and succeeds (Hasura source, pg-client's retries). The guard of the next step
 * notices that; for the last one, the ledger has to be looked at.
 *
 * @module
 */

import { FailedError } from "../errors.ts";
import type { RunResult } from "./run.ts";
import { type Ledger, migrationTitle, type Step } from "./types.ts";

/** The result with only those steps done that `ledger` shows. */
export function confirmSteps(result: RunResult, ledger: Ledger): RunResult {
  const applied = new Set(ledger.map((row) => row.version));
  const kept = ({ direction, migration }: Step) => applied.has(migration.version) === (direction === "apply");
  const lost = result.done.filter((step) => !kept(step));
  if (lost.length === 0) return result;
  const done = result.done.filter(kept);
  return { done, remaining: [...lost, ...result.remaining], error: lostError(lost) };
}

function lostError(lost: Step[]): FailedError {
  const titles = lost.map((step) => migrationTitle(step.migration)).join(", ");
  const verb = lost[0]?.direction === "revert" ? "reverted" : "applied";
  return new FailedError(
    `Hasura answered that ${titles} ${lost.length === 1 ? "was" : "were"} ${verb}, but the ledger does not show it`,
    {
      state:
        "The ledger is right: either Hasura lost its connection to the database at the commit, so that nothing was kept, " +
        "or somebody has undone it since",
      next:
        "Look at the status and at the logs of Hasura and PostgreSQL, then run the same command again: it continues from " +
        "what the ledger shows",
    },
  );
}
