/**
 * The commands as Cliffy knows them: what they are called, which options they take, their help and completions.
 *
 * Command lines are read by `argv.ts`, as argparse did; so this is loaded only when it is asked
 * for, which saves a fifth of the time that starting takes.
 *
 * @module
 */

import { Command, ValidationError } from "@cliffy/command";
import { CompletionsCommand } from "@cliffy/command/completions";
import { describeError, FailedError, UsageError } from "../errors.ts";
import { COMMAND_OPTIONS, type OptionSpec, type VenueCommand, VERSION_OPTION } from "../options.ts";
import { fileProblem } from "../runtime.ts";
import { COMMAND_NAME } from "../version.ts";

// deno-lint-ignore no-explicit-any -- The options are declared from a table, so there is no type to be had from them.
type AnyCommand = Command<any>;

/** Declares the commands. */
export function createRootCommand(): AnyCommand {
  const root: AnyCommand = new Command()
    .name(COMMAND_NAME)
    .description("Migrates the database of an Aerie or PlanDev venue through its Hasura server.")
    .usage("<command> [options]")
    .example("Show what is applied", `${COMMAND_NAME} status -p ./hasura --endpoint http://localhost:8080`)
    .example("Apply everything", `${COMMAND_NAME} migrate --apply --all`)
    .example("Be asked before each step", `${COMMAND_NAME} migrate --apply`)
    .option(VERSION_OPTION.long, VERSION_OPTION.help)
    .noExit();
  const metadata = group("Look at Hasura's metadata, and bring it up to date.")
    .command("apply", venueCommand("metadata apply"))
    .command("reload", venueCommand("metadata reload"))
    .command("status", venueCommand("metadata status"))
    .command("diff", venueCommand("metadata diff"));
  const after = group('Complete the "after" tasks of migrations.')
    .command("run", venueCommand("after run"))
    .command("done", venueCommand("after done"));
  return root
    .command("status", venueCommand("status"))
    .command("migrate", venueCommand("migrate").usage("(-a | -r) [--all] [options]"))
    .command("metadata", metadata)
    .command("after", after)
    .command("completions", new CompletionsCommand().usage("<shell>"));
}

const DESCRIPTIONS: Readonly<Record<VenueCommand, string>> = {
  "status": "Show which migrations are applied. Changes nothing.",
  "migrate": "Apply or revert migrations, step by step or, with --all, in one go.",
  "metadata apply": "Replace Hasura's metadata by the release's.",
  "metadata reload": "Make Hasura read its metadata and databases anew.",
  "metadata status": "Show whether the metadata fits the databases. Changes nothing.",
  "metadata diff": "Show what apply would change. Changes nothing.",
  "after run": 'Run the "after" task that is open.',
  "after done": 'Mark the "after" task that is open as done, where it was done by hand.',
};

function group(description: string): AnyCommand {
  return newCommand(description).usage("<command> [options]");
}

function venueCommand(name: VenueCommand): AnyCommand {
  const command = newCommand(DESCRIPTIONS[name]).usage("[options]");
  addOptions(command, COMMAND_OPTIONS[name]);
  return command;
}

function newCommand(description: string): AnyCommand {
  return new Command().description(description);
}

function addOptions(command: AnyCommand, options: readonly OptionSpec[]): void {
  for (const { long, short, value, valueIsOptional, help } of options) {
    const flags = short === undefined ? long : `${short}, ${long}`;
    const type = `${value}:string`;
    const placeholder = value === undefined ? "" : valueIsOptional === true ? `=[${type}]` : ` <${type}>`;
    command.option(`${flags}${placeholder}`, help);
  }
}

/**
 * Runs `completions`, which Cliffy writes to stdout by itself.
 *
 * @throws {UsageError} when Cliffy cannot make sense of `argv`
 * @throws {FailedError} when stdout cannot be written
 */
export async function runCompletions(root: AnyCommand, argv: string[]): Promise<void> {
  try {
    await root.parse(argv);
  } catch (error) {
    if (error instanceof ValidationError) {
      throw new UsageError(error.message, { next: `Run ${COMMAND_NAME} completions --help`, cause: error });
    }
    const problem = fileProblem(error);
    // A reader that has gone away is no problem.
    if (problem === "EPIPE") return;
    if (problem === undefined) throw error;
    throw new FailedError(`Cannot write to stdout: ${describeError(error)}`, {
      next: "Make room where stdout leads to, and run the same command again",
      cause: error,
    });
  }
}

/** Help of the root, or of the command that `path` leads to. */
export function helpText(root: AnyCommand, { path, color }: { path: readonly string[]; color: boolean }): string {
  // Cliffy completes its commands when the root is first used; before that a command of it has no help.
  const rootHelp = root.getHelp({ colors: color });
  const command = path.reduce<AnyCommand | undefined>((parent, name) => parent?.getCommand(name), root);
  const help = command === root ? rootHelp : command?.getHelp({ colors: color }) ?? rootHelp;
  return help.trim().split("\n").map((line) => `${line.trimEnd()}\n`).join("");
}
