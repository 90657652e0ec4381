/**
 * Holds what a run told about an "after" task against what became of it.
 *
 * @module
 */

import type { CliResult } from "../support/cli.ts";
import { TASK_VERSION } from "./after_ground.ts";
import type { TaskTruth } from "./after_truth.ts";
import { UNKNOWN_CODE } from "./judge.ts";
import type { Truth } from "./truth.ts";

/** Words for not knowing whether the task was marked as done: then what is shown of it can still change. */
const NOT_KNOWN = /could not be established|not known|may (?:still )?be marked/;

interface Report {
  openAfterTasks: number[] | null;
  afterTasks: { version: number; files: number }[];
  error: { state: string | null } | null;
}

/** What is wrong in the JSON report of a run, one text each. */
export function findWrongTask(
  { code, stdout, stderr }: CliResult,
  { truth, task }: { truth: Truth; task: TaskTruth },
): string[] {
  const wrong: string[] = [];
  const { isMarked, right, total, wanting, stored } = task;
  if (code === 0 && isMarked !== true) wrong.push("exit code 0, but the task is not marked as done");
  const report = parse(stdout);
  const state = (report ?? parse(stderr))?.error?.state ?? "";
  const isKnown = code !== UNKNOWN_CODE && !NOT_KNOWN.test(state);
  if (code === 8 && isMarked === true && isKnown) wrong.push("exit code 8, but no task is open");
  const isOpen = isMarked === false;
  const { openAfterTasks = null, afterTasks = [] } = report ?? {};
  if (isKnown && openAfterTasks !== null && openAfterTasks.includes(TASK_VERSION) !== isOpen) {
    wrong.push(`the task is told as ${isOpen ? "not open" : "open"}`);
  }
  for (const { files } of afterTasks) {
    if (isMarked !== true) wrong.push("the task is told as done, and is not marked");
    if (wanting.length > 0 || files !== total) wrong.push(`the task is told as done with ${files} of ${total} files`);
  }
  const [, told] = /(\d+) of \d+ files are on the workspace server/.exec(state) ?? [];
  if (told !== undefined && right.length < Number(told)) {
    wrong.push(`${told} files are told, ${right.length} are right`);
  }
  if (/All \d+ files are on/.test(state) && wanting.length > 0) {
    wrong.push(`all files are told, ${right.length} are right`);
  }
  if (isKnown && /the task is not marked as done/.test(state) && isMarked === true) {
    wrong.push("the task is told as not marked");
  }
  if (/^Nothing was changed/.test(state) && (truth.ledger.includes(TASK_VERSION) || stored.length > 0)) {
    wrong.push("it is told that nothing was changed");
  }
  return wrong;
}

function parse(text: string): Report | undefined {
  return text === "" ? undefined : JSON.parse(text);
}
