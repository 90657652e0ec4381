/**
 * The options of every command in one table: `argv.ts` reads command lines by it, and the commands are declared from it.
 *
 * @module
 */

import { DEFAULT_HASURA_PATH } from "./paths.ts";

/** One option of a command. */
export interface OptionSpec {
  /** Long spelling, for example `--hasura-path`. */
  long: `--${string}`;
  /** Short spelling, where there is one. */
  short?: `-${string}`;
  /** Name of the option's value, for example `path`; absent for a switch. */
  value?: string;
  /** Whether the value may be left out; one that is given must be attached, as in `--wait=90`. */
  valueIsOptional?: boolean;
  /** Whether an empty value is passed on, for whoever reads it to refuse; otherwise it is the same as none. */
  keepsEmpty?: boolean;
  /** What the option does, for the help text. */
  help: string;
  /** Whether the Python script has it: its prefixes then come before those of our own options. */
  script: boolean;
}

/** Commands that are groups of commands, and what is in them. */
export const COMMAND_GROUPS = {
  metadata: ["apply", "reload", "status", "diff"],
  after: ["run", "done"],
} as const;

/** Names of the groups. */
export type CommandGroup = keyof typeof COMMAND_GROUPS;

/** The commands that read a venue. */
export type VenueCommand =
  | "status"
  | "migrate"
  | `metadata ${typeof COMMAND_GROUPS.metadata[number]}`
  | `after ${typeof COMMAND_GROUPS.after[number]}`;

/** Names of all commands, in the order of the help text. */
export const COMMAND_NAMES = ["status", "migrate", "metadata", "after", "completions"] as const;

/** What `migrate` can do with Hasura's metadata after the steps. */
export const METADATA_MODES = ["auto", "apply", "reload", "none"] as const;

/** The shells that `completions` knows. */
export const SHELL_NAMES = ["bash", "zsh", "fish"] as const;

/** What `completions` takes for each shell. */
export const NAME_OPTION: OptionSpec = {
  long: "--name",
  short: "-n",
  value: "command-name",
  help: "The name of the main command.",
  script: false,
};

/** Shows help; every command has it. */
export const HELP_OPTION: OptionSpec = { long: "--help", short: "-h", help: "Show this help.", script: true };

/** Shows the version; only without a command. */
export const VERSION_OPTION: OptionSpec = { long: "--version", help: "Show the version.", script: false };

const DATABASE_NAME: OptionSpec = {
  long: "--database-name",
  value: "name",
  help: "Source and migrations folder, Aerie or PlanDev.",
  script: false,
};

/** What all commands that talk to Hasura have in common, in the script's order, then ours. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  {
    long: "--hasura-path",
    short: "-p",
    value: "path",
    help: `Folder that holds config.yaml, migrations/ and metadata/ (default: ${DEFAULT_HASURA_PATH}).`,
    script: true,
  },
  {
    long: "--env-path",
    short: "-e",
    value: "path",
    help: "Env file to read the addresses and the admin secret from.",
    script: true,
  },
  {
    long: "--endpoint",
    value: "url",
    help: "Address of Hasura, for example http://localhost:8080.",
    script: true,
  },
  {
    long: "--admin-secret",
    value: "secret",
    help: "Admin secret of Hasura; HASURA_GRAPHQL_ADMIN_SECRET keeps it off the command line.",
    script: true,
  },
  DATABASE_NAME,
  durationOption("--timeout", "Time for each call that only reads (default: 30; also 1.5s, 500ms, 10m, 2h)."),
  {
    ...durationOption(
      "--wait",
      "Wait until Hasura, its database and the ledger can be used (300 s, or --wait=90; 0: not at all).",
    ),
    valueIsOptional: true,
  },
  { long: "--json", help: "Print one JSON document instead of text; ask nothing.", script: false },
  { long: "--no-color", help: "Print without colors, as with NO_COLOR.", script: false },
  { long: "--debug", help: "Show the stack of an error.", script: false },
];

/** What only `status` has. */
export const STATUS_OPTIONS: readonly OptionSpec[] = [
  { long: "--check", help: "Exit with 10 where migrations or after tasks are pending.", script: false },
];

const ALLOW_INCONSISTENT: OptionSpec = {
  long: "--allow-inconsistent-metadata",
  help: "Do not take inconsistent metadata for a failure: only warn.",
  script: false,
};

const ALLOW_CONNECTION_CHANGES: OptionSpec = {
  long: "--allow-connection-changes",
  help: "Apply metadata also where it makes a database of Hasura lead elsewhere.",
  script: false,
};

const WORKSPACE_ENDPOINT: OptionSpec = {
  long: "--workspace-endpoint",
  value: "url",
  help: "Address of the workspace server, for migration 25 (or WORKSPACE_SERVER_ENDPOINT).",
  script: false,
};

const LOCK_TIMEOUT = durationOption("--lock-timeout", "How long to wait for another run to end (default: 10).");

/** What only `migrate` has. */
export const MIGRATE_OPTIONS: readonly OptionSpec[] = [
  { long: "--apply", short: "-a", help: "Apply migrations.", script: true },
  { long: "--revert", short: "-r", help: "Revert migrations.", script: true },
  { long: "--all", help: "Apply or revert all of them, without asking at each step.", script: true },
  { long: "--yes", help: "Answer yes to the question that -r --all asks on a terminal.", script: false },
  {
    long: "--metadata",
    value: "mode",
    keepsEmpty: true,
    help: "What to do with the metadata after the steps: auto, apply, reload or none (default: auto).",
    script: false,
  },
  ALLOW_INCONSISTENT,
  {
    long: "--strict-metadata",
    help: "Take every inconsistency of the metadata for a failure, also below the newest migration.",
    script: false,
  },
  ALLOW_CONNECTION_CHANGES,
  { long: "--skip-after", help: "Do not run after tasks; the run stops at the first one.", script: false },
  WORKSPACE_ENDPOINT,
  LOCK_TIMEOUT,
  durationOption(
    "--settle-timeout",
    "How long to find out what became of a step whose answer was lost (default: 600).",
  ),
  durationOption(
    "--statement-timeout",
    "PostgreSQL ends a statement of a migration after this (default: as the database says; none: no limit).",
  ),
  durationOption(
    "--step-timeout",
    "A migration is given up after this (default: as the database says; none: no limit).",
  ),
  {
    long: "--no-file-check",
    help: "Do not check the files with PostgreSQL's parser before the run.",
    script: false,
  },
];

/** An option of ours that takes a length of time; see `duration.ts`. */
function durationOption(long: OptionSpec["long"], help: string): OptionSpec {
  return { long, value: "seconds", keepsEmpty: true, help, script: false };
}

/** The options of each command, without help, in the order in which help shows them. */
export const COMMAND_OPTIONS: Readonly<Record<VenueCommand, readonly OptionSpec[]>> = {
  "status": [...COMMON_OPTIONS, ...STATUS_OPTIONS],
  "migrate": [...MIGRATE_OPTIONS, ...COMMON_OPTIONS],
  // No database is looked at.
  "metadata apply": [ALLOW_INCONSISTENT, ALLOW_CONNECTION_CHANGES, ...without(DATABASE_NAME)],
  "metadata reload": [ALLOW_INCONSISTENT, ...without(DATABASE_NAME)],
  "metadata status": [ALLOW_INCONSISTENT, ...without(DATABASE_NAME)],
  "metadata diff": without(DATABASE_NAME),
  "after run": [WORKSPACE_ENDPOINT, LOCK_TIMEOUT, ...COMMON_OPTIONS],
  "after done": [
    { long: "--yes", help: "Answer yes to the question that is asked on a terminal.", script: false },
    LOCK_TIMEOUT,
    ...COMMON_OPTIONS,
  ],
};

function without(option: OptionSpec): OptionSpec[] {
  return COMMON_OPTIONS.filter((common) => common !== option);
}

/** Every option of a command, help included; those that all commands have come first. */
export function optionsOf(command: VenueCommand): readonly OptionSpec[] {
  const options = COMMAND_OPTIONS[command];
  const common = options.filter((option) => COMMON_OPTIONS.includes(option));
  return [HELP_OPTION, ...common, ...options.filter((option) => !common.includes(option))];
}

/** Both spellings of an option, short one first, for example `-p/--hasura-path`. */
export function optionName(option: OptionSpec): string {
  return option.short === undefined ? option.long : `${option.short}/${option.long}`;
}

/**
 * The options of a canonical command line: `--hasura-path=x` as `{hasuraPath: "x"}`, `--apply` as `{apply: true}`, and
 * one whose value is optional as either.
 */
export function readOptions(words: readonly string[]): Record<string, string | true> {
  return Object.fromEntries(words.map((word) => {
    const equals = word.indexOf("=");
    const name = (equals < 0 ? word : word.slice(0, equals)).slice("--".length);
    const key = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    return [key, equals < 0 ? true : word.slice(equals + 1)];
  }));
}
