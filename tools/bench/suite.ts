/**
 * What the parts of the benchmark share.
 *
 * @module
 */

import type { Programs } from "./programs.ts";
import { formatSummary, ratios, summarize, type Summary } from "./statistics.ts";
import type { VenueProcess } from "./venue_process.ts";

/** What a part works with. */
export interface Suite {
  programs: Programs;
  venue: VenueProcess;
  /** Rounds of the longest part; shorter parts make more. */
  runs: number;
  /** Numbers of migrations, ascending, at least two. */
  sizes: number[];
  /** Milliseconds that the delayed venue waits. */
  delayMs: number;
  /** Hasura folder of the deployment with so many migrations. */
  deployments: ReadonlyMap<number, string>;
  /** Where the programs run; it holds nothing that the tool would find. */
  folder: string;
}

/** What a part found, for people. */
export interface Section {
  title: string;
  header: string[];
  rows: string[][];
  notes: string[];
}

/** What a part found. */
export interface Findings {
  section: Section;
  /** For programs. */
  data: Record<string, unknown>;
}

/**
 * Runs all `actions` in every round, side by side in time, each round beginning with another one. The results of an
 * action stand in the order of the rounds.
 */
export async function interleave<Name extends string, Result>(
  rounds: number,
  actions: Record<Name, () => Promise<Result>>,
  { firstRound = 0 }: { firstRound?: number } = {},
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(actions) as Name[];
  const results = Object.fromEntries(names.map((name): [Name, Result[]] => [name, []])) as Record<Name, Result[]>;
  for (let round = firstRound; round < firstRound + rounds; round++) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) results[name].push(await actions[name]());
  }
  return results;
}

/** Our runs beside the runs of something else. */
export interface Comparison {
  ours: Summary;
  other: Summary;
  ratio: Summary;
}

/** Compares paired runs. */
export function compare(ours: number[], other: number[]): Comparison {
  return { ours: summarize(ours), other: summarize(other), ratio: ratios(ours, other) };
}

/** Cells of a table: ours, the other, the ratio. */
export function comparisonCells({ ours, other, ratio }: Comparison): string[] {
  return [ours.median.toFixed(1), other.median.toFixed(1), formatSummary(ratio)];
}

/** Says whether an aim is met. */
export function aim(text: string, met: boolean): string {
  return `${text}: ${met ? "met" : "MISSED"}`;
}

/** Hasura folder of the deployment with `size` migrations. */
export function deploymentOf({ deployments }: Suite, size: number): string {
  const path = deployments.get(size);
  if (path === undefined) throw new RangeError(`Cannot find the deployment with ${size} migrations`);
  return path;
}

/** Options that name a venue, as environment of the tool. */
export function venueSettings(endpoint: string, { ready }: VenueProcess): Record<string, string> {
  return { HASURA_GRAPHQL_ENDPOINT: endpoint, HASURA_GRAPHQL_ADMIN_SECRET: ready.adminSecret };
}
