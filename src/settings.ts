/**
 * Finds out which Hasura to talk to, with which secret, and where the migrations are.
 *
 * @module
 */

import { type HasuraConfig, readHasuraConfig } from "./config_yaml.ts";
import { HASURA, normalizeEndpoint, WORKSPACE_SERVER } from "./endpoint.ts";
import type { EnvFile } from "./env_file.ts";
import { ConfigError, describeError } from "./errors.ts";
import { findInnerSetting, INNER_SETTING_ADVICE } from "./inner_setting.ts";
import { missingSettings } from "./missing_settings.ts";
import { DEFAULT_HASURA_PATH, joinPath } from "./paths.ts";
import { fileProblem, type Runtime } from "./runtime.ts";
import {
  ADMIN_SECRET,
  ENDPOINT,
  findSetting,
  type FoundSetting,
  overruledNotes,
  type SettingOrigin,
  type SettingSources,
  WORKSPACE_ENDPOINT,
} from "./setting_sources.ts";

/** The options that settings come from. */
export interface ResolveSettingsOptions {
  /** Folder of `config.yaml` and the migrations. @default {"./hasura"} */
  hasuraPath?: string | undefined;
  envPath?: string | undefined;
  endpoint?: string | undefined;
  adminSecret?: string | undefined;
  workspaceEndpoint?: string | undefined;
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
  /** All admin secrets that were found, also in places that do not count. */
  secrets: readonly string[];
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

const NO_ENV_FILE: EnvFile = { values: new Map(), listed: new Map(), problems: [] };

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
  const envFile = envPath === undefined ? NO_ENV_FILE : await readEnvFile(rt, { path: envPath, notes });
  const config = await readHasuraConfig(rt, hasuraPath);
  const sources: SettingSources = { rt, hasuraPath, envPath, envFile, config };

  const found = findSetting(ENDPOINT, { ...sources, option: options.endpoint, configured: config.endpoint });
  const secret = findSetting(ADMIN_SECRET, {
    ...sources,
    option: options.adminSecret,
    configured: config.adminSecret,
  });
  const secrets = [
    secret?.value,
    rt.env(ADMIN_SECRET.variable),
    envFile.listed.get(ADMIN_SECRET.variable),
    config.adminSecret,
  ].flatMap((value) => value === undefined ? [] : [value, withoutQuotes(value)]);
  // First: an address that has swallowed the secret is why the secret is missing.
  const endpoint = found &&
    normalizeEndpoint(found.value, { origin: found.origin.description, secrets, of: HASURA });
  if (envPath !== undefined) {
    const { checkEnvFile } = await import("./env_file_check.ts");
    notes.push(...checkEnvFile(envFile, envPath));
  }
  if (found === undefined || endpoint === undefined || secret === undefined) {
    throw await missingSettings([...(found ? [] : [ENDPOINT]), ...(secret ? [] : [ADMIN_SECRET])], sources);
  }
  notes.push(...overruledNotes(sources, [found.origin, secret.origin]));
  const workspace = findSetting(WORKSPACE_ENDPOINT, {
    ...sources,
    option: options.workspaceEndpoint,
    configured: undefined,
  });
  const workspaceEndpoint = () =>
    workspace &&
    normalizeEndpoint(workspace.value, { origin: workspace.origin.description, secrets, of: WORKSPACE_SERVER });
  if (findInnerSetting(workspace?.value ?? "") !== undefined) workspaceEndpoint();
  return {
    hasuraPath,
    migrationsPath: joinPath(hasuraPath, config.migrationsDirectory?.trim() || "migrations"),
    metadata: metadataPlace(hasuraPath, config),
    workspaceEndpoint,
    endpoint,
    adminSecret: checkSecret(secret, notes),
    secrets,
    sources: { endpoint: found.origin, adminSecret: secret.origin },
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

/** Where the quotes around a secret are not meant to be part of it, it is what stands between them. */
function withoutQuotes(value: string): string {
  return value.replace(/^(["'])(.*)\1$/s, "$2");
}

function checkSecret({ value, origin }: FoundSetting, notes: string[]): string {
  const inner = findInnerSetting(value);
  if (inner !== undefined) {
    throw new ConfigError(
      `Cannot use the admin secret from ${origin.description}: it holds another setting (${inner.name})`,
      { next: INNER_SETTING_ADVICE },
    );
  }
  const control = /(?!\t)\p{Cc}/u.exec(value)?.[0];
  if (control !== undefined) {
    const what = control === "\n" || control === "\r" ? "a line break" : "a control character";
    throw new ConfigError(`Cannot use the admin secret from ${origin.description}: it holds ${what}`, {
      next: "HTTP cannot carry it: give the secret without it",
    });
  }
  if (origin.kind !== "config-file" && withoutQuotes(value) !== value) {
    notes.push(
      `the admin secret from ${origin.description} is taken with the quotes that it stands in; if they are not part ` +
        "of it, give it without",
    );
  }
  if (/^[ \t]|[ \t]$/.test(value)) {
    notes.push(`the admin secret from ${origin.description} starts or ends with a blank, which HTTP does not carry`);
  }
  return value;
}
