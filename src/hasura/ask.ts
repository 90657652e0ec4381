/**
 * Asking again: a question may be asked as often as it takes, which a step may not.
 *
 * @module
 */

import type { Runtime } from "../runtime.ts";
import { HasuraError, NoAnswerError } from "./problems.ts";

/** A question, and how patient to be with it. */
export interface PatientQuestion<T> {
  /** Sends it once. */
  send(signal: AbortSignal): Promise<unknown>;
  /** @throws {NoAnswerError} when `answer` is not one to this question */
  decode(answer: unknown): T;
  /** Milliseconds for all attempts together. */
  timeout: number;
  /** Most attempts. @default 5 */
  attempts?: number;
  /** Whether the server has answered before. */
  isReached(): boolean;
  /** Asks whether there is a server at all, within so many milliseconds. */
  health(timeout: number): Promise<number>;
}

const ATTEMPTS = 5;

/** Milliseconds before the second attempt; twice as many before each further one. */
const FIRST_PAUSE = 250;

/** Milliseconds after which a server that has never answered is asked whether it is there, and to wait for that. */
const REACH_AFTER = 5_000;

/** Asks until there is an answer, an error that asking again will not change, or no time left. */
export async function askPatiently<T>(
  rt: Pick<Runtime, "now" | "sleep" | "every">,
  question: PatientQuestion<T>,
): Promise<T> {
  const deadline = rt.now() + question.timeout;
  for (let attempt = 1;; attempt++) {
    try {
      const isNew = attempt === 1 && !question.isReached();
      return question.decode(
        await (isNew ? sendToUnknown(rt, question) : question.send(timeLeft(deadline - rt.now()))),
      );
    } catch (error) {
      // Several tools that wait for the same server must not all come back at the same moment.
      const pause = FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + Math.random());
      // Two servers that write at once: Hasura has done nothing, and it costs no more to ask again than it did before.
      const most = isConflict(error) ? ATTEMPTS : question.attempts ?? ATTEMPTS;
      const isOver = attempt >= most || rt.now() + pause >= deadline;
      if (isOver || !mayPass(error, question.isReached())) throw error;
      await rt.sleep(pause);
    }
  }
}

function timeLeft(milliseconds: number): AbortSignal {
  return AbortSignal.timeout(Math.max(1, Math.round(milliseconds)));
}

/** Whether the same question may be answered a little later. */
function mayPass(error: unknown, isReached: boolean): boolean {
  if (error instanceof HasuraError) return error.status >= 500 || isConflict(error);
  return error instanceof NoAnswerError && !error.lasting && (isReached || !error.notSent);
}

function isConflict(error: unknown): boolean {
  return error instanceof HasuraError && error.code === "conflict";
}

/**
 * A server that swallows packets is told from one that is slow: after some time it is asked for its health, which takes
 * Hasura no time at all.
 */
async function sendToUnknown<T>(rt: Pick<Runtime, "every">, question: PatientQuestion<T>): Promise<unknown> {
  const unreachable = new AbortController();
  const stop = rt.every(REACH_AFTER, () => {
    stop();
    question.health(REACH_AFTER).catch((error) => unreachable.abort(error));
  });
  try {
    return await question.send(AbortSignal.any([timeLeft(question.timeout), unreachable.signal]));
  } catch (error) {
    if (!unreachable.signal.aborted) throw error;
    throw new NoAnswerError(`There was no sign of a server within ${2 * REACH_AFTER / 1000} s`, {
      notSent: true,
      cause: unreachable.signal.reason,
    });
  } finally {
    stop();
  }
}
