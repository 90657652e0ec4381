/**
 * Faults that a test asks for.
 *
 * @module
 */

import type { CommitFault } from "./commit_faults.ts";
import { checkFault } from "./fault_rules.ts";
import type { RequestRecord } from "./log.ts";
import type { ErrorName } from "./named_errors.ts";
import type { ProxyStatus } from "./proxy_page.ts";

/**
 * When a fault strikes:
 * - `before`: nothing of the request has reached the database;
 * - `during`: the text of a `run_sql` is on its way to the database, and runs and commits on its own;
 * - `before-commit`: the text of a `run_sql` has run well; an answer or a cut makes it abort. Other requests: `before`;
 * - `after`: all is done and committed, nothing is answered.
 */
export type FaultTime = "before" | "during" | "before-commit" | "after";

/** A fault in place of an answer; the rest of the venue is not touched. */
export type AnswerFault =
  | "drop"
  | "reset"
  | "unauthorized"
  | "truncate"
  | "half-json"
  | ErrorName
  | { html: ProxyStatus }
  | { status: number; body: unknown; contentType?: string };

/**
 * What a fault does.
 *
 * In place of an answer:
 * - `drop`: closes the connection without an answer;
 * - `reset`: the same by a TCP reset (Linux only);
 * - `html`: the page of a proxy;
 * - `status`: any answer (`contentType` is JSON by default; `body` may be any JSON value);
 * - `unauthorized`: 401, as for a wrong secret;
 * - `truncate`: cuts the connection in the middle of the answer's body;
 * - `half-json`: a well-formed answer whose JSON stops in the middle;
 * - {@linkcode ErrorName}: an error of Hasura's (`tx-error` only `before-commit`; `max-connections` and
 *   `source-inconsistent` only `before`).
 *
 * To the network:
 * - `refuse`: as `drop`, and every connection after that is refused until `venue.start()`;
 * - `freeze`: from now on no byte passes and nothing is closed, until `venue.thaw()`. A request that is struck `before`
 *   gets no further until then; at other times it goes on, unanswered;
 * - `delayMs`, `hold`: goes on after some time, or when the test says so (not `during`); a function is called when the
 *   request has come to that place;
 * - `deliverAfter`: `answer` at once (default: `drop`), and the request reaches Hasura later (only `before`);
 * - `repeat`: a proxy has passed the request on, and passes it on once more then; the answer is that of the second copy.
 *   Faults at other times strike the first one (only `before`).
 *
 * To Hasura and its database:
 * - `restart`, `restartMs`: Hasura ends, and answers again after that time. Until then connections are refused, or a
 *   proxy in front answers with `page`. What runs in PostgreSQL ends without a COMMIT;
 * - `databaseDown`, `databaseDownMs`: PostgreSQL ends all of Hasura's sessions and refuses new ones for that time;
 * - `kill-backend`: ends the PostgreSQL backend that runs the text (`during` or `before-commit`);
 * - `lose-backend`: Hasura loses the connection to that backend, which runs on and keeps its locks until it next looks at
 *   its client (`during` or `before-commit`, not with PGlite);
 * - {@linkcode CommitFault}: what happens to COMMIT (`before-commit`, not with PGlite).
 */
export type FaultAction =
  | AnswerFault
  | "refuse"
  | "freeze"
  | "kill-backend"
  | "lose-backend"
  | { delayMs: number }
  | { hold: Promise<unknown> | (() => Promise<unknown>) }
  | { deliverAfter: Promise<unknown>; answer?: AnswerFault }
  | { restartMs: number; page?: 502 | 503 }
  | { restart: Promise<unknown>; page?: 502 | 503 }
  | { databaseDownMs: number }
  | { databaseDown: Promise<unknown> }
  | { repeat: Promise<unknown> }
  | CommitFault;

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
  readonly #oneSession: boolean;
  #faults: { fault: Fault; seen: number; left: number }[] = [];

  /** Creates an empty queue. `oneSession`: the database is one that cannot do two things at a time. */
  constructor({ oneSession }: { oneSession: boolean }) {
    this.#oneSession = oneSession;
  }

  /** Adds a fault. @throws {TypeError} when it cannot strike at its time, or not here */
  add(fault: Fault): void {
    checkFault(fault, { oneSession: this.#oneSession });
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
