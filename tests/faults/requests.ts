/**
 * The requests of a run, and how a fault finds one of them.
 *
 * @module
 */

import type { FaultMatch, RequestRecord } from "../venue/mod.ts";

/** One request of a run: the nth of its sort. */
export interface RequestName {
  /** As `step`, or the type of the request. */
  sort: string;
  /** Counted from 1. */
  nth: number;
}

/** As in the names of cases: `step 2`. */
export function requestName({ sort, nth }: RequestName): string {
  return `${sort} ${nth}`;
}

/** Each request of a log by its name, in their order. */
export function nameRequests(log: readonly RequestRecord[]): RequestName[] {
  const seen = new Map<string, number>();
  return log.map((record) => {
    const sort = sortOf(record);
    const nth = (seen.get(sort) ?? 0) + 1;
    seen.set(sort, nth);
    return { sort, nth };
  });
}

/** Where in a log a request is; -1 where it is not. */
export function indexOfRequest(log: readonly RequestRecord[], wanted: RequestName): number {
  return nameRequests(log).findIndex(({ sort, nth }) => sort === wanted.sort && nth === wanted.nth);
}

/** What finds it. */
export function matchOf({ sort, nth }: RequestName): FaultMatch {
  if (sort === STEP) return { type: "run_sql", readOnly: false, nth };
  if (sort === READ) return { type: "run_sql", readOnly: true, nth };
  return sort.startsWith("/") ? { path: sort, nth } : { type: sort, nth };
}

/** Whether it is sent as `run_sql`, so that there is a transaction to strike in. */
export function isSql({ sort }: RequestName): boolean {
  return sort === STEP || sort === READ;
}

/** Whether it is a step. */
export function isStep({ sort }: RequestName): boolean {
  return sort === STEP;
}

const STEP = "step";
const READ = "ledger";

function sortOf({ type, readOnly, path }: RequestRecord): string {
  if (type === "run_sql") return readOnly === true ? READ : STEP;
  return type ?? path;
}
