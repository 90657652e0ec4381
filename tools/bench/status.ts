/**
 * `status` against one bare round trip.
 *
 * @module
 */

import { measure } from "./process.ts";
import { ratios } from "./statistics.ts";
import {
  aim,
  compare,
  comparisonCells,
  deploymentOf,
  type Findings,
  interleave,
  type Suite,
  venueSettings,
} from "./suite.ts";

const ROUNDS_PER_RUN = 4;

/** Measures `status` on a venue as it is and on one that answers late. */
export async function benchStatus(suite: Suite): Promise<Findings> {
  const { programs, venue, runs, sizes: [smallest = 1], folder, delayMs } = suite;
  const { plainUrl, delayedUrl, adminSecret } = venue.ready;
  const status = async (url: string) => {
    const args = ["status", "-p", deploymentOf(suite, smallest)];
    return (await measure(programs.ours, { args, cwd: folder, env: venueSettings(url, venue) })).milliseconds;
  };
  const bare = async (url: string) =>
    (await measure(programs.bareRequests, { args: [url, adminSecret], cwd: folder })).milliseconds;

  await venue.freshen("plain");
  await status(plainUrl);
  const traffic = await venue.traffic("plain");
  const wall = await interleave(runs * ROUNDS_PER_RUN, {
    status: () => status(plainUrl),
    bare: () => bare(plainUrl),
    statusDelayed: () => status(delayedUrl),
    bareDelayed: () => bare(delayedUrl),
  });
  const plain = compare(wall.status, wall.bare);
  const delayed = compare(wall.statusDelayed, wall.bareDelayed);
  const roundTrips = ratios(
    wall.statusDelayed.map((milliseconds, round) => milliseconds - (wall.status[round] ?? NaN)),
    wall.bareDelayed.map((milliseconds, round) => milliseconds - (wall.bare[round] ?? NaN)),
  );
  return {
    section: {
      title: "status, against a program that makes one request (select 1)",
      header: ["", "ours, ms", "bare, ms", "ratio"],
      rows: [
        ["venue on this machine", ...comparisonCells(plain)],
        [`${delayMs} ms more for each request`, ...comparisonCells(delayed)],
      ],
      notes: [
        `${traffic.requests} requests, ${traffic.mostAtOnce} of them at one time; ` +
        aim("3 requests side by side", traffic.requests === 3 && traffic.mostAtOnce === 3),
        `the delay is paid ${roundTrips.median.toFixed(2)} times`,
      ],
    },
    data: { plain, delayed, traffic, roundTrips },
  };
}
