/**
 * What comes after the steps, however they went: reload and check the metadata, bring the tracker in step, show the
 * status.
 *
 * @module
 */

import { AccessError, describeError, MetadataError, ToolError } from "../errors.ts";
import { explainCallError } from "../hasura/explain.ts";
import { undoneError } from "../migrations/busy_error.ts";
import { confirmSteps, settleRun, withoutLedger } from "../migrations/confirm.ts";
import type { Interruption } from "../interruption.ts";
import { openAfterTask, pendingMigrations, statusRows } from "../migrations/plan.ts";
import type { RunOptions, RunResult } from "../migrations/run_options.ts";
import type { TrackerKeeper } from "../migrations/tracker.ts";
import {
  currentVersion,
  type Direction,
  type Ledger,
  type Migration,
  nameOf,
  openAfterTasks,
} from "../migrations/types.ts";
import type { DoneAfterTask } from "../report/events.ts";
import type { CommandContext } from "./context.ts";
import { APPLIED, finishMetadata, type MetadataFinish } from "./finish_metadata.ts";
import type { MetadataOutcome } from "./update_metadata.ts";
import { lookAtVenue, type Venue } from "./venue.ts";

/** What the run left. */
export interface FinishOptions {
  venue: Venue;
  direction: Direction;
  result: RunResult;
  /** The ledger after the steps, or why it could not be read. */
  ledger: Ledger | ToolError;
  keeper: TrackerKeeper;
  /** The signal that was received, if one was. */
  interruption: Pick<Interruption, "error">;
  /** How the tracker differed from the ledger before the first step. */
  tracker: { toMark: number[]; toUnmark: string[] };
  metadata: MetadataFinish;
  /** The "after" tasks that the run has done. */
  afterTasks: DoneAfterTask[];
}

/**
 * Reads the ledger after the steps and holds the result against it; what may still be under way is waited for. A run that
 * ended well but cannot be confirmed has ended with an error.
 */
export async function confirmRun(
  venue: Venue,
  { direction, result: told, running }: { direction: Direction; result: RunResult; running: RunOptions },
): Promise<{ result: RunResult; ledger: Ledger | ToolError }> {
  const seen = await attempt(() => lookAtVenue(venue), "read the ledger", venue);
  if (!(seen instanceof ToolError)) {
    const { result, look: { ledger } } = await settleRun(told, seen, running);
    const confirmed = confirmSteps(result, ledger);
    const wasReached = confirmed.error === undefined && confirmed.done.length + confirmed.remaining.length === 0;
    if (wasReached && isLeft(direction, { ledger, folder: venue.folder })) {
      return { result: { ...confirmed, error: undoneError(direction, ledger) }, ledger };
    }
    const [open] = direction === "apply" ? openAfterTasks(ledger) : [];
    if (confirmed.error !== undefined || open === undefined) return { result: confirmed, ledger };
    const error = openAfterTask(nameOf(open, venue.folder), "All that could be applied is applied");
    return { result: { ...confirmed, error }, ledger };
  }
  if (told.error !== undefined) return { result: told, ledger: seen };
  if (told.done.length === 0) seen.state = "No step was run; Hasura's tracker may have been brought in step";
  return { result: withoutLedger(told, seen), ledger: seen };
}

/** Whether there is something that a run in `direction` would do. */
function isLeft(direction: Direction, { ledger, folder }: { ledger: Ledger; folder: Migration[] }): boolean {
  return direction === "apply" ? pendingMigrations(ledger, folder).length > 0 : currentVersion(ledger) > 0;
}

/** Completes the run and reports it; returns the error that decides the exit code. */
export async function finishRun(context: CommandContext, options: FinishOptions): Promise<ToolError | undefined> {
  const { reporter } = context;
  const { venue, direction, result, ledger, keeper, tracker } = options;
  const problems: ToolError[] = [];
  let outcome: MetadataOutcome | undefined;
  if (ledger instanceof ToolError && ledger !== result.error) {
    reporter.emit({ type: "note", text: `the status cannot be shown: ${ledger.message}` });
  }
  if (ledger instanceof AccessError) {
    // Each further call would take its time to find out the same.
    reporter.emit({ type: "note", text: "Hasura's metadata was not reloaded; the next run does that, too" });
  } else if (isDeclined(options)) {
    reporter.emit({ type: "note", text: "nothing was changed, so that Hasura was left alone, too" });
  } else {
    if (!(ledger instanceof ToolError)) keeper.update(ledger);
    outcome = await context.waiting.during("completing the run", () => updateHasura(context, options, problems));
  }

  const { error: stopped } = options.interruption;
  const error = result.error ?? stopped ?? problems[0];
  if (stopped !== undefined && result.error === undefined) {
    // It came while the run was being completed.
    stopped.state = problems.length === 0 ? "All that was asked for is done" : "All steps were done before it";
    problems.push(stopped);
  }
  // One error decides; what else went wrong must still be seen.
  for (const problem of problems) {
    if (problem === error) reporter.emit({ type: "failure", error: problem });
    else reporter.emit({ type: "note", text: problem.message });
  }
  reporter.finish({
    command: "migrate",
    target: venue.target,
    direction,
    done: result.done,
    remaining: result.remaining,
    unknown: result.unknown,
    migrations: ledger instanceof ToolError ? undefined : statusRows(ledger, venue.folder),
    openAfterTasks: ledger instanceof ToolError ? undefined : openAfterTasks(ledger),
    tracker,
    afterTasks: options.afterTasks,
    metadata: outcome,
    error,
  });
  return error;
}

/** Whether there was something to do and all of it was declined. */
function isDeclined({ result: { done, remaining, error }, afterTasks, interruption }: FinishOptions): boolean {
  return done.length + afterTasks.length === 0 && remaining.length > 0 && error === undefined &&
    interruption.error === undefined;
}

/** Brings Hasura up to date; adds to `problems`. */
async function updateHasura(
  context: CommandContext,
  options: FinishOptions,
  problems: ToolError[],
): Promise<MetadataOutcome | undefined> {
  const { venue, keeper, metadata } = options;
  // Hasura takes one metadata call at a time, and a reload can take minutes.
  context.waiting.say("writing Hasura's tracker");
  const trackerError = await keeper.settle();
  if (trackerError !== undefined) problems.push(trackerProblem(trackerError, venue));
  if (metadata.mode === "none") {
    context.reporter.emit({ type: "note", text: "the metadata of Hasura was left alone, as asked" });
    return undefined;
  }
  const { outcome, problem } = await finishMetadata(context, {
    client: venue.client,
    metadata,
    direction: options.direction,
    isComplete: options.result.error === undefined && options.result.remaining.length === 0,
    version: options.ledger instanceof ToolError ? undefined : currentVersion(options.ledger),
    newest: venue.folder.at(-1)?.version,
    isStopped: () => options.interruption.error !== undefined,
  });
  if (problem !== undefined) problems.push(problem);
  return outcome;
}

/** The result of `call`, or the error to show for it. */
async function attempt<T>(call: () => Promise<T>, action: string, { target }: Venue): Promise<T | ToolError> {
  try {
    return await call();
  } catch (error) {
    const explained = explainCallError(error, { action, ...target });
    if (explained instanceof ToolError) return explained;
    throw explained;
  }
}

function trackerProblem(error: unknown, { client, target }: Venue): MetadataError {
  const explained = explainCallError(error, { action: "write Hasura's tracker", endpoint: client.endpoint });
  return new MetadataError(explained instanceof ToolError ? explained.message : describeError(explained), {
    state: `${APPLIED}, but the Hasura CLI and console may show other migrations of ${target.source}`,
    next:
      "Remove the cause, and run the same command again: it brings the tracker in step even if nothing is left to do",
    cause: error,
  });
}
