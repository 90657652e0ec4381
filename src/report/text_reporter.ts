/**
 * Output for people: what was asked for on stdout, everything else on stderr.
 *
 * @module
 */

import { formatElapsed } from "../duration.ts";
import type { ToolError } from "../errors.ts";
import type { InconsistentObject } from "../hasura/metadata.ts";
import { migrationTitle, type Step } from "../migrations/types.ts";
import type { Output } from "../runtime.ts";
import type { MigrateReport, Reporter, ReportEvent, StatusReport } from "./events.ts";
import type * as Tables from "./table.ts";
import { createWaitingLine, createWaitingPace, outputAfter } from "./waiting_line.ts";

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
          `${event.direction === "apply" ? "applying to" : "reverting in"} database ${describe(event.target)}`,
        );
      case "run-planned":
        stdout.write(banner(`${productName(event.target.source)} DATABASE MIGRATION HELPER`));
        if (event.steps.length > 0) return stdout.write(tables().stepTable(event.steps));
        return info(`nothing to ${event.direction} on database: ${event.target.source}`);
      case "choice-planned":
        stdout.write(`${banner(`${productName(event.target.source)} DATABASE MIGRATION HELPER`)}\n`);
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
      case "metadata-reloaded":
        return info("Metadata reloaded");
      case "metadata-checked":
        if (event.inconsistent.length === 0) return info("Metadata is consistent");
        return warn(formatInconsistent(event.inconsistent));
      case "failure":
        return error(event.error);
    }
  }

  function finishStatus(report: StatusReport): void {
    const { target, migrations } = report;
    stdout.write(`${banner(`${productName(target.source)} DATABASE MIGRATION STATUS`)}\n`);
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

  return {
    async prepare() {
      // Not needed for what ends early, and a tenth of the time that starting takes.
      loaded = await import("./table.ts");
    },
    emit,
    finish: (report) => report.command === "status" ? finishStatus(report) : finishMigrate(report),
    fail: error,
  };
}

/** A title between two lines of its own width. */
function banner(title: string): string {
  const line = "#".repeat(title.length);
  return `${line}\n${title}\n${line}\n`;
}

/** Aerie was renamed PlanDev in 4.4, and its database in Hasura with it. */
function productName(source: string): string {
  return /^plandev$/i.test(source) ? "PLANDEV" : "AERIE";
}

function describe({ source, endpoint }: { source: string; endpoint: string }): string {
  return `${source} at ${endpoint}`;
}

function verbing({ direction }: Step): string {
  return direction === "apply" ? "applying" : "reverting";
}

function past(direction: Step["direction"]): string {
  return direction === "apply" ? "applied" : "reverted";
}

function formatDifferences({ toMark, toUnmark }: { toMark: number[]; toUnmark: string[] }): string {
  const parts: string[] = [];
  if (toMark.length > 0) parts.push(`it lacks ${shortList(toMark)}`);
  if (toUnmark.length > 0) parts.push(`it has ${shortList(toUnmark)}, which the ledger lacks`);
  return `${parts.join(", and ")}; it is brought in step`;
}

function shortList(versions: (number | string)[]): string {
  const [first] = versions;
  return versions.length > 5 ? `${first} to ${versions.at(-1)} (${versions.length})` : versions.join(", ");
}

function afterTaskLine(version: number): string {
  return `the "after" task of migration ${version} is open; no further migration can be applied until it is done`;
}

function formatStop({ direction, done, remaining, unknown }: ReportEvent & { type: "run-stopped" }): string {
  const total = done.length + remaining.length;
  const [next] = remaining;
  const rest = unknown !== undefined
    ? `; of ${migrationTitle(unknown.migration)} it is not known`
    : next === undefined
    ? ""
    : `; the next one is ${migrationTitle(next.migration)}`;
  return `${done.length} of ${total} migrations ${past(direction)}${rest}`;
}

function formatInconsistent(objects: InconsistentObject[]): string {
  const lines = objects.map(({ type, name, reason }) =>
    `  ${oneLine(`${name.startsWith(type) ? name : `${type} ${name}`}: ${reason}`)}`
  );
  return [`Metadata is inconsistent: ${objects.length} object${objects.length === 1 ? "" : "s"}`, ...lines].join("\n");
}

/**
 * Text that may come from a server, as one line: its line breaks could pass for lines of ours, and its control codes
 * would reach the terminal.
 */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, " ");
}

function formatError(error: ToolError, color: boolean): string {
  const label = `error[${error.code}]`;
  const lines = [`${color ? `\x1b[1;31m${label}\x1b[0m` : label}: ${oneLine(error.message)}`];
  if (error.state !== undefined) lines.push(`state: ${oneLine(error.state)}`);
  if (error.next !== undefined) lines.push(`next: ${oneLine(error.next)}`);
  return `${lines.join("\n")}\n`;
}
