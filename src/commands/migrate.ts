/**
 * `migrate`: applies or reverts, all at once or step by step.
 *
 * @module
 */

import { type ToolError, UnknownOutcomeError, UsageError } from "../errors.ts";
import { watchInterruption } from "../interruption.ts";
import { checkLedger } from "../migrations/ledger.ts";
import { checkAfterTasks, checkFolderCoversLedger, planSteps } from "../migrations/plan.ts";
import { reconcileTracker } from "../migrations/reconcile.ts";
import { checkStepFiles, runSteps } from "../migrations/run.ts";
import { createTrackerKeeper } from "../migrations/tracker.ts";
import { type Direction, ledgerAfter } from "../migrations/types.ts";
import { createPrompter } from "../prompt.ts";
import { redactedOutput } from "../redact.ts";
import type { CommandContext, VenueOptions } from "./context.ts";
import { confirmRun, finishRun } from "./finish_run.ts";
import { createBulkMode, createStepMode } from "./run_modes.ts";
import { openVenue, readRecords } from "./venue.ts";

/** The options of `migrate`, as parsed. */
export interface MigrateOptions extends VenueOptions {
  apply?: boolean;
  revert?: boolean;
  all?: boolean;
  /** Whether reverting all needs no question. */
  yes?: boolean;
}

/**
 * Migrates the venue. A failure after the start of the run is reported when it happens, and returned for the exit code.
 *
 * @throws {ToolError} when nothing was started
 */
export async function runMigrate(context: CommandContext, options: MigrateOptions): Promise<ToolError | undefined> {
  const { rt, reporter, redactor, stderr, color } = context;
  const direction = checkOptions(options);
  const asks = mayAsk(context, options);
  const venue = await openVenue(context, options);
  const { client, folder, target } = venue;
  reporter.emit({ type: "migrate-started", direction, target });

  const { ledger: ledgerBefore, tracker } = await readRecords(venue);
  checkLedger(ledgerBefore);
  checkFolderCoversLedger(ledgerBefore, folder);
  const steps = planSteps(direction, { ledger: ledgerBefore, folder });
  if (direction === "apply") checkAfterTasks(ledgerBefore, folder);
  await checkStepFiles(rt, steps);

  const keeper = createTrackerKeeper({ rt, client, source: target.source });
  const { toMark, toUnmark } = reconcileTracker(tracker, target.source, ledgerBefore);
  if (toMark.length + toUnmark.length > 0) keeper.update(ledgerBefore);

  const interruption = watchInterruption(rt, {
    onFirst: (signal) => reporter.emit({ type: "stop-requested", signal }),
    onSecond: () =>
      stderr.write("Stopped at once: a step that was running may still be committed; look at the status\n"),
  });
  try {
    const prompter = createPrompter({ rt, stdout: redactedOutput(rt.stdout, redactor), stderr, color, interruption });
    const mode = options.all === true
      ? createBulkMode({
        reporter,
        target,
        direction,
        steps,
        prompter: asks ? prompter : undefined,
      })
      : createStepMode({ reporter, target, direction, steps, prompter, ledger: ledgerBefore, folder });
    let ledger = ledgerBefore;
    const told = await runSteps(steps, {
      rt,
      client,
      source: target.source,
      async beforeStep(step, index) {
        if (interruption.error !== undefined) throw interruption.error;
        return await mode.beforeStep(step, index);
      },
      afterStep(step) {
        ledger = ledgerAfter(ledger, step);
        keeper.update(ledger);
        mode.afterStep(step);
      },
    });
    const { result, ledger: ledgerNow } = await confirmRun(venue, told);
    if (told.error instanceof UnknownOutcomeError && result.error === undefined) {
      reporter.emit({ type: "note", text: `${told.error.message}. The ledger shows that it was` });
    }
    mode.end(result);
    if (result.error instanceof UnknownOutcomeError) {
      reporter.emit({ type: "note", text: "the step may still be running; what is shown below can still change" });
    }
    const differences = { toMark, toUnmark };
    return await finishRun(context, { venue, direction, result, ledger: ledgerNow, keeper, tracker: differences });
  } finally {
    interruption.dispose();
  }
}

/** `argv.ts` holds that there is one direction. */
function checkOptions({ apply, all, json }: MigrateOptions): Direction {
  if (json === true && all !== true) {
    throw new UsageError("Cannot use --json without --all: with JSON output no questions are asked", {
      next: "Add --all, or leave --json out to be asked before each step",
    });
  }
  return apply === true ? "apply" : "revert";
}

/**
 * Reverting all is asked for once where somebody is there to answer, even if a log is kept of what is said.
 *
 * @throws {UsageError} when somebody is there and would not see the question
 */
function mayAsk({ rt, stderr }: CommandContext, { revert, all, yes, json }: MigrateOptions): boolean {
  if (revert !== true || all !== true || yes === true || json === true || !rt.stdin.isTerminal) return false;
  if (stderr.isTerminal || rt.stdout.isTerminal) return true;
  throw new UsageError("Cannot ask whether to revert everything: stdout and stderr do not lead to the terminal", {
    state: "Nothing was changed",
    next: "Add --yes to revert everything without a question",
  });
}
