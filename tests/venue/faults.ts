/**
 * Faults that a test asks for.
 *
 * @module
 */

import type { RequestRecord } from "./log.ts";

/**
 * When a fault strikes:
 * - `before`: nothing of the request has reached the database;
 * - `during`: the text of a `run_sql` is on its way to the database, and runs and commits on its own;
 * - `before-commit`: the text of a `run_sql` has run well; an answer or a cut makes it abort. Other requests: `before`;
 * - `after`: all is done and committed, nothing is answered.
 */
export type FaultTime = "before" | "during" | "before-commit" | "after";

/**
 * What a fault does:
 * - `drop`: closes the connection without an answer;
 * - `refuse`: the same, and every connection after that is refused until `venue.start()`;
 * - `delayMs`, `hold`: goes on after some time, or when the test says so;
 * - `html`: the page of a proxy;
 * - `status`: any answer (`contentType` is JSON by default; `body` may be any JSON value);
 * - `unauthorized`: 401, as for a wrong secret;
 * - `truncate`: cuts the connection in the middle of the answer's body;
 * - `half-json`: a well-formed answer whose JSON stops in the middle;
 * - `kill-backend`: ends the PostgreSQL backend that runs the text (`during` or `before-commit`).
 */
export type FaultAction =
  | "drop"
  | "refuse"
  | "unauthorized"
  | "truncate"
  | "half-json"
  | "kill-backend"
  | { delayMs: number }
  | { hold: Promise<unknown> }
  | { html: 413 | 502 | 503 | 504 }
  | { status: number; body: unknown; contentType?: string };

/** Which requests a fault is for; all that is given must fit. */
export interface FaultMatch {
  /** Path without query. */
  path?: string;
  /** `type` of the body. */
  type?: string;
  readOnly?: boolean;
  sql?: RegExp;
  /** Only the nth request that fits, counted from 1. */
  nth?: number;
}

/** A fault. */
export interface Fault {
  match: FaultMatch;
  /** Default: `before`. */
  when?: FaultTime;
  do: FaultAction;
  /** How many requests it strikes. Default: 1. */
  times?: number;
}

/** The faults that strike one request. */
export type FaultsByTime = Partial<Record<FaultTime, FaultAction>>;

/** The faults still to come. */
export class FaultQueue {
  #faults: { fault: Fault; seen: number; left: number }[] = [];

  /** Adds a fault. @throws {TypeError} when it cannot strike at its time */
  add(fault: Fault): void {
    check(fault);
    this.#faults.push({ fault, seen: 0, left: fault.times ?? 1 });
  }

  /** Forgets all faults. */
  clear(): void {
    this.#faults = [];
  }

  /** The faults for a request, at most one for each time; they count as used. */
  take(record: RequestRecord): FaultsByTime {
    const taken: FaultsByTime = {};
    for (const entry of this.#faults) {
      const { fault } = entry;
      if (entry.left === 0 || !fits(fault.match, record)) continue;
      entry.seen++;
      const when = fault.when ?? "before";
      if (taken[when] !== undefined || (fault.match.nth ?? entry.seen) !== entry.seen) continue;
      entry.left--;
      taken[when] = fault.do;
    }
    return taken;
  }
}

function fits({ path, type, readOnly, sql }: FaultMatch, record: RequestRecord): boolean {
  return (path === undefined || path === record.path) &&
    (type === undefined || type === record.type) &&
    (readOnly === undefined || readOnly === record.readOnly) &&
    (sql === undefined || (record.sql !== undefined && sql.test(record.sql)));
}

function check({ when = "before", do: action }: Fault): void {
  const waits = typeof action === "object" && ("delayMs" in action || "hold" in action);
  if (when === "during" && waits) {
    throw new TypeError('Cannot wait "during" a statement: use "before-commit", the transaction is then still open');
  }
  if (action === "kill-backend" && when !== "during" && when !== "before-commit") {
    throw new TypeError(`Cannot kill the backend "${when}": no backend is at work then`);
  }
}
