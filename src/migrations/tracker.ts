/**
 * Keeps Hasura's tracker in step with the ledger while a run goes on.
 *
 * The tracker is not the truth, so no step waits for it: the newest state of the ledger is written beside the next step,
 * and what came in between is skipped. `settle` makes sure that the last state has arrived.
 *
 * @module
 */

import type { HasuraClient } from "../hasura/client.ts";
import { readTracker, writeTracker } from "../hasura/catalog_state.ts";
import { reconcileTracker } from "./reconcile.ts";
import type { Ledger } from "./types.ts";

/** Brings the tracker up to date in the background. */
export interface TrackerKeeper {
  /** Starts to bring the tracker to `ledger`, or remembers to do so after what is under way. */
  update(ledger: Ledger): void;
  /** Waits until the tracker shows the last `ledger`, trying once more where that failed; the error if it still did. */
  settle(): Promise<unknown>;
}

/** Creates a keeper for the entries of `source`. */
export function createTrackerKeeper(client: HasuraClient, source: string): TrackerKeeper {
  let wanted: Ledger | undefined;
  let failed: { ledger: Ledger; error: unknown } | undefined;
  let running: Promise<void> | undefined;

  async function work(): Promise<void> {
    while (wanted !== undefined) {
      const ledger = wanted;
      wanted = undefined;
      try {
        // Read anew each time: the console or a Hasura CLI may have written in the meantime, for other sources too.
        const { toMark, toUnmark, state } = reconcileTracker(await readTracker(client), source, ledger);
        if (toMark.length + toUnmark.length > 0) await writeTracker(client, state);
        failed = undefined;
      } catch (error) {
        failed = { ledger, error };
      }
    }
    running = undefined;
  }

  function update(ledger: Ledger): void {
    wanted = ledger;
    running ??= work();
  }

  return {
    update,
    async settle() {
      await running;
      if (failed !== undefined) update(failed.ledger);
      await running;
      return failed?.error;
    },
  };
}
