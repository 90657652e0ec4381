/**
 * Bulk runs, against the same SQL in bare requests to the same venue and straight on the same PostgreSQL.
 *
 * @module
 */

import type { Direction } from "./migrations.ts";
import { measure, type ProcessRun, TELLS_MEMORY } from "./process.ts";
import { formatSummary, ratios, summarize, type Summary } from "./statistics.ts";
import { aim, deploymentOf, type Findings, interleave, type Section, type Suite, venueSettings } from "./suite.ts";
import type { Traffic } from "./venue_host.ts";

/** Far less than the time that even the smallest run takes. */
const LOOK_EVERY = 10;
const DIRECTIONS: Direction[] = ["apply", "revert"];
const PROGRAMS: Program[] = ["ours", "bare", "direct"];
const MOST_GROWTH = 1.25;
/** Beyond what the bare program takes more: any program's heap grows while there is room. */
const MOST_MEGABYTES_MORE = 10;

/** Both directions of one program; the second takes back what the first did. */
export type RoundTrip = Record<Direction, ProcessRun & { traffic: Traffic }>;

/** The programs of the suite on one size, at `url`. */
export function bulkActions(suite: Suite, size: number, { delayed }: { delayed: boolean }) {
  const { programs, venue, folder } = suite;
  const url = delayed ? venue.ready.delayedUrl : venue.ready.plainUrl;
  const path = deploymentOf(suite, size);
  const migrations = `${path}/migrations/Aerie`;
  const common = { cwd: folder, lookEvery: LOOK_EVERY };

  async function both(run: (direction: Direction) => Promise<ProcessRun>): Promise<RoundTrip> {
    const name = delayed ? "delayed" : "plain";
    const once = async (direction: Direction) => ({ ...await run(direction), traffic: await venue.traffic(name) });
    await venue.freshen(name);
    return { apply: await once("apply"), revert: await once("revert") };
  }

  return {
    ours: () =>
      both((direction) => {
        const args = ["migrate", `--${direction}`, "--all", "-p", path];
        return measure(programs.ours, { ...common, args, env: venueSettings(url, venue) });
      }),
    bare: () =>
      both((direction) => {
        const args = [url, venue.ready.adminSecret, migrations, direction, String(size)];
        return measure(programs.bareRequests, { ...common, args });
      }),
    direct: () =>
      both((direction) => {
        const args = [venue.ready.directUrl, migrations, direction, String(size)];
        return measure(programs.directSql, { ...common, args });
      }),
  };
}

/** Wall times of one direction. */
export function wallTimes(trips: RoundTrip[], direction: Direction): number[] {
  return trips.map((trip) => trip[direction].milliseconds);
}

/** One size and direction. */
interface BulkResult {
  size: number;
  direction: Direction;
  /** Milliseconds of wall time. */
  ours: Summary;
  bare: Summary;
  direct: Summary;
  toBare: Summary;
  toDirect: Summary;
  /** Where the system tells. */
  peakMegabytes: Record<"ours" | "bare", Summary> | undefined;
  traffic: Traffic | undefined;
  bareTraffic: Traffic | undefined;
}

/** Measures all sizes, each round all of them. */
export async function benchBulk(suite: Suite): Promise<Findings> {
  const { sizes, runs } = suite;
  const trips = sizes.map(() => ({ ours: [] as RoundTrip[], bare: [] as RoundTrip[], direct: [] as RoundTrip[] }));
  for (let round = 0; round < runs; round++) {
    for (const [index, size] of sizes.entries()) {
      const { ours, bare, direct } = await interleave(1, bulkActions(suite, size, { delayed: false }), {
        firstRound: round,
      });
      trips[index]?.ours.push(...ours);
      trips[index]?.bare.push(...bare);
      trips[index]?.direct.push(...direct);
    }
  }
  const results = DIRECTIONS.flatMap((direction) =>
    sizes.map((size, index) => describeResult(size, direction, trips[index] ?? { ours: [], bare: [], direct: [] }))
  );
  return { section: describe(results), data: { results } };
}

function describeResult(size: number, direction: Direction, trips: Record<"ours" | "bare" | "direct", RoundTrip[]>) {
  const ours = wallTimes(trips.ours, direction);
  const bare = wallTimes(trips.bare, direction);
  const direct = wallTimes(trips.direct, direction);
  const peak = (of: RoundTrip[]) => summarize(of.map((trip) => trip[direction].megabytes ?? NaN));
  return {
    size,
    direction,
    ours: summarize(ours),
    bare: summarize(bare),
    direct: summarize(direct),
    toBare: ratios(ours, bare),
    toDirect: ratios(ours, direct),
    peakMegabytes: TELLS_MEMORY ? { ours: peak(trips.ours), bare: peak(trips.bare) } : undefined,
    traffic: trips.ours.at(-1)?.[direction].traffic,
    bareTraffic: trips.bare.at(-1)?.[direction].traffic,
  };
}

type Program = "ours" | "bare" | "direct";

/** Milliseconds that one more migration costs, measured from the next smaller size; `undefined` for the smallest. */
function perStep(results: BulkResult[], result: BulkResult, { of }: { of: Program }): number | undefined {
  const sameWay = results.filter(({ direction }) => direction === result.direction);
  const smaller = sameWay[sameWay.indexOf(result) - 1];
  return smaller && (result[of].median - smaller[of].median) / (result.size - smaller.size);
}

function describe(results: BulkResult[]): Section {
  return {
    title: "Bulk runs, against the same SQL in bare requests to the same venue, and straight on the same PostgreSQL",
    header: [
      "",
      "ours ms",
      "bare ms",
      "direct ms",
      "ours/bare",
      "ours/direct",
      "a step: ours",
      "bare",
      "direct",
      "MB: ours",
      "bare",
    ],
    rows: results.map((result) => [
      `${result.direction} ${result.size}`,
      ...[result.ours, result.bare, result.direct].map(({ median }) => median.toFixed(0)),
      formatSummary(result.toBare),
      formatSummary(result.toDirect),
      ...PROGRAMS.map((of) => perStep(results, result, { of })?.toFixed(2) ?? ""),
      result.peakMegabytes?.ours.median.toFixed(1) ?? "",
      result.peakMegabytes?.bare.median.toFixed(1) ?? "",
    ]),
    notes: [
      "all three are compiled programs that read the same files; the times are those of the whole process",
      'direct is node-postgres: begin, the file, commit; "a step" is what one more migration costs, from the size above',
      ...DIRECTIONS.flatMap((direction) => growthNotes(results.filter((result) => result.direction === direction))),
    ],
  };
}

function growthNotes(results: BulkResult[]): string[] {
  const [first, last] = [results[0], results.at(-1)];
  if (first === undefined || last === undefined) return [];
  const notes: string[] = [];
  const growth = (of: Program) => {
    const [early, late] = [perStep(results, results[1] ?? last, { of }), perStep(results, last, { of })];
    return (late ?? NaN) / (early ?? NaN);
  };
  if (results.length > 2) {
    notes.push(
      `${last.direction}: the last migrations cost ${growth("ours").toFixed(2)} times what the first ones do ` +
        `(bare: ${growth("bare").toFixed(2)}); ` + aim("time linear in their number", growth("ours") < MOST_GROWTH),
    );
  }
  if (last.traffic !== undefined) notes.push(describeTraffic(last.traffic, last));
  if (first.peakMegabytes === undefined || last.peakMegabytes === undefined) {
    return [...notes, "peak memory is not measured: this system does not tell it"];
  }
  const ours = last.peakMegabytes.ours.median - first.peakMegabytes.ours.median;
  const bare = last.peakMegabytes.bare.median - first.peakMegabytes.bare.median;
  notes.push(
    `${last.direction}: ${ours.toFixed(1)} MB more memory for ${last.size} migrations than for ${first.size} ` +
      `(bare: ${bare.toFixed(1)}); ` + aim("memory flat", ours - bare < MOST_MEGABYTES_MORE),
  );
  return notes;
}

function describeTraffic(traffic: Traffic, { direction, size, bareTraffic }: BulkResult): string {
  const { requests, steps, tracker, mostAtOnce, betweenSteps } = traffic;
  const gap = (milliseconds: number | null | undefined) => milliseconds?.toFixed(2) ?? "?";
  return `${direction} ${size}: ${steps} steps, ${tracker} requests for the tracker beside them, ` +
    `${requests - steps - tracker} others, at most ${mostAtOnce} at one time; from a step's answer to the next step ` +
    `${gap(betweenSteps)} ms (bare: ${gap(bareTraffic?.betweenSteps)})`;
}
