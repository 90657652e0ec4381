/**
 * Shows what is being waited for: on a terminal one line that is redrawn, elsewhere a line now and then.
 *
 * @module
 */

import { formatElapsed } from "../duration.ts";
import type { Output } from "../runtime.ts";

/** What to show on the line that is redrawn. */
export interface DrawnWaiting {
  /** One line of text, without secrets: they could not be found in what is left after the cut. */
  what: string;
  /** Milliseconds. */
  elapsed: number;
}

/** One line of a terminal that is redrawn. */
export interface WaitingLine {
  /** Shows the line, in place of what it showed before. */
  draw(waiting: DrawnWaiting): void;
  /** Takes the line away, where it is shown. */
  hide(): void;
}

/** What a terminal that does not say how wide it is can be expected to have. */
const USUAL_COLUMNS = 80;

const ERASE_TO_END = "\x1b[K";

/** Creates the line; nothing is shown yet. */
export function createWaitingLine(output: Output): WaitingLine {
  let isShown = false;
  return {
    draw({ what, elapsed }) {
      const end = ` … ${formatElapsed(elapsed)}`;
      // The last column stays free: some terminals go to the next line as soon as it is written.
      const room = (output.columns() ?? USUAL_COLUMNS) - 1 - end.length;
      if (room < 1) return;
      // The cursor goes back to the start, so that whatever is written past us begins there.
      output.write(`\r${cut(what, room)}${end}${ERASE_TO_END}\r`);
      isShown = true;
    },
    hide() {
      if (isShown) output.write(`\r${ERASE_TO_END}`);
      isShown = false;
    },
  };
}

/** `output`, before which `line` gives way. */
export function outputAfter(line: WaitingLine, output: Output): Output {
  return {
    isTerminal: output.isTerminal,
    get problem() {
      return output.problem;
    },
    columns: () => output.columns(),
    write(text) {
      line.hide();
      output.write(text);
    },
  };
}

/** Milliseconds of waiting that each line stands for. */
const LINE_INTERVAL = 30_000;

/** Decides when to write a line where nothing can be redrawn. */
export interface WaitingPace {
  /** Whether `what` is to be told now. */
  isDue(waiting: DrawnWaiting): boolean;
  /** Nothing is waited for any more. */
  end(): void;
}

/** Creates a pace of one line for each 30 s that something takes. */
export function createWaitingPace(): WaitingPace {
  /** How many intervals were over when it was last looked at, for each thing that is waited for. */
  const told = new Map<string, number>();
  let last = { elapsed: 0, count: 0 };
  return {
    isDue({ what, elapsed }) {
      const count = Math.floor(elapsed / LINE_INTERVAL);
      // A new text whose clock is not behind is the same wait in other words.
      const before = told.get(what) ?? (elapsed >= last.elapsed ? last.count : count);
      told.set(what, count);
      last = { elapsed, count };
      return count > before;
    },
    end() {
      told.clear();
      last = { elapsed: 0, count: 0 };
    },
  };
}

/** `text`, where it needs more than `columns`, cut with an ellipsis. */
function cut(text: string, columns: number): string {
  let used = 0;
  let kept = "";
  let fits = "";
  for (const character of text) {
    used += widthOf(character);
    if (used > columns) return `${fits}…`;
    kept += character;
    if (used < columns) fits = kept;
  }
  return text;
}

/** Rather too wide than too narrow: a line that wraps cannot be redrawn. */
function widthOf(character: string): number {
  return (character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2;
}
