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
import { HasuraError } from "../hasura/problems.ts";
import { openAfterTask } from "./plan.ts";
import { explainCallError } from "../hasura/explain.ts";
import type { RunOptions, RunResult } from "./run_options.ts";
import { type Ledger, migrationTitle, openAfterTasks, type Step } from "./types.ts";

/**
 * Asks the ledger about a step that Hasura says was committed; the reason where the ledger cannot be read.
 *
 * @throws {FailedError} when the ledger does not show it
 */
export async function confirmStep(
  step: Step,
  { observer, client, source }: RunOptions,
): Promise<ToolError | undefined> {
  let ledger: Ledger;
  try {
    ({ ledger } = await observer.look());
  } catch (error) {
    const explained = explainCallError(error, { action: "read the ledger", endpoint: client.endpoint, source });
    if (!(explained instanceof ToolError)) throw explained;
    const answered = `Hasura answered that ${migrationTitle(step.migration)} was ${past(step)}`;
    explained.state = `${answered}; the ledger could not be asked`;
    return explained;
  }
  if (!isDoneIn(ledger)(step)) throw lostError([step]);
  return undefined;
}

function isDoneIn(ledger: Ledger): (step: Step) => boolean {
  const applied = new Set(ledger.map((row) => row.version));
  return ({ direction, migration }) => applied.has(migration.version) === (direction === "apply");
}

/** The result as the ledger has it. */
export function confirmSteps(result: RunResult, ledger: Ledger): RunResult {
  const isDone = isDoneIn(ledger);
  const lost = result.done.filter((step) => !isDone(step));
  if (lost.length > 0) {
    return { done: result.done.filter(isDone), remaining: [...lost, ...result.remaining], error: lostError(lost) };
  }
  const { done, error } = result;
  const [failed, ...remaining] = result.remaining;
  if (error === undefined || failed === undefined) return result;
  if (!isDone(failed)) return { ...result, error: errorOfMissingStep(error, failed) };
  // Whoever did it while this run waited or asked, it was not this run's step.
  if (!isLost(error) && !(error.cause instanceof HasuraError)) return result;
  // What the other run did is told in its words; and an "after" task is no step.
  if (error instanceof BusyError || error instanceof AfterTaskError) return result;
  return {
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
    return new AccessError(`The answer to ${title} was lost${reason}`, {
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
