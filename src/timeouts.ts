/**
 * How long things may take: what the options say, and what is meant without them.
 *
 * @module
 */

import { parseDuration } from "./duration.ts";

/** `--timeout`: milliseconds for each call that only reads. */
export const DEFAULT_READ_TIMEOUT = 30_000;

/** `--lock-timeout`: milliseconds to wait for another run. */
export const DEFAULT_LOCK_TIMEOUT = 10_000;

/** `--settle-timeout`: milliseconds to find out what became of a step whose answer was lost. */
export const DEFAULT_SETTLE_TIMEOUT = 600_000;

/** `--wait` without a value: milliseconds to wait until the venue can be used. */
export const DEFAULT_WAIT = 300_000;

/** How long things may take, in milliseconds. */
export interface Timeouts {
  /** Each call that only reads, with its repetitions. */
  read: number;
  /** Waiting for another run to end; 0: do not wait. */
  lock: number;
  /** Finding out what became of a step whose answer was lost; 0: ask once. */
  settle: number;
  /** Each statement of a migration, held by PostgreSQL; `undefined`: the database's own limit. */
  statement: Limit | undefined;
  /** A whole migration; `undefined`: no limit but the database's own. */
  step: Limit | undefined;
  /** Waiting until the venue can be used; `undefined`: it must be usable at once, which `--wait=0` says, too. */
  wait: number | undefined;
}

const NO_LIMIT = "none";

/** Milliseconds, or that there is no limit, whatever the database says. */
export type Limit = number | typeof NO_LIMIT;

/** The options that say so, as parsed. */
export interface TimeoutOptions {
  timeout?: string;
  /** `true` where it was given without a value. */
  wait?: string | true;
  lockTimeout?: string;
  settleTimeout?: string;
  statementTimeout?: string;
  stepTimeout?: string;
}

/**
 * How long things may take.
 *
 * @throws {UsageError} when an option holds no usable length of time
 */
export function readTimeouts(options: TimeoutOptions): Timeouts {
  const { timeout, wait, lockTimeout, settleTimeout, statementTimeout, stepTimeout } = options;
  return {
    read: read(timeout, "--timeout") ?? DEFAULT_READ_TIMEOUT,
    lock: read(lockTimeout, "--lock-timeout") ?? DEFAULT_LOCK_TIMEOUT,
    settle: read(settleTimeout, "--settle-timeout") ?? DEFAULT_SETTLE_TIMEOUT,
    statement: readLimit(statementTimeout, "--statement-timeout"),
    step: readLimit(stepTimeout, "--step-timeout"),
    // In no time the venue can be tried once, which is what is done without waiting.
    wait: wait === true ? DEFAULT_WAIT : read(wait, "--wait") || undefined,
  };
}

/** Those that are about waiting for others; the rest could not do anything in no time. */
const MAY_BE_ZERO: readonly string[] = ["--lock-timeout", "--settle-timeout", "--wait"];

function read(text: string | undefined, option: string, orElse?: string): number | undefined {
  if (text === undefined) return undefined;
  return parseDuration(text, { option, allowZero: MAY_BE_ZERO.includes(option), orElse });
}

function readLimit(text: string | undefined, option: string): Limit | undefined {
  return text === NO_LIMIT ? NO_LIMIT : read(text, option, NO_LIMIT);
}
