/**
 * The matrix: every fault, at every request of a run, at every time, in every kind of run, on every database.
 *
 * A case is two runs: one that is struck, after which the database is looked at, and one that must finish the job.
 *
 * @module
 */

import { call, until } from "../venue/client.ts";
import type { FaultTime, Venue } from "../venue/mod.ts";
import { FAULTS, timesOf } from "./faults.ts";
import { finishJob, resultOf } from "./finish.ts";
import { MATRIX_GROUND, prepareVenue } from "./ground.ts";
import { findWrong } from "./judge.ts";
import { addDamage, type CaseName, emptyOutcome, type Outcome } from "./outcome.ts";
import { nameRequests, type RequestName, requestName } from "./requests.ts";
import { kindName, runHere, type RunKind, SHORT_LIMITS } from "./runs.ts";
import { Scene } from "./scene.ts";
import { findDamage, findRest, readTruth } from "./truth.ts";

/** One case. */
export interface MatrixCase extends CaseName {
  kind: RunKind;
  request: RequestName;
  /** Key of {@linkcode FAULTS}. */
  fault: string;
  when: FaultTime;
}

/** The requests of a run without faults. @throws {Error} when the run fails */
export async function recordRequests(venue: Venue, kind: RunKind, path: string): Promise<RequestName[]> {
  await prepareVenue(venue, kind.direction, MATRIX_GROUND);
  const { code, stderr } = await runHere(kind, { venue, path });
  const truth = await readTruth(venue);
  const { lost, doubled } = findDamage(truth, MATRIX_GROUND);
  const broken = [...lost, ...doubled, ...findRest(truth, kind.direction)];
  if (code === 0 && broken.length === 0) return nameRequests(venue.log);
  throw new Error(`A run without faults ended with ${code}: ${broken.join("; ")}\n${stderr}`);
}

/** All cases of one kind of run on one database. */
export function listCases(kind: RunKind, requests: readonly RequestName[], backend: string): MatrixCase[] {
  const specs = Object.entries(FAULTS).filter(([, spec]) => (spec.backend ?? backend) === backend);
  return requests.flatMap((request) =>
    specs.flatMap(([fault, spec]) =>
      timesOf(spec, request).map((when) => ({
        name: `matrix/${backend}/${kindName(kind)}/${requestName(request)}/${fault}/${when}`,
        kind,
        request,
        fault,
        when,
      }))
    )
  );
}

/** Runs one case. */
export async function runCase(venue: Venue, matrixCase: MatrixCase, path: string): Promise<Outcome> {
  const { kind, request, fault, when } = matrixCase;
  const spec = FAULTS[fault];
  if (spec === undefined) throw new TypeError(`Cannot run "${matrixCase.name}": there is no such fault`);
  const outcome = emptyOutcome(matrixCase);
  await prepareVenue(venue, kind.direction, MATRIX_GROUND);
  using scene = new Scene(venue, { request, when });
  spec.stage(scene);
  const run = runHere(kind, { venue, path, extra: SHORT_LIMITS, ...scene.runOptions });
  const result = await resultOf(run, { outcome, title: "the run that is struck" });
  outcome.struck = scene.isStruck();
  // There was no such request: the fault, still there, would strike the next run.
  if (!outcome.struck && result !== undefined) return outcome;
  scene[Symbol.dispose]();
  await restore(venue);
  if (result !== undefined) {
    const truth = await readTruth(venue);
    addDamage(outcome, findDamage(truth, MATRIX_GROUND));
    outcome.codes.push(result.code);
    outcome.wrong.push(...findWrong(result, { kind, truth, codes: spec.codes ?? [] }));
  }
  await finishJob(venue, outcome, { direction: kind.direction, run: () => runHere(kind, { venue, path }) });
  return outcome;
}

/** Gives the venue back what a fault has taken away for good, and waits for all that is still on its way. */
async function restore(venue: Venue): Promise<void> {
  venue.thaw();
  venue.startDatabase();
  venue.start();
  await until(() => call(venue, "/healthz", { method: "GET" }).then(({ status }) => status === 200, () => false));
  await until(() => venue.log.every(({ endedAt }) => endedAt !== undefined));
  await venue.settled();
}
