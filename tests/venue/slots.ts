/**
 * Places for sessions: who comes when none is free waits.
 *
 * @module
 */

/** A number of places. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** Makes `count` free places. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a place as soon as there is one. */
  async take(): Promise<void> {
    while (this.#free === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    this.#free--;
  }

  /** Gives a place back. */
  give(): void {
    this.#free++;
    this.#waiting.shift()?.();
  }
}
