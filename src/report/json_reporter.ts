/**
 * Output for programs: one JSON document on stdout, and for a failure one on stderr. Keys are only ever added.
 *
 * @module
 */

import type { ToolError } from "../errors.ts";
import type { StatusRow } from "../migrations/plan.ts";
import type { Step } from "../migrations/types.ts";
import type { Output } from "../runtime.ts";
import type { MigrateReport, Reporter, StatusReport } from "./events.ts";

/** Creates the reporter. */
export function createJsonReporter({ stdout, stderr }: { stdout: Output; stderr: Output }): Reporter {
  const notes: string[] = [];
  const print = (output: Output, value: unknown) => output.write(`${JSON.stringify(value, undefined, 2)}\n`);
  const fail = (error: ToolError) => print(stderr, { error: errorJson(error) });
  return {
    emit(event) {
      if (event.type === "note") notes.push(event.text);
    },
    finish(report) {
      print(stdout, { ...(report.command === "status" ? statusJson(report) : migrateJson(report)), notes });
      if (report.command === "migrate" && report.error !== undefined) fail(report.error);
    },
    fail,
  };
}

function statusJson(report: StatusReport) {
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
  };
}

function migrateJson(report: MigrateReport) {
  const { target, tracker, inconsistentObjects } = report;
  return {
    command: "migrate",
    direction: report.direction,
    endpoint: target.endpoint,
    database: target.source,
    done: report.done.map(stepJson),
    remaining: report.remaining.map(stepJson),
    migrations: report.migrations?.map(rowJson) ?? null,
    openAfterTasks: report.openAfterTasks,
    tracker: { marked: tracker.marked, unmarked: tracker.unmarked },
    metadata: inconsistentObjects === undefined
      ? null
      : { consistent: inconsistentObjects.length === 0, inconsistentObjects },
    error: report.error === undefined ? null : errorJson(report.error),
  };
}

function rowJson({ version, name, inFolder, inDatabase }: StatusRow) {
  return { version, name: name ?? null, inFolder, inDatabase };
}

function stepJson({ migration }: Step) {
  return { version: migration.version, name: migration.name };
}

function errorJson(error: ToolError) {
  return {
    code: error.code,
    exitCode: error.exitCode,
    message: error.message,
    state: error.state ?? null,
    next: error.next ?? null,
  };
}
