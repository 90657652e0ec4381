/**
 * A second process of Hasura on the same database, behind a balancer that gives each its turn. Each has sessions of its own
 * and its own view of the metadata; what one of them does, the other sees after a while.
 *
 * @module
 */

import { type Instance, refresh } from "./instance.ts";
import type { Schema } from "./schema.ts";

/** The second process. */
export class Twin {
  readonly #instance: Instance;
  readonly #wait: () => Promise<boolean>;
  readonly #track: (work: Promise<void>) => void;
  /** What was seen of each last. */
  readonly #seen: Map<Instance, Schema>;
  #isNext = false;

  /** Puts `instance` beside `first`; `wait` resolves to `false` where there is nothing to wait for any more. */
  constructor(
    first: Instance,
    instance: Instance,
    { wait, track }: { wait: () => Promise<boolean>; track: (work: Promise<void>) => void },
  ) {
    this.#instance = instance;
    this.#seen = new Map([first, instance].map((process) => [process, process.schema]));
    this.#wait = wait;
    this.#track = track;
  }

  /** The process whose turn it is. */
  next(first: Instance): Instance {
    const instance = this.#isNext ? this.#instance : first;
    this.#isNext = !this.#isNext;
    return instance;
  }

  /** Looks whether a request has changed the view of `changed`; then the other process follows. */
  notice(changed: Instance, first: Instance): void {
    if (changed.schema === this.#seen.get(changed)) return;
    this.#seen.set(changed, changed.schema);
    this.#track(this.#follow(changed === first ? this.#instance : first));
  }

  async #follow(other: Instance): Promise<void> {
    if (!(await this.#wait())) return;
    try {
      await refresh(other);
      this.#seen.set(other, other.schema);
    } catch {
      // It keeps its view while it cannot see the database.
    }
  }
}
