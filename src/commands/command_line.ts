/**
 * How this run is told to others: its command line, and who has started it.
 *
 * @module
 */

import type { Runtime } from "../runtime.ts";
import { COMMAND_OPTIONS, readOptions } from "../options.ts";
import { COMMAND_NAME } from "../version.ts";
import type { MigrateOptions } from "./context.ts";

/** A command line that goes on from where this one ends, for a shell; without the secret. */
export function commandLine(options: MigrateOptions, command: "migrate" | "metadata apply" = "migrate"): string {
  const words = [COMMAND_NAME, command];
  // In the order in which people write them.
  for (const { long, value } of COMMAND_OPTIONS[command]) {
    const given = readOption(options, long);
    if (given === undefined || given === false || long === "--admin-secret") continue;
    words.push(value === undefined || given === true ? long : `${long}=${quoted(String(given))}`);
  }
  return words.join(" ");
}

function readOption(options: MigrateOptions, long: string): unknown {
  const [key = ""] = Object.keys(readOptions([long]));
  return (options as Record<string, unknown>)[key];
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
