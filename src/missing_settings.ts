/**
 * Says which settings are missing, and all the ways to give them.
 *
 * @module
 */

import type { EnvFile } from "./env_file.ts";
import { ConfigError, describeError } from "./errors.ts";
import { joinPath } from "./paths.ts";
import { fileProblem } from "./runtime.ts";
import type { SettingNames, SettingSources } from "./setting_sources.ts";

/** How many skipped lines of an env file an error names. */
const MAX_LINES = 5;

/** The error for settings that are in none of the places. */
export async function missingSettings(missing: readonly SettingNames[], sources: SettingSources): Promise<ConfigError> {
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
export function describeLines({ problems }: Pick<EnvFile, "problems">): string {
  const numbers = problems.slice(0, MAX_LINES).map(({ line }) => `${line}`);
  if (problems.length > MAX_LINES) numbers.push(`${problems.length - MAX_LINES} more`);
  const last = numbers.pop();
  return numbers.length === 0 ? `line ${last}` : `lines ${numbers.join(", ")} and ${last}`;
}

async function describeConfigGap(keys: string, { rt, config, hasuraPath }: SettingSources): Promise<string> {
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
