/**
 * `after run|done`: the "after" tasks of migrations by themselves.
 *
 * @module
 */

import { describeOpenTask, markAfterTaskDone } from "../after_tasks/tasks.ts";
import { ToolError, UsageError } from "../errors.ts";
import { type Interruption, watchInterruption } from "../interruption.ts";
import { checkLedger } from "../migrations/ledger.ts";
import { type MigrationName, migrationTitle, nameOf, openAfterTasks } from "../migrations/types.ts";
import type { COMMAND_GROUPS } from "../options.ts";
import { createPrompter } from "../prompt.ts";
import { redactedOutput } from "../redact.ts";
import type { DoneAfterTask } from "../report/events.ts";
import { afterTaskOptions, createAfterTaskRunner } from "./after_tasks.ts";
import type { AfterOptions, CommandContext } from "./context.ts";
import { lookAtVenue, openVenue, type Venue } from "./venue.ts";
import { readWhenFree } from "./when_free.ts";

/** What is to be done. */
export type AfterAction = typeof COMMAND_GROUPS.after[number];

/**
 * Does it for every task that is open.
 *
 * @returns what the exit code is to tell, once it has been reported
 * @throws {ToolError} when nothing was started
 */
export async function runAfter(
  context: CommandContext,
  action: AfterAction,
  options: AfterOptions,
): Promise<ToolError | undefined> {
  const { rt, reporter } = context;
  const interruption = watchInterruption(rt, {
    onFirst: (signal) => reporter.emit({ type: "stop-requested", signal }),
    onSecond: (error) => {
      error.state = action === "run"
        ? 'The "after" task may not be complete; what it has done stays'
        : 'Whether the "after" task is marked as done is not known';
      error.next = action === "run" ? "Run the same command again: it goes on from there" : "Look at the status";
      reporter.fail(error);
    },
  });
  try {
    interruption.describe("Nothing was changed");
    const asks = action === "done" && mayAsk(context, options);
    const venue = await interruption.race(openVenue(context, options, { mayReload: true }));
    const { look: { ledger } } = await interruption.race(readWhenFree(context, venue));
    checkLedger(ledger);
    const open = openAfterTasks(ledger).map((version) => nameOf(version, venue.folder));
    const work = { venue, open, interruption };
    const result = action === "run" ? await runTasks(context, work) : await markTasks(context, { ...work, asks });
    const { error: interrupted } = interruption;
    // Also where nothing was left out, or it failed at something else: whoever has sent the signal looks for its code.
    if (interrupted !== undefined && result.error !== interrupted) {
      const { message, state, next } = result.error ?? {};
      interrupted.state = message === undefined
        ? "All that was asked for is done"
        : `${message}${state === undefined ? "" : `; ${state}`}`;
      interrupted.next = next ?? "Nothing is left to do here";
      result.error = interrupted;
    }
    if (result.error !== undefined) reporter.emit({ type: "failure", error: result.error });
    reporter.finish({
      command: `after ${action}`,
      target: venue.target,
      afterTasks: result.done,
      openAfterTasks: await stillOpen(context, venue),
      error: result.error,
    });
    return result.error;
  } finally {
    interruption.dispose();
  }
}

interface Work {
  venue: Venue;
  open: MigrationName[];
  interruption: Interruption;
}

interface Result {
  done: DoneAfterTask[];
  error: ToolError | undefined;
}

async function runTasks(context: CommandContext, { venue, open, interruption }: Work): Promise<Result> {
  const runner = createAfterTaskRunner(context, venue, { stop: interruption.stop });
  const error = await failureOf(async () => {
    for (const migration of open) await runner.run(migration);
  });
  return { done: runner.done, error };
}

async function markTasks(context: CommandContext, work: Work & { asks: boolean }): Promise<Result> {
  const { venue, open, interruption, asks } = work;
  const { rt, redactor, reporter, stderr, color, waiting } = context;
  const prompter = createPrompter({ rt, stdout: redactedOutput(rt.stdout, redactor), stderr, color, interruption });
  const options = afterTaskOptions(context, venue, { stop: interruption.stop });
  const done: DoneAfterTask[] = [];
  const error = await failureOf(async () => {
    for (const migration of open) {
      const title = migrationTitle(migration);
      const open = await describeOpenTask(migration, options);
      if (open !== undefined) reporter.emit({ type: "note", text: open });
      const text = `Mark the "after" task of ${title} as done, without running it?`;
      if (asks && await prompter.ask({ text, canQuit: false }) !== "yes") continue;
      await waiting.during(`marking the "after" task of ${title}`, () => markAfterTaskDone(migration, options));
      const task = { migration, task: undefined, files: 0, alreadyThere: 0 };
      done.push(task);
      reporter.emit({ type: "after-task-done", task });
    }
  });
  return { done, error };
}

async function failureOf(work: () => Promise<void>): Promise<ToolError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
}

async function stillOpen({ waiting }: CommandContext, venue: Venue): Promise<number[] | undefined> {
  try {
    return openAfterTasks((await waiting.during("reading the ledger", () => lookAtVenue(venue))).ledger);
  } catch (error) {
    if (error instanceof ToolError) return undefined;
    throw error;
  }
}

/** Asked where somebody is there to answer. @throws {UsageError} when somebody is there and would not see the question */
function mayAsk({ rt, stderr }: CommandContext, { yes, json }: AfterOptions): boolean {
  if (yes === true || json === true || !rt.stdin.isTerminal) return false;
  if (stderr.isTerminal || rt.stdout.isTerminal) return true;
  throw new UsageError("Cannot ask: stdout and stderr do not lead to the terminal", {
    state: "Nothing was changed",
    next: "Add --yes to mark the task as done without a question",
  });
}
