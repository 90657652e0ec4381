/**
 * One sending of a step: what its answer says, and where that tells nothing, what the database shows.
 *
 * @module
 */

import { formatDuration } from "../duration.ts";
import { HasuraError, NoAnswerError } from "../hasura/problems.ts";
import { isCopyCommitted, isLedgerAfter, isSentAgain, lookQuietly, type Refused } from "./guard_refusal.ts";
import { stepComment } from "./holder.ts";
import type { Look } from "./look.ts";
import { describeSight, isLost, isTurnedAway, lossReason, notDoneError, unknownOutcome } from "./lost_step.ts";
import { markOf } from "./mark.ts";
import type { RunOptions } from "./run_options.ts";
import { sendStep } from "./send.ts";
import { type SentStep, settleStep, type StepFate } from "./settle.ts";
import { stepText } from "./step.ts";
import { migrationTitle, openAfterTasks, type Step } from "./types.ts";

/** Milliseconds to ask about a step that was turned away, once it can no longer start. */
const TURNED_AWAY_TIMEOUT = 10_000;

/** What a committed step leaves. */
export interface Executed {
  /** Whether an "after" task of the migration is open. */
  afterTaskOpen: boolean;
  /** Whether it was this run that did it. `false`: it is done, and by whom is not known. */
  isOurs: boolean;
}

/** How a step is executed. */
export interface ExecuteOptions extends RunOptions {
  /** What the operator sees while it goes on. */
  what: string;
  /** Whether the run ends with it. */
  isLast: boolean;
  /** The step before it, which was answered as done. */
  previous: SentStep | undefined;
  /** Told of each time that it is sent. */
  onSent(sent: SentStep): void;
}

/** What sending it once came to. */
export type Ended =
  | { kind: "done" } & Executed
  /** Known not to be done, unless it is only said so. */
  | {
    kind: "failed";
    error: unknown;
    /** Milliseconds after which PostgreSQL was asked to end it, if it was. */
    givenUpAfter: number | undefined;
    /** What the database showed after it, where that was asked. */
    look: Look | undefined;
    /** Whether it can no longer start, although there is no answer that says so. */
    isLate?: true;
    isProven?: false;
  };

/** How it is sent. */
export type Sending = ExecuteOptions & { sql: string; startUntil: number; lockTimeout: number };

/** Sends a step once, and finds out what became of it. @throws {ToolError} when it was lost, and is not done or not known */
export async function sendOnce(step: Step, options: Sending): Promise<Ended> {
  const { rt, observer, name, timeouts, waiting, what } = options;
  const { before, after } = versionsAround(step);
  const stepTimeout = timeouts.step === "none" ? undefined : timeouts.step;
  const comment = stepComment(step, name);
  const mark = markOf(step, name.id);
  const sent = { step, runId: name.id, startUntil: options.startUntil };
  options.onSent(sent);
  /** Of the step, where it was seen at work. */
  let transaction: string | undefined;
  const result = await sendStep({
    ...options,
    ...sent,
    after,
    text: stepText({
      ...options,
      comment,
      mark,
      before,
      after,
      statementTimeout: timeouts.statement === "none" ? 0 : timeouts.statement,
      liftsTransactionTimeout: timeouts.step !== undefined,
    }),
    stepTimeout,
    settleTimeout: timeouts.settle,
    readTimeout: timeouts.read,
    onSight: (sight) => {
      if (sight.kind === "running") transaction = sight.holder?.transaction ?? transaction;
      waiting.say(sight.kind === "running" ? what : `${what}: ${describeSight(sight)}`);
    },
  });
  if (result.kind === "proof") return { kind: "done", afterTaskOpen: result.proof.afterTaskOpen, isOurs: true };
  // One that was at work and has left nothing was ended by somebody, who would not want it to be started again.
  if (result.kind === "fate" && result.fate.kind === "not-done" && !result.wasSeen) {
    return { kind: "failed", error: NO_ANSWER, givenUpAfter: undefined, look: undefined, isLate: true };
  }
  if (result.kind === "fate") {
    options.onNote(`there is no answer to ${migrationTitle(step.migration)}, and the database was asked`);
    return endOf(step, { ...options, fate: result.fate, error: NO_ANSWER, tried: timeouts.settle });
  }
  const { givenUp, wasSeen } = result;
  let { error } = result;
  let look: Look | undefined;
  if (error instanceof HasuraError && !isLost(error)) {
    look = await lookQuietly(observer, transaction);
    if (isCopyCommitted({ error, look }, sent) || await isKnownElsewhere({ error, look }, sent, options)) {
      const did = step.direction === "apply" ? "applied" : "reverted";
      options.onNote(
        `${
          migrationTitle(step.migration)
        } was sent twice on its way; the first copy of this run's request has ${did} it`,
      );
      return { kind: "done", afterTaskOpen: openAfterTasks(look?.ledger ?? []).length > 0, isOurs: true };
    }
    if (isSentAgain({ error, look, wasSeen }, sent)) error = look === undefined && !wasSeen ? NOT_ASKED : SENT_AGAIN;
  }
  const givenUpAfter = givenUp ? stepTimeout : undefined;
  if (!isLost(error)) return { kind: "failed", error, givenUpAfter, look };
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
  if (turnedAway && fate.kind === "not-done") return { kind: "failed", error, givenUpAfter, look };
  if (turnedAway && fate.kind === "not-known" && fate.lastSeen.kind === "unreachable") {
    return { kind: "failed", error, givenUpAfter, look, isProven: false };
  }
  return endOf(step, { ...options, fate, error, tried: rt.now() - started });
}

/** Sessions of Hasura's that are asked at a time; the one that was used last is asked first. */
const SESSIONS = 4;

/**
 * Whether another session than the one that has answered knows that an earlier copy was committed. Asked where the ledger is
 * as the step leaves it, and nobody else is known to have done that.
 */
async function isKnownElsewhere(refused: Refused, sent: SentStep, { observer }: RunOptions): Promise<boolean> {
  if (refused.look === undefined || !isLedgerAfter(refused.look, sent.step)) return false;
  const looks = await Promise.all(Array.from({ length: SESSIONS }, () => lookQuietly(observer)));
  return looks.some((look) => isCopyCommitted({ ...refused, look }, sent));
}

const NO_ANSWER = new NoAnswerError("no answer came");

const NOT_ASKED = new NoAnswerError("Hasura refused it, and the database cannot be asked who is at work");

const SENT_AGAIN = new NoAnswerError(
  "the step was sent twice on its way, by a proxy or by Hasura, and one copy is still at work",
);

function endOf(
  step: Step,
  { fate, error, tried, command, onNote }: RunOptions & { fate: StepFate; error: unknown; tried: number },
): Ended {
  const title = migrationTitle(step.migration);
  switch (fate.kind) {
    case "done":
      onNote(`the ledger shows that ${title} is ${step.direction === "apply" ? "applied" : "reverted"}`);
      return { kind: "done", afterTaskOpen: openAfterTasks(fate.look.ledger).length > 0, isOurs: true };
    case "not-done":
      throw notDoneError(error, step);
    case "not-known":
      throw unknownOutcome(error, step, { lastSeen: fate.lastSeen, tried, command });
  }
}

function versionsAround({ direction, migration: { version } }: Step): { before: number; after: number } {
  return direction === "apply" ? { before: version - 1, after: version } : { before: version, after: version - 1 };
}
