/**
 * Waiting for something that may never come.
 *
 * @module
 */

/** Milliseconds, or an event; a function is called when the wait for its event begins. */
export type Waited = number | Promise<unknown> | (() => Promise<unknown>);

/** Waits that can be given up, all together. */
export class Waits {
  #over = Promise.withResolvers<false>();

  /** Resolves to `true` when `what` has come or so many milliseconds have passed, to `false` when it is given up. */
  async for(what: Waited): Promise<boolean> {
    const over = this.#over.promise;
    if (typeof what === "function") return await Promise.race([what().then(() => true), over]);
    if (typeof what !== "number") return await Promise.race([what.then(() => true), over]);
    const elapsed = Promise.withResolvers<true>();
    const timer = setTimeout(() => elapsed.resolve(true), what);
    try {
      return await Promise.race([elapsed.promise, over]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Gives up all waits that are under way. */
  giveUp(): void {
    this.#over.resolve(false);
    this.#over = Promise.withResolvers();
  }
}
