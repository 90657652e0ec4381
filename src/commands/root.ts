/**
 * The commands as Cliffy knows them: what they are called, which options they take, their help and completions.
 *
 * Command lines of `status` and `migrate` are read by `argv.ts`, as argparse did; so this is loaded only when it is asked
 * for, which saves a fifth of the time that starting takes.
 *
 * @module
 */

import { Command, ValidationError } from "@cliffy/command";
import { CompletionsCommand } from "@cliffy/command/completions";
import { describeError, FailedError, UsageError } from "../errors.ts";
import { COMMON_OPTIONS, MIGRATE_OPTIONS, type OptionSpec, STATUS_OPTIONS, VERSION_OPTION } from "../options.ts";
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
  const status = newCommand("Show which migrations are applied. Changes nothing.").usage("[options]");
  addOptions(status, [...COMMON_OPTIONS, ...STATUS_OPTIONS]);
  const migrate = newCommand("Apply or revert migrations, step by step or, with --all, in one go.")
    .usage("(-a | -r) [--all] [options]");
  addOptions(migrate, [...MIGRATE_OPTIONS, ...COMMON_OPTIONS]);
  const completions = new CompletionsCommand().usage("<shell>");
  return root.command("status", status).command("migrate", migrate).command("completions", completions);
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
