/**
 * Executes one step: sends it, again only where the database itself refused to start it, and finds out what became of it
 * where the answer does not tell.
 *
 * @module
 */

import { AccessError, ToolError } from "../errors.ts";
import { explainCallError } from "../hasura/explain.ts";
import { HasuraError } from "../hasura/problems.ts";
import { settleAnswered } from "./confirm.ts";
import { checkSqlFile } from "./file_check.ts";
import { digestOf, readStepSql } from "./folder.ts";
import { STEP_STATES } from "./guard.ts";
import { isAboutPrevious, isLedgerAfter, refusalOf } from "./guard_refusal.ts";
import { describeHolder } from "./holder.ts";
import type { Look } from "./look.ts";
import { openAfterTask } from "./plan.ts";
import type { RunOptions } from "./run_options.ts";
import { type Executed, type ExecuteOptions, sendOnce } from "./send_once.ts";
import type { SentStep } from "./settle.ts";
import { explainStepError } from "./step_error.ts";
import { migrationTitle, openAfterTasks, type Step, stepFile } from "./types.ts";

/** It is not this step that went wrong, but the commit of the one before, which was answered as done. */
export class PreviousStepError extends Error {
  readonly sent: SentStep;
  readonly reason: ToolError;

  /** Creates the error. */
  constructor(sent: SentStep, reason: ToolError) {
    super(reason.message);
    this.sent = sent;
    this.reason = reason;
  }
}

/** Milliseconds that a look stays new enough to start a step by; connections are kept for about as long. */
const FRESH = 2_000;

/** Limits, in milliseconds, of the time within which a step must start; the lock's timeout in between. */
const START_WINDOW = { least: 1_000, most: 5_000 } as const;

/** Characters of a file in a millisecond, on the slowest way to the database that is reckoned with. */
const SLOWEST = 200;

/** How often a step is sent that came too late; each time it gets twice as long. */
const LATE_ATTEMPTS = 6;

/**
 * @throws {ToolError} when it was not done, or that is not known
 * @throws {PreviousStepError} when the step before was not kept, or that is not known
 */
export async function executeStep(step: Step, options: ExecuteOptions): Promise<Executed> {
  const { rt, observer, timeouts, checkStop } = options;
  const sql = await readFile(step, options);
  if (observer.age() > FRESH) await lookBefore(step, options);
  let lockDeadline = rt.now() + timeouts.lock;
  let window = Math.min(Math.max(timeouts.lock, START_WINDOW.least), START_WINDOW.most) + sql.length / SLOWEST;
  for (let lateAttempts = 0;;) {
    checkStop();
    // As exact as the text has it.
    const startUntil = Math.round(observer.clock() * 1000 + window) / 1000;
    // Waiting is cut into short pieces: each has a time of its own until which it may start.
    const lockTimeout = Math.min(lockDeadline - rt.now(), window / 2);
    const ended = await sendOnce(step, { ...options, sql, startUntil, lockTimeout });
    if (ended.kind === "done") return ended;
    const { error, givenUpAfter, look } = ended;
    const refusal = ended.isLate ? STEP_STATES.late : refusalOf(error, step, { look, sql });
    const { previous } = options;
    if (previous !== undefined && isAboutPrevious(refusal, look, previous)) {
      await settlePrevious(previous, options);
      lockDeadline = rt.now() + timeouts.lock;
      continue;
    }
    if (refusal === STEP_STATES.ledgerChanged && look !== undefined && options.isLast && isLedgerAfter(look, step)) {
      const reached = reachedByOthers(step, look);
      if (reached !== undefined) {
        options.onNote(reached);
        return { afterTaskOpen: false, isOurs: false };
      }
    }
    if (refusal === STEP_STATES.locked && rt.now() < lockDeadline) {
      const who = look?.holder === undefined ? "another run" : describeHolder(look.holder, look.clock);
      options.waiting.say(`${options.what}: waiting for ${who}`);
      continue;
    }
    if (refusal === STEP_STATES.late && ++lateAttempts < LATE_ATTEMPTS) {
      window *= 2;
      options.onNote(
        `${migrationTitle(step.migration)} did not come to the database in time and was not started; it is sent again`,
      );
      await lookBefore(step, options);
      continue;
    }
    const blocking = blockingTask(error, step, look);
    if (blocking !== undefined) throw blocking;
    const { client: { endpoint }, source } = options;
    const explained = explainStepError(error, step, { endpoint, source, sql, refusal, look, givenUpAfter });
    if (explained instanceof ToolError && ended.isProven === false) {
      explained.state = `As far as the answer says, ${migrationTitle(step.migration)} was not started; ` +
        "the database could not be asked";
      if (explained instanceof AccessError) explained.mayBeDone = true;
    }
    throw explained;
  }
}

/** The error for an "after" task that was opened since the plan was made, where that is why the step failed. */
function blockingTask(error: unknown, { direction, migration }: Step, look: Look | undefined): ToolError | undefined {
  const [open] = look === undefined || direction === "revert" ? [] : openAfterTasks(look.ledger);
  if (open === undefined || !(error instanceof HasuraError)) return undefined;
  // Where Hasura hides PostgreSQL's words, this is the likeliest reason, and stands in the way whatever the other one is.
  const isReason = error.postgres === undefined || error.postgres.message.includes('incomplete "after" task');
  return isReason
    ? openAfterTask({ version: open, name: "" }, `${migrationTitle(migration)} was not applied`)
    : undefined;
}

/** @throws {PreviousStepError} when it was not kept, or that is not known */
async function settlePrevious(previous: SentStep, options: ExecuteOptions): Promise<void> {
  try {
    await settleAnswered(previous, options);
  } catch (error) {
    throw error instanceof ToolError ? new PreviousStepError(previous, error) : error;
  }
}

/** What is told where the last step is done, and by whom is not known; `undefined` where something is left to do. */
function reachedByOthers({ direction, migration }: Step, { ledger, holder }: Look): string | undefined {
  if (holder !== undefined || openAfterTasks(ledger).length > 0) return undefined;
  const done = direction === "apply" ? "applied" : "reverted";
  return `${
    migrationTitle(migration)
  } was ${done} already when this run's request for it came: by another run, or by a ` +
    "copy of this request that a proxy has made. Nothing is left to do for this run";
}

/** The step's file; looked through once more where it has changed, as it can while a question is asked. */
async function readFile(step: Step, { rt, checkedFiles }: RunOptions): Promise<string> {
  const path = stepFile(step);
  try {
    const sql = await readStepSql(rt, step);
    const isChecked = checkedFiles === undefined || checkedFiles.get(path) === await digestOf(sql);
    if (!isChecked) await checkSqlFile(sql, { path });
    return sql;
  } catch (error) {
    if (error instanceof ToolError) error.state = `${migrationTitle(step.migration)} was not started`;
    throw error;
  }
}

/** @throws {ToolError} when the database cannot be asked */
async function lookBefore(step: Step, { observer, client, source }: RunOptions): Promise<void> {
  try {
    await observer.look();
  } catch (error) {
    const explained = explainCallError(error, { action: "read the ledger", endpoint: client.endpoint, source });
    if (explained instanceof ToolError) explained.state = `${migrationTitle(step.migration)} was not started`;
    throw explained;
  }
}
