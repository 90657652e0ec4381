/**
 * What a fault needs to be staged: the request that it strikes, and the events that it ends with.
 *
 * Nothing here waits for a time to pass where there is an event to wait for.
 *
 * @module
 */

import type { Runtime, StopSignal } from "../../src/runtime.ts";
import type { FaultAction, FaultTime, Venue } from "../venue/mod.ts";
import { indexOfRequest, matchOf, type RequestName } from "./requests.ts";
import type { RunOptions } from "./runs.ts";

/** Which request is struck, and when. */
export interface Strike {
  request: RequestName;
  when: FaultTime;
}

/** Fits every text as long as the condition holds: a fault that is left over must not strike the next run. */
class Condition extends RegExp {
  readonly #holds: () => boolean;

  constructor(holds: () => boolean) {
    super("");
    this.#holds = holds;
  }

  override test(_text: string): boolean {
    return this.#holds();
  }
}

/** One fault being staged. When it is over, nothing of it acts on the venue any more. */
export class Scene implements Disposable {
  readonly venue: Venue;
  readonly strike: Strike;
  readonly #over = Promise.withResolvers<void>();
  readonly #timers = new Set<number>();
  #isOver = false;
  #failures = 0;
  #failureWaiters: (() => void)[] = [];
  #sendSignal: ((signal: StopSignal) => void) | undefined;

  /** Stages nothing yet. */
  constructor(venue: Venue, strike: Strike) {
    this.venue = venue;
    this.strike = strike;
  }

  /** Adds a fault on the request, by default at the time of the strike. */
  add(action: FaultAction, when: FaultTime = this.strike.when): void {
    this.venue.addFault({ match: matchOf(this.strike.request), when, do: action });
  }

  /** Adds a fault on the next questions to the database, so many of them, as long as the run goes on. */
  addToReads(action: FaultAction, { when, times }: { when: FaultTime; times: number }): void {
    const sql = new Condition(() => !this.#isOver);
    this.venue.addFault({ match: { type: "run_sql", readOnly: true, sql }, when, times, do: action });
  }

  /** Whether the request has come. */
  isStruck(): boolean {
    return indexOfRequest(this.venue.log, this.strike.request) >= 0;
  }

  /** Calls `event` as soon as the request has come, and before the next one does; resolves when that has ended. */
  async struckThen(event: () => unknown): Promise<void> {
    await this.#first(this.#whenLogged(0));
    if (!this.#isOver) await event();
  }

  /** Resolves when so many more requests have come after the one that is struck. */
  further(count: number): Promise<void> {
    return this.#first(this.#whenLogged(count));
  }

  /** Resolves when so many requests of the run have failed on their way, counted from now. */
  failures(count: number): Promise<void> {
    const wanted = this.#failures + count;
    return this.#first(
      new Promise((resolve) => {
        const look = () => this.#failures >= wanted ? resolve() : this.#failureWaiters.push(look);
        look();
      }),
    );
  }

  /** Resolves after some time: only for what sends no event. */
  later(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#timers.add(setTimeout(resolve, milliseconds));
    return this.#first(promise);
  }

  /** Resolves when the run has ended. */
  get ended(): Promise<void> {
    return this.#over.promise;
  }

  /** Sends the run a signal, where it listens by now. */
  signal(signal: StopSignal): void {
    this.#sendSignal?.(signal);
  }

  /** What the run is to be started with. */
  get runOptions(): Pick<RunOptions, "wrapFetch" | "onSignalHandler"> {
    return {
      wrapFetch: (send) => this.#watchFetch(send),
      onSignalHandler: (send) => void (this.#sendSignal = send),
    };
  }

  /** Stands between the tool and its requests, and counts those that fail. */
  #watchFetch(send: Runtime["fetch"]): Runtime["fetch"] {
    return async (url, init) => {
      try {
        return await send(url, init);
      } catch (error) {
        this.#failures++;
        for (const look of this.#failureWaiters.splice(0)) look();
        throw error;
      }
    };
  }

  /** The run has ended: lets go of everything. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#over.resolve();
  }

  #first(event: Promise<void>): Promise<void> {
    return Promise.race([event, this.ended]);
  }

  async #whenLogged(further: number): Promise<void> {
    const { venue, strike } = this;
    await venue.waitForRequest(() => {
      if (this.#isOver) return true;
      const index = indexOfRequest(venue.log, strike.request);
      return index >= 0 && venue.log.length > index + further;
    });
  }
}
