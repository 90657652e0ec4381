/**
 * Whether it was the guard that refused a step, why, and whose work was in the way.
 *
 * @module
 */

import { HasuraError } from "../hasura/problems.ts";
import { COPY_AT_WORK, COPY_COMMITTED, STEP_STATES } from "./guard.ts";
import { isStep } from "./holder.ts";
import type { Look } from "./look.ts";
import { markOf, markText } from "./mark.ts";
import type { Observer } from "./observer.ts";
import type { SentStep } from "./settle.ts";
import { mayEndTransaction } from "./step_error.ts";
import { currentVersion, isDoneIn, type Step } from "./types.ts";

/** What is known of a step that was answered with an error. */
export interface Refused {
  error: unknown;
  /** What the database showed after it, where it could be asked. */
  look: Look | undefined;
}

/**
 * Whether the answer is that of a copy, while the step itself may still be at work, whatever the answer is: one that has the
 * lock, or one that was seen at work before the copy came late. (Hasura sends a text again when it has lost its connection
 * to PostgreSQL, and so do proxies.)
 */
export function isSentAgain(
  { error, look, wasSeen }: Refused & { wasSeen: boolean },
  { step, runId }: SentStep,
): boolean {
  if (!(error instanceof HasuraError)) return false;
  const { code, postgres } = error;
  if (postgres?.detail === COPY_AT_WORK || (postgres?.sqlState === STEP_STATES.late && wasSeen)) return true;
  // Where nobody can be asked whose lock it is, it may be that of a copy.
  if (look === undefined) {
    return code === "postgres-error" && (postgres?.sqlState ?? STEP_STATES.locked) === STEP_STATES.locked;
  }
  return look.holder !== undefined && isStep(look.holder, step, runId);
}

/** Whether an earlier copy of the step is known to have been committed. */
export function isCopyCommitted({ error, look }: Refused, { step, runId }: SentStep): boolean {
  if (!(error instanceof HasuraError)) return false;
  return error.postgres?.detail === COPY_COMMITTED || look?.isCommitted === true ||
    look?.lastStep === markText(markOf(step, runId));
}

/**
 * Whether what is in the way is the commit of the step before, which was answered as done: it is still under way, or was
 * lost.
 */
export function isAboutPrevious(refusal: string | undefined, look: Look | undefined, previous: SentStep): boolean {
  const { step, runId } = previous;
  if (refusal === STEP_STATES.locked) return look?.holder !== undefined && isStep(look.holder, step, runId);
  return refusal === STEP_STATES.ledgerChanged && look !== undefined && !isDoneIn(look.ledger, step);
}

/** Whether the ledger is just as the step leaves it. */
export function isLedgerAfter({ ledger }: Look, { direction, migration: { version } }: Step): boolean {
  const newest = direction === "apply" ? version : version - 1;
  return ledger.length === newest + 1 && currentVersion(ledger) === newest;
}

/**
 * With which state the guard refused to start the step, if it did. Where Hasura hides what PostgreSQL says
 * (HASURA_GRAPHQL_ADMIN_INTERNAL_ERRORS), what the database shows has to do: whoever is at work is in the way.
 */
export function refusalOf(
  error: unknown,
  step: Step,
  { look, sql }: { look: Look | undefined; sql: string },
): string | undefined {
  if (!(error instanceof HasuraError)) return undefined;
  if (error.postgres !== undefined) return error.postgres.sqlState;
  if (error.code !== "postgres-error" || look === undefined) return undefined;
  if (look.holder !== undefined) return STEP_STATES.locked;
  const { direction, migration: { version } } = step;
  const isDone = currentVersion(look.ledger) === (direction === "apply" ? version : version - 1);
  if (isDone) return mayEndTransaction(sql) ? undefined : STEP_STATES.ledgerChanged;
  const isUnchanged = currentVersion(look.ledger) === (direction === "apply" ? version - 1 : version);
  return isUnchanged ? undefined : STEP_STATES.ledgerChanged;
}

/** A look for which nobody waits; `transaction` as in `LookOptions`. Where the database cannot be asked, less is known. */
export async function lookQuietly(observer: Observer, transaction?: string): Promise<Look | undefined> {
  try {
    return await observer.look({ attempts: 1, ...(transaction === undefined ? {} : { transaction }) });
  } catch {
    return undefined;
  }
}
