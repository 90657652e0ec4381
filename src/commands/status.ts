/**
 * `status`: shows what is applied and what is not. Reads only.
 *
 * @module
 */

import { counted } from "../counted.ts";
import { DriftError, PendingError, type ToolError } from "../errors.ts";
import { inconsistentObjects } from "../hasura/metadata.ts";
import { describeHolder } from "../migrations/holder.ts";
import { afterTaskAdvice, checkFolderCoversLedger, pendingMigrations, statusRows } from "../migrations/plan.ts";
import { checkLedger } from "../migrations/ledger.ts";
import { reconcileTracker } from "../migrations/reconcile.ts";
import { currentVersion, type Ledger, type Migration, openAfterTasks } from "../migrations/types.ts";
import type { CommandContext, VenueOptions } from "./context.ts";
import { explained, lookAtVenue, openVenue, readTrackerOf, together } from "./venue.ts";

/** The options of `status`, as parsed. */
export interface StatusOptions extends VenueOptions {
  /** Whether something to do is an error. */
  check?: boolean;
}

/**
 * Shows the status of the venue with three requests, sent side by side.
 *
 * @returns what the exit code is to tell: drift, or, with `check`, something to do
 * @throws {ToolError} when the venue cannot be read
 */
export async function runStatus(context: CommandContext, options: StatusOptions): Promise<ToolError | undefined> {
  const venue = await openVenue(context, options, { mayReload: false });
  const { client, target, folder } = venue;
  const [look, tracker, inconsistent] = await context.waiting.during("asking Hasura", () =>
    together(
      lookAtVenue(venue),
      readTrackerOf(venue),
      explained(() => inconsistentObjects(client), "check the metadata", target),
    ));
  const { ledger, holder, clock } = look;
  const tracked = reconcileTracker(tracker, target.source, ledger);
  const pending = pendingMigrations(ledger, folder).map((migration) => migration.version);
  const open = openAfterTasks(ledger);
  const error = findDrift(ledger, folder) ?? (options.check === true ? findPending(pending, open) : undefined);
  context.reporter.finish({
    command: "status",
    target,
    migrations: statusRows(ledger, folder),
    currentVersion: currentVersion(ledger),
    pending,
    openAfterTasks: open,
    tracker: { toMark: tracked.toMark, toUnmark: tracked.toUnmark },
    inconsistentObjects: inconsistent,
    running: holder === undefined ? undefined : describeHolder(holder, clock),
    error,
  });
  // Told after the table: with a gap or a newer database that is what the operator needs to see.
  return error;
}

function findPending(pending: number[], open: number[]): PendingError | undefined {
  if (pending.length + open.length === 0) return undefined;
  return new PendingError(describePending(pending.length, open.length), {
    next: open.length > 0 ? afterTaskAdvice() : "Run migrate --apply",
  });
}

function findDrift(ledger: Ledger, folder: Migration[]): DriftError | undefined {
  try {
    checkLedger(ledger);
    checkFolderCoversLedger(ledger, folder);
    return undefined;
  } catch (error) {
    if (error instanceof DriftError) return error;
    throw error;
  }
}

function describePending(migrations: number, afterTasks: number): string {
  const parts: string[] = [];
  if (migrations > 0) parts.push(counted(migrations, "migration"));
  if (afterTasks > 0) parts.push(counted(afterTasks, '"after" task'));
  return `The database is behind the folder: ${parts.join(" and ")} pending`;
}
