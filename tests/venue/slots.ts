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

  /** Takes a place as soon as there is one; `false` when there was none for so many milliseconds. */
  async take(limit = Infinity): Promise<boolean> {
    if (this.#free === 0 && !await this.#wait(limit)) return false;
    this.#free--;
    return true;
  }

  /** Gives a place back. */
  give(): void {
    this.#free++;
    this.#waiting.shift()?.();
  }

  /** Waits until there is a place. */
  async #wait(limit: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = Number.isFinite(limit) ? setTimeout(() => resolve(false), limit) : undefined;
    while (this.#free === 0) {
      const turn = Promise.withResolvers<void>();
      this.#waiting.push(turn.resolve);
      if (await Promise.race([turn.promise.then(() => true), promise])) continue;
      const place = this.#waiting.indexOf(turn.resolve);
      if (place === -1) continue;
      this.#waiting.splice(place, 1);
      return false;
    }
    clearTimeout(timer);
    return true;
  }
}
