/**
 * What a command tells while it works and when it is done, as values. Reporters turn them into output.
 *
 * @module
 */

import type { ToolError } from "../errors.ts";
import type { InconsistentObject } from "../hasura/metadata.ts";
import type { StatusRow } from "../migrations/plan.ts";
import type { Direction, Step } from "../migrations/types.ts";

/** The server and database that a command works on. */
export interface Target {
  endpoint: string;
  /** Hasura's name of the database. */
  source: string;
}

/** Something that happened. */
export type ReportEvent =
  /** Something that the operator should know and that stops nothing. */
  | { type: "note"; text: string }
  /** `migrate` is about to look at the venue. */
  | { type: "migrate-started"; direction: Direction; target: Target }
  /** What a run of all steps is going to do; `steps` may be empty. */
  | { type: "run-planned"; direction: Direction; target: Target; steps: Step[] }
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
  | { type: "metadata-reloaded" }
  | { type: "metadata-checked"; inconsistent: InconsistentObject[] }
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
  /** `undefined` where Hasura did not say. */
  inconsistentObjects: InconsistentObject[] | undefined;
  /** Why the exit code is not 0. */
  error: ToolError | undefined;
}

/** Shows what a command does. */
export interface Reporter {
  /** Loads what showing a plan or a result takes; notes and errors can be shown before. */
  prepare(): Promise<void>;
  emit(event: ReportEvent): void;
  /** The end of a command that got as far as having a result. */
  finish(report: StatusReport | MigrateReport): void;
  /** The end of a command that did not. */
  fail(error: ToolError): void;
}
