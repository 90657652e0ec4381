/**
 * How Hasura's tracker differs from the ledger, and what it should be.
 *
 * The ledger is the truth. What the tracker marks and the ledger lacks is un-marked, what it lacks is marked; other
 * sources' entries and all keys that we do not know are kept.
 *
 * @module
 */

import type { TrackerState } from "../hasura/catalog_state.ts";
import { isRecord } from "../json.ts";
import { type Ledger, productOf } from "./types.ts";

/** A comparison of the tracker with the ledger. */
export interface Reconciliation {
  /** Versions that the ledger has and the tracker does not mark, ascending. */
  toMark: number[];
  /** Entries that the tracker marks and the ledger lacks. */
  toUnmark: string[];
  /** The document as it should be. */
  state: TrackerState;
  /** Whether the document is not that yet. */
  isStale: boolean;
}

/**
 * Compares the entries of `source`.
 *
 * Without `isStateCopyCompleted` the next Hasura CLI would add what older ones have left in the table
 * `hdb_catalog.schema_migrations` of the database, which is long out of date.
 */
export function reconcileTracker(state: TrackerState, source: string, ledger: Ledger): Reconciliation {
  const all = isRecord(state.migrations) ? state.migrations : {};
  const entries = isRecord(all[source]) ? all[source] : {};
  // Version 0 has no folder, so the Hasura CLI could not make sense of it.
  const versions = ledger.map((row) => row.version).filter((version) => version !== 0);
  const wanted = new Map(versions.map((version) => [String(version), version]));
  // An entry that is not `false` is "dirty", which makes the Hasura CLI refuse; a row of the ledger is never that.
  const toMark = versions.filter((version) => entries[String(version)] !== false);
  const toUnmark = Object.keys(entries).filter((version) => !wanted.has(version));
  const reconciled = Object.fromEntries(versions.map((version) => [String(version), false]));
  const isUnfinished = state.isStateCopyCompleted !== true && versions.length > 0;
  return {
    toMark,
    toUnmark,
    state: { ...state, migrations: { ...all, [source]: reconciled }, isStateCopyCompleted: true },
    isStale: toMark.length + toUnmark.length > 0 || isUnfinished,
  };
}

/** The name under which the tracker has the same database from before 4.4, which renamed it; its entries stay. */
export function formerSource(state: TrackerState, source: string): string | undefined {
  const former = "Aerie";
  if (productOf(source) !== "PlanDev" || !isRecord(state.migrations)) return undefined;
  const entries = state.migrations[former];
  return isRecord(entries) && Object.keys(entries).length > 0 ? former : undefined;
}
