/**
 * Sends the text of a step and waits for its answer, for hours where need be. Meanwhile it looks at the database now and
 * then: a connection that was dropped without a word would never answer.
 *
 * @module
 */

import type { HasuraClient } from "../hasura/client.ts";
import { NoAnswerError } from "../hasura/problems.ts";
import { executeSql } from "../hasura/sql.ts";
import type { Runtime } from "../runtime.ts";
import { cancelRun } from "./cancel.ts";
import type { Observer } from "./observer.ts";
import { lookFor, type SentStep, type StepFate, type StepSight } from "./settle.ts";
import { decodeStepProof, type StepProof } from "./step.ts";

/** What sending came to. */
export type SendResult =
  | { kind: "proof"; proof: StepProof }
  /** `givenUp`: it took longer than the step's limit, and PostgreSQL was asked to end it. `wasSeen`: it was at work. */
  | { kind: "error"; error: unknown; givenUp: boolean; wasSeen: boolean }
  /** The answer did not come; the database shows what became of the step, or could not be asked for too long. */
  | { kind: "fate"; fate: StepFate; wasSeen: boolean };

/** A step as it is sent, and how to watch over it. */
export interface SendOptions extends SentStep {
  rt: Pick<Runtime, "now" | "every">;
  client: HasuraClient;
  source: string;
  observer: Observer;
  text: string;
  /** The newest version in the ledger after the step. */
  after: number;
  /** Milliseconds after which PostgreSQL is asked to end the step; `undefined` for never. */
  stepTimeout: number | undefined;
  /** Milliseconds for which the database may be out of reach while the answer is awaited. */
  settleTimeout: number;
  /** Milliseconds for each question. */
  readTimeout: number;
  /** Told what was seen of the step while it runs. */
  onSight(sight: StepSight): void;
}

/** Milliseconds between two looks at the database while a step runs. */
const WATCH_INTERVAL = 5_000;

/** Milliseconds. */
const HEALTH_TIMEOUT = 5_000;

/** Milliseconds between two attempts to end a step that takes too long. */
const CANCEL_INTERVAL = 2_000;

/** Milliseconds after which no answer is awaited any more from a step that could not be ended. */
const CANCEL_TIMEOUT = 30_000;

const UNSTOPPABLE: SendResult = {
  kind: "error",
  error: new NoAnswerError("PostgreSQL was asked to end it and did not"),
  givenUp: true,
  wasSeen: true,
};

/** Sends the step, once. Never throws what a call throws. */
export async function sendStep(options: SendOptions): Promise<SendResult> {
  const { rt, client, source, text, stepTimeout } = options;
  const abort = new AbortController();
  let givenUp = false;
  let wasSeen = false;
  const answer = executeSql(client, { source, sql: text, signal: abort.signal }).then((value) =>
    readProof(value, options)
  ).then(
    (proof): SendResult => ({ kind: "proof", proof }),
    (error): SendResult => ({ kind: "error", error, givenUp, wasSeen }),
  );
  const found = Promise.withResolvers<SendResult>();
  const watch = createWatch({
    ...options,
    onSight(sight) {
      wasSeen ||= sight.kind === "running";
      options.onSight(sight);
    },
  }, (fate) => found.resolve({ kind: "fate", fate, wasSeen }));
  const timers = [rt.every(WATCH_INTERVAL, () => void watch().catch(found.reject))];
  if (stepTimeout !== undefined) {
    const stop = rt.every(stepTimeout, () => {
      stop();
      givenUp = true;
      // A text between two statements, or still on its way, cannot be ended yet.
      const cancel = () => void cancelRun(client, options);
      cancel();
      timers.push(rt.every(CANCEL_INTERVAL, cancel), rt.every(CANCEL_TIMEOUT, () => found.resolve(UNSTOPPABLE)));
    });
    timers.push(stop);
  }
  try {
    const result = await Promise.race([answer, found.promise]);
    // Where the answer is there, this does nothing.
    abort.abort(new NoAnswerError("The answer did not come"));
    await answer;
    return result;
  } finally {
    for (const stop of timers) stop();
  }
}

function readProof(value: unknown, { after }: { after: number }): StepProof {
  const proof = decodeStepProof(value);
  if (proof?.version !== after) {
    throw new NoAnswerError("The server answered with something else than the step's proof");
  }
  return proof;
}

/** A function that looks once; `onFate` is told once the fate of the step is certain although there is no answer. */
function createWatch(options: SendOptions, onFate: (fate: StepFate) => void): () => Promise<void> {
  const { rt, client, observer, settleTimeout, readTimeout, onSight } = options;
  let lastContact = rt.now();
  let isLooking = false;
  let fateBefore: StepFate["kind"] | undefined;
  return async () => {
    if (isLooking) return;
    isLooking = true;
    const seen = await lookFor(options, { observer, timeout: readTimeout }).finally(() => isLooking = false);
    if (seen.kind === "done" || seen.kind === "not-done") {
      lastContact = rt.now();
      // Its answer may be on the way: it is given until the next look.
      if (seen.kind === fateBefore) onFate(seen);
      fateBefore = seen.kind;
      return;
    }
    fateBefore = undefined;
    // A database whose connections are all taken, perhaps by requests that wait for this very step, is no reason to give
    // up: as long as there is a Hasura, there may be an answer.
    const isContact = seen.kind !== "unreachable" || (!seen.answered && await isAlive(client));
    if (isContact) lastContact = rt.now();
    else if (rt.now() - lastContact > settleTimeout) return onFate({ kind: "not-known", lastSeen: seen });
    onSight(seen);
  };
}

async function isAlive(client: HasuraClient): Promise<boolean> {
  // A proxy answers for a Hasura that is gone, too.
  return await client.health(HEALTH_TIMEOUT).then((status) => status < 500, () => false);
}
