/**
 * Bulk runs on a venue that answers late: how many requests one step waits for.
 *
 * @module
 */

import { bulkActions, wallTimes } from "./bulk.ts";
import type { Direction } from "./migrations.ts";
import { formatSummary, summarize, type Summary } from "./statistics.ts";
import { aim, compare, type Comparison, type Findings, interleave, type Suite } from "./suite.ts";

/** With more the benchmark would do nothing but wait. */
const LARGEST = 100;
const MOST_REQUESTS = 1.1;

/** One size and direction. */
interface LatencyResult extends Comparison {
  size: number;
  direction: Direction;
  /** How often our run paid the delay. */
  delays: Summary;
}

/** Measures two sizes that are not too large. */
export async function benchLatency(suite: Suite): Promise<Findings> {
  const fitting = suite.sizes.filter((size) => size <= LARGEST);
  const sizes = fitting.length > 1 ? [fitting[0] ?? 1, fitting.at(-1) ?? 1] : suite.sizes.slice(0, 2);
  const results: LatencyResult[] = [];
  for (const size of sizes) results.push(...await measureSize(suite, size));
  return {
    section: {
      title: `Bulk runs with ${suite.delayMs} ms more for each request`,
      header: ["", "ours ms", "bare ms", "ours/bare", "delays paid"],
      rows: results.map(({ direction, size, ours, other, ratio, delays }) => [
        `${direction} ${size}`,
        ours.median.toFixed(0),
        other.median.toFixed(0),
        formatSummary(ratio),
        formatSummary(delays, 1),
      ]),
      notes: (["apply", "revert"] as const).flatMap((direction) =>
        describeDirection(results.filter((result) => result.direction === direction))
      ),
    },
    data: { results },
  };
}

async function measureSize(suite: Suite, size: number): Promise<LatencyResult[]> {
  const plain = bulkActions(suite, size, { delayed: false });
  const delayed = bulkActions(suite, size, { delayed: true });
  const trips = await interleave(Math.max(1, Math.ceil(suite.runs / 2)), {
    ours: plain.ours,
    bare: plain.bare,
    oursDelayed: delayed.ours,
    bareDelayed: delayed.bare,
  });
  return (["apply", "revert"] as const).map((direction) => {
    const [ours, bare] = [wallTimes(trips.ours, direction), wallTimes(trips.bare, direction)];
    const oursDelayed = wallTimes(trips.oursDelayed, direction);
    const bareDelayed = wallTimes(trips.bareDelayed, direction);
    // What one delay comes to is measured too: the bare program pays it once for each migration.
    const delays = oursDelayed.map((milliseconds, round) => {
      const oneDelay = ((bareDelayed[round] ?? NaN) - (bare[round] ?? NaN)) / size;
      return (milliseconds - (ours[round] ?? NaN)) / oneDelay;
    });
    return { size, direction, ...compare(oursDelayed, bareDelayed), delays: summarize(delays) };
  });
}

function describeDirection([small, large]: LatencyResult[]): string[] {
  if (small === undefined || large === undefined) return [];
  const each = (large.delays.median - small.delays.median) / (large.size - small.size);
  const fixed = small.delays.median - each * small.size;
  return [
    `${small.direction}: a step pays ${each.toFixed(2)} delays, a run ${fixed.toFixed(1)} more; ` +
    aim("one request on the critical path of a step", each < MOST_REQUESTS),
  ];
}
