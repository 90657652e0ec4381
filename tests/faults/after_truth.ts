/**
 * What became of an "after" task, and which promises about it are broken.
 *
 * @module
 */

import { sequenceFiles, TASK_VERSION } from "./after_ground.ts";
import type { Damage } from "./job.ts";
import type { Place, Stored } from "./place.ts";
import type { Truth } from "./truth.ts";

/** What there is of it. */
export interface TaskTruth {
  /** The mark in the ledger; `undefined` where the migration is not there. */
  isMarked: boolean | undefined;
  /** How many files there are to be. */
  total: number;
  /** Those that are there as they should be. */
  right: readonly string[];
  /** Those that are missing, or have other content. */
  wanting: readonly string[];
  /** Those that nobody asked for. */
  others: readonly string[];
  /** What the workspace server has stored, in its order. */
  stored: readonly Stored[];
}

/** Reads it past the tool and past the servers; nothing may be at work any more. */
export async function readTaskTruth({ venue, workspace: { files }, stored }: Place): Promise<TaskTruth> {
  const [row] = await venue.sql(
    `select after_done from migrations.schema_migrations where migration_id = ${TASK_VERSION}`,
  );
  const wanted = await sequenceFiles(venue);
  const names = [...wanted.keys()];
  const isRight = (name: string) => {
    const content = files.get(name);
    return content !== undefined && new TextDecoder().decode(content) === wanted.get(name);
  };
  return {
    isMarked: row === undefined ? undefined : row[0] === "t",
    total: names.length,
    right: names.filter(isRight),
    wanting: names.filter((name) => !isRight(name)),
    others: stored.map(({ file }) => file).filter((file) => !wanted.has(file)),
    stored: [...stored],
  };
}

/** Looks for damage. */
export function findTaskDamage({ ledger }: Truth, task: TaskTruth): Damage {
  const { isMarked, wanting, others, stored } = task;
  const lost: string[] = [];
  if (isMarked === true && wanting.length > 0) lost.push(`the task is marked as done without ${wanting.join(", ")}`);
  if (ledger.includes(TASK_VERSION + 1) && isMarked !== true) lost.push("the next migration came before the task");
  if (others.length > 0) lost.push(`there are files of no sequence: ${others.join(", ")}`);
  const replaced = stored.filter((one) => one.replaced).map(({ file }) => file);
  if (replaced.length > 0) lost.push(`what was there was replaced: ${replaced.join(", ")}`);
  const files = stored.map(({ file }) => file);
  const twice = files.filter((file, index) => files.indexOf(file) < index);
  return { lost, doubled: twice.length > 0 ? [`stored more than once: ${twice.join(", ")}`] : [] };
}

/** What is still to do. */
export function findTaskRest({ isMarked, wanting }: TaskTruth): string[] {
  const rest = isMarked === true ? [] : ["the task is not marked as done"];
  return wanting.length === 0 ? rest : [...rest, `these files are not there: ${wanting.join(", ")}`];
}
