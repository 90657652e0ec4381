/**
 * Requests in the order in which they came, and waiting for one.
 *
 * @module
 */

/** A log of requests. */
export class RequestLog<T> {
  readonly #waiting = new Map<PromiseWithResolvers<T>, (request: T) => boolean>();
  /** Every request so far. */
  readonly all: T[] = [];

  /** Notes a request. */
  add(request: T): void {
    this.all.push(request);
    for (const [waiter, fits] of this.#waiting) {
      if (!fits(request)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve(request);
    }
  }

  /** Resolves with the first request so far, or else to come, that fits. */
  waitFor(fits: (request: T) => boolean): Promise<T> {
    const waiter = Promise.withResolvers<T>();
    const seen = this.all.find(fits);
    if (seen === undefined) this.#waiting.set(waiter, fits);
    else waiter.resolve(seen);
    return waiter.promise;
  }
}
