/**
 * The suite on one database, in a thread of its own.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import type { FromWorker, ToWorker } from "./threads.ts";
import { runSuite } from "./suite.ts";

const stopping = new AbortController();

function tell(message: FromWorker): void {
  self.postMessage(message);
}

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  if (data === "stop") return stopping.abort();
  tell({ result: await runSuite({ ...data, stop: stopping.signal, say: (line) => tell({ line }) }) });
};
