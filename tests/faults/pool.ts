/**
 * Work side by side, each piece with a venue of its own.
 *
 * @module
 */

import { type Backend, startVenue, type Venue } from "../venue/mod.ts";
import { baseSql, MATRIX_GROUND } from "./ground.ts";
import { LimitError, withLimit } from "./limit.ts";

/** Milliseconds that one piece of work may take. */
const MOST_TIME = 60_000;

/** Milliseconds that a venue on which something hangs may take to end. */
const MOST_END_TIME = 10_000;

/** How to go through the work. */
export interface PoolOptions {
  backend: Backend;
  /** How many pieces at a time. */
  jobs: number;
  stop: AbortSignal;
}

/**
 * Does `work` for each of `items`, in their order as far as they start. A venue is used for many of them.
 *
 * @param late makes a result for an item whose work did not end in time
 */
export async function eachWithVenue<Item, Result>(
  items: readonly Item[],
  { backend, jobs, stop }: PoolOptions,
  { work, late, done }: {
    work: (venue: Venue, item: Item) => Promise<Result>;
    late: (item: Item) => Result;
    /** Told of each result. */
    done: (result: Result) => void;
  },
): Promise<void> {
  const queue = items.values();
  const start = () => startVenue({ database: backend.database, baseSql: baseSql("apply", MATRIX_GROUND) });

  async function serve(first: Venue): Promise<void> {
    let venue: Venue | undefined = first;
    try {
      for (const item of queue) {
        if (stop.aborted) return;
        venue ??= await start();
        try {
          done(await withLimit(work(venue, item), { milliseconds: MOST_TIME, stop }));
        } catch (error) {
          if (!(error instanceof LimitError)) throw error;
          if (!error.isLate) return;
          done(late(item));
          await end(venue);
          venue = undefined;
        }
      }
    } finally {
      if (venue !== undefined) await end(venue);
    }
  }

  // All before the first case: to start PGlite keeps this process from everything else, and runs have limits.
  const venues = await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, start));
  await Promise.all(venues.map(serve));
}

/** What hangs on a venue must not keep the suite from going on. */
async function end(venue: Venue): Promise<void> {
  const never = new AbortController();
  try {
    await withLimit(Promise.resolve(venue[Symbol.asyncDispose]()), { milliseconds: MOST_END_TIME, stop: never.signal });
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
  }
}
