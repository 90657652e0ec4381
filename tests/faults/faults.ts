/**
 * Every fault that the suite strikes with: one table. A new fault is a new line.
 *
 * @module
 */

import type { AnswerFault, FaultAction, FaultTime } from "../venue/mod.ts";
import { CAN_RESET } from "../venue/tcp_reset.ts";
import { isSql, isStep, type RequestName } from "./requests.ts";
import type { Scene } from "./scene.ts";

/** A fault. */
export interface FaultSpec {
  /** When it can strike. */
  times: readonly FaultTime[];
  /** Which requests it can strike. @default all */
  fits?: (request: RequestName) => boolean;
  /** The database that it needs. @default any */
  backend?: "pglite" | "postgres";
  /** Exit codes that a run may have because of it, besides those that any fault can lead to. */
  codes?: readonly number[];
  /** Takes so long that the fast part leaves it out. */
  slow?: true;
  /** Arranges for it. */
  stage(scene: Scene): void;
}

const ANY_TIME: readonly FaultTime[] = ["before", "during", "before-commit", "after"];
const AT_WORK: readonly FaultTime[] = ["during", "before-commit"];
// In a network that is silent, whether the answer is already on its way cannot be seen.
const UNSEEN: readonly FaultTime[] = ["before", "during", "before-commit"];
const AROUND: readonly FaultTime[] = ["before", "before-commit", "after"];

/** Milliseconds: longer than a run that is struck waits for an answer, and than a step may take to start. */
const TOO_LONG = 2_500;

/** Milliseconds: longer than a run that is struck goes on without any answer, but for one to a reload of the metadata. */
const VERY_LONG = 30_000;

/** Milliseconds after which something that nobody asks for comes back by itself. */
const SOON = 400;

/** Names and times of all answers of the venue that are none; a new one is missing here until it has its line. */
const NAMED: Record<Extract<AnswerFault, string>, [name: string, times: readonly FaultTime[]]> = {
  "drop": ["connection dropped", ANY_TIME],
  "reset": ["connection reset", CAN_RESET ? ANY_TIME : []],
  "truncate": ["answer cut in its body", ANY_TIME],
  "half-json": ["JSON cut in two", ANY_TIME],
  "unauthorized": ["401, wrong secret", ANY_TIME],
  "connection-error": ["500, connection error", ANY_TIME],
  "tx-error": ["500, postgres tx error", ["before-commit"]],
  "max-connections": ["500, max connections", ["before"]],
  "internal-error": ["500, internal error", ANY_TIME],
  "source-inconsistent": ["400, source inconsistent", ["before"]],
};

/** The faults by name. */
export const FAULTS: Readonly<Record<string, FaultSpec>> = {
  // Those that take longest first: the others go on beside them.
  "network silent for long": {
    times: UNSEEN,
    slow: true,
    stage: (scene) => passing(scene, "freeze", { most: VERY_LONG, asked: Infinity }),
  },
  "server away for good": { times: ANY_TIME, stage: (scene) => scene.add("refuse") },
  "database away for good": { times: ANY_TIME, stage: (scene) => scene.add({ databaseDown: scene.ended }) },
  "network silent for a while": { times: UNSEEN, stage: (scene) => passing(scene, "freeze", { most: TOO_LONG }) },
  "network silent, then reset": {
    times: UNSEEN,
    stage: (scene) => passing(scene, "freeze", { most: TOO_LONG, connections: "reset" }),
  },
  "answer too late": plain({ delayMs: TOO_LONG }, AROUND),
  "dropped, then answer too late": lostThen({ delayMs: TOO_LONG }, { times: 1 }),
  "dropped, then still running": leftRunning("drop"),
  "504, then still running": leftRunning({ html: 504 }),
  "server away, back soon": { times: ANY_TIME, stage: (scene) => passing(scene, "refuse", { most: SOON }) },
  ...Object.fromEntries(
    Object.entries(NAMED).map(([action, [name, times]]) => [name, plain(action as AnswerFault, times)]),
  ),
  "proxy page 413": plain({ html: 413 }),
  "proxy page 502": plain({ html: 502 }),
  "proxy page 503": plain({ html: 503 }),
  "proxy page 504": plain({ html: 504 }),
  "500, plain text": plain({ status: 500, body: "upstream error", contentType: "text/plain" }),
  "200, another shape": plain({ status: 200, body: [] }),
  "200, empty": plain({ status: 200, body: "" }),
  "backend killed": plain("kill-backend", AT_WORK),
  "backend lost": { ...plain("lose-backend", AT_WORK), backend: "postgres" },
  "Hasura restarts": { times: ANY_TIME, stage: (scene) => scene.add({ restart: soon(scene) }) },
  "Hasura restarts behind a proxy": {
    times: ANY_TIME,
    stage: (scene) => scene.add({ restart: soon(scene), page: 503 }),
  },
  "database restarts": { times: ANY_TIME, stage: (scene) => scene.add({ databaseDown: soon(scene) }) },
  "delivered late": late((scene) => scene.further(2)),
  "delivered too late": late((scene) => scene.later(TOO_LONG)),
  "delivered after the run": late((scene) => scene.ended),
  "504, delivered too late": late((scene) => scene.later(TOO_LONG), { html: 504 }),
  "504, delivered after the run": late((scene) => scene.ended, { html: 504 }),
  "dropped, then dropped twice": lostThen("drop"),
  "dropped, then proxy page 502 twice": lostThen({ html: 502 }),
  "dropped, then 401 twice": lostThen("unauthorized"),
  "dropped, then JSON cut twice": lostThen("half-json"),
  "dropped, then another shape twice": lostThen({
    status: 200,
    body: { result_type: "TuplesOk", result: [["x"], ["1"]] },
  }),
  "dropped, then source inconsistent twice": lostThen("source-inconsistent"),
  "dropped, then backend killed twice": lostThen("kill-backend", { when: "during" }),
  "SIGTERM": {
    times: AROUND,
    codes: [143],
    stage: (scene) => scene.add({ hold: scene.struckThen(() => scene.signal("SIGTERM")) }),
  },
};

/** The times at which `spec` is to strike `request`: at a step all, elsewhere those that differ. */
export function timesOf(spec: FaultSpec, request: RequestName): readonly FaultTime[] {
  if (spec.fits?.(request) === false) return [];
  if (isStep(request)) return spec.times;
  const outside = spec.times.filter((when) => when === "before" || when === "after");
  // What is read is the same before and after its COMMIT.
  return outside.length === 0 && isSql(request) ? spec.times : outside;
}

function plain(action: FaultAction, times: readonly FaultTime[] = ANY_TIME): FaultSpec {
  return { times, stage: (scene) => scene.add(action) };
}

/** When what has gone away with the strike comes back: soon after somebody has noticed. */
function soon(scene: Scene): Promise<void> {
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
async function passing(scene: Scene, action: "refuse" | "freeze", options: Passing): Promise<void> {
  const { most, asked = 3, connections } = options;
  scene.add(action);
  await scene.struckThen(() => Promise.race([scene.failures(asked), scene.later(most)]));
  if (action === "refuse") scene.venue.start();
  else scene.venue.thaw(connections);
}

/** The answer is lost, and the step itself comes to Hasura at another time. */
function late(event: (scene: Scene) => Promise<void>, answer: AnswerFault = "drop"): FaultSpec {
  return {
    times: ["before"],
    fits: isStep,
    stage: (scene) => scene.add({ deliverAfter: scene.struckThen(() => event(scene)), answer }),
  };
}

/** The answer is lost while the text runs on, for longer than a request could still be on its way. */
function leftRunning(action: FaultAction): FaultSpec {
  return {
    times: ["during"],
    fits: isStep,
    stage(scene) {
      scene.add(action, "during");
      scene.add({ hold: scene.struckThen(() => scene.later(TOO_LONG)) }, "before-commit");
    },
  };
}

/** The answer is lost, and so are those to the next questions, in another way. */
function lostThen(
  action: FaultAction,
  { when = "before", times = 2 }: { when?: FaultTime; times?: number } = {},
): FaultSpec {
  return {
    times: ANY_TIME,
    fits: isStep,
    stage(scene) {
      scene.add("drop");
      scene.struckThen(() => scene.addToReads(action, { when, times }));
    },
  };
}
