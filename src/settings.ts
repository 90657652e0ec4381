/**
 * Finds out which Hasura to talk to, with which secret, and where the migrations are.
 *
 * @module
 */

import { type HasuraConfig, readHasuraConfig } from "./config_yaml.ts";
import { HASURA, normalizeEndpoint, WORKSPACE_SERVER } from "./endpoint.ts";
import type { EnvFile } from "./env_file.ts";
import { ConfigError, describeError } from "./errors.ts";
import { DEFAULT_HASURA_PATH, joinPath } from "./paths.ts";
import { ADMIN_SECRET_VARIABLE } from "./redact.ts";
import { fileProblem, type Runtime } from "./runtime.ts";

/** The options that settings come from. */
export interface ResolveSettingsOptions {
  /** Folder of `config.yaml` and the migrations. @default {"./hasura"} */
  hasuraPath?: string | undefined;
  envPath?: string | undefined;
  endpoint?: string | undefined;
  adminSecret?: string | undefined;
  workspaceEndpoint?: string | undefined;
}

/** Where a setting was found. */
export interface SettingOrigin {
  kind: "option" | "environment" | "env-file" | "config-file";
  /** For messages, for example `option --endpoint` or `env file "x"`. */
  description: string;
}

/** What a command needs to know before it talks to Hasura. */
export interface Settings {
  hasuraPath: string;
  /** `migrations` in the Hasura path, or what `migrations_directory` of the config file names. */
  migrationsPath: string;
  /** `metadata` in the Hasura path, or what the config file names. */
  metadata: MetadataSetting;
  /**
   * Address of the workspace server, where one was given, without a slash at its end. Looked at when it is asked for: few
   * commands need it. @throws {ConfigError} when it cannot be used
   */
  workspaceEndpoint(): string | undefined;
  /** Root address of Hasura, without a slash at its end. */
  endpoint: string;
  adminSecret: string;
  sources: { endpoint: SettingOrigin; adminSecret: SettingOrigin };
  /** What to tell the operator on stderr, each without the word `note:`. */
  notes: string[];
}

/** Where the release's metadata is. */
export interface MetadataSetting {
  kind: "directory" | "file";
  path: string;
  /** Whether the config file names it, so that it has to be there. */
  isNamed: boolean;
  /** The config file and the version of the project that it names; `undefined` where there is none. */
  config: { path: string; version: string | undefined } | undefined;
}

/** The variable that holds the address of the workspace server. */
const WORKSPACE_VARIABLE = "WORKSPACE_SERVER_ENDPOINT";

/** A setting and its names in the places where it can stand. */
interface SettingNames {
  label: string;
  option: string;
  variable: string;
  key: string;
}

interface Found {
  value: string;
  origin: SettingOrigin;
}

/** The places to look at, read once for both settings. */
interface Sources {
  rt: Pick<Runtime, "env" | "readDir">;
  hasuraPath: string;
  envPath: string | undefined;
  envFile: EnvFile;
  config: HasuraConfig;
}

const ENDPOINT: SettingNames = {
  label: "the endpoint",
  option: "--endpoint",
  variable: "HASURA_GRAPHQL_ENDPOINT",
  key: "endpoint",
};
/** How many skipped lines of an env file an error names. */
const MAX_LINES = 5;

const ADMIN_SECRET: SettingNames = {
  label: "the admin secret",
  option: "--admin-secret",
  variable: ADMIN_SECRET_VARIABLE,
  key: "admin_secret",
};

/**
 * Finds the settings: each by itself from its option, the environment, the env file or the config file, in this order.
 * An empty value counts as missing; the env file never replaces a variable that is set, even to nothing.
 *
 * @throws {ConfigError} when one is missing or unusable, or a file cannot be read.
 */
export async function resolveSettings(
  rt: Pick<Runtime, "env" | "readDir" | "readFile">,
  options: ResolveSettingsOptions,
): Promise<Settings> {
  const hasuraPath = options.hasuraPath ?? DEFAULT_HASURA_PATH;
  const envPath = options.envPath || undefined;
  const notes: string[] = [];
  const envFile = envPath === undefined
    ? { values: new Map<string, string>(), problems: [] }
    : await readEnvFile(rt, { path: envPath, notes });
  const config = await readHasuraConfig(rt, hasuraPath);
  const sources: Sources = { rt, hasuraPath, envPath, envFile, config };

  const endpoint = findSetting(ENDPOINT, { ...sources, option: options.endpoint, configured: config.endpoint });
  const secret = findSetting(ADMIN_SECRET, {
    ...sources,
    option: options.adminSecret,
    configured: config.adminSecret,
  });
  if (!endpoint || !secret) {
    throw await missingSettings([...(endpoint ? [] : [ENDPOINT]), ...(secret ? [] : [ADMIN_SECRET])], sources);
  }
  const secrets = [
    secret.value,
    rt.env(ADMIN_SECRET.variable),
    envFile.values.get(ADMIN_SECRET.variable),
    config.adminSecret,
  ].filter((value) => value !== undefined);
  const workspace = findWorkspaceEndpoint(sources, options.workspaceEndpoint);
  return {
    hasuraPath,
    migrationsPath: joinPath(hasuraPath, config.migrationsDirectory?.trim() || "migrations"),
    metadata: metadataPlace(hasuraPath, config),
    workspaceEndpoint: () =>
      workspace &&
      normalizeEndpoint(workspace.value, { origin: workspace.origin.description, secrets, of: WORKSPACE_SERVER }),
    endpoint: normalizeEndpoint(endpoint.value, { origin: endpoint.origin.description, secrets, of: HASURA }),
    adminSecret: checkSecret(secret, notes),
    sources: { endpoint: endpoint.origin, adminSecret: secret.origin },
    notes,
  };
}

/** The file of the metadata, where the config names one, else the folder. */
function metadataPlace(hasuraPath: string, config: HasuraConfig): MetadataSetting {
  const file = config.metadataFile?.trim();
  const from = config.path === undefined ? undefined : { path: config.path, version: config.version };
  if (file) return { kind: "file", path: joinPath(hasuraPath, file), isNamed: true, config: from };
  const directory = config.metadataDirectory?.trim() || DEFAULT_METADATA;
  // The Hasura CLI writes the default into each new project.
  return {
    kind: "directory",
    path: joinPath(hasuraPath, directory),
    isNamed: directory !== DEFAULT_METADATA,
    config: from,
  };
}

const DEFAULT_METADATA = "metadata";

function findWorkspaceEndpoint(from: Sources, option: string | undefined): Found | undefined {
  return findSetting({
    label: "the workspace server",
    option: "--workspace-endpoint",
    variable: WORKSPACE_VARIABLE,
    key: "",
  }, { ...from, option, configured: undefined });
}

async function readEnvFile(
  rt: Pick<Runtime, "env" | "readFile">,
  { path, notes }: { path: string; notes: string[] },
): Promise<EnvFile> {
  let bytes: Uint8Array;
  try {
    bytes = await rt.readFile(path, { mayBePipe: true });
  } catch (error) {
    throw new ConfigError(`Cannot read env file "${path}": ${fileProblem(error) ?? describeError(error)}`, {
      next: "Give the path of a readable file with --env-path",
    });
  }
  const { decodeEnvFile, parseEnvFile } = await import("./env_file.ts");
  const envFile = parseEnvFile(decodeEnvFile(bytes, path), (name) => rt.env(name));
  for (const { line } of envFile.problems) {
    notes.push(`env file "${path}" line ${line} cannot be read as NAME=value and was skipped`);
  }
  return envFile;
}

function findSetting(
  names: SettingNames,
  from: Sources & { option: string | undefined; configured: string | undefined },
): Found | undefined {
  const places: { value: string | undefined; kind: SettingOrigin["kind"]; description: string }[] = [
    { value: from.option, kind: "option", description: `option ${names.option}` },
    { value: from.rt.env(names.variable), kind: "environment", description: `variable ${names.variable}` },
    { value: from.envFile.values.get(names.variable), kind: "env-file", description: `env file "${from.envPath}"` },
    { value: from.configured, kind: "config-file", description: `config file "${from.config.path}"` },
  ];
  for (const { value, kind, description } of places) {
    if (value !== undefined && value.trim() !== "") return { value, origin: { kind, description } };
  }
  return undefined;
}

async function missingSettings(missing: readonly SettingNames[], sources: Sources): Promise<ConfigError> {
  const { rt, envPath, envFile, config, hasuraPath } = sources;
  const isMissing = ({ variable }: SettingNames) => rt.env(variable) === undefined && !envFile.values.has(variable);
  const skipped = envFile.problems.length === 0 ? undefined : describeLines(envFile);
  const reasons = missing.map((names) => {
    const { variable } = names;
    if (rt.env(variable) !== undefined) return `${variable} is empty`;
    if (envPath === undefined) return `${variable} is not set`;
    if (!isMissing(names)) return `${variable} is not set and is empty in env file "${envPath}"`;
    const lines = skipped === undefined ? "" : ` (${skipped} of it cannot be read as NAME=value)`;
    return `${variable} is not set and is missing in env file "${envPath}"${lines}`;
  });
  const keys = missing.map(({ key }) => key).join(" and ");
  reasons.push(await describeConfigGap(keys, sources));
  const ways = missing.map(({ variable, option }) => `set ${variable} or pass ${option}`).join("; ");
  const isSkipped = skipped !== undefined && missing.some(isMissing);
  const correction = isSkipped ? `correct ${skipped} of "${envPath}"; or ` : "";
  const next = `${correction}${ways}; or write ${keys} in "${config.path ?? joinPath(hasuraPath, "config.yaml")}"`;
  return new ConfigError(
    `Cannot find ${missing.map(({ label }) => label).join(" and ")}: ${reasons.join(", ")}`,
    { next: `${next.charAt(0).toUpperCase()}${next.slice(1)}` },
  );
}

/** Numbers of the lines that were skipped; the first ones, where there are many. */
function describeLines({ problems }: EnvFile): string {
  const numbers = problems.slice(0, MAX_LINES).map(({ line }) => `${line}`);
  if (problems.length > MAX_LINES) numbers.push(`${problems.length - MAX_LINES} more`);
  const last = numbers.pop();
  return numbers.length === 0 ? `line ${last}` : `lines ${numbers.join(", ")} and ${last}`;
}

async function describeConfigGap(keys: string, { rt, config, hasuraPath }: Sources): Promise<string> {
  if (config.path !== undefined) return `"${config.path}" does not give ${keys}`;
  try {
    await rt.readDir(hasuraPath);
  } catch (error) {
    const problem = fileProblem(error) ?? describeError(error);
    if (problem === "it does not exist") return `the folder "${hasuraPath}" does not exist`;
    return `the folder "${hasuraPath}" cannot be read (${problem})`;
  }
  return `there is no config.yaml in "${hasuraPath}"`;
}

function checkSecret({ value, origin }: Found, notes: string[]): string {
  const control = /(?!\t)\p{Cc}/u.exec(value)?.[0];
  if (control !== undefined) {
    const what = control === "\n" || control === "\r" ? "a line break" : "a control character";
    throw new ConfigError(`Cannot use the admin secret from ${origin.description}: it holds ${what}`, {
      next: "HTTP cannot carry it: give the secret without it",
    });
  }
  if (/^[ \t]|[ \t]$/.test(value)) {
    notes.push(`the admin secret from ${origin.description} starts or ends with a blank, which HTTP does not carry`);
  }
  return value;
}
