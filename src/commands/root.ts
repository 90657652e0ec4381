/**
 * The commands as Cliffy knows them: what they are called, which options they take, and their help.
 *
 * @module
 */

import { Command, ValidationError } from "@cliffy/command";
import { CompletionsCommand } from "@cliffy/command/completions";
import { ToolError, UsageError } from "../errors.ts";
import { COMMON_OPTIONS, MIGRATE_OPTIONS, type OptionSpec, STATUS_OPTIONS } from "../options.ts";
import { COMMAND_NAME, VERSION } from "../version.ts";
import type { MigrateOptions } from "./migrate.ts";
import type { StatusOptions } from "./status.ts";

// deno-lint-ignore no-explicit-any -- The options are declared from a table, so their types are those of the handlers.
type AnyCommand = Command<any>;

/** What to do for each command. */
export interface CommandHandlers {
  status(options: StatusOptions): Promise<void>;
  migrate(options: MigrateOptions): Promise<void>;
}

/** Declares the commands. Nothing is done before `parse`. */
export function createRootCommand(handlers: CommandHandlers): AnyCommand {
  const root: AnyCommand = new Command()
    .name(COMMAND_NAME)
    .description("Migrates the database of an Aerie or PlanDev venue through its Hasura server.")
    .usage("<command> [options]")
    .example("Show what is applied", `${COMMAND_NAME} status -p ./hasura --endpoint http://localhost:8080`)
    .example("Apply everything", `${COMMAND_NAME} migrate --apply --all`)
    .example("Be asked before each step", `${COMMAND_NAME} migrate --apply`)
    .noExit();
  const status = newCommand("Show which migrations are applied. Changes nothing.").usage("[options]");
  addOptions(status, [...COMMON_OPTIONS, ...STATUS_OPTIONS]);
  status.action((options: StatusOptions) => handlers.status(options));
  const migrate = newCommand("Apply or revert migrations, step by step or, with --all, in one go.")
    .usage("(-a | -r) [--all] [options]");
  addOptions(migrate, [...MIGRATE_OPTIONS, ...COMMON_OPTIONS]);
  migrate.action((options: MigrateOptions) => handlers.migrate(options));
  return root.command("status", status).command("migrate", migrate).command("completions", new CompletionsCommand());
}

function newCommand(description: string): AnyCommand {
  return new Command().description(description);
}

function addOptions(command: AnyCommand, options: readonly OptionSpec[]): void {
  for (const { long, short, value, help } of options) {
    const flags = short === undefined ? long : `${short}, ${long}`;
    command.option(value === undefined ? flags : `${flags} <${value}:string>`, help);
  }
}

/** Runs the command that `argv`, in canonical form, names. @throws {UsageError} when Cliffy cannot make sense of it */
export async function parseCommand(root: AnyCommand, argv: string[]): Promise<void> {
  try {
    await root.parse(argv);
  } catch (error) {
    if (!(error instanceof ValidationError) || error instanceof ToolError) throw error;
    throw new UsageError(error.message, { next: `Run ${COMMAND_NAME} --help`, cause: error });
  }
}

/** Help of the root, or of the command of that name. */
export function helpText(
  root: AnyCommand,
  { command, color }: { command: string | undefined; color: boolean },
): string {
  // Cliffy completes its commands when the root is first used; before that a command of it has no help.
  const rootHelp = root.getHelp({ colors: color });
  const help = command === undefined ? undefined : root.getCommand(command)?.getHelp({ colors: color });
  const lines = (help ?? rootHelp).trim().split("\n");
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** `--version`: one line for people and programs. */
export function versionText(): string {
  return `${COMMAND_NAME} ${VERSION}\n`;
}
