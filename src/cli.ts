/**
 * From the command line to the exit code. The one place where errors become exit codes.
 *
 * @module
 */

import { normalizeArgv } from "./argv.ts";
import type { AfterAction } from "./commands/after.ts";
import type {
  AfterOptions,
  CommandContext,
  MetadataOptions,
  MigrateOptions,
  VenueOptions,
} from "./commands/context.ts";
import type { MetadataAction } from "./commands/metadata.ts";
import type { StatusOptions } from "./commands/status.ts";
import { FailedError, InternalError, ToolError } from "./errors.ts";
import { findInnerSetting } from "./inner_setting.ts";
import { HELP_OPTION, readOptions, VERSION_OPTION } from "./options.ts";
import { DEFAULT_HASURA_PATH } from "./paths.ts";
import { ADMIN_SECRET_VARIABLE, createRedactor, redactedOutput, type Redactor } from "./redact.ts";
import type { Reporter } from "./report/events.ts";
import { createJsonReporter, errorStacks } from "./report/json_reporter.ts";
import { createTextReporter } from "./report/text_reporter.ts";
import type { Output, Runtime } from "./runtime.ts";
import { versionText } from "./version.ts";
import { createWaiting } from "./waiting.ts";

/** Runs one command line and returns the exit code; never throws. */
export async function runCli(rt: Runtime): Promise<number> {
  const redactor = createRedactor();
  // Even a command line that cannot be read may have it in it.
  addEnvironmentSecret(redactor, rt);
  const stdout = redactedOutput(rt.stdout, redactor);
  const stderr = redactedOutput(rt.stderr, redactor);
  const color = (output: Output) => output.isTerminal && wantsColor(rt) && !rt.args.includes("--no-color");
  const createReporter = ({ json, debug }: { json: boolean; debug: boolean }) =>
    json ? createJsonReporter({ stdout: rt.stdout, stderr: rt.stderr, redactor, debug }) : withStack(
      createTextReporter({
        stdout,
        stderr,
        color: color(stderr),
        redraws: stderr.isTerminal && !isDumb(rt),
        redact: (text) => redactor.redact(text),
      }),
      debug ? stderr : undefined,
    );
  // A command line that cannot be read is told in the form that it asks for, too.
  let reporter = createReporter({ json: rt.args.includes("--json"), debug: rt.args.includes("--debug") });
  let outcome: ToolError | undefined;

  function contextOf(options: VenueOptions, notes: string[]): CommandContext {
    if (options.adminSecret !== undefined) redactor.add(options.adminSecret);
    allowNames(redactor, options);
    reporter = createReporter({ json: options.json === true, debug: options.debug === true });
    for (const text of notes) reporter.emit({ type: "note", text });
    const waiting = createWaiting(
      rt,
      (shown) => reporter.emit(shown === undefined ? { type: "waiting-ended" } : { type: "waiting", ...shown }),
    );
    return { rt, reporter, redactor, waiting, stderr, color: color(stderr) };
  }

  try {
    const { argv, notes } = normalizeArgv(rt.args);
    const [command, ...words] = argv;
    // Help and version hold no secret, and stay readable where one is a word of theirs.
    if (command === VERSION_OPTION.long) {
      rt.stdout.write(versionText());
    } else if (argv.at(-1) === HELP_OPTION.long && words[0] !== "complete") {
      const { createRootCommand, helpText } = await import("./commands/root.ts");
      rt.stdout.write(helpText(createRootCommand(), { path: argv.slice(0, -1), color: color(stdout) }));
    } else if (command === "completions") {
      const { createRootCommand, runCompletions } = await import("./commands/root.ts");
      await runCompletions(createRootCommand(), argv);
    } else if (command === "metadata") {
      const { runMetadata } = await import("./commands/metadata.ts");
      const [action = "", ...rest] = words;
      const options: MetadataOptions = readOptions(rest);
      outcome = await runMetadata(contextOf(options, notes), action as MetadataAction, options);
    } else if (command === "after") {
      const { runAfter } = await import("./commands/after.ts");
      const [action = "", ...rest] = words;
      const options: AfterOptions = readOptions(rest);
      outcome = await runAfter(contextOf(options, notes), action as AfterAction, options);
    } else if (command === "status") {
      // Each command is loaded when it is asked for: what the other one takes would only slow down the start.
      const { runStatus } = await import("./commands/status.ts");
      const options: StatusOptions = readOptions(words);
      outcome = await runStatus(contextOf(options, notes), options);
      if (outcome !== undefined) reporter.fail(outcome);
    } else {
      const { runMigrate } = await import("./commands/migrate.ts");
      const options: MigrateOptions = readOptions(words);
      outcome = await runMigrate(contextOf(options, notes), options);
    }
    if (outcome === undefined && stdout.problem !== undefined) throw outputError(stdout.problem);
    return outcome?.exitCode ?? 0;
  } catch (error) {
    const failure = error instanceof ToolError ? error : internalError(error);
    reporter.fail(failure);
    return failure.exitCode;
  }
}

function addEnvironmentSecret(redactor: Redactor, rt: Runtime): void {
  try {
    redactor.add(rt.env(ADMIN_SECRET_VARIABLE) ?? "");
  } catch {
    // It cannot be read; whoever needs it says so.
  }
}

/** What was given as a place or a name stays readable where the secret is a word that is part of it. */
function allowNames(redactor: Redactor, options: VenueOptions): void {
  const { endpoint = "", hasuraPath = DEFAULT_HASURA_PATH, envPath = "", databaseName = "" } = options;
  const names = [hasuraPath, envPath, databaseName];
  // With a blank, a user name or a query there may be a secret in it.
  if (/^\s*https?:\/\/[^\s@?#]*\s*$/i.test(endpoint) && findInnerSetting(endpoint) === undefined) {
    names.push(endpoint.trim());
  }
  // What is made of a path or an address has no slashes at its end.
  for (const name of names) for (const spelling of [name, name.replace(/\/+$/, "")]) redactor.allow(spelling);
}

/** `reporter`, which also writes to `stderr`, where that is given, where its errors came from. */
function withStack(reporter: Reporter, stderr: Output | undefined): Reporter {
  if (stderr === undefined) return reporter;
  const write = (error: ToolError) => stderr.write(`${errorStacks(error).join("\n")}\n`);
  return {
    prepare: () => reporter.prepare(),
    emit(event) {
      reporter.emit(event);
      if (event.type === "failure") write(event.error);
    },
    finish: (report) => reporter.finish(report),
    fail(error) {
      reporter.fail(error);
      write(error);
    },
  };
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
    return !rt.env("NO_COLOR") && !isDumb(rt);
  } catch {
    // Set to something that is no text.
    return false;
  }
}

function isDumb(rt: Runtime): boolean {
  try {
    return rt.env("TERM") === "dumb";
  } catch {
    return true;
  }
}
