/**
 * How faults are staged: what the lines of the table are made of.
 *
 * @module
 */

import type { StopSignal } from "../../src/runtime.ts";
import type { AnswerFault, FaultAction, FaultTime } from "../venue/mod.ts";
import type { Place } from "./place.ts";
import { isForHasura, isOnce, isSql, isUpload, type RequestName, writesSql } from "./requests.ts";
import type { Scene } from "./scene.ts";
import { atWorkspace } from "./workspace_actions.ts";

/** A fault. */
export interface FaultSpec {
  /** When it can strike. */
  times: readonly FaultTime[];
  /** Which requests it can strike. @default all that go to Hasura */
  fits?: (request: RequestName) => boolean;
  /** The database that it needs. @default any */
  backend?: "pglite" | "postgres";
  /** Exit codes that a run may have because of it, besides those that any fault can lead to. */
  codes?: readonly number[];
  /** Exit codes that a run must not have where it strikes a step. */
  never?: readonly number[];
  /** Takes so long that the fast part leaves it out. */
  slow?: true;
  /** Arranges for it. */
  stage(scene: Scene): void;
  /** What is wrong in how the run went, one text each, where that follows from the fault alone. */
  findWrong?(scene: Scene): string[];
  /** Does what the run asks for before the next one; after all other faults nothing may be needed. */
  repair?(place: Place): Promise<void>;
}

/** All times. */
export const ANY_TIME: readonly FaultTime[] = ["before", "during", "before-commit", "after"];
/** While a text is at work. */
export const AT_WORK: readonly FaultTime[] = ["during", "before-commit"];
/** In a network that is silent, whether the answer is already on its way cannot be seen. */
export const UNSEEN: readonly FaultTime[] = ["before", "during", "before-commit"];
/** While nothing is at work. */
export const AROUND: readonly FaultTime[] = ["before", "before-commit", "after"];

/** Milliseconds: longer than a run that is struck waits for an answer, and than a step may take to start. */
export const TOO_LONG = 2_500;

/** Milliseconds: longer than a run that is struck goes on without any answer, but for one to a reload of the metadata. */
export const VERY_LONG = 30_000;

/** Milliseconds after which something that nobody asks for comes back by itself. */
export const SOON = 400;

/** Fits requests to either server. */
export const ANYWHERE = () => true;

/** One thing at one time, at either server where it has such a thing. */
export function plain(action: FaultAction, times: readonly FaultTime[] = ANY_TIME): FaultSpec {
  return { times, fits: (request) => isPossible(action, request), stage: (scene) => scene.add(action) };
}

function isPossible(action: FaultAction, request: RequestName): boolean {
  return isForHasura(request) || atWorkspace(action) !== undefined;
}

/** When what has gone away with the strike comes back: soon after somebody has noticed. */
export function soon(scene: Scene): Promise<void> {
  return scene.struckThen(() => Promise.race([scene.failures(3), scene.later(SOON)]));
}

/** How something goes away. */
interface Passing {
  /** Milliseconds. */
  most: number;
  /** How many requests in vain end it before that. @default 3 */
  asked?: number;
  /** What becomes of connections that were silent. */
  connections?: "deliver" | "reset";
}

/** Something goes away, and comes back. */
export async function passing(scene: Scene, action: "refuse" | "freeze", options: Passing): Promise<void> {
  const { most, asked = 3, connections } = options;
  scene.add(action);
  await scene.struckThen(() => Promise.race([scene.failures(asked), scene.later(most)]));
  if (action === "refuse") scene.comeBack();
  else scene.place.venue.thaw(connections);
}

/** The answer is lost, and the request itself comes to its server at another time. */
export function late(event: (scene: Scene) => Promise<void>, answer: AnswerFault = "drop"): FaultSpec {
  return {
    times: ["before"],
    fits: (request) => isOnce(request) && (isForHasura(request) || answer === "drop"),
    stage: (scene) => scene.deliverWith(scene.struckThen(() => event(scene)), answer),
  };
}

/** The answer is lost while the text runs on, for longer than a request could still be on its way. */
export function leftRunning(action: FaultAction): FaultSpec {
  return {
    times: ["during"],
    fits: writesSql,
    stage(scene) {
      scene.add(action, "during");
      scene.add({ hold: scene.struckThen(() => scene.later(TOO_LONG)) }, "before-commit");
    },
  };
}

/** What happens to COMMIT, which is over some time later. */
export function atCommit(
  make: (over: Promise<void>) => FaultAction,
  { milliseconds = TOO_LONG, ...rest }: { milliseconds?: number } & Pick<FaultSpec, "never" | "slow"> = {},
): FaultSpec {
  return {
    times: ["before-commit"],
    fits: writesSql,
    backend: "postgres",
    ...rest,
    stage: (scene) => scene.add(make(scene.struckThen(() => scene.later(milliseconds)))),
  };
}

/** A proxy passes the request on once more, while the first copy is at work for so long, or after it. */
export function repeated({ working, never }: { working: number; never: readonly number[] }): FaultSpec {
  return {
    times: ["before"],
    fits: writesSql,
    never,
    stage(scene) {
      scene.add({ repeat: scene.struckThen(() => scene.later(SOON)) });
      if (working > 0) scene.add({ hold: scene.struckThen(() => scene.later(working)) }, "before-commit");
    },
  };
}

/** The answer is lost, and so are those to the next questions, in another way. */
export function lostThen(
  action: FaultAction,
  { when = "before", times = 2 }: { when?: FaultTime; times?: number } = {},
): FaultSpec {
  return {
    times: ANY_TIME,
    fits: (request) => isOnce(request) && (isSql(request) || when === "before") && isPossible(action, request),
    stage(scene) {
      scene.add("drop");
      scene.struckThen(() => scene.addToQuestions(action, { when, times }));
    },
  };
}

/** A signal: what is at work goes on, and nothing else is begun. */
export function signalled(signal: StopSignal, code: number): FaultSpec {
  return {
    times: AROUND,
    fits: ANYWHERE,
    codes: [code],
    stage: (scene) => scene.add({ hold: scene.struckThen(() => scene.signal(signal)) }),
    findWrong(scene) {
      const count = scene.after().filter(isUpload).length;
      return count > 1 ? [`${count} files were sent after the signal`] : [];
    },
  };
}
