/**
 * Output for programs: one JSON document on stdout, and for a failure one on stderr. Keys are only ever added.
 *
 * @module
 */

import type { ToolError } from "../errors.ts";
import type { StatusRow } from "../migrations/plan.ts";
import type { Step } from "../migrations/types.ts";
import type { Redactor } from "../redact.ts";
import type { Output } from "../runtime.ts";
import type {
  AfterReport,
  DoneAfterTask,
  MetadataCommandReport,
  MetadataReport,
  MigrateReport,
  Report,
  Reporter,
  StatusReport,
} from "./events.ts";

/** Where to write, and what. */
export interface JsonReporterOptions {
  /** Not redacted: without a secret such as `1` or `,` the text would be no document any more. */
  stdout: Output;
  stderr: Output;
  /** Takes the secrets out of the values, before they become text. */
  redactor: Redactor;
  /** Whether errors tell where they came from. */
  debug: boolean;
}

/** Words of ours that programs compare with; a secret that is one of them is not given away by them. */
const FIXED_KEYS: readonly string[] = ["command", "direction", "code"];

/** Creates the reporter. */
export function createJsonReporter({ stdout, stderr, redactor, debug }: JsonReporterOptions): Reporter {
  const notes: string[] = [];
  const print = (output: Output, value: unknown) =>
    output.write(`${JSON.stringify(redactValues(value, redactor), undefined, 2)}\n`);
  const describe = (error: ToolError) => errorJson(error, debug);
  const fail = (error: ToolError) =>
    print(stderr, { error: describe(error), ...(notes.length === 0 ? {} : { notes }) });
  return {
    prepare: () => Promise.resolve(),
    emit(event) {
      if (event.type === "note") notes.push(event.text);
    },
    finish(report) {
      print(stdout, { ...reportJson(report, describe), notes });
      // What status finds is told by whoever has called it.
      if (report.error !== undefined && report.command !== "status") fail(report.error);
    },
    fail,
  };
}

/** Where `error` and the errors that caused it came from, one text each. */
export function errorStacks(error: Error): string[] {
  const stacks: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    stacks.push(cause.stack ?? cause.message);
  }
  return stacks;
}

function redactValues(value: unknown, redactor: Redactor): unknown {
  if (typeof value === "string") return redactor.redact(value);
  if (Array.isArray(value)) return value.map((item) => redactValues(item, redactor));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, FIXED_KEYS.includes(key) ? item : redactValues(item, redactor)]),
  );
}

type Describe = (error: ToolError) => unknown;

function reportJson(report: Report, describe: Describe): Record<string, unknown> {
  switch (report.command) {
    case "status":
      return statusJson(report, describe);
    case "migrate":
      return migrateJson(report, describe);
    case "after run":
    case "after done":
      return afterJson(report, describe);
    default:
      return metadataCommandJson(report, describe);
  }
}

function statusJson(report: StatusReport, describe: Describe) {
  const { target, tracker } = report;
  return {
    command: "status",
    endpoint: target.endpoint,
    database: target.source,
    currentVersion: report.currentVersion,
    migrations: report.migrations.map(rowJson),
    pending: report.pending,
    openAfterTasks: report.openAfterTasks,
    tracker: { toMark: tracker.toMark, toUnmark: tracker.toUnmark },
    metadata: { consistent: report.inconsistentObjects.length === 0, inconsistentObjects: report.inconsistentObjects },
    running: report.running ?? null,
    error: report.error === undefined ? null : describe(report.error),
  };
}

function migrateJson(report: MigrateReport, describe: Describe) {
  const { target, tracker } = report;
  return {
    command: "migrate",
    direction: report.direction,
    endpoint: target.endpoint,
    database: target.source,
    done: report.done.map(stepJson),
    remaining: report.remaining.map(stepJson),
    unknown: report.unknown === undefined ? null : stepJson(report.unknown),
    migrations: report.migrations?.map(rowJson) ?? null,
    openAfterTasks: report.openAfterTasks ?? null,
    tracker: { toMark: tracker.toMark, toUnmark: tracker.toUnmark },
    afterTasks: report.afterTasks.map(afterTaskJson),
    metadata: report.metadata === undefined ? null : metadataJson(report.metadata),
    error: report.error === undefined ? null : describe(report.error),
  };
}

function afterJson({ command, target, afterTasks, openAfterTasks, error }: AfterReport, describe: Describe) {
  return {
    command,
    endpoint: target.endpoint,
    database: target.source,
    afterTasks: afterTasks.map(afterTaskJson),
    openAfterTasks: openAfterTasks ?? null,
    error: error === undefined ? null : describe(error),
  };
}

function afterTaskJson({ migration: { version, name }, task, files, alreadyThere }: DoneAfterTask) {
  return { version, name, task: task ?? null, files, alreadyThere };
}

/** `null` where nothing was done with it; `consistent` is `null` where Hasura did not say. */
function metadataJson({ reloaded, applied, inconsistent }: MetadataReport) {
  if (inconsistent === undefined) {
    return reloaded || applied ? { consistent: null, inconsistentObjects: [], reloaded, applied } : null;
  }
  return { consistent: inconsistent.length === 0, inconsistentObjects: inconsistent, reloaded, applied };
}

function metadataCommandJson(report: MetadataCommandReport, describe: Describe) {
  const { command, endpoint } = report;
  const error = report.error === undefined ? null : describe(report.error);
  switch (report.command) {
    case "metadata status": {
      const { resourceVersion, sources, inconsistentObjects } = report;
      const consistent = inconsistentObjects.length === 0;
      return { command, endpoint, resourceVersion, sources, metadata: { consistent, inconsistentObjects }, error };
    }
    case "metadata diff":
      return { command, endpoint, path: report.path, changes: report.changes, error };
    default:
      return { command, endpoint, metadata: metadataJson(report.metadata), error };
  }
}

function rowJson({ version, name, inFolder, inDatabase }: StatusRow) {
  return { version, name: name ?? null, inFolder, inDatabase };
}

function stepJson({ migration }: Step) {
  return { version: migration.version, name: migration.name };
}

function errorJson(error: ToolError, debug: boolean) {
  return {
    code: error.code,
    exitCode: error.exitCode,
    message: error.message,
    state: error.state ?? null,
    next: error.next ?? null,
    ...(debug ? { stack: errorStacks(error) } : {}),
  };
}
