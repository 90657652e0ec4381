/**
 * Finds out what became of a step whose answer was lost. Only looks: a step is never sent again from here.
 *
 * The lock that a step holds while it runs tells "still running" from "over"; the ledger tells how it ended. A request
 * that is still on its way could start later, so "not done" is only certain once the time until which the step's guard
 * lets it start has passed on the database's own clock.
 *
 * @module
 */

import { BusyError, ToolError } from "../errors.ts";
import { HasuraError, NoAnswerError } from "../hasura/problems.ts";
import type { Runtime } from "../runtime.ts";
import { type Holder, isStep } from "./holder.ts";
import type { Look } from "./look.ts";
import type { Observer } from "./observer.ts";
import { isDoneIn, type Step } from "./types.ts";

/** What became of a step. */
export type StepFate =
  /** The ledger shows it. */
  | { kind: "done"; look: Look }
  /** The ledger does not show it, and it can no longer start. */
  | { kind: "not-done"; look: Look }
  /** That could not be found out in time. */
  | { kind: "not-known"; lastSeen: StepSight };

/** What was seen of a step that has no fate yet. */
export type StepSight =
  /** It holds the lock; `holder` is missing where the ledger itself was locked. */
  | { kind: "running"; holder: Holder | undefined; clock: number }
  /** Nothing of it is seen, and it may still come. */
  | { kind: "on-its-way" }
  /** The database could not be asked; `answered`: Hasura itself says why. */
  | { kind: "unreachable"; reason: string; answered: boolean };

/** What a step is known by in the database. */
export interface SentStep {
  step: Step;
  /** See `RunName`. */
  runId: string;
  /** Seconds since 1970 on the database's clock after which it does not start any more. */
  startUntil: number;
}

/** How to find out. */
export interface SettleOptions {
  rt: Pick<Runtime, "now" | "sleep">;
  observer: Observer;
  /** Milliseconds for each question. */
  readTimeout: number;
  /** Milliseconds to go on asking. */
  timeout: number;
  /** Told what was seen before each further question. */
  onSight(sight: StepSight): void;
}

/** Milliseconds between two questions: soon at first, since most answers are lost after the step has ended. */
const PAUSES = [100, 250, 500, 1_000, 2_000, 5_000];

/** Milliseconds. */
const LEAST_READ_TIMEOUT = 1_000;

/** Asks until the fate of the step is known or the time is up. */
export async function settleStep(sent: SentStep, options: SettleOptions): Promise<StepFate> {
  const { rt, observer, readTimeout, timeout, onSight } = options;
  const deadline = rt.now() + timeout;
  for (let attempt = 0;; attempt++) {
    // The last question, too, gets some time to be answered.
    const left = Math.max(deadline - rt.now(), LEAST_READ_TIMEOUT);
    const seen = await lookFor(sent, { observer, timeout: Math.min(left, readTimeout) });
    if (seen.kind === "done" || seen.kind === "not-done") return seen;
    const rest = deadline - rt.now();
    if (rest <= 0) return { kind: "not-known", lastSeen: seen };
    onSight(seen);
    const pause = PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 0;
    // No longer than until it is decided, where that is all there is to wait for.
    const untilDecided = seen.kind === "on-its-way" ? (sent.startUntil - observer.clock()) * 1000 + 20 : Infinity;
    await rt.sleep(Math.max(1, Math.min(pause, rest, Math.max(untilDecided, 50))));
  }
}

/** Looks once. */
export async function lookFor(
  { step, runId, startUntil }: SentStep,
  { observer, timeout }: { observer: Observer; timeout: number },
): Promise<Exclude<StepFate, { kind: "not-known" }> | StepSight> {
  let look: Look;
  try {
    look = await observer.look({ attempts: 1, timeout });
  } catch (error) {
    // A step that changes the ledger's shape holds a lock on the table.
    if (error instanceof BusyError) return { kind: "running", holder: undefined, clock: observer.clock() };
    // Hasura being down, starting, or without its database passes; so does a proxy's page.
    if (error instanceof NoAnswerError || error instanceof HasuraError || error instanceof ToolError) {
      return { kind: "unreachable", reason: error.message, answered: isAnswered(error) };
    }
    throw error;
  }
  if (look.isStandby) return { kind: "unreachable", reason: "a standby server answered", answered: true };
  if (isDoneIn(look.ledger, step)) return { kind: "done", look };
  const { holder, clock } = look;
  if (holder !== undefined && isStep(holder, step, runId)) return { kind: "running", holder, clock };
  return clock > startUntil ? { kind: "not-done", look } : { kind: "on-its-way" };
}

/** Whether Hasura has answered, and not only that it is too busy to ask the database. */
function isAnswered(error: unknown): boolean {
  if (error instanceof HasuraError) return error.code !== "postgres-max-connections-error";
  return error instanceof ToolError;
}
