/**
 * Waits at the start of a run until no other one is at work, so that the plan is made from what that one leaves.
 *
 * @module
 */

import { AccessError, BusyError } from "../errors.ts";
import { busyError } from "../migrations/busy_error.ts";
import { describeHolder } from "../migrations/holder.ts";
import type { Look } from "../migrations/look.ts";
import { currentVersion } from "../migrations/types.ts";
import type { CommandContext } from "./context.ts";
import { lookAtVenue, readRecords, readTrackerOf, together, type Venue, type VenueRecords } from "./venue.ts";

/** Milliseconds between two looks. */
const INTERVAL = 250;

/** Milliseconds without a change after which another run has ended: between two of its steps nobody holds the lock. */
const QUIET = 1_500;

/**
 * Both records of the venue, read while nobody is at work.
 *
 * @throws {BusyError} when somebody is at work for longer than the lock's timeout
 * @throws {AccessError} when the database only follows another one
 * @throws {ToolError} when one of them cannot be read
 */
export async function readWhenFree(context: CommandContext, venue: Venue): Promise<VenueRecords> {
  return await context.waiting.during("reading the ledger", async () => {
    const deadline = context.rt.now() + venue.timeouts.lock;
    const first = await readNow(venue, deadline > context.rt.now());
    if (first !== undefined && first.look.holder === undefined) return refuseStandby(first, venue);
    const look = await waitForOthers(context, venue, { seen: first?.look, deadline });
    // What the other run has left there.
    return refuseStandby({ look, tracker: await readTrackerOf(venue) }, venue);
  });
}

/** `undefined` where the ledger itself is locked, and there is time to wait. */
async function readNow(venue: Venue, mayWait: boolean): Promise<VenueRecords | undefined> {
  if (!mayWait) return await readRecords(venue);
  const [look, tracker] = await together(lookUnlessLocked(venue), readTrackerOf(venue));
  return look && { look, tracker };
}

async function lookUnlessLocked(venue: Venue): Promise<Look | undefined> {
  try {
    return await lookAtVenue(venue);
  } catch (error) {
    // A migration that changes the ledger's shape holds a lock on the table.
    if (error instanceof BusyError) return undefined;
    throw error;
  }
}

async function waitForOthers(
  { rt, waiting }: CommandContext,
  venue: Venue,
  { seen, deadline }: { seen: Look | undefined; deadline: number },
): Promise<Look> {
  let latest = seen;
  let quiet: { since: number; version: number } | undefined;
  while (true) {
    if (latest === undefined || latest.holder !== undefined) {
      quiet = undefined;
      if (rt.now() >= deadline) throw busyError(undefined, { look: latest });
      waiting.say(
        `waiting for ${latest?.holder === undefined ? "another run" : describeHolder(latest.holder, latest.clock)}`,
      );
    } else {
      const version = currentVersion(latest.ledger);
      if (quiet?.version !== version) quiet = { since: rt.now(), version };
      else if (rt.now() - quiet.since >= QUIET) return latest;
    }
    await rt.sleep(INTERVAL);
    latest = await lookUnlessLocked(venue);
  }
}

function refuseStandby(records: VenueRecords, { target: { source } }: Venue): VenueRecords {
  if (!records.look.isStandby) return records;
  throw new AccessError(
    `Cannot migrate: Hasura's database "${source}" is a standby, which only follows another server`,
    {
      state: "Nothing was changed",
      next: "Point Hasura's connection at the primary server (target_session_attrs=read-write in its URL)",
    },
  );
}
