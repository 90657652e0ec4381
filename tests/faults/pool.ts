/**
 * Work side by side, each piece with a place of its own.
 *
 * @module
 */

import type { Backend } from "../venue/mod.ts";
import { LimitError, withLimit } from "./limit.ts";
import { type Place, type PlaceOptions, startPlace } from "./place.ts";

/** Milliseconds that one piece of work may take. */
const MOST_TIME = 60_000;

/** Milliseconds that a place on which something hangs may take to end. */
const MOST_END_TIME = 10_000;

/** How to go through the work. */
export interface PoolOptions {
  backend: Backend;
  /** Default: as usual. */
  place?: PlaceOptions | undefined;
  /** How many pieces at a time. */
  jobs: number;
  stop: AbortSignal;
}

/**
 * Does `work` for each of `items`, in their order as far as they start. A place is used for many of them.
 *
 * @param late makes a result for an item whose work did not end in time
 */
export async function eachWithPlace<Item, Result>(
  items: readonly Item[],
  { backend, place: placeOptions, jobs, stop }: PoolOptions,
  { work, late, done }: {
    work: (place: Place, item: Item) => Promise<Result>;
    late: (item: Item) => Result;
    /** Told of each result. */
    done: (result: Result) => void;
  },
): Promise<void> {
  const queue = items.values();
  const start = () => startPlace(backend, placeOptions);

  async function serve(first: Place): Promise<void> {
    let place: Place | undefined = first;
    try {
      for (const item of queue) {
        if (stop.aborted) return;
        place ??= await start();
        try {
          done(await withLimit(work(place, item), { milliseconds: MOST_TIME, stop }));
        } catch (error) {
          if (!(error instanceof LimitError)) throw error;
          if (!error.isLate) return;
          done(late(item));
          await end(place);
          place = undefined;
        }
      }
    } finally {
      if (place !== undefined) await end(place);
    }
  }

  // All before the first case: to start PGlite keeps this process from everything else, and runs have limits.
  const places = await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, start));
  await Promise.all(places.map(serve));
}

/** What hangs in a place must not keep the suite from going on. */
async function end(place: Place): Promise<void> {
  const never = new AbortController();
  try {
    await withLimit(Promise.resolve(place[Symbol.asyncDispose]()), { milliseconds: MOST_END_TIME, stop: never.signal });
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
  }
}
