/**
 * What comes after the steps, however they went: reload and check the metadata, bring the tracker in step, show the
 * status.
 *
 * @module
 */

import { AccessError, describeError, MetadataError, ToolError } from "../errors.ts";
import { explainCallError } from "../hasura/explain.ts";
import { type InconsistentObject, inconsistentObjects, reloadMetadata } from "../hasura/metadata.ts";
import { confirmSteps } from "../migrations/confirm.ts";
import type { Interruption } from "../interruption.ts";
import { statusRows } from "../migrations/plan.ts";
import type { RunResult } from "../migrations/run_options.ts";
import type { TrackerKeeper } from "../migrations/tracker.ts";
import { type Direction, type Ledger, openAfterTasks } from "../migrations/types.ts";
import type { CommandContext } from "./context.ts";
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
}

/**
 * Reads the ledger after the steps and holds the result against it. A run that ended well but cannot be confirmed has
 * ended with an error.
 */
export async function confirmRun(
  venue: Venue,
  result: RunResult,
): Promise<{ result: RunResult; ledger: Ledger | ToolError }> {
  const ledger = await attempt(async () => (await lookAtVenue(venue)).ledger, "read the ledger", venue);
  if (!(ledger instanceof ToolError)) return { result: confirmSteps(result, ledger), ledger };
  if (result.error !== undefined) return { result, ledger };
  ledger.state = result.done.length === 0
    ? "No step was run; Hasura's tracker may have been brought in step"
    : "Hasura answered that all steps before this were committed; the ledger could not be asked";
  return { result: { ...result, error: ledger }, ledger };
}

/** Completes the run and reports it; returns the error that decides the exit code. */
export async function finishRun(context: CommandContext, options: FinishOptions): Promise<ToolError | undefined> {
  const { reporter } = context;
  const { venue, direction, result, ledger, keeper, tracker } = options;
  const problems: ToolError[] = [];
  let inconsistent: InconsistentObject[] | undefined;
  if (ledger instanceof ToolError && ledger !== result.error) {
    reporter.emit({ type: "note", text: `the status cannot be shown: ${ledger.message}` });
  }
  if (ledger instanceof AccessError) {
    // Each further call would take its time to find out the same.
    reporter.emit({ type: "note", text: "Hasura's metadata was not reloaded; the next run does that, too" });
  } else {
    if (!(ledger instanceof ToolError)) keeper.update(ledger);
    inconsistent = await context.waiting.during("completing the run", () => updateHasura(context, options, problems));
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
    inconsistentObjects: inconsistent,
    error,
  });
  return error;
}

/** Brings Hasura up to date; adds to `problems`, and returns the inconsistent objects where Hasura says. */
async function updateHasura(
  { reporter, waiting }: CommandContext,
  { venue, direction, keeper }: FinishOptions,
  problems: ToolError[],
): Promise<InconsistentObject[] | undefined> {
  // Hasura takes one metadata call at a time, and a reload can take minutes.
  waiting.say("writing Hasura's tracker");
  const trackerError = await keeper.settle();
  if (trackerError !== undefined) problems.push(trackerProblem(trackerError, venue));
  waiting.say("reloading Hasura's metadata");
  const reloadProblem = await attempt(() => reloadMetadata(venue.client), "reload the metadata", venue);
  if (reloadProblem instanceof ToolError) problems.push(metadataProblem(reloadProblem));
  else reporter.emit({ type: "metadata-reloaded" });

  waiting.say("checking Hasura's metadata");
  const inconsistent = await attempt(() => inconsistentObjects(venue.client), "check the metadata", venue);
  if (inconsistent instanceof ToolError) {
    if (!(reloadProblem instanceof ToolError)) problems.push(metadataProblem(inconsistent));
    return undefined;
  }
  reporter.emit({ type: "metadata-checked", inconsistent });
  if (inconsistent.length > 0) problems.push(inconsistentProblem(inconsistent, direction));
  return inconsistent;
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

const STATE = "What the ledger shows as applied is applied";

function metadataProblem(error: ToolError): MetadataError {
  return new MetadataError(error.message, {
    state: `${STATE}, but Hasura may not show it yet`,
    next: "Remove the cause, and run the same command again: it reloads the metadata even if nothing is left to do",
    cause: error,
  });
}

function inconsistentProblem(objects: InconsistentObject[], direction: Direction): MetadataError {
  const count = objects.length === 1 ? "1 object does" : `${objects.length} objects do`;
  return new MetadataError(`The metadata of Hasura is inconsistent: ${count} not fit the database`, {
    state: STATE,
    next: direction === "apply"
      ? "Apply the metadata of the release that the migrations belong to, then run the same command again"
      : "Apply the metadata of the release that the database is now at: the newer one cannot fit",
  });
}

function trackerProblem(error: unknown, { client, target }: Venue): MetadataError {
  const explained = explainCallError(error, { action: "write Hasura's tracker", endpoint: client.endpoint });
  return new MetadataError(explained instanceof ToolError ? explained.message : describeError(explained), {
    state: `${STATE}, but the Hasura CLI and console may show other migrations of ${target.source}`,
    next:
      "Remove the cause, and run the same command again: it brings the tracker in step even if nothing is left to do",
    cause: error,
  });
}
