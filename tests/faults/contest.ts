/**
 * Contests: several runs started together in one place, which must come to an end that one after the other could have.
 *
 * A control is the same without what keeps them apart. It must fail, or the contests would prove nothing.
 *
 * @module
 */

import type { CliResult } from "../support/cli.ts";
import type { Place } from "./place.ts";

/** Which contest it is. */
export interface ContestName {
  /** As in the names of cases. */
  name: string;
  /** What contends. */
  title: string;
  /** How many runs. */
  size: number;
  /** What is taken away, in a control. */
  without?: string;
}

/** One contest. */
export interface Contest extends ContestName {
  run(place: Place): Promise<ContestEnd>;
}

/** How it ended. */
export interface ContestEnd {
  /** Exit codes of the runs. */
  codes: number[];
  /** What is broken; empty where nothing is. */
  broken: string[];
}

/** What a contest came to. */
export type ContestResult = ContestName & ContestEnd;

/** So many contests of each size; `round` is counted from 0. */
export function eachRound(
  { sizes, rounds }: { sizes: readonly number[]; rounds: number },
  make: (size: number, round: number) => Contest,
): Contest[] {
  return Array.from({ length: rounds }, (_, round) => sizes.map((size) => make(size, round))).flat();
}

/** Runs one contest. */
export async function runContest(place: Place, { run, ...contest }: Contest): Promise<ContestResult> {
  const { codes, broken } = await run(place);
  return { ...contest, codes: codes.sort((one, other) => one - other), broken };
}

/** A text for each run that ended in another way than it may. */
export function unexpectedCodes(results: readonly CliResult[], codes: readonly number[]): string[] {
  return results.filter(({ code }) => !codes.includes(code)).map(({ code, stderr }) => `exit code ${code}: ${stderr}`);
}
