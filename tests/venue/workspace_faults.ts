/**
 * Faults of the workspace server.
 *
 * @module
 */

import type { ProxyStatus } from "./proxy_page.ts";
import { CAN_RESET } from "./tcp_reset.ts";

/**
 * What a fault does: `drop` and `reset` cut the connection without an answer, `truncate` cuts it in the middle of the
 * answer's body, `down` refuses all connections from then on until `start()`; `html` is the page of a proxy. `delayMs`
 * and `hold` go on after some time, or when the test says so.
 */
export type WorkspaceFaultAction =
  | "drop"
  | "reset"
  | "truncate"
  | "down"
  | { html: ProxyStatus }
  | { status: number; body: unknown; contentType?: string }
  | { delayMs: number }
  | { hold: Promise<unknown> | (() => Promise<unknown>) };

/** A fault; all that is given of `method`, `path` and `nth` must fit. */
export interface WorkspaceFault {
  method?: string;
  /** Looks at the path, decoded. */
  path?: RegExp;
  /** Only the nth request that fits, counted from 1. */
  nth?: number;
  /** How many requests it strikes. Default: 1. */
  times?: number;
  /** `before` (default): nothing is stored yet. `after`: what was asked for is done, and not answered yet. */
  when?: "before" | "after";
  do: WorkspaceFaultAction;
}

/** The faults still to come. */
export class WorkspaceFaults {
  #faults: { fault: WorkspaceFault; seen: number; left: number }[] = [];

  /** Adds a fault; the oldest fault that fits strikes a request. @throws {TypeError} when it cannot strike here */
  add(fault: WorkspaceFault): void {
    if (fault.do === "reset" && !CAN_RESET) {
      throw new TypeError("Cannot reset a connection on this operating system: only Linux can be made to do it");
    }
    this.#faults.push({ fault, seen: 0, left: fault.times ?? 1 });
  }

  /** Forgets all faults. */
  clear(): void {
    this.#faults = [];
  }

  /** What strikes a request, at most one thing at each time; it counts as used. */
  take(request: { method: string; path: string }): Partial<Record<"before" | "after", WorkspaceFaultAction>> {
    const taken: Partial<Record<"before" | "after", WorkspaceFaultAction>> = {};
    for (const entry of this.#faults) {
      const { method = request.method, path, nth, when = "before", do: action } = entry.fault;
      if (entry.left === 0 || method !== request.method || path?.test(request.path) === false) continue;
      entry.seen++;
      if (taken[when] !== undefined || (nth ?? entry.seen) !== entry.seen) continue;
      entry.left--;
      taken[when] = action;
    }
    return taken;
  }
}
