/**
 * "After" tasks: work outside of the database that a migration leaves, and without which no other one is possible.
 *
 * @module
 */

import { AfterTaskError, BusyError } from "../errors.ts";
import { isTaskDone, markDone, type MarkOptions } from "./mark_done.ts";
import { openState, RESUME } from "./task_error.ts";
import { type MigrationName, migrationTitle } from "../migrations/types.ts";
import type { AfterTask, AfterTaskOptions, AfterTaskResult, AfterTaskRun } from "./types.ts";
import { WORKSPACES } from "./workspaces.ts";

export type { AfterTaskOptions, AfterTaskResult } from "./types.ts";

/** By the number of the migration, which is what the releases know them by. */
const TASKS: ReadonlyMap<number, AfterTask> = new Map([[25, WORKSPACES]]);

const NOTHING = "Nothing was changed";
const BY_HAND = 'do it by hand as the release notes say, and then run "aerie_db_migration after done"';

/** The task of a migration that this version of the tool can run; `undefined` where it knows none. */
export function knownAfterTask(version: number): { name: string; description: string } | undefined {
  const task = TASKS.get(version);
  return task && { name: task.name, description: task.description };
}

/**
 * Whether the task of a migration could be run, before the migration is applied. Changes nothing.
 *
 * @throws {AfterTaskError} when it could not
 * @throws {ToolError} when Hasura cannot be asked
 */
export async function checkAfterTask(migration: MigrationName, options: AfterTaskOptions): Promise<void> {
  const task = TASKS.get(migration.version);
  if (task === undefined) throw unknownTask(migration, { state: NOTHING, instead: `use --skip-after, ${BY_HAND}` });
  await task.check(options);
}

/**
 * Runs the task of an applied migration, from where it was left, and marks it as done.
 *
 * @throws {AfterTaskError} when it could not be completed
 * @throws {BusyError} when it could not be marked because of another run
 * @throws what `checkStop` throws
 */
export async function runAfterTask(migration: MigrationName, options: AfterTaskOptions): Promise<AfterTaskResult> {
  const before = openState(migration, "nothing was done by this run");
  const task = TASKS.get(migration.version);
  if (task === undefined) throw unknownTask(migration, { state: before, instead: BY_HAND });
  if (await isTaskDone(migration, options, { state: before, resume: RESUME })) {
    options.onNote(`the "after" task of migration ${migrationTitle(migration)} is done already`);
    return { task: task.name, files: 0, alreadyThere: 0 };
  }
  const { files, alreadyThere, condition } = await runTask(task, migration, options);
  const state = files === 0 ? "There was nothing to move" : `All ${files} files are on the workspace server`;
  await markDone(migration, options, { state, resume: RESUME, condition });
  return { task: task.name, files, alreadyThere };
}

async function runTask(task: AfterTask, migration: MigrationName, options: AfterTaskOptions): Promise<AfterTaskRun> {
  try {
    return await task.run(migration, options);
  } catch (error) {
    if (!(error instanceof AfterTaskError) || !(await isDoneByNow(migration, options))) throw error;
    throw new BusyError(error.message, {
      state: `Somebody else has marked the "after" task of migration ${migrationTitle(migration)} as done meanwhile; ` +
        "this run has not completed it",
      next:
        "Look at the status. If it was another run of this tool, that has completed it; if it was after done, find out " +
        "whether all was moved",
      cause: error,
    });
  }
}

/** What the ledger says after a failure: with `after done` somebody may have ended the task in the middle of it. */
async function isDoneByNow(migration: MigrationName, options: AfterTaskOptions): Promise<boolean> {
  try {
    return await isTaskDone(migration, options, { state: "", resume: "" });
  } catch {
    // The failure itself is told all the same.
    return false;
  }
}

/** What there is to know before the task of a migration is marked as done by hand; `undefined` where that is nothing. */
export async function describeOpenTask(
  { version }: MigrationName,
  options: Pick<AfterTaskOptions, "client" | "source">,
): Promise<string | undefined> {
  return await TASKS.get(version)?.describeOpen(options);
}

/**
 * Marks the task of an applied migration as done without running it. It may be done already.
 *
 * @throws {AfterTaskError} when the ledger does not have the migration, or it has no task, or it could not be marked
 * @throws {BusyError} when another run is at work
 */
export async function markAfterTaskDone(migration: MigrationName, options: MarkOptions): Promise<void> {
  const resume = 'run "aerie_db_migration after done" again';
  await markDone(migration, options, { state: NOTHING, resume });
}

/** `instead`: what else there is to do, as in "or <instead>". */
function unknownTask(migration: MigrationName, { state, instead }: { state: string; instead: string }): AfterTaskError {
  return new AfterTaskError(
    `Cannot run the "after" task of migration ${migrationTitle(migration)}: this version of the tool does not know it`,
    { state, next: `Get a newer version of aerie_db_migration, or ${instead}` },
  );
}
