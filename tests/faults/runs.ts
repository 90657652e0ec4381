/**
 * The kinds of runs that the suite strikes, and how each is started.
 *
 * @module
 */

import type { Direction } from "../../src/migrations/types.ts";
import { createRuntime, type Runtime, type StopSignal } from "../../src/runtime.ts";
import { type CliResult, runTool } from "../support/cli.ts";
import type { Venue } from "../venue/mod.ts";

/** A kind of run: everything up or down, at once with JSON output, or step by step with piped answers. */
export interface RunKind {
  direction: Direction;
  mode: "bulk" | "steps";
}

/** All kinds. */
export const RUN_KINDS: readonly RunKind[] = [
  { direction: "apply", mode: "bulk" },
  { direction: "apply", mode: "steps" },
  { direction: "revert", mode: "bulk" },
  { direction: "revert", mode: "steps" },
];

/** As in the names of cases. */
export function kindName({ direction, mode }: RunKind): string {
  return `${direction}/${mode}`;
}

/** The command line of a run. */
export function argsOf({ direction, mode }: RunKind): string[] {
  return ["migrate", `--${direction}`, ...(mode === "bulk" ? ["--all", "--json"] : [])];
}

/** What is piped in. */
export function stdinOf({ mode }: RunKind): string {
  return mode === "steps" ? "y\ny\ny\n" : "";
}

/**
 * Limits for a run that is struck, so that it need not be waited for. The run after it has the limits that users have.
 */
export const SHORT_LIMITS: readonly string[] = ["--lock-timeout=1", "--settle-timeout=4", "--timeout=2"];

/** Where and how a run goes. */
export interface RunOptions {
  venue: Venue;
  /** The Hasura folder. */
  path: string;
  /** More options of the tool. */
  extra?: readonly string[];
  /** Stands between the tool and its requests. */
  wrapFetch?: (send: Runtime["fetch"]) => Runtime["fetch"];
  /** Receives the function that sends the run a signal, as soon as it listens. */
  onSignalHandler?: (send: (signal: StopSignal) => void) => void;
}

/** Runs the tool in this process. */
export async function runHere(kind: RunKind, options: RunOptions): Promise<CliResult> {
  const { venue, path, extra = [], wrapFetch, onSignalHandler = () => {} } = options;
  using real = createRuntime();
  const fetch: Runtime["fetch"] = (url, init) => real.fetch(url, init);
  return await runTool([...argsOf(kind), ...extra], {
    venue,
    path,
    stdin: stdinOf(kind),
    onSignalHandler,
    runtime: { fetch: wrapFetch?.(fetch) ?? fetch },
  });
}
