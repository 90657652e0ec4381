/**
 * Keeps Hasura's tracker in step with the ledger while a run goes on.
 *
 * The tracker is not the truth, so no step waits for it: about once a second the newest state of the ledger is written
 * beside the steps, and what came in between is skipped. `settle` makes sure that the last state has arrived.
 *
 * @module
 */

import type { Runtime } from "../runtime.ts";
import type { HasuraClient } from "../hasura/client.ts";
import { readTracker, writeTracker } from "../hasura/catalog_state.ts";
import { reconcileTracker } from "./reconcile.ts";
import type { Ledger } from "./types.ts";

/** Brings the tracker up to date in the background. */
export interface TrackerKeeper {
  /** Starts to bring the tracker to `ledger`, or remembers to do so later. */
  update(ledger: Ledger): void;
  /** Waits until the tracker shows the last `ledger`, trying once more where that failed; the error if it still did. */
  settle(): Promise<unknown>;
}

/** Milliseconds from one write to the next while steps go on: the document grows with the number of migrations. */
const WRITE_INTERVAL = 1_000;

/** What a keeper works with. */
export interface TrackerKeeperOptions {
  rt: Pick<Runtime, "now">;
  client: HasuraClient;
  /** Whose entries are kept. */
  source: string;
}

/** Creates a keeper. */
export function createTrackerKeeper({ rt, client, source }: TrackerKeeperOptions): TrackerKeeper {
  let wanted: Ledger | undefined;
  let lastStart = -Infinity;
  let failed: { ledger: Ledger; error: unknown } | undefined;
  let running: Promise<void> | undefined;
  let settling = false;

  function isDue(): boolean {
    return wanted !== undefined && (settling || rt.now() - lastStart >= WRITE_INTERVAL);
  }

  async function write(): Promise<void> {
    while (wanted !== undefined && isDue()) {
      const ledger = wanted;
      wanted = undefined;
      lastStart = rt.now();
      try {
        // Read anew each time: the console or a Hasura CLI may have written in the meantime, for other sources too.
        const { isStale, state } = reconcileTracker(await readTracker(client), source, ledger);
        if (isStale) await writeTracker(client, state);
        failed = undefined;
      } catch (error) {
        failed = { ledger, error };
      }
    }
    running = undefined;
  }

  function update(ledger: Ledger): void {
    wanted = ledger;
    if (running === undefined && isDue()) running = write();
  }

  return {
    update,
    async settle() {
      settling = true;
      await running;
      if (wanted !== undefined) update(wanted);
      await running;
      if (failed !== undefined) update(failed.ledger);
      await running;
      return failed?.error;
    },
  };
}
