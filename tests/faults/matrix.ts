/**
 * The matrix: every fault, at every request of a run, at every time, in every kind of run, on every database.
 *
 * A case is two runs: one that is struck, after which everything is looked at, and one that must finish the job.
 *
 * @module
 */

import type { FaultTime } from "../venue/mod.ts";
import { FAULTS, timesOf } from "./faults.ts";
import { finishJob, resultOf } from "./finish.ts";
import type { Job } from "./job.ts";
import { addDamage, type CaseName, emptyOutcome, type Outcome } from "./outcome.ts";
import { type Place, restorePlace } from "./place.ts";
import { isStep, nameRequests, type RequestName, requestName, writesSql } from "./requests.ts";
import { runHere } from "./runs.ts";
import { Scene } from "./scene.ts";

/** One case. */
export interface MatrixCase extends CaseName {
  job: Job;
  request: RequestName;
  /** Key of {@linkcode FAULTS}. */
  fault: string;
  when: FaultTime;
}

/** A job, and the requests of a run that does it without faults. */
export interface RecordedJob {
  job: Job;
  requests: RequestName[];
}

/** Does a job without faults. @throws {Error} when that fails */
export async function recordJob(place: Place, job: Job): Promise<RecordedJob> {
  await job.prepare(place);
  const result = await runHere(job, place);
  const requests = nameRequests(place);
  const { damage: { lost, doubled }, rest, findWrong } = await job.look(place);
  const broken = [...lost, ...doubled, ...rest, ...findWrong(result, [])];
  if (result.code === 0 && broken.length === 0) return { job, requests };
  throw new Error(`A run without faults ended with ${result.code}: ${broken.join("; ")}\n${result.stderr}`);
}

/** All cases of one job on one database; `isAlone`: no other database is struck. */
export function listCases({ job, requests }: RecordedJob, { name, isAlone }: Where): MatrixCase[] {
  const specs = Object.entries(FAULTS).filter(([, spec]) => (spec.backend ?? name) === name);
  const isHome = isAlone || (job.home ?? name) === name;
  return requests.filter((request) => job.isStruck(request) && (isHome || writesSql(request))).flatMap((request) =>
    specs.flatMap(([fault, spec]) =>
      timesOf(spec, request).map((when) => ({
        name: `matrix/${name}/${job.name}/${requestName(request)}/${fault}/${when}`,
        job,
        request,
        fault,
        when,
      }))
    )
  );
}

/** Which database cases are for. */
export interface Where {
  name: "pglite" | "postgres";
  /** Whether it is the only one. */
  isAlone: boolean;
}

/** Runs one case. */
export async function runCase(place: Place, matrixCase: MatrixCase): Promise<Outcome> {
  const { job, request, fault, when } = matrixCase;
  const spec = FAULTS[fault];
  if (spec === undefined) throw new TypeError(`Cannot run "${matrixCase.name}": there is no such fault`);
  const outcome = emptyOutcome(matrixCase);
  await job.prepare(place);
  using scene = new Scene(place, { request, when });
  spec.stage(scene);
  const run = runHere(job, place, { extra: job.limits, ...scene.runOptions });
  const result = await resultOf(run, { outcome, title: "the run that is struck" });
  outcome.struck = scene.isStruck();
  // There was no such request: the fault, still there, would strike the next run.
  if (!outcome.struck && result !== undefined) return outcome;
  scene[Symbol.dispose]();
  await restorePlace(place);
  if (result !== undefined) {
    const { damage, findWrong } = await job.look(place);
    addDamage(outcome, damage);
    outcome.codes.push(result.code);
    if (isStep(request) && spec.never?.includes(result.code)) {
      outcome.wrong.push(`exit code ${result.code} is not for this fault`);
    }
    outcome.wrong.push(...findWrong(result, spec.codes ?? []), ...spec.findWrong?.(scene) ?? []);
  }
  await spec.repair?.(place);
  await finishJob(place, outcome, { job, run: () => runHere(job, place) });
  return outcome;
}
