/**
 * Executes one step: sends it, again only where the database itself refused to start it, and finds out what became of it
 * where the answer does not tell.
 *
 * @module
 */

import { AccessError, ToolError } from "../errors.ts";
import { explainCallError } from "../hasura/explain.ts";
import { HasuraError, NoAnswerError } from "../hasura/problems.ts";
import { formatDuration } from "../duration.ts";
import { checkSqlFile } from "./file_check.ts";
import { digestOf, readStepSql } from "./folder.ts";
import { isSentAgain, lookQuietly, refusalOf } from "./guard_refusal.ts";
import { describeHolder, stepComment } from "./holder.ts";
import type { Look } from "./look.ts";
import { describeSight, isLost, isTurnedAway, lossReason, notDoneError, unknownOutcome } from "./lost_step.ts";
import { openAfterTask } from "./plan.ts";
import type { RunOptions } from "./run_options.ts";
import { sendStep } from "./send.ts";
import { settleStep, type StepFate } from "./settle.ts";
import { STEP_STATES, stepText } from "./step.ts";
import { explainStepError } from "./step_error.ts";
import { migrationTitle, openAfterTasks, type Step, stepFile } from "./types.ts";

/** What a committed step leaves. */
export interface Executed {
  /** Whether an "after" task of the migration is open. */
  afterTaskOpen: boolean;
}

/** How a step is executed. */
export interface ExecuteOptions extends RunOptions {
  /** What the operator sees while it goes on. */
  what: string;
}

/** Milliseconds that a look stays new enough to start a step by; connections are kept for about as long. */
const FRESH = 2_000;

/** Limits, in milliseconds, of the time within which a step must start; the lock's timeout in between. */
const START_WINDOW = { least: 1_000, most: 5_000 } as const;

/** Characters of a file in a millisecond, on the slowest way to the database that is reckoned with. */
const SLOWEST = 200;

/** Milliseconds to ask about a step that was turned away, once it can no longer start. */
const TURNED_AWAY_TIMEOUT = 10_000;

/** How often a step is sent that came too late; each time it gets twice as long. */
const LATE_ATTEMPTS = 6;

/** @throws {ToolError} when it was not done, or that is not known */
export async function executeStep(step: Step, options: ExecuteOptions): Promise<Executed> {
  const { rt, observer, timeouts, checkStop } = options;
  const sql = await readFile(step, options);
  if (observer.age() > FRESH) await lookBefore(step, options);
  const lockDeadline = rt.now() + timeouts.lock;
  let window = Math.min(Math.max(timeouts.lock, START_WINDOW.least), START_WINDOW.most) + sql.length / SLOWEST;
  for (let lateAttempts = 0;;) {
    checkStop();
    // As exact as the text has it.
    const startUntil = Math.round(observer.clock() * 1000 + window) / 1000;
    // Waiting is cut into short pieces: each has a time of its own until which it may start.
    const lockTimeout = Math.min(lockDeadline - rt.now(), window / 2);
    const ended = await sendOnce(step, { ...options, sql, startUntil, lockTimeout });
    if (ended.kind === "done") return ended;
    const { error, givenUpAfter } = ended;
    const look = error instanceof HasuraError ? await lookQuietly(observer) : undefined;
    const refusal = ended.isLate ? STEP_STATES.late : refusalOf(error, step, { look, sql });
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

type Ended =
  | { kind: "done" } & Executed
  /** Known not to be done, unless it is only said so. */
  | {
    kind: "failed";
    error: unknown;
    /** Milliseconds after which PostgreSQL was asked to end it, if it was. */
    givenUpAfter: number | undefined;
    /** Whether it was seen at work. */
    wasSeen: boolean;
    /** Whether it can no longer start, although there is no answer that says so. */
    isLate?: true;
    isProven?: false;
  };

type Sending = ExecuteOptions & { sql: string; startUntil: number; lockTimeout: number };

async function sendOnce(step: Step, options: Sending): Promise<Ended> {
  const { rt, observer, name, timeouts, waiting, what } = options;
  const { before, after } = versionsAround(step);
  const { step: stepTimeout } = timeouts;
  const comment = stepComment(step, name);
  const sent = { step, runId: name.id, startUntil: options.startUntil };
  const result = await sendStep({
    ...options,
    ...sent,
    after,
    text: stepText({
      ...options,
      comment,
      before,
      after,
      statementTimeout: timeouts.statement === "none" ? 0 : timeouts.statement,
      liftsTransactionTimeout: stepTimeout !== undefined,
    }),
    stepTimeout: stepTimeout === "none" ? undefined : stepTimeout,
    settleTimeout: timeouts.settle,
    readTimeout: timeouts.read,
    onSight: (sight) => {
      waiting.say(sight.kind === "running" ? what : `${what}: ${describeSight(sight)}`);
    },
  });
  if (result.kind === "proof") return { kind: "done", afterTaskOpen: result.proof.afterTaskOpen };
  // One that was at work and has left nothing was ended by somebody, who would not want it to be started again.
  if (result.kind === "fate" && result.fate.kind === "not-done" && !result.wasSeen) {
    return { kind: "failed", error: NO_ANSWER, givenUpAfter: undefined, wasSeen: false, isLate: true };
  }
  if (result.kind === "fate") {
    options.onNote(`there is no answer to ${migrationTitle(step.migration)}, and the database was asked`);
    return endOf(step, { ...options, fate: result.fate, error: NO_ANSWER, tried: timeouts.settle });
  }
  const { givenUp, wasSeen } = result;
  const error = await isSentAgain(result, step, options) ? SENT_AGAIN : result.error;
  const givenUpAfter = givenUp && stepTimeout !== "none" ? stepTimeout : undefined;
  if (!isLost(error)) return { kind: "failed", error, givenUpAfter, wasSeen };
  const turnedAway = isTurnedAway(error);
  // Whoever turns the step away will most likely turn away the questions, too.
  const enough = Math.max(0, (options.startUntil - observer.clock()) * 1000) + TURNED_AWAY_TIMEOUT;
  const timeout = turnedAway ? Math.min(timeouts.settle, enough) : timeouts.settle;
  options.onNote(
    `the answer to ${migrationTitle(step.migration)} was lost: ${lossReason(error)}; asking the database, for up to ` +
      formatDuration(timeout),
  );
  const started = rt.now();
  const fate = await settleStep(sent, {
    rt,
    observer,
    readTimeout: timeouts.read,
    timeout,
    onSight: (sight) => waiting.say(`${what}: the answer was lost; ${describeSight(sight)}`),
  });
  if (turnedAway && fate.kind === "not-done") return { kind: "failed", error, givenUpAfter, wasSeen };
  if (turnedAway && fate.kind === "not-known" && fate.lastSeen.kind === "unreachable") {
    return { kind: "failed", error, givenUpAfter, wasSeen, isProven: false };
  }
  return endOf(step, { ...options, fate, error, tried: rt.now() - started });
}

const NO_ANSWER = new NoAnswerError("no answer came");

const SENT_AGAIN = new NoAnswerError("Hasura lost its connection to PostgreSQL and has sent the step again");

function endOf(
  step: Step,
  { fate, error, tried, command, onNote }: RunOptions & { fate: StepFate; error: unknown; tried: number },
): Ended {
  const title = migrationTitle(step.migration);
  switch (fate.kind) {
    case "done":
      onNote(`the ledger shows that ${title} is ${step.direction === "apply" ? "applied" : "reverted"}`);
      return { kind: "done", afterTaskOpen: openAfterTasks(fate.look.ledger).length > 0 };
    case "not-done":
      throw notDoneError(error, step);
    case "not-known":
      throw unknownOutcome(error, step, { lastSeen: fate.lastSeen, tried, command });
  }
}

function versionsAround({ direction, migration: { version } }: Step): { before: number; after: number } {
  return direction === "apply" ? { before: version - 1, after: version } : { before: version, after: version - 1 };
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
