/**
 * Every fault that the suite strikes with: one table. A new fault is a new line.
 *
 * @module
 */

import type { AnswerFault, FaultTime } from "../venue/mod.ts";
import { CAN_RESET } from "../venue/tcp_reset.ts";
import { isForHasura, isSql, type RequestName, writesSql } from "./requests.ts";
import {
  ANY_TIME,
  ANYWHERE,
  AROUND,
  AT_WORK,
  atCommit,
  type FaultSpec,
  late,
  leftRunning,
  lostThen,
  passing,
  plain,
  repeated,
  signalled,
  SOON,
  soon,
  TOO_LONG,
  UNSEEN,
  VERY_LONG,
} from "./stagings.ts";
import { SOMEBODY } from "./somebody.ts";

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
  "server away for good": { times: ANY_TIME, fits: ANYWHERE, stage: (scene) => scene.add("refuse") },
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
  "server away, back soon": {
    times: ANY_TIME,
    fits: ANYWHERE,
    stage: (scene) => passing(scene, "refuse", { most: SOON }),
  },
  ...Object.fromEntries(
    Object.entries(NAMED).map(([action, [name, times]]) => [name, plain(action as AnswerFault, times)]),
  ),
  "proxy page 403": plain({ html: 403 }),
  "proxy page 413": plain({ html: 413 }),
  "proxy page 502": plain({ html: 502 }),
  "proxy page 503": plain({ html: 503 }),
  "proxy page 504": plain({ html: 504 }),
  "500, plain text": plain({ status: 500, body: "upstream error", contentType: "text/plain" }),
  "200, another shape": plain({ status: 200, body: [] }),
  "200, empty": plain({ status: 200, body: "" }),
  "backend killed": plain("kill-backend", AT_WORK),
  "backend lost": { ...plain("lose-backend", AT_WORK), backend: "postgres" },
  "COMMIT held up": atCommit((over) => ({ commitAtWork: over }), { never: [1, 4, 6, 9] }),
  "COMMIT sent again, the first at work": atCommit((over) => ({ commitAtWork: over, again: true }), {
    never: [1, 4, 6, 9],
  }),
  "COMMIT sent again, the first at work for long": atCommit((over) => ({ commitAtWork: over, again: true }), {
    milliseconds: 2.5 * TOO_LONG,
    never: [1, 6],
    slow: true,
  }),
  "COMMIT sent again, the first fails": atCommit((over) => ({ commitAtWork: over, again: true, fails: true }), {
    never: [0, 4, 6, 7, 9],
  }),
  // PostgreSQL gives up after ten seconds.
  "COMMIT swallowed": atCommit((over) => ({ commitSwallowed: over }), { never: [0, 1, 6, 7], slow: true }),
  "repeated by a proxy, the first at work": repeated({ working: TOO_LONG, never: [1, 4, 6, 9] }),
  // Whether the database tells whose copy it was depends then on which session is asked.
  "repeated by a proxy, the first soon over": repeated({ working: 2 * SOON, never: [1, 4, 9] }),
  "repeated by a proxy, after the first": repeated({ working: 0, never: [1, 4, 9] }),
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
  ...SOMEBODY,
  "SIGTERM": signalled("SIGTERM", 143),
};

/** The times at which `spec` is to strike `request`: at what writes all, elsewhere those that differ. */
export function timesOf(spec: FaultSpec, request: RequestName): readonly FaultTime[] {
  if (!(spec.fits ?? isForHasura)(request)) return [];
  if (writesSql(request)) return spec.times;
  const outside = spec.times.filter((when) => when === "before" || when === "after");
  // What is read is the same before and after its COMMIT.
  return outside.length === 0 && isSql(request) ? spec.times : outside;
}
