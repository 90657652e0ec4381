/**
 * Waits at the start of a run until no other one is at work, so that the plan is made from what that one leaves.
 *
 * @module
 */

import { busyError } from "../migrations/busy_error.ts";
import { describeHolder } from "../migrations/holder.ts";
import type { CommandContext } from "./context.ts";
import { lookAtVenue, readRecords, type Venue, type VenueRecords } from "./venue.ts";

/** Milliseconds between two looks. */
const INTERVAL = 250;

/**
 * Both records of the venue, read while nobody is at work.
 *
 * @throws {BusyError} when somebody is at work for longer than the lock's timeout
 * @throws {ToolError} when one of them cannot be read
 */
export async function readWhenFree({ rt, waiting }: CommandContext, venue: Venue): Promise<VenueRecords> {
  return await waiting.during("reading the ledger", async () => {
    const { look, tracker } = await readRecords(venue);
    const deadline = rt.now() + venue.timeouts.lock;
    let latest = look;
    while (latest.holder !== undefined) {
      const left = deadline - rt.now();
      if (left <= 0) throw busyError(undefined, { look: latest });
      waiting.say(`waiting for ${describeHolder(latest.holder, latest.clock)}`);
      await rt.sleep(Math.min(INTERVAL, left));
      latest = await lookAtVenue(venue);
    }
    return { look: latest, tracker };
  });
}
