/**
 * The places where settings can stand, and which one of them counts.
 *
 * @module
 */

import type { HasuraConfig } from "./config_yaml.ts";
import type { EnvFile } from "./env_file.ts";
import { ADMIN_SECRET_VARIABLE } from "./redact.ts";
import type { Runtime } from "./runtime.ts";

/** Where a setting was found. */
export interface SettingOrigin {
  kind: "option" | "environment" | "env-file" | "config-file";
  /** For a short list: the option, the path of the file, or `the environment`. */
  place: string;
  /** For messages, for example `option --endpoint` or `env file "x"`. */
  description: string;
}

/** A setting and its names in the places where it can stand. */
export interface SettingNames {
  label: string;
  option: string;
  variable: string;
  /** In the config file; `undefined` where it does not stand there. */
  key: string | undefined;
}

/** A setting that was found. */
export interface FoundSetting {
  value: string;
  origin: SettingOrigin;
}

/** The places to look at, read once for all settings. */
export interface SettingSources {
  rt: Pick<Runtime, "env" | "readDir">;
  hasuraPath: string;
  envPath: string | undefined;
  envFile: EnvFile;
  config: HasuraConfig;
}

/** Address of Hasura. */
export const ENDPOINT: SettingNames = {
  label: "the endpoint",
  option: "--endpoint",
  variable: "HASURA_GRAPHQL_ENDPOINT",
  key: "endpoint",
};

/** Hasura's admin secret. */
export const ADMIN_SECRET: SettingNames = {
  label: "the admin secret",
  option: "--admin-secret",
  variable: ADMIN_SECRET_VARIABLE,
  key: "admin_secret",
};

/** Address of the workspace server. */
export const WORKSPACE_ENDPOINT: SettingNames = {
  label: "the workspace server",
  option: "--workspace-endpoint",
  variable: "WORKSPACE_SERVER_ENDPOINT",
  key: undefined,
};

/** The variables that an env file can give. */
export const VARIABLES: readonly string[] = [ENDPOINT, ADMIN_SECRET, WORKSPACE_ENDPOINT].map(({ variable }) =>
  variable
);

/** The setting from the first place that has it; an empty value counts as missing. */
export function findSetting(
  names: SettingNames,
  from: SettingSources & { option: string | undefined; configured: string | undefined },
): FoundSetting | undefined {
  const { option, variable } = names;
  const [envPath, configPath] = [`${from.envPath}`, `${from.config.path}`];
  const places: (SettingOrigin & { value: string | undefined })[] = [
    { value: from.option, kind: "option", place: option, description: `option ${option}` },
    {
      value: from.rt.env(variable),
      kind: "environment",
      place: "the environment",
      description: `variable ${variable}`,
    },
    {
      value: from.envFile.values.get(variable),
      kind: "env-file",
      place: envPath,
      description: `env file "${envPath}"`,
    },
    { value: from.configured, kind: "config-file", place: configPath, description: `config file "${configPath}"` },
  ];
  for (const { value, ...origin } of places) {
    if (value !== undefined && value.trim() !== "") return { value, origin };
  }
  return undefined;
}

/** Where endpoint and secret are from, in a few words; `undefined` where the command line itself says so. */
export function describeOrigins(
  { endpoint, adminSecret }: Record<"endpoint" | "adminSecret", SettingOrigin>,
): string | undefined {
  if (endpoint.kind === "option" && adminSecret.kind === "option") return undefined;
  if (endpoint.place === adminSecret.place) return `from ${endpoint.place}`;
  return `endpoint from ${endpoint.place}, admin secret from ${adminSecret.place}`;
}

/** Tells where the environment comes before an env file that was named, and does not say the same. */
export function overruledNotes({ rt, envPath, envFile }: SettingSources, origins: readonly SettingOrigin[]): string[] {
  return [ENDPOINT, ADMIN_SECRET].flatMap(({ variable }, index) => {
    const [given, listed] = [rt.env(variable), envFile.listed.get(variable)];
    const isTyped = origins[index]?.kind === "option";
    if (isTyped || given === undefined || listed === undefined || listed === given) return [];
    const file = `the one of env file "${envPath}"`;
    return given.trim() === ""
      ? [`${variable} is set to nothing in the environment, so ${file} is not used`]
      : [`${variable} is taken from the environment, and ${file} is not used`];
  });
}
