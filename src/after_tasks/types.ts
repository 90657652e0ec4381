/**
 * What an "after" task is given, and what it leaves.
 *
 * @module
 */

import type { AfterTaskError } from "../errors.ts";
import type { HasuraClient } from "../hasura/client.ts";
import type { Runtime } from "../runtime.ts";
import type { MigrationName } from "../migrations/types.ts";

/** What all that has to do with "after" tasks needs. */
export interface AfterTaskOptions {
  rt: Pick<Runtime, "fetch" | "now" | "sleep" | "every">;
  client: HasuraClient;
  /** Hasura's name of the database. */
  source: string;
  adminSecret: string;
  /** Takes secrets out of what a server said, before it is shortened. */
  redact: (text: string) => string;
  /** Milliseconds for each call, all attempts together. */
  readTimeout: number;
  /** Milliseconds to wait for the workspace server to be there. @default none */
  wait?: number | undefined;
  /** Milliseconds to wait for another run, when the task is marked. */
  lockTimeout: number;
  /**
   * Root address without a trailing slash, and Hasura's, where it was worked out from that; `undefined`: none is known.
   * With what to call the proxy on the way there, if there is one.
   * Asked for only where there is something to move. @throws {ConfigError} when what was given cannot be used
   */
  workspace(): { endpoint: string; derivedFrom?: string; proxy?: string | undefined } | undefined;
  /** Aborted with a `ToolError` when the run is to stop: between two files, and where the workspace server is waited for. */
  stop: AbortSignal;
  /** Told what the operator should know. */
  onNote(text: string): void;
  /** Told what is being done right now. */
  onProgress(text: string): void;
}

/** What a completed task has done. */
export interface AfterTaskResult {
  /** Name of the task. */
  task: string;
  /** All files that the task is for. */
  files: number;
  /** Those of them that were there before. */
  alreadyThere: number;
}

/** What has to be so for the task to be done, looked at in the transaction that marks it. */
export interface MarkCondition {
  /** PL/pgSQL statements that raise {@linkcode CHANGED} where it is not. */
  sql: string;
  /** The error for that. */
  error(): AfterTaskError;
}

/** SQLSTATE of a task that is no longer done by the time that it is marked. */
export const CHANGED = "AM006";

/** What a run of a task comes to. */
export interface AfterTaskRun extends Pick<AfterTaskResult, "files" | "alreadyThere"> {
  /** Under which it counts as done. */
  condition: MarkCondition;
}

/** An "after" task that this version of the tool can run. */
export interface AfterTask {
  name: string;
  /** As in "the task is to <description>". */
  description: string;
  /** Whether it could be run; changes nothing. @throws {ToolError} */
  check(options: AfterTaskOptions): Promise<void>;
  /** Runs it, from where it was left. @throws {ToolError} */
  run(migration: MigrationName, options: AfterTaskOptions): Promise<AfterTaskRun>;
  /** What there is to know before somebody says that it was done by hand; `undefined` where there is nothing. */
  describeOpen(options: Pick<AfterTaskOptions, "client" | "source">): Promise<string | undefined>;
}
