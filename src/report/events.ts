/**
 * What a command tells while it works and when it is done, as values. Reporters turn them into output.
 *
 * @module
 */

import type { ToolError } from "../errors.ts";
import type { InconsistentObject } from "../hasura/metadata.ts";
import type { StatusRow } from "../migrations/plan.ts";
import type { MetadataChange } from "../metadata/diff.ts";
import type { Direction, MigrationName, Step } from "../migrations/types.ts";

/** The server and database that a command works on. */
export interface Target {
  endpoint: string;
  /** Hasura's name of the database. */
  source: string;
}

/** An "after" task that was run, or marked as done. */
export interface DoneAfterTask {
  migration: MigrationName;
  /** What it is called; `undefined` where it was only marked as done. */
  task: string | undefined;
  /** How many files it has made sure of, and how many of them were there before. */
  files: number;
  alreadyThere: number;
}

/** What was done with Hasura's metadata. */
export interface MetadataReport {
  reloaded: boolean;
  applied: boolean;
  /** `undefined` where Hasura did not say. */
  inconsistent: InconsistentObject[] | undefined;
}

/** That metadata does not fit since the database is below the newest migration of the folder. */
export interface ExpectedMisfit {
  newest: number;
  /** What restores it, as in "<restored> it fit". */
  restored: string;
}

/** Something that happened. */
export type ReportEvent =
  /** Something that the operator should know and that stops nothing. */
  | { type: "note"; text: string }
  /** `migrate` is about to look at the venue; `from` is where the settings were found, unless that is in plain sight. */
  | { type: "migrate-started"; direction: Direction; target: Target; from: string | undefined }
  /** What a run of all steps is going to do; `steps` and `afterTasks`, as far as they are known, may be empty. */
  | { type: "run-planned"; direction: Direction; target: Target; steps: Step[]; afterTasks: MigrationName[] }
  /** What a step-by-step run could do; `rows` may be empty. */
  | { type: "choice-planned"; target: Target; rows: StatusRow[] }
  /** The step that the operator is about to be asked for. */
  | { type: "step-offered"; step: Step }
  | { type: "step-started"; step: Step; index: number; total: number }
  /** A step of a step-by-step run was committed. */
  | { type: "step-done"; step: Step }
  /** All steps of a bulk run were committed. */
  | { type: "run-done"; direction: Direction }
  /** The run ended before its last step; `unknown` is the one of the remaining ones that may be done all the same. */
  | { type: "run-stopped"; direction: Direction; done: Step[]; remaining: Step[]; unknown: Step | undefined }
  | { type: "stop-requested"; signal: string }
  /** The tracker is not what the ledger says, and is about to be. */
  | { type: "tracker-differs"; toMark: number[]; toUnmark: string[] }
  /** Something takes long; told about once a second. `elapsed` in milliseconds. */
  | { type: "waiting"; what: string; elapsed: number }
  /** Nothing takes long any more. */
  | { type: "waiting-ended" }
  /** An "after" task is about to be run; `description` is what it does. */
  | { type: "after-task-started"; migration: MigrationName; description: string }
  | { type: "after-task-done"; task: DoneAfterTask }
  | { type: "metadata-reloaded" }
  | { type: "metadata-applied" }
  /** `expected` where the objects are no fault. */
  | { type: "metadata-checked"; inconsistent: InconsistentObject[]; expected?: ExpectedMisfit | undefined }
  /** A failure, told when it happens; the command goes on with what is left to do. */
  | { type: "failure"; error: ToolError };

/** What `status` found. */
export interface StatusReport {
  command: "status";
  target: Target;
  migrations: StatusRow[];
  /** The newest version in the ledger. */
  currentVersion: number;
  /** Versions that the ledger lacks, ascending. */
  pending: number[];
  /** Versions whose "after" task is open. */
  openAfterTasks: number[];
  /** How Hasura's tracker differs from the ledger. */
  tracker: { toMark: number[]; toUnmark: string[] };
  inconsistentObjects: InconsistentObject[];
  /** The run that is at work on the database, where there is one. */
  running: string | undefined;
  /** Why the exit code is not 0. */
  error: ToolError | undefined;
}

/** What `migrate` did. */
export interface MigrateReport {
  command: "migrate";
  target: Target;
  direction: Direction;
  done: Step[];
  remaining: Step[];
  /** The one of the remaining steps that may be done all the same. */
  unknown: Step | undefined;
  /** `undefined` where it could not be established. */
  migrations: StatusRow[] | undefined;
  /** Versions whose "after" task is open; `undefined` as above. */
  openAfterTasks: number[] | undefined;
  /** How Hasura's tracker differed from the ledger before the first step. */
  tracker: { toMark: number[]; toUnmark: string[] };
  /** The "after" tasks that the run has done. */
  afterTasks: DoneAfterTask[];
  /** `undefined` where nothing was done with it. */
  metadata: MetadataReport | undefined;
  /** Why the exit code is not 0. */
  error: ToolError | undefined;
}

/** What a `metadata` command found or did. */
export type MetadataCommandReport =
  & {
    endpoint: string;
    /** Why the exit code is not 0. */
    error: ToolError | undefined;
  }
  & (
    | { command: "metadata apply" | "metadata reload"; metadata: MetadataReport }
    | {
      command: "metadata status";
      resourceVersion: number;
      /** Hasura's names of the databases. */
      sources: string[];
      inconsistentObjects: InconsistentObject[];
    }
    | {
      command: "metadata diff";
      path: string;
      changes: MetadataChange[];
      /** The same for people; its lines are ended. */
      formatted: string;
    }
  );

/** What an `after` command did. */
export interface AfterReport {
  command: "after run" | "after done";
  target: Target;
  afterTasks: DoneAfterTask[];
  /** Versions whose "after" task is open; `undefined` where that could not be established. */
  openAfterTasks: number[] | undefined;
  /** Why the exit code is not 0. */
  error: ToolError | undefined;
}

/** How a command ended that got as far as having a result. */
export type Report = StatusReport | MigrateReport | MetadataCommandReport | AfterReport;

/** Shows what a command does. */
export interface Reporter {
  /** Loads what showing a plan or a result takes; notes and errors can be shown before. */
  prepare(): Promise<void>;
  emit(event: ReportEvent): void;
  /** The end of a command that got as far as having a result. */
  finish(report: Report): void;
  /** The end of a command that did not. */
  fail(error: ToolError): void;
}
