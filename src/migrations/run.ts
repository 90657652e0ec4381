/**
 * Runs the steps of a plan, one after the other, until one does not end well.
 *
 * @module
 */

import { ToolError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { confirmStep } from "./confirm.ts";
import { executeStep, PreviousStepError } from "./execute.ts";
import { checkSqlFile } from "./file_check.ts";
import { digestOf, readStepSql } from "./folder.ts";
import type { RunOptions, RunResult } from "./run_options.ts";
import type { SentStep } from "./settle.ts";
import { explainTimeLimit } from "./time_limits.ts";
import { migrationTitle, type Step, stepFile } from "./types.ts";

/**
 * Runs `steps` in their order. Never throws a `ToolError`: what was done before it is part of the result.
 */
export async function runSteps(steps: Step[], options: RunOptions): Promise<RunResult> {
  const done: Step[] = [];
  let error: ToolError | undefined;
  try {
    for (const migration of options.openTasks) await options.runAfterTask(migration);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return { done, remaining: steps, error: thrown };
  }
  let sent: SentStep | undefined;
  let next = 0;
  for (const [index, step] of steps.entries()) {
    try {
      if (!(await options.beforeStep(step, index))) break;
      const what = workingOn(step, { index, total: steps.length });
      const isLast = index === steps.length - 1;
      const previous = sent;
      const started = options.rt.now();
      const { afterTaskOpen, isOurs } = await options.waiting.during(what, async () => {
        const executed = await executeStep(step, {
          ...options,
          what,
          isLast,
          previous,
          onSent: (now) => sent = now,
        }).catch(async (thrown) => {
          throw await explainTimeLimit(thrown, options.rt.now() - started, options);
        });
        if (options.confirmsEach && executed.isOurs && sent !== undefined) await confirmStep(sent, options);
        return executed;
      });
      next++;
      if (!isOurs) continue;
      done.push(step);
      options.afterStep(step);
      if (step.direction === "apply" && afterTaskOpen) await options.runAfterTask(step.migration);
    } catch (thrown) {
      if (thrown instanceof PreviousStepError) {
        done.pop();
        next--;
        sent = thrown.sent;
        error = thrown.reason;
        break;
      }
      if (!(thrown instanceof ToolError)) throw thrown;
      error = thrown;
      break;
    }
  }
  return { done, remaining: steps.slice(next), error, sent };
}

function workingOn({ direction, migration }: Step, { index, total }: { index: number; total: number }): string {
  return `${direction === "apply" ? "applying" : "reverting"} ${index + 1} of ${total}: ${migrationTitle(migration)}`;
}

/**
 * Reads the file of every step once, so that one that cannot be used stops the run before it starts. They are not kept:
 * a release may have hundreds.
 *
 * @returns what each file was like, by path; see {@linkcode digestOf}
 * @throws {ConfigError} when a file cannot be used, or with `parse` when it has what cannot be sent
 */
export async function checkStepFiles(
  rt: Pick<Runtime, "readDir" | "readFile">,
  steps: Step[],
  { parse, onFile }: { parse: boolean; onFile?: (step: Step, sql: string) => void },
): Promise<Map<string, string>> {
  const checked = new Map<string, string>();
  for (const step of steps) {
    const path = stepFile(step);
    try {
      const sql = await readStepSql(rt, step);
      onFile?.(step, sql);
      if (!parse) continue;
      await checkSqlFile(sql, { path });
      checked.set(path, await digestOf(sql));
    } catch (error) {
      if (error instanceof ToolError) error.state = "Nothing was changed";
      throw error;
    }
  }
  return checked;
}
