/**
 * Brings Hasura's tracker in step with the ledger at the start of a run, once it is sure that the run does anything.
 *
 * @module
 */

import type { TrackerState } from "../hasura/catalog_state.ts";
import { formerSource, reconcileTracker } from "../migrations/reconcile.ts";
import type { TrackerKeeper } from "../migrations/tracker.ts";
import type { Ledger } from "../migrations/types.ts";
import type { Reporter } from "../report/events.ts";

/** What is there at the start. */
export interface TrackerStartOptions {
  reporter: Reporter;
  keeper: TrackerKeeper;
  tracker: TrackerState;
  source: string;
  ledger: Ledger;
}

/** How the tracker differs, and how that ends. */
export interface TrackerStart {
  differences: { toMark: number[]; toUnmark: string[] };
  /** Tells of the differences and writes the tracker; does nothing where there are none, or it has been called before. */
  bringInStep(): void;
}

/** Compares both records. */
export function createTrackerStart({ reporter, keeper, tracker, source, ledger }: TrackerStartOptions): TrackerStart {
  const { toMark, toUnmark } = reconcileTracker(tracker, source, ledger);
  let isToDo = toMark.length + toUnmark.length > 0;
  return {
    differences: { toMark, toUnmark },
    bringInStep() {
      if (!isToDo) return;
      isToDo = false;
      reporter.emit({ type: "tracker-differs", toMark, toUnmark });
      const former = formerSource(tracker, source);
      if (former !== undefined) {
        reporter.emit({
          type: "note",
          text:
            `Hasura's tracker has migrations under "${former}", the name of this database before 4.4; they stay there, ` +
            `and are marked under "${source}" as the ledger says`,
        });
      }
      keeper.update(ledger);
    },
  };
}
