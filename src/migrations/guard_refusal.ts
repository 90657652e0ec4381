/**
 * Whether it was the guard that refused a step, and why.
 *
 * @module
 */

import { HasuraError } from "../hasura/problems.ts";
import { workOf } from "./holder.ts";
import type { Look } from "./look.ts";
import type { Observer } from "./observer.ts";
import type { RunOptions } from "./run_options.ts";
import { STEP_STATES } from "./step.ts";
import { mayEndTransaction } from "./step_error.ts";
import { currentVersion, type Step } from "./types.ts";

/**
 * Whether Hasura has lost its connection to PostgreSQL and sent the text again, which its guard then refused: the lock is
 * held by the first attempt, whose backend may still be at work, or the first was seen at work and the second came late.
 */
export async function isSentAgain(
  { error, wasSeen }: { error: unknown; wasSeen: boolean },
  step: Step,
  { observer, name }: RunOptions,
): Promise<boolean> {
  if (!(error instanceof HasuraError) || error.code !== "postgres-error") return false;
  const sqlState = error.postgres?.sqlState;
  if (sqlState === STEP_STATES.late) return wasSeen;
  if (error.postgres !== undefined && sqlState !== STEP_STATES.locked) return false;
  const run = (await lookQuietly(observer))?.holder?.run;
  return run !== undefined && run.id === name.id && run.work === workOf(step);
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

/** For messages only: where the database cannot be asked, they say less. */
export async function lookQuietly(observer: Observer): Promise<Look | undefined> {
  try {
    return await observer.look({ attempts: 1 });
  } catch {
    return undefined;
  }
}
