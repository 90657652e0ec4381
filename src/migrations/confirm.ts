/**
 * Holds what a run was told against the ledger, which is the truth.
 *
 * An answer that a step went well is no proof that it was kept: on a lost connection to PostgreSQL, Hasura sends COMMIT
 * again on a new one, where it does nothing and succeeds (Hasura source, pg-client's retries). The guard of the next step
 * notices that; for the last one, the ledger has to be looked at. And a step whose answer was lost may well be there.
 *
 * @module
 */

import { AccessError, AfterTaskError, BusyError, FailedError, ToolError, UnknownOutcomeError } from "../errors.ts";
import { formatDuration } from "../duration.ts";
import { HasuraError, NoAnswerError } from "../hasura/problems.ts";
import { openAfterTask } from "./plan.ts";
import { explainCallError } from "../hasura/explain.ts";
import type { Look } from "./look.ts";
import { describeSight, unknownOutcome } from "./lost_step.ts";
import type { RunOptions, RunResult } from "./run_options.ts";
import { type SentStep, settleStep } from "./settle.ts";
import { isDoneIn, type Ledger, migrationTitle, openAfterTasks, type Step } from "./types.ts";

/**
 * Asks the ledger about a step that Hasura says was committed, for as long as its commit may be under way.
 *
 * @throws {FailedError} when the ledger does not show it
 * @throws {UnknownOutcomeError} when its commit is still under way, or that could not be found out
 * @throws {AccessError} when the ledger cannot be asked
 */
export async function confirmStep(sent: SentStep, options: RunOptions): Promise<void> {
  const { observer, client, source } = options;
  let look: Look | undefined;
  try {
    look = await observer.look();
  } catch (error) {
    const explained = explainCallError(error, { action: "read the ledger", endpoint: client.endpoint, source });
    // A step that is still at work may hold a lock on the ledger.
    if (!(explained instanceof BusyError)) throw explained instanceof ToolError ? notAsked(explained, sent) : explained;
  }
  if (look === undefined || !isDoneIn(look.ledger, sent.step)) await settleAnswered(sent, options);
}

/**
 * Finds out what became of a step that was answered as done, and that the ledger does not show: while it holds the lock, its
 * commit may be under way.
 *
 * @returns what the database showed when it was done
 * @throws {FailedError} when it was not kept
 * @throws {UnknownOutcomeError} when that could not be found out
 */
export async function settleAnswered(sent: SentStep, options: RunOptions): Promise<Look> {
  const { rt, observer, timeouts, waiting, onNote, command } = options;
  const { step } = sent;
  const answered = `Hasura answered that ${migrationTitle(step.migration)} was ${past(step)}`;
  onNote(
    `${answered}, and the ledger does not show it; asking the database, for up to ${formatDuration(timeouts.settle)}`,
  );
  const started = rt.now();
  const fate = await settleStep(sent, {
    rt,
    observer,
    readTimeout: timeouts.read,
    timeout: timeouts.settle,
    onSight: (sight) => waiting.say(`${migrationTitle(step.migration)}: ${describeSight(sight)}`),
  });
  switch (fate.kind) {
    case "done":
      onNote(`the ledger shows that ${migrationTitle(step.migration)} is ${past(step)}`);
      return fate.look;
    case "not-done":
      throw lostError([step]);
    case "not-known": {
      const reason = new NoAnswerError(`${answered}, and the ledger does not show it`);
      throw unknownOutcome(reason, step, { lastSeen: fate.lastSeen, tried: rt.now() - started, command });
    }
  }
}

/** The error for a step that was answered as done, where the ledger could not be asked. */
function notAsked(reason: ToolError, { step }: SentStep): AccessError {
  const error = new AccessError(reason.message, {
    state: `Hasura answered that ${migrationTitle(step.migration)} was ${past(step)}; the ledger could not be asked`,
    next: reason.next,
    cause: reason,
  });
  error.mayBeDone = true;
  return error;
}

/** The result of a run that ended well, where the ledger cannot be asked: nothing has shown the last step yet. */
export function withoutLedger(result: RunResult, reason: ToolError): RunResult {
  const { done, sent } = result;
  const last = done.at(-1);
  if (sent === undefined || last === undefined || sent.step !== last) return { ...result, error: reason };
  return { ...result, done: done.slice(0, -1), remaining: [last, ...result.remaining], error: notAsked(reason, sent) };
}

/**
 * Waits for what is still under way of the run's last step, where the ledger does not show what was told of it.
 *
 * @returns the result as it is then, and what the database showed last
 */
export async function settleRun(
  result: RunResult,
  look: Look,
  options: RunOptions,
): Promise<{ result: RunResult; look: Look }> {
  const { done, remaining, sent } = result;
  if (sent === undefined || done.at(-1) !== sent.step || isDoneIn(look.ledger, sent.step)) return { result, look };
  try {
    return { result, look: await settleAnswered(sent, options) };
  } catch (error) {
    // What the ledger does not show, `confirmSteps` tells.
    if (error instanceof FailedError) return { result, look };
    if (!(error instanceof UnknownOutcomeError)) throw error;
    return { result: { ...result, done: done.slice(0, -1), remaining: [sent.step, ...remaining], error }, look };
  }
}

/** The result as the ledger has it. */
export function confirmSteps(result: RunResult, ledger: Ledger): RunResult {
  const isDone = (step: Step) => isDoneIn(ledger, step);
  const lost = result.done.filter((step) => !isDone(step));
  if (lost.length > 0) {
    return {
      ...result,
      done: result.done.filter(isDone),
      remaining: [...lost, ...result.remaining],
      error: lostError(lost),
    };
  }
  const { done, error } = result;
  const [failed, ...remaining] = result.remaining;
  if (error === undefined || failed === undefined) return result;
  if (!isDone(failed)) return { ...result, error: errorOfMissingStep(error, failed) };
  // Whoever did it while this run waited or asked, it was not this run's step; nor is it left to do.
  const rest = { ...result, remaining: result.remaining.filter((step) => !isDone(step)) };
  if (!isLost(error) && !(error.cause instanceof HasuraError)) return rest;
  // What the other run did is told in its words; and an "after" task is no step.
  if (error instanceof BusyError || error instanceof AfterTaskError) return rest;
  return {
    ...result,
    done: [...done, failed],
    remaining,
    error: errorOfDoneStep(error, { step: failed, remaining, ledger }),
  };
}

/** Whether the run ended with a step that was sent and of which nothing is certain. */
function isLost(error: ToolError): boolean {
  if (error instanceof UnknownOutcomeError) return true;
  return error instanceof AccessError && error.mayBeDone;
}

function lostError(lost: Step[]): FailedError {
  const titles = lost.map((step) => migrationTitle(step.migration)).join(", ");
  const were = lost.length === 1 ? "was" : "were";
  return new FailedError(`Hasura answered that ${titles} ${were} ${past(lost[0])}, but the ledger does not show it`, {
    state:
      "The ledger is right: either Hasura lost its connection to the database at the commit, so that nothing was " +
      "kept, or somebody has undone it since",
    next:
      "Look at the status and at the logs of Hasura and PostgreSQL, then run the same command again: it continues " +
      "from what the ledger shows",
  });
}

/** The step that the run ended with is done all the same. */
function errorOfDoneStep(
  error: ToolError,
  { step, remaining, ledger }: { step: Step; remaining: Step[]; ledger: Ledger },
): ToolError | undefined {
  const title = migrationTitle(step.migration);
  const shown = `The ledger shows that ${title} is ${past(step)}`;
  if (isLost(error)) {
    if (step.direction === "apply" && openAfterTasks(ledger).length > 0) return openAfterTask(step.migration, shown);
    if (remaining.length === 0) return undefined;
    const reason = error.cause instanceof Error ? `: ${error.cause.message}` : "";
    const what = error instanceof UnknownOutcomeError
      ? `It took too long to find out what became of ${title}`
      : `The answer to ${title} was lost`;
    return new AccessError(`${what}${reason}`, {
      state: `${shown}; no other step was started`,
      next: "Run the same command again: it continues from there",
      cause: error,
    });
  }
  error.state =
    `${shown}: the file has ended the transaction that it ran in, so that the rest of it may be missing, or ` +
    "another run has done it";
  error.next = "Compare the database with the file before anything else, and take COMMIT and ROLLBACK out of the file";
  return error;
}

function errorOfMissingStep(error: ToolError, step: Step): ToolError {
  if (error.cause instanceof HasuraError && !(error instanceof UnknownOutcomeError)) {
    error.state ??= `The ledger does not show ${migrationTitle(step.migration)} as ${past(step)}`;
  }
  return error;
}

function past(step: Step | undefined): string {
  return step?.direction === "revert" ? "reverted" : "applied";
}
