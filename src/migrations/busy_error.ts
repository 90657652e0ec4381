/**
 * What is told when another run is in the way, or was.
 *
 * @module
 */

import { BusyError } from "../errors.ts";
import { describeHolder } from "./holder.ts";
import type { Look } from "./look.ts";
import { currentVersion, type Direction, type Ledger, migrationTitle, type Step } from "./types.ts";

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
    // PostgreSQL ends it by itself within ten seconds, or as long as the step took up to a minute, but for sessions of older
    // versions of this tool.
    next: holder?.state?.startsWith("idle") === true
      ? `${NEXT}. A session that stays "${holder.state}" has lost its Hasura: ` +
        `"select pg_terminate_backend(${holder.session});" ends it, and nothing of it is kept`
      : NEXT,
    cause,
  });
}

/** Nothing was to be done when the run began, and at its end something is. */
export function undoneError(direction: Direction, ledger: Ledger): BusyError {
  return new BusyError("Another run changed the ledger in the meantime", {
    state: `At the start of this run nothing was left to ${direction}; the database is now at ${
      currentVersion(ledger)
    }`,
    next: NEXT.replace(/; --lock.*/, ""),
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
  if (parts.length === 0) return now;
  // A proxy can repeat a request on its own account; the copy that comes second then finds the work of the first.
  const isStepItself = ledger.length === (direction === "apply" ? version + 1 : version);
  const who = isStepItself
    ? "by somebody else, or by a copy of this request that a proxy has made"
    : "by somebody else";
  return `${parts.join(" and ")} ${who}; ${now}`;
}

function versions(list: number[]): string {
  return list.length === 1 ? `${list[0]} was` : `${list[0]} to ${list.at(-1)} were`;
}
