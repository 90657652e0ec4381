/**
 * What the steps of a run work with, and what they come to.
 *
 * @module
 */

import type { ToolError } from "../errors.ts";
import type { HasuraClient } from "../hasura/client.ts";
import type { Runtime } from "../runtime.ts";
import type { Timeouts } from "../timeouts.ts";
import type { Waiting } from "../waiting.ts";
import type { RunName } from "./holder.ts";
import type { Observer } from "./observer.ts";
import type { SentStep } from "./settle.ts";
import type { MigrationName, Step } from "./types.ts";

/** Where and how the steps run. */
export interface RunOptions {
  rt: Pick<Runtime, "readDir" | "readFile" | "now" | "sleep" | "every">;
  client: HasuraClient;
  observer: Observer;
  /** Hasura's name of the database. */
  source: string;
  name: RunName;
  timeouts: Timeouts;
  waiting: Waiting;
  /** Digests of the files that were looked through, by path; `undefined` where files are sent as they are. */
  checkedFiles: ReadonlyMap<string, string> | undefined;
  /** Whether the ledger is asked after each step before it is told as done. */
  confirmsEach: boolean;
  /** The command line that continues this run, for messages. */
  command: string;
  /** Asked before each step: `false` ends the run. A `ToolError` that it throws ends the run too. */
  beforeStep(step: Step, index: number): Promise<boolean>;
  /** Asked whenever a step could be left out that is not sent yet. @throws {ToolError} to leave it out */
  checkStop(): void;
  /** Told of each step that was committed. */
  afterStep(step: Step): void;
  /** Migrations whose "after" task is open before the first step; they are done first. */
  openTasks: MigrationName[];
  /** Does the "after" task of a migration. @throws {ToolError} when it is still open then */
  runAfterTask(migration: MigrationName): Promise<void>;
  /** Told what the operator should know of a step. */
  onNote(text: string): void;
}

/** What a run came to. */
export interface RunResult {
  /** The steps that were committed. */
  done: Step[];
  /** The steps of the plan that were not. */
  remaining: Step[];
  /** The first of the remaining ones, where it may be done all the same. */
  unknown?: Step | undefined;
  /** The step that was sent last, as it was sent. */
  sent?: SentStep | undefined;
  /** Why the run ended early, where it was not on request. */
  error: ToolError | undefined;
}
