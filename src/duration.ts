/**
 * Lengths of time: as options give them, and as people read them. Inside the program they are milliseconds.
 *
 * @module
 */

import { UsageError } from "./errors.ts";
import { quoteText } from "./quote.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Milliseconds in each unit that an option takes; without one it is seconds. */
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR };

/** Timers end at 24.8 days: one that is set for longer fires at once. */
const LONGEST_DAYS = 20;

/** What to read a length of time for. */
export interface ParseDurationOptions {
  /** The option that it was given for, for example `--timeout`. */
  option: string;
  /** Whether 0 can be used. */
  allowZero: boolean;
  /** What else the option takes, for its error. @default nothing */
  orElse?: string | undefined;
}

/**
 * Milliseconds that `text` stands for, at least 1 unless it is zero: `90`, `1.5`, `500ms`, `90s`, `10m`, `2h`.
 *
 * @throws {UsageError} when it cannot be used
 */
export function parseDuration(text: string, { option, allowZero, orElse }: ParseDurationOptions): number {
  const [, digits, unit = "s"] = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)?$/.exec(text) ?? [];
  const refuse = (reason: string) =>
    new UsageError(`Cannot use option ${option}: ${reason}`, {
      next: `Give seconds, or a number with a unit: ${option}=90, ${option}=1.5s, =500ms, =10m or =2h` +
        (orElse === undefined ? "" : `; or ${option}=${orElse}`),
    });
  if (text === "") throw refuse("its value is empty");
  if (digits === undefined) throw refuse(`${quoteText(text)} is not a length of time`);
  const duration = Number(digits) * (UNITS[unit] ?? SECOND);
  if (duration > LONGEST_DAYS * 24 * HOUR) throw refuse(`${quoteText(text)} is longer than ${LONGEST_DAYS} days`);
  if (duration === 0 && !allowZero) throw refuse(`${quoteText(text)} is no time at all`);
  return duration === 0 ? 0 : Math.max(1, Math.round(duration));
}

/** Milliseconds as an option takes them: `90s`, `1500ms`, `10m`. */
export function formatOptionValue(ms: number): string {
  const [name, unit] = Object.entries(UNITS).toReversed().find(([, unit]) => ms % unit === 0) ?? ["ms", 1];
  return `${ms / unit}${name}`;
}

/** Milliseconds as a clock shows them, for what is still going on: `0:07`, `12:03`, `1:02:03`. */
export function formatElapsed(ms: number): string {
  const total = Math.floor(ms / SECOND);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const pad = (part: number) => String(part).padStart(2, "0");
  return hours === 0 ? `${minutes}:${pad(seconds)}` : `${hours}:${pad(minutes)}:${pad(seconds)}`;
}

/** Milliseconds for a sentence, in the two largest units: `500 ms`, `1.5 s`, `10 s`, `2 min 5 s`, `1 h 3 min`. */
export function formatDuration(ms: number): string {
  const round = (unit: number) => Math.round(ms / unit) * unit;
  if (round(1) < SECOND) return `${round(1)} ms`;
  if (round(SECOND / 10) < MINUTE) return `${round(SECOND / 10) / SECOND} s`;
  if (round(SECOND) < HOUR) return twoUnits(round(SECOND), { large: [MINUTE, "min"], small: [SECOND, "s"] });
  return twoUnits(round(MINUTE), { large: [HOUR, "h"], small: [MINUTE, "min"] });
}

type Unit = [ms: number, name: string];

function twoUnits(ms: number, { large: [large, largeName], small: [small, smallName] }: { large: Unit; small: Unit }) {
  const rest = (ms % large) / small;
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}
