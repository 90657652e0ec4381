/**
 * From the command line to the exit code. The one place where errors become exit codes.
 *
 * @module
 */

import { normalizeArgv } from "./argv.ts";
import type { CommandContext, VenueOptions } from "./commands/context.ts";
import { runMigrate } from "./commands/migrate.ts";
import { createRootCommand, helpText, parseCommand, versionText } from "./commands/root.ts";
import { runStatus } from "./commands/status.ts";
import { FailedError, InternalError, ToolError } from "./errors.ts";
import { createRedactor, redactedOutput } from "./redact.ts";
import type { Reporter } from "./report/events.ts";
import { createJsonReporter } from "./report/json_reporter.ts";
import { createTextReporter } from "./report/text_reporter.ts";
import type { Output, Runtime } from "./runtime.ts";

/** Runs one command line and returns the exit code; never throws. */
export async function runCli(rt: Runtime): Promise<number> {
  const redactor = createRedactor();
  const stdout = redactedOutput(rt.stdout, redactor);
  const stderr = redactedOutput(rt.stderr, redactor);
  const color = (output: Output) => output.isTerminal && wantsColor(rt) && !rt.args.includes("--no-color");
  const createReporter = (json: boolean) =>
    json ? createJsonReporter({ stdout, stderr }) : createTextReporter({ stdout, stderr, color: color(stderr) });
  // A command line that cannot be read is told in the form that it asks for, too.
  let reporter: Reporter = createReporter(rt.args.includes("--json"));
  let debug = rt.args.includes("--debug");
  let outcome: ToolError | undefined;

  function contextOf(options: VenueOptions, notes: string[]): CommandContext {
    if (options.adminSecret !== undefined) redactor.add(options.adminSecret);
    reporter = createReporter(options.json === true);
    debug = options.debug === true;
    for (const text of notes) reporter.emit({ type: "note", text });
    return { rt, reporter, redactor, stderr, color: color(stderr) };
  }

  try {
    const { argv, notes } = normalizeArgv(rt.args);
    const root = createRootCommand({
      status: async (options) => {
        outcome = await runStatus(contextOf(options, notes), options);
        if (outcome !== undefined) reporter.fail(outcome);
      },
      migrate: async (options) => {
        outcome = await runMigrate(contextOf(options, notes), options);
      },
    });
    if (argv.at(-1) === "--help") {
      const command = argv.length > 1 ? argv[0] : undefined;
      stdout.write(helpText(root, { command, color: color(stdout) }));
    } else if (argv[0] === "--version") {
      stdout.write(versionText());
    } else {
      await parseCommand(root, argv);
    }
    if (outcome === undefined && stdout.problem !== undefined) throw outputError(stdout.problem);
    return outcome?.exitCode ?? 0;
  } catch (error) {
    const failure = error instanceof ToolError ? error : internalError(error);
    reporter.fail(failure);
    if (debug) writeStack(stderr, error);
    return failure.exitCode;
  }
}

function outputError(problem: string): FailedError {
  return new FailedError(`Cannot write to stdout: ${problem}`, {
    state: "What was asked for is done; not all of it could be shown",
    next: "Make room where stdout leads to, and look at the status",
  });
}

function internalError(error: unknown): InternalError {
  return new InternalError(error instanceof Error ? error.message : String(error), {
    next: "This is a bug. Look at the status, then run the same command again with --debug and report what it prints",
    cause: error,
  });
}

function wantsColor(rt: Runtime): boolean {
  try {
    return !rt.env("NO_COLOR") && rt.env("TERM") !== "dumb";
  } catch {
    // Set to something that is no text.
    return false;
  }
}

function writeStack(stderr: Output, error: unknown): void {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    stderr.write(`${cause.stack ?? cause.message}\n`);
  }
}
