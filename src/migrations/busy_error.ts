/**
 * What is told when another run is in the way, or was.
 *
 * @module
 */

import { BusyError } from "../errors.ts";
import { describeHolder } from "./holder.ts";
import type { Look } from "./look.ts";
import { currentVersion, type Ledger, migrationTitle, type Step } from "./types.ts";

/** What is known about the other run. */
export interface OtherRun {
  /** What the database showed last, where it could be asked. */
  look: Look | undefined;
  cause?: unknown;
}

const NEXT =
  "Wait until the other run has ended, look at the status, and run the same command again if it is needed; " +
  "--lock-timeout makes it wait longer";

/** The lock is held for longer than this run waits. */
export function busyError(step: Step | undefined, { look, cause }: OtherRun): BusyError {
  const action = step === undefined ? "start" : `${step.direction} ${migrationTitle(step.migration)}`;
  const holder = look?.holder;
  const who = holder === undefined ? "" : `: ${describeHolder(holder, look?.clock ?? 0)}`;
  const was = step === undefined
    ? "Nothing was changed"
    : `${migrationTitle(step.migration)} was not started by this run`;
  return new BusyError(`Cannot ${action}: another run holds the migration lock of this database, or its ledger${who}`, {
    state: look === undefined ? was : `${was}; the database is at ${currentVersion(look.ledger)}`,
    next: NEXT,
    cause,
  });
}

/** The ledger is no longer what this run started from. */
export function changedError(step: Step, { look, cause, words }: OtherRun & { words: string }): BusyError {
  const title = migrationTitle(step.migration);
  const holder = look?.holder;
  const parts = [`${title} was not started by this run`];
  parts.push(look === undefined ? words : describeChange(step, look.ledger));
  if (holder !== undefined) parts.push(`now at work: ${describeHolder(holder, look?.clock ?? 0)}`);
  return new BusyError(`Cannot ${step.direction} ${title}: another run changed the ledger in the meantime`, {
    state: parts.join("; "),
    next: NEXT.replace(/; --lock.*/, ""),
    cause,
  });
}

/** What others did to the ledger that was 0 to just before `step`. */
function describeChange({ direction, migration: { version } }: Step, ledger: Ledger): string {
  const expected = direction === "apply" ? version - 1 : version;
  const present = new Set(ledger.map((row) => row.version));
  const added = [...present].filter((row) => row > expected);
  const removed = Array.from({ length: expected }, (_, index) => index + 1).filter((row) => !present.has(row));
  const parts: string[] = [];
  if (added.length > 0) parts.push(`${versions(added)} applied`);
  if (removed.length > 0) parts.push(`${versions(removed)} reverted`);
  const now = `the database is now at ${currentVersion(ledger)}`;
  return parts.length === 0 ? now : `${parts.join(" and ")} by somebody else; ${now}`;
}

function versions(list: number[]): string {
  return list.length === 1 ? `${list[0]} was` : `${list[0]} to ${list.at(-1)} were`;
}
