/**
 * Tells what the tool is waiting for once it takes long enough for somebody to wonder.
 *
 * @module
 */

import type { Runtime } from "./runtime.ts";

/** Milliseconds that are too short to be told. */
const UNTOLD = 2_000;

/** Milliseconds between two times of telling. */
const INTERVAL = 1_000;

/** Something that goes on; see {@linkcode createWaiting}. */
export interface Waiting {
  /**
   * What `work` returns; while it goes on, it is told as `what`. Where several go on at once, the one that began last
   * is told, once it takes long itself; each has a clock of its own.
   */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** What is told from now on of the work that began last, without setting its clock back. */
  say(what: string): void;
}

/** What is being waited for, and for how long, in whole milliseconds. */
export interface WaitingFor {
  what: string;
  elapsed: number;
}

/** Calls `show` once a second while something takes longer than two, and with `undefined` when that is over. */
export function createWaiting(
  rt: Pick<Runtime, "now" | "every">,
  show: (waiting: WaitingFor | undefined) => void,
): Waiting {
  /** In the order in which they began. */
  const going: { what: string; since: number }[] = [];
  let shown: (typeof going)[number] | undefined;
  let stop: (() => void) | undefined;

  // Rounded up: a timer may fire a little before its millisecond is over.
  const elapsed = (since: number) => Math.ceil(rt.now() - since);

  function tell(): void {
    const longest = going.findLast(({ since }) => elapsed(since) >= UNTOLD);
    if (longest !== undefined) show({ what: longest.what, elapsed: elapsed(longest.since) });
    else if (shown !== undefined) show(undefined);
    shown = longest;
  }

  return {
    async during(what, work) {
      const entry = { what, since: rt.now() };
      going.push(entry);
      stop ??= rt.every(INTERVAL, tell);
      try {
        return await work();
      } finally {
        going.splice(going.indexOf(entry), 1);
        if (shown === entry) tell();
        if (going.length === 0) {
          stop?.();
          stop = undefined;
        }
      }
    },
    say(what) {
      const entry = going.at(-1);
      if (entry === undefined || entry.what === what) return;
      entry.what = what;
      if (shown === entry) tell();
    },
  };
}
