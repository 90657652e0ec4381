/**
 * Ends what is waited for when the run is to stop.
 *
 * @module
 */

import type { AfterTaskOptions } from "./types.ts";

/** Waits for `work`, but no longer than until `stop` is aborted. @throws the reason of that */
export async function untilStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  stop.throwIfAborted();
  const stopped = Promise.withResolvers<never>();
  const end = () => stopped.reject(stop.reason);
  stop.addEventListener("abort", end);
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    stop.removeEventListener("abort", end);
  }
}

/** The same runtime, with pauses that end when the run is to stop. */
export function withStoppedPauses(
  { rt, stop }: Pick<AfterTaskOptions, "rt" | "stop">,
): Pick<AfterTaskOptions, "rt">["rt"] {
  return { ...rt, sleep: (ms) => untilStopped(rt.sleep(ms), stop) };
}
