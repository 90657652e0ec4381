/**
 * Makes the command lines that the Python script and its predecessors took into the one form that our commands read.
 *
 * @module
 */

import { classifyWord, parseOptions } from "./argparse.ts";
import { displayWord, displayWords } from "./argv_display.ts";
import { UsageError } from "./errors.ts";
import { findInnerSetting, INNER_SETTING_ADVICE } from "./inner_setting.ts";
import {
  COMMAND_GROUPS,
  COMMAND_NAMES,
  type CommandGroup,
  HELP_OPTION,
  MIGRATE_OPTIONS,
  NAME_OPTION,
  optionName,
  optionsOf,
  type OptionSpec,
  SHELL_NAMES,
  type VenueCommand,
  VERSION_OPTION,
} from "./options.ts";
import { COMMAND_NAME } from "./version.ts";

/** A command line in canonical form. */
export interface NormalizedArgv {
  /** Words of the command, then each option once as `--name` or `--name=value`; or its words and `--help`; or `--version`. */
  argv: string[];
  /** What to tell the operator on stderr, each without the word `note:`. */
  notes: string[];
}

const DIRECTIONS: readonly string[] = ["--apply", "--revert"];
const OLDER_SECRET = /^--admin_secret(?==|$)/;

/** Options of older scripts that have no counterpart. */
const REMOVED_OPTIONS = [
  {
    short: "-n",
    long: "--network-location",
    reason: "the tool talks to Hasura only and needs no address of PostgreSQL",
    next: "Give the address of Hasura: --endpoint http://HOST:8080",
  },
  {
    short: "-db",
    long: "--db-names",
    reason: "the database is found through Hasura",
    next: "Leave it out, or name the source with --database-name",
  },
] as const;

/**
 * Reads a command line as the script did (argparse of Python 3.11), with what `docs/argparse-and-dotenv.md` adds.
 *
 * An empty endpoint, secret, env path or database name counts as not given, an empty Hasura path is the current folder;
 * the result never holds them empty. An empty length of time stays as it is: it must not silently mean the default.
 *
 * @throws {UsageError} when the line cannot be used. No message shows a word that may be a secret.
 */
export function normalizeArgv(args: readonly string[]): NormalizedArgv {
  const words = respellOlderSecret(args);
  const notes = words.some((word, index) => word !== args[index])
    ? ["--admin_secret is the older spelling of --admin-secret"]
    : [];
  const top = parseOptions(words, {
    options: [HELP_OPTION, VERSION_OPTION],
    final: [HELP_OPTION.long, VERSION_OPTION.long],
    exclusive: [],
    start: 0,
    untilValue: true,
    next: helpAdvice(),
  });
  if (top.final) return { argv: [top.final.long], notes };

  const command = words[top.end];
  if (command === "status" || command === "migrate") {
    return { argv: readCommand(command, { words, start: top.end + 1, unrecognized: top.unrecognized }), notes };
  }
  if (command === "metadata" || command === "after") {
    return { argv: readGroup(command, { words, start: top.end + 1, unrecognized: top.unrecognized }), notes };
  }
  if (command === "completions") {
    if (top.unrecognized.length > 0) {
      throw unrecognizedWords(words, { indexes: top.unrecognized, next: helpAdvice() });
    }
    // The generated scripts ask this way; what they pass on is not for us to read.
    if (words[top.end + 1] === "complete") return { argv: args.slice(top.end), notes: [] };
    return { argv: readCompletions(words, top.end + 1), notes };
  }
  if (isOlderForm(words)) {
    notes.push(`without a command, -a and -r mean "migrate"; write "${COMMAND_NAME} migrate …"`);
    return { argv: readCommand("migrate", { words, start: 0, unrecognized: [] }), notes };
  }
  refuseRemoved(words, top.unrecognized);
  throw missingCommand(words, { index: top.end, unrecognized: top.unrecognized });
}

/** Reads a command of a group: its name comes first, then its options. */
function readGroup(group: CommandGroup, { words, start, unrecognized }: ReadCommandOptions): string[] {
  const choices: readonly string[] = COMMAND_GROUPS[group];
  const next = helpAdvice(group);
  const before = parseOptions(words, {
    options: [HELP_OPTION],
    final: [HELP_OPTION.long],
    exclusive: [],
    start,
    untilValue: true,
    next,
  });
  if (before.final) return [group, before.final.long];
  const name = words[before.end];
  const known = choices.find((choice) => choice === name);
  const list = `(choose from ${choices.join(", ")})`;
  if (known !== undefined) {
    const command = `${group} ${known}` as VenueCommand;
    return readCommand(command, {
      words,
      start: before.end + 1,
      unrecognized: [...unrecognized, ...before.unrecognized],
    });
  }
  const isLater = words.slice(start).some((word) => choices.includes(word));
  const advice = isLater ? `Put what "${group}" is to do first, the options after it` : next;
  if (name === undefined) {
    throw new UsageError(`Cannot run "${group}": it is not said what to do ${list}`, { next: advice });
  }
  throw new UsageError(`Cannot run "${group}" with ${displayWord(words, before.end)} ${list}`, { next: advice });
}

interface ReadCommandOptions {
  words: readonly string[];
  start: number;
  /** Words before the command that nothing was made of. */
  unrecognized: readonly number[];
}

function readCommand(command: VenueCommand, { words, start, unrecognized }: ReadCommandOptions): string[] {
  const options = optionsOf(command);
  const next = helpAdvice(command);
  const parsed = parseOptions(words, {
    options,
    final: [HELP_OPTION.long],
    exclusive: DIRECTIONS,
    start,
    untilValue: false,
    next,
  });
  const names = command.split(" ");
  if (parsed.final) return [...names, parsed.final.long];
  const unknown = [...unrecognized, ...parsed.unrecognized];
  refuseRemoved(words, unknown);
  if (command === "migrate" && !DIRECTIONS.some((long) => parsed.values.has(long))) {
    const both = MIGRATE_OPTIONS.filter(({ long }) => DIRECTIONS.includes(long)).map(optionName).join(" and ");
    throw new UsageError(`Cannot run "migrate": one of ${both} is required`, { next });
  }
  if (unknown.length > 0) {
    throw unrecognizedWords(words, { indexes: unknown, next: attachAdvice(words, { unknown, options }) ?? next });
  }
  refuseInnerSettings(options, { values: parsed.values, next });
  return [...names, ...options.flatMap((option) => canonicalOption(option, parsed.values))];
}

/** Addresses and the secret are looked at by whoever reads them, wherever they come from. */
const READ_ELSEWHERE: readonly string[] = ["--endpoint", "--workspace-endpoint", "--admin-secret"];

/** A path or a name that holds the secret would be shown, and lead nowhere. */
function refuseInnerSettings(
  options: readonly OptionSpec[],
  { values, next }: { values: ReadonlyMap<string, string | undefined>; next: string },
): void {
  for (const option of options) {
    const inner = findInnerSetting(values.get(option.long) ?? "");
    if (inner === undefined || READ_ELSEWHERE.includes(option.long)) continue;
    throw new UsageError(`Cannot use option ${optionName(option)}: its value holds another setting (${inner.name})`, {
      next: `${INNER_SETTING_ADVICE}; ${next}`,
    });
  }
}

function readCompletions(words: readonly string[], start: number): string[] {
  const next = helpAdvice("completions");
  const how = { options: [HELP_OPTION, NAME_OPTION], final: [HELP_OPTION.long], exclusive: [], next };
  const before = parseOptions(words, { ...how, start, untilValue: true });
  if (before.final) return ["completions", before.final.long];
  const shell = words[before.end];
  const choices = `(choose from ${SHELL_NAMES.join(", ")})`;
  if (shell === undefined && before.unrecognized.length === 0) {
    throw new UsageError(`Cannot print completions: no shell is given ${choices}`, { next });
  }
  if (shell !== undefined && !SHELL_NAMES.some((name) => name === shell)) {
    const word = displayWord(words, before.end);
    throw new UsageError(`Cannot print completions for ${word}: it is not a shell that has them ${choices}`, { next });
  }
  const after = parseOptions(words, { ...how, start: before.end + 1, untilValue: false });
  if (shell !== undefined && after.final) return ["completions", shell, after.final.long];
  const unknown = [...before.unrecognized, ...after.unrecognized];
  if (unknown.length > 0 || shell === undefined) throw unrecognizedWords(words, { indexes: unknown, next });
  return ["completions", shell, ...canonicalOption(NAME_OPTION, new Map([...before.values, ...after.values]))];
}

function canonicalOption(option: OptionSpec, values: ReadonlyMap<string, string | undefined>): string[] {
  if (!values.has(option.long)) return [];
  const given = values.get(option.long);
  if (given === undefined) return [option.long];
  if (option.keepsEmpty === true) return [`${option.long}=${given}`];
  // Parity: Python's Path("") is the current folder; for the others empty is the same as missing.
  const value = given || (option.long === "--hasura-path" ? "." : "");
  return value === "" ? [] : [`${option.long}=${value}`];
}

/** What to do where a surplus word may be meant as the value of an option that only takes an attached one. */
function attachAdvice(
  words: readonly string[],
  { unknown, options }: { unknown: readonly number[]; options: readonly OptionSpec[] },
): string | undefined {
  for (const index of unknown) {
    const before = classifyWord(words[index - 1] ?? "", options);
    if (before.kind !== "option" || before.option.valueIsOptional !== true || before.attached !== undefined) continue;
    return `Write a value for ${before.option.long} without a blank, as ${before.option.long}=90`;
  }
  return undefined;
}

function respellOlderSecret(args: readonly string[]): string[] {
  const separator = args.indexOf("--");
  return args.map((word, index) =>
    separator >= 0 && index > separator ? word : word.replace(OLDER_SECRET, "--admin-secret")
  );
}

/** Whether a line that names no command is one of the scripts before v3.3: `-a [--all]`, `-r [--all]`. */
function isOlderForm(words: readonly string[]): boolean {
  if (!words[0]?.startsWith("-")) return false;
  const separator = words.indexOf("--");
  return words.slice(0, separator < 0 ? words.length : separator).some((word) => {
    const kind = classifyWord(word, optionsOf("migrate"));
    return kind.kind === "option" && DIRECTIONS.includes(kind.option.long);
  });
}

function refuseRemoved(words: readonly string[], unknown: readonly number[]): void {
  for (const index of unknown) {
    const word = words[index] ?? "";
    const name = word.split("=")[0] ?? "";
    const removed = REMOVED_OPTIONS.find(({ short, long }) =>
      word.startsWith("--") ? name.length > "--n".length && long.startsWith(name) : word.startsWith(short)
    );
    if (!removed) continue;
    throw new UsageError(`Cannot use option ${removed.short}/${removed.long}: ${removed.reason}`, {
      next: removed.next,
    });
  }
}

function missingCommand(words: readonly string[], how: { index: number; unrecognized: readonly number[] }): UsageError {
  const choices = COMMAND_NAMES.join(", ");
  const next = helpAdvice();
  if (words.length === 0) {
    return new UsageError(`Cannot start: no command is given (choose from ${choices})`, { next });
  }
  const commandIsLater = words.slice(how.index + 1).some((word) => COMMAND_NAMES.some((name) => name === word));
  const advice = commandIsLater ? "Put the command first, its options after it" : next;
  // Parity: a last "--" is no command, but a surplus word.
  if (how.index === words.length || (words[how.index] === "--" && how.index === words.length - 1)) {
    const indexes = how.index === words.length ? how.unrecognized : [...how.unrecognized, how.index];
    return unrecognizedWords(words, { indexes, next: `Choose a command (${choices}); ${next}` });
  }
  const word = displayWord(words, how.index);
  return new UsageError(`Cannot run ${word}: it is not a command (choose from ${choices})`, { next: advice });
}

function unrecognizedWords(words: readonly string[], how: { indexes: readonly number[]; next: string }): UsageError {
  return new UsageError(`Cannot read the command line: unrecognized arguments ${displayWords(words, how.indexes)}`, {
    next: how.next,
  });
}

function helpAdvice(command?: VenueCommand | (typeof COMMAND_NAMES)[number]): string {
  return `Run "${[COMMAND_NAME, command, "--help"].filter((word) => word !== undefined).join(" ")}"`;
}
