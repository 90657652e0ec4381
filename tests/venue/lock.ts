/**
 * Work that has to be done one after the other.
 *
 * @module
 */

/** Work that must not overlap. */
export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after all work that was asked for before. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next.catch(() => {});
    return next;
  }
}
