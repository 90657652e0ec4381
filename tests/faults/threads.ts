/**
 * Runs the suite with a thread for each database: PGlite would keep the runs on the other one waiting.
 *
 * @module
 */

import type { Backend } from "../venue/mod.ts";
import type { SuiteOptions, SuiteResult } from "./suite.ts";

/** What a thread is told: what to do, and to stop. */
export type ToWorker = Omit<SuiteOptions, "stop" | "say"> | "stop";

/** What a thread tells. */
export type FromWorker = { line: string } | { result: SuiteResult };

/** What to run, and where. */
export interface ThreadsOptions extends Omit<SuiteOptions, "backend" | "isAlone"> {
  backends: readonly Backend[];
}

/** Runs the suite on all databases. @throws {Error} when the suite itself is at fault */
export async function runInThreads({ backends, ...options }: ThreadsOptions): Promise<SuiteResult> {
  const isAlone = backends.length === 1;
  const results = await Promise.all(backends.map((backend) => runInThread({ ...options, backend, isAlone })));
  return {
    outcomes: results.flatMap(({ outcomes }) => outcomes),
    contests: results.flatMap(({ contests }) => contests),
  };
}

async function runInThread({ stop, say, ...options }: SuiteOptions): Promise<SuiteResult> {
  const { promise, resolve, reject } = Promise.withResolvers<SuiteResult>();
  const worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
  const send = (message: ToWorker) => worker.postMessage(message);
  const onStop = () => send("stop");
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => "line" in data ? say(data.line) : resolve(data.result);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  send(options);
  stop.addEventListener("abort", onStop);
  if (stop.aborted) onStop();
  try {
    return await promise;
  } finally {
    stop.removeEventListener("abort", onStop);
    worker.terminate();
  }
}
