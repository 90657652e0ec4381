/**
 * How this run is told to others: its command line, and who has started it.
 *
 * @module
 */

import type { Runtime } from "../runtime.ts";
import { COMMAND_NAME } from "../version.ts";
import type { MigrateOptions } from "./context.ts";

/** A command line that goes on from where this one ends, for a shell; without the secret. */
export function commandLine(options: MigrateOptions): string {
  const { hasuraPath, envPath, endpoint, databaseName } = options;
  const words = [COMMAND_NAME, "migrate", options.apply === true ? "--apply" : "--revert"];
  if (options.all === true) words.push("--all");
  const values = { "--hasura-path": hasuraPath, "--env-path": envPath, "--endpoint": endpoint };
  for (const [name, value] of Object.entries({ ...values, "--database-name": databaseName })) {
    if (value !== undefined) words.push(`${name}=${quoted(value)}`);
  }
  return words.join(" ");
}

function quoted(value: string): string {
  return /^[\w./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Who runs the tool and where, as far as the environment says; other runs see it while this one is at work. */
export function operatorName(rt: Pick<Runtime, "env">): string {
  const first = (names: string[]) => names.map((name) => safeEnv(rt, name)).find((value) => value !== undefined);
  const host = first(["HOSTNAME", "COMPUTERNAME"]);
  const user = first(["USER", "LOGNAME", "USERNAME"]) ?? "unknown";
  return host === undefined ? user : `${user}@${host}`;
}

function safeEnv(rt: Pick<Runtime, "env">, name: string): string | undefined {
  try {
    return rt.env(name) || undefined;
  } catch {
    // It is no text; the name only helps.
    return undefined;
  }
}
