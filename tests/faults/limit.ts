/**
 * An end for what may hang.
 *
 * @module
 */

/** A case did not end in time, or the suite is being stopped. */
export class LimitError extends Error {
  /** Whether time was up. */
  readonly isLate: boolean;

  /** Creates the error. */
  constructor(isLate: boolean) {
    super(isLate ? "not ended in time" : "stopped");
    this.isLate = isLate;
  }
}

/** What `work` returns. @throws {LimitError} when that takes longer than `milliseconds`, or `stop` comes first */
export async function withLimit<T>(
  work: Promise<T>,
  { milliseconds, stop }: { milliseconds: number; stop: AbortSignal },
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new LimitError(true)), milliseconds);
  const onStop = () => reject(new LimitError(false));
  stop.addEventListener("abort", onStop);
  if (stop.aborted) onStop();
  // What is left behind may still fail, with nobody to hear of it.
  work.catch(() => {});
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", onStop);
  }
}
