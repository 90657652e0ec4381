/**
 * Signals that ask a run to stop: the first one is obeyed between two steps, the second at once (but for the end of the
 * terminal, which never is one).
 *
 * @module
 */

import { InterruptedError } from "./errors.ts";
import type { Runtime, StopSignal } from "./runtime.ts";

/** Watches for signals during a run. */
export interface Interruption {
  /** The error that ends the run, once a signal was received. */
  readonly error: InterruptedError | undefined;
  /** Aborted by the first signal, with the error as reason. */
  readonly stop: AbortSignal;
  /** Sets what state things are in, for the errors of signals that are yet to come. */
  describe(state: string): void;
  /** Waits for `work`, but no longer than until a signal. @throws {InterruptedError} */
  race<T>(work: Promise<T>): Promise<T>;
  /** Ends the run if a signal was received. @throws {InterruptedError} */
  check(): void;
  /** Takes note of a signal that arrived in another way, and returns its error. */
  interrupt(signal: StopSignal): InterruptedError;
  /** Stops watching. */
  dispose(): void;
}

/** Starts to watch. `onFirst` is told of the first signal; the second ends the process after `onSecond`. */
export function watchInterruption(
  rt: Pick<Runtime, "onStopSignal" | "exit">,
  { onFirst, onSecond }: { onFirst(signal: StopSignal): void; onSecond(error: InterruptedError): void },
): Interruption {
  const received = Promise.withResolvers<never>();
  const stop = new AbortController();
  // A signal outside of `race` is no unhandled rejection.
  received.promise.catch(() => {});
  let error: InterruptedError | undefined;
  let state = "No step is running";

  function interrupt(signal: StopSignal): InterruptedError {
    error ??= new InterruptedError(signal, {
      state,
      next: "Look at the status; run the same command again to continue",
    });
    received.reject(error);
    stop.abort(error);
    return error;
  }

  const unwatch = rt.onStopSignal((signal) => {
    if (error !== undefined) {
      // A terminal that is closed says so twice, by the shell and by the system, and after a Ctrl-C as well: nobody is in
      // a hurry.
      if (signal === "SIGHUP") return;
      onSecond(error);
      rt.exit(error.exitCode);
    }
    onFirst(signal);
    interrupt(signal);
  });

  return {
    get error() {
      return error;
    },
    stop: stop.signal,
    check() {
      if (error !== undefined) throw error;
    },
    describe: (text) => void (state = text),
    race: (work) => Promise.race([work, received.promise]),
    interrupt,
    dispose: unwatch,
  };
}
