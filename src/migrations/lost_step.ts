/**
 * What is told about a step whose answer was lost: while it is being found out what became of it, and afterwards.
 *
 * @module
 */

import { AccessError, FailedError, type ToolError, UnknownOutcomeError } from "../errors.ts";
import { describePostgres, sizeHint } from "../hasura/explain.ts";
import { HasuraError, NoAnswerError } from "../hasura/problems.ts";
import { formatDuration } from "../duration.ts";
import { describeHolder } from "./holder.ts";
import type { StepSight } from "./settle.ts";

import { LEDGER_TABLE, LOCK_KEYS, migrationTitle, type Step } from "./types.ts";

/**
 * Whether a step that ended with `error` may have been committed, or may still run. That somebody says that the step was
 * turned away is no proof: a proxy may have passed it on before, and asked somebody else again.
 */
export function isLost(error: unknown): boolean {
  if (error instanceof NoAnswerError) return !error.notSent;
  if (isTurnedAway(error)) return true;
  // Hasura has no database for it, and had none when it came.
  if (!(error instanceof HasuraError) || /is inconsistent$/.test(error.message)) return false;
  return error.status >= 500 || error.code === "unexpected" || error.code === "conflict";
}

/** Whether somebody says that the step was not started. */
export function isTurnedAway(error: unknown): boolean {
  return error instanceof AccessError || (error instanceof NoAnswerError && error.turnedAway);
}

/** Why there is no answer. */
export function lossReason(error: unknown): string {
  if (!(error instanceof HasuraError)) return error instanceof Error ? error.message : String(error);
  const words = error.postgres === undefined ? "" : `: ${describePostgres(error.postgres)}`;
  return `Hasura answered ${error.status}, "${error.message}"${words}`;
}

/** What the operator sees while it is being found out, after the name of the step. */
export function describeSight(sight: StepSight): string {
  switch (sight.kind) {
    case "running":
      return "the database is still working on it";
    case "on-its-way":
      return "the database does not show it, and its request may still be on its way";
    case "unreachable":
      return `the database cannot be asked (${sight.reason})`;
  }
}

/** The error for a step that was lost, and is known not to be done. */
export function notDoneError(error: unknown, step: Step): ToolError {
  const title = migrationTitle(step.migration);
  const state = `${title} was not ${past(step)}: the ledger does not show it, and it can no longer start`;
  if (error instanceof HasuraError && error.postgres?.sqlState !== undefined) {
    return new FailedError(`Cannot ${step.direction} ${title}: ${lossReason(error)}`, {
      state,
      next: "Remove the cause, and run the same command again",
      cause: error,
    });
  }
  return new AccessError(`Cannot ${step.direction} ${title}: the answer was lost: ${lossReason(error)}`, {
    state,
    next: "Run the same command again; if it happens again, look at what stands between this machine, Hasura and " +
      `PostgreSQL, and into their logs${sizeHint(error)}`,
    cause: error,
  });
}

/** What it takes to tell an operator how to go on. */
export interface UnknownDetails {
  lastSeen: StepSight;
  /** Milliseconds for which it was tried to find out. */
  tried: number;
  /** The command line that goes on from here. */
  command: string;
}

/** The error for a step of which it could not be found out what became of it. */
export function unknownOutcome(
  error: unknown,
  step: Step,
  { lastSeen, tried, command }: UnknownDetails,
): UnknownOutcomeError {
  const { version } = step.migration;
  const title = migrationTitle(step.migration);
  const done = past(step);
  const present = step.direction === "apply" ? "has" : "no longer has";
  const running =
    `select count(*) as running from pg_locks where locktype = 'advisory' and classid = ${LOCK_KEYS[0]} ` +
    `and objid = ${LOCK_KEYS[1]}`;
  const ledger = `select max(migration_id::int) from ${LEDGER_TABLE}`;
  const more = lastSeen.kind === "running" ? "; a longer --settle-timeout, such as 4h, would have waited for it" : "";
  return new UnknownOutcomeError(
    `It is not known whether ${title} was ${done}: ${lossReason(error)}; it was tried to find out for ${
      formatDuration(tried)
    }, and ${describeLastSight(lastSeen)}`,
    {
      state: `${title} was sent; it is ${done} as a whole or will leave no change. It is ${done} as soon as ` +
        `${LEDGER_TABLE} ${present} row ${version}; as long as it runs, it may still become so${more}`,
      next:
        `Ask the database with "${running};" until that is 0, and then with "${ledger};". Go on with "${command}" ` +
        "(and the same secret), which continues from what the ledger shows",
      cause: error,
    },
  );
}

function describeLastSight(sight: StepSight): string {
  if (sight.kind !== "running") return describeSight(sight);
  const { holder, clock } = sight;
  return `it is still running${holder === undefined ? "" : `: ${describeHolder(holder, clock)}`}`;
}

function past({ direction }: Step): string {
  return direction === "apply" ? "applied" : "reverted";
}
