/**
 * `migrate`: applies or reverts, all at once or step by step.
 *
 * @module
 */

import { leavesAfterTask } from "../after_tasks/hint.ts";
import { AccessError, ToolError, UnknownOutcomeError } from "../errors.ts";
import { type Interruption, watchInterruption } from "../interruption.ts";
import { checkLedger } from "../migrations/ledger.ts";
import { checkFolderCoversLedger, openAfterTask, planSteps } from "../migrations/plan.ts";
import { checkStepFiles, runSteps } from "../migrations/run.ts";
import type { RunOptions } from "../migrations/run_options.ts";
import { createTrackerKeeper } from "../migrations/tracker.ts";
import {
  ledgerAfter,
  type MigrationName,
  migrationTitle,
  nameOf,
  openAfterTasks,
  type Step,
} from "../migrations/types.ts";
import { createPrompter } from "../prompt.ts";
import { redactedOutput } from "../redact.ts";
import { describeOrigins } from "../setting_sources.ts";
import { type AfterTaskRunner, createAfterTaskRunner } from "./after_tasks.ts";
import { commandLine, operatorName } from "./command_line.ts";
import type { CommandContext, MigrateOptions } from "./context.ts";
import { confirmRun, finishRun } from "./finish_run.ts";
import { planMetadata, readMetadataMode } from "./metadata_modes.ts";
import { checkOptions, mayAsk } from "./migrate_options.ts";
import { createBulkMode, createStepMode } from "./run_modes.ts";
import { createTrackerStart } from "./tracker_start.ts";
import { openVenue } from "./venue.ts";
import { readWhenFree } from "./when_free.ts";

/**
 * Migrates the venue. A failure after the start of the run is reported when it happens, and returned for the exit code.
 *
 * @throws {ToolError} when nothing was started
 */
export async function runMigrate(context: CommandContext, options: MigrateOptions): Promise<ToolError | undefined> {
  const { rt, reporter } = context;
  const progress: Progress = { running: undefined, task: undefined };
  const interruption = watchInterruption(rt, {
    onFirst: (signal) => reporter.emit({ type: "stop-requested", signal }),
    onSecond: (error) => {
      const { running, task } = progress;
      error.state = running !== undefined
        ? `${migrationTitle(running.migration)} was sent; it may still be running, and may still be committed`
        : task !== undefined
        ? `${migrationTitle(task)} is applied, and its "after" task is not complete; what it has done stays`
        : "No step is running; Hasura's metadata may not have been reloaded";
      error.next = "Look at the status; run the same command again to continue";
      reporter.fail(error);
    },
  });
  try {
    return await migrate(context, options, { interruption, progress });
  } finally {
    interruption.dispose();
  }
}

/** What is going on right now. */
interface Progress {
  /** The step that was sent and whose fate is not known yet. */
  running: Step | undefined;
  /** The migration whose "after" task is going on. */
  task: MigrationName | undefined;
}

async function migrate(
  context: CommandContext,
  options: MigrateOptions,
  { interruption, progress }: { interruption: Interruption; progress: Progress },
): Promise<ToolError | undefined> {
  const { rt, reporter, redactor, stderr, color, waiting } = context;
  const direction = checkOptions(options);
  const metadataMode = readMetadataMode(options.metadata);
  const asks = mayAsk(context, options);
  interruption.describe("Nothing was changed");
  const venue = await interruption.race(openVenue(context, options, { mayReload: true }));
  const { client, observer, folder, target, timeouts } = venue;
  reporter.emit({ type: "migrate-started", direction, target, from: describeOrigins(venue.settings.sources) });

  const { look, tracker } = await interruption.race(readWhenFree(context, venue));
  const { ledger: ledgerBefore } = look;
  checkLedger(ledgerBefore);
  checkFolderCoversLedger(ledgerBefore, folder);
  const steps = planSteps(direction, { ledger: ledgerBefore, folder });
  const openTasks = direction === "apply" ? openAfterTasks(ledgerBefore).map((id) => nameOf(id, folder)) : [];
  const [firstOpen] = openTasks;
  const skipsTasks = options.skipAfter === true;
  if (skipsTasks && firstOpen !== undefined) throw openAfterTask(firstOpen, "Nothing was changed");
  const expectedTasks: MigrationName[] = [];
  const checkedFiles = await interruption.race(
    waiting.during("checking the files", () =>
      checkStepFiles(rt, steps, {
        parse: options.noFileCheck !== true,
        onFile: ({ migration }, sql) => {
          if (direction === "apply" && leavesAfterTask(sql)) expectedTasks.push(migration);
        },
      })),
  );
  const metadata = await interruption.race(planMetadata(context, {
    mode: metadataMode,
    place: venue.settings.metadata,
    isForward: direction === "apply",
    source: target.source,
  }));
  const tasks = createAfterTaskRunner(context, venue, { stop: interruption.stop });
  // Known before the first step where all of them are wanted: a run that ends in the middle leaves the venue unusable.
  if (options.all === true && !skipsTasks) {
    for (const migration of expectedTasks) await interruption.race(tasks.check(migration));
  }

  interruption.describe("No step is running");
  const keeper = createTrackerKeeper({ rt, client, source: target.source });
  const trackerStart = createTrackerStart({ reporter, keeper, tracker, source: target.source, ledger: ledgerBefore });
  // Whoever is asked may decline everything, which leaves Hasura as it is.
  if (steps.length === 0 || (options.all === true && !asks)) trackerStart.bringInStep();

  const prompter = createPrompter({ rt, stdout: redactedOutput(rt.stdout, redactor), stderr, color, interruption });
  const mode = options.all === true
    ? createBulkMode({
      reporter,
      target,
      direction,
      steps,
      afterTasks: skipsTasks ? [] : [...openTasks, ...expectedTasks],
      prompter: asks ? prompter : undefined,
    })
    : createStepMode({ reporter, target, direction, steps, prompter, ledger: ledgerBefore, folder });
  let ledger = ledgerBefore;
  const running: RunOptions = {
    rt,
    client,
    observer,
    source: target.source,
    name: { id: crypto.randomUUID().slice(0, 8), operator: operatorName(rt) },
    timeouts,
    waiting,
    checkedFiles: options.noFileCheck === true ? undefined : checkedFiles,
    confirmsEach: options.all !== true,
    command: commandLine(options),
    async beforeStep(step, index) {
      progress.running = undefined;
      interruption.check();
      const goesOn = await mode.beforeStep(step, index);
      if (goesOn && options.all !== true && !skipsTasks && expectedTasks.includes(step.migration)) {
        await checkTask(tasks, step.migration);
      }
      if (goesOn) trackerStart.bringInStep();
      progress.running = step;
      return goesOn;
    },
    checkStop: () => interruption.check(),
    afterStep(step) {
      progress.running = undefined;
      ledger = ledgerAfter(ledger, step);
      keeper.update(ledger);
      mode.afterStep(step);
    },
    onNote: (text) => reporter.emit({ type: "note", text }),
    openTasks,
    async runAfterTask(migration) {
      if (skipsTasks) throw openAfterTask(migration, `${migrationTitle(migration)} is applied`);
      progress.task = migration;
      await tasks.run(migration);
      progress.task = undefined;
    },
  };
  const told = await runSteps(steps, running);
  const { result, ledger: ledgerNow } = await waiting.during(
    "reading the ledger",
    () => confirmRun(venue, { direction, result: told, running }),
  );
  progress.running = undefined;
  progress.task = undefined;
  if (told.error instanceof UnknownOutcomeError && result.error === undefined) {
    reporter.emit({ type: "note", text: `${told.error.message}. Now the ledger shows that it was` });
  }
  // Nothing was left out, and yet whoever has sent the signal must see that it was received.
  if (result.error === undefined && interruption.error !== undefined) {
    if (result.remaining.length === 0) interruption.error.state = "All steps were done before it";
    result.error = interruption.error;
  }
  if (mayBeDone(result.error)) result.unknown = result.remaining[0];
  mode.end(result);
  if (result.unknown !== undefined) {
    reporter.emit({ type: "note", text: "the step may still be running; what is shown below can still change" });
  }
  return await finishRun(context, {
    venue,
    direction,
    result,
    ledger: ledgerNow,
    keeper,
    interruption,
    tracker: trackerStart.differences,
    metadata: {
      ...metadata,
      allowInconsistent: options.allowInconsistentMetadata === true,
      isStrict: options.strictMetadata === true,
      allowConnectionChanges: options.allowConnectionChanges === true,
      applyCommand: commandLine({ ...options, allowConnectionChanges: false }, "metadata apply"),
      keepCommand: commandLine({ ...options, metadata: "reload" }),
    },
    afterTasks: tasks.done,
  });
}

/** Looks at the task of a step that is about to be started. @throws {ToolError} when it could not be run */
async function checkTask(tasks: AfterTaskRunner, migration: MigrationName): Promise<void> {
  try {
    await tasks.check(migration);
  } catch (error) {
    if (error instanceof ToolError) error.state = `${migrationTitle(migration)} was not started`;
    throw error;
  }
}

function mayBeDone(error: ToolError | undefined): boolean {
  return error instanceof UnknownOutcomeError || (error instanceof AccessError && error.mayBeDone);
}
