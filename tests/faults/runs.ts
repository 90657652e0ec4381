/**
 * How runs are started.
 *
 * @module
 */

import { createRuntime, type Runtime, type StopSignal } from "../../src/runtime.ts";
import { programPath, runProgram } from "../support/binary.ts";
import { type CliResult, runTool } from "../support/cli.ts";
import type { Job } from "./job.ts";
import type { Place } from "./place.ts";

/** Limits for a run that is struck, where it has steps. */
export const SHORT_LIMITS: readonly string[] = ["--lock-timeout=1", "--settle-timeout=4", "--timeout=2"];

/** How a run goes. */
export interface RunOptions {
  /** More options of the tool. */
  extra?: readonly string[];
  /** Stands between the tool and its requests. */
  wrapFetch?: (send: Runtime["fetch"]) => Runtime["fetch"];
  /** Receives the function that sends the run a signal, as soon as it listens. */
  onSignalHandler?: (send: (signal: StopSignal) => void) => void;
}

/** What a run needs of its job. */
type Started = Pick<Job, "path" | "stdin" | "args">;

/** Runs the tool in this process. */
export async function runHere(job: Started, place: Place, options: RunOptions = {}): Promise<CliResult> {
  const { extra = [], wrapFetch, onSignalHandler = () => {} } = options;
  using real = createRuntime();
  const fetch: Runtime["fetch"] = (url, init) => real.fetch(url, init);
  return await runTool([...job.args(place), ...extra], {
    venue: place.venue,
    path: job.path,
    stdin: job.stdin,
    onSignalHandler,
    runtime: { fetch: wrapFetch?.(fetch) ?? fetch },
  });
}

/** How the built program is run. */
export interface ProgramOptions {
  /** More options of the tool. */
  extra?: readonly string[];
  /** Told of the process. */
  onStart?: (child: Deno.ChildProcess) => void;
}

/** Runs the built program. */
export function runBuilt(job: Started, place: Place, { extra = [], onStart }: ProgramOptions = {}): Promise<CliResult> {
  return runProgram([...job.args(place), ...extra], {
    venue: place.venue,
    path: job.path,
    program: programPath(),
    stdin: job.stdin,
    ...(onStart === undefined ? {} : { onStart }),
  });
}
