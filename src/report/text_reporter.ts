/**
 * Output for people: what was asked for on stdout, everything else on stderr.
 *
 * @module
 */

import { formatElapsed } from "../duration.ts";
import type { ToolError } from "../errors.ts";
import { migrationTitle } from "../migrations/types.ts";
import type { Output } from "../runtime.ts";
import type {
  AfterReport,
  MetadataCommandReport,
  MigrateReport,
  Report,
  Reporter,
  ReportEvent,
  StatusReport,
} from "./events.ts";
import type * as Tables from "./table.ts";
import { createWaitingLine, createWaitingPace, outputAfter } from "./waiting_line.ts";
import {
  afterTaskDone,
  afterTaskLine,
  banner,
  describeTarget,
  formatDifferences,
  formatError,
  formatExpected,
  formatInconsistent,
  formatStop,
  oneLine,
  past,
  verbing,
} from "./words.ts";

/** Where to write, and whether in colors. */
export interface TextReporterOptions {
  stdout: Output;
  stderr: Output;
  /** Whether stderr takes colors. */
  color: boolean;
  /** Whether a line on stderr can be redrawn. @default stderr is a terminal */
  redraws?: boolean;
  /** Takes the secrets out of what is about to be cut. @default the text as it is */
  redact?: (text: string) => string;
}

/** Creates the reporter. */
export function createTextReporter(options: TextReporterOptions): Reporter {
  const { color, redraws = options.stderr.isTerminal, redact = (text) => text } = options;
  const line = createWaitingLine(options.stderr);
  const pace = createWaitingPace();
  const stdout = outputAfter(line, options.stdout);
  const stderr = outputAfter(line, options.stderr);
  const info = (text: string) => stderr.write(`INFO ${oneLine(text)}\n`);
  const warn = (text: string) => stderr.write(`WARN ${text}\n`);
  const error = (failure: ToolError) => stderr.write(formatError(failure, color));

  let loaded: typeof Tables | undefined;
  function tables(): typeof Tables {
    if (loaded === undefined) throw new TypeError("Cannot show a table before prepare() has loaded what it takes");
    return loaded;
  }

  function showWaiting(waiting: { what: string; elapsed: number }): void {
    if (redraws) return line.draw({ ...waiting, what: redact(oneLine(waiting.what)) });
    if (pace.isDue(waiting)) info(`${waiting.what}: ${formatElapsed(waiting.elapsed)} so far`);
  }

  function emit(event: ReportEvent): void {
    switch (event.type) {
      case "note":
        return stderr.write(`note: ${oneLine(event.text)}\n`);
      case "migrate-started":
        return info(
          `${event.direction === "apply" ? "applying to" : "reverting in"} database ${describeTarget(event.target)}` +
            (event.from === undefined ? "" : ` (${event.from})`),
        );
      case "run-planned":
        stdout.write(banner("DATABASE MIGRATION HELPER", event.target.source));
        if (event.steps.length + event.afterTasks.length > 0) {
          return stdout.write(tables().stepTable(event.steps, event.afterTasks));
        }
        return info(`nothing to ${event.direction} on database: ${event.target.source}`);
      case "choice-planned":
        stdout.write(`${banner("DATABASE MIGRATION HELPER", event.target.source)}\n`);
        if (event.rows.length === 0) return stdout.write("NO MIGRATION STEPS AVAILABLE\n");
        return stdout.write(`MIGRATION STEPS AVAILABLE:\n${tables().statusTable(event.rows)}`);
      case "step-offered":
        return stdout.write(`\nCURRENT STEP:\n\n${tables().stepTable([event.step])}\n`);
      case "step-started":
        if (!stderr.isTerminal) return;
        return stderr.write(
          `${verbing(event.step)} ${event.index + 1} of ${event.total}: ${migrationTitle(event.step.migration)}\n`,
        );
      case "step-done":
        return info(`${migrationTitle(event.step.migration)} ${past(event.step.direction)}`);
      case "run-done":
        return info(`migrations ${past(event.direction)}`);
      case "run-stopped":
        return info(formatStop(event));
      case "stop-requested":
        return stderr.write(
          `${event.signal} received: no further step is started, a running one is finished first; once more stops at once\n`,
        );
      case "waiting":
        return showWaiting(event);
      case "waiting-ended":
        line.hide();
        return pace.end();
      case "tracker-differs":
        return info(`Hasura's tracker differs from the database: ${formatDifferences(event)}`);
      case "after-task-started":
        return info(`running the "after" task of ${migrationTitle(event.migration)}: ${event.description}`);
      case "after-task-done":
        return info(afterTaskDone(event.task));
      case "metadata-reloaded":
        return info("Metadata reloaded");
      case "metadata-applied":
        return info("Metadata applied");
      case "metadata-checked":
        if (event.inconsistent.length === 0) return info("Metadata is consistent");
        return warn(
          event.expected === undefined
            ? formatInconsistent(event.inconsistent)
            : formatExpected(event.inconsistent, event.expected),
        );
      case "failure":
        return error(event.error);
    }
  }

  function finishStatus(report: StatusReport): void {
    const { target, migrations } = report;
    stdout.write(`${banner("DATABASE MIGRATION STATUS", target.source)}\n`);
    stdout.write(
      `Displaying status of database at ${target.endpoint}\n\nMIGRATION STATUS:\n${tables().statusTable(migrations)}`,
    );
    for (const version of report.openAfterTasks) warn(afterTaskLine(version));
    const { toMark, toUnmark } = report.tracker;
    if (toMark.length + toUnmark.length > 0 && report.error?.code !== "drift") {
      info("Hasura's tracker differs from the database; the next migrate brings it in step");
    }
    if (report.running !== undefined) info(`a run is at work on this database: ${report.running}`);
    if (report.inconsistentObjects.length > 0) warn(formatInconsistent(report.inconsistentObjects));
  }

  function finishMigrate(report: MigrateReport): void {
    if (report.migrations === undefined) return;
    stdout.write(`\n${banner("Database Status")}${tables().statusTable(report.migrations)}`);
    for (const version of report.openAfterTasks ?? []) warn(afterTaskLine(version));
  }

  function finishMetadata(report: MetadataCommandReport): void {
    switch (report.command) {
      case "metadata status": {
        const { endpoint, resourceVersion, sources, inconsistentObjects } = report;
        const databases = sources.length === 0 ? "none" : sources.join(", ");
        const state = inconsistentObjects.length === 0
          ? "Metadata is consistent"
          : formatInconsistent(inconsistentObjects);
        return stdout.write(
          `Metadata of Hasura at ${endpoint}\nResource version: ${resourceVersion}\nDatabases: ${databases}\n${state}\n`,
        );
      }
      case "metadata diff":
        return stdout.write(report.formatted);
    }
  }

  function finishAfter({ target, openAfterTasks, afterTasks, error: failure }: AfterReport): void {
    if (failure === undefined && afterTasks.length === 0 && openAfterTasks?.length === 0) {
      info(`no "after" task is open on database: ${target.source}`);
    }
    for (const version of openAfterTasks ?? []) warn(afterTaskLine(version));
  }

  function finish(report: Report): void {
    switch (report.command) {
      case "status":
        return finishStatus(report);
      case "migrate":
        return finishMigrate(report);
      case "after run":
      case "after done":
        return finishAfter(report);
      default:
        return finishMetadata(report);
    }
  }

  return {
    async prepare() {
      // Not needed for what ends early, and a tenth of the time that starting takes.
      loaded = await import("./table.ts");
    },
    emit,
    finish,
    fail: error,
  };
}
