/**
 * What the small part of the suite is made of that runs as tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Backend } from "../venue/mod.ts";
import { type Contest, type ContestResult, runContest } from "./contest.ts";
import { FAULTS } from "./faults.ts";
import type { Job } from "./job.ts";
import { listKills, runKill } from "./kill.ts";
import { listCases, type MatrixCase, type RecordedJob, recordJob, runCase } from "./matrix.ts";
import { describeBroken, emptyOutcome, isBroken, type Outcome } from "./outcome.ts";
import { type Place, startPlace } from "./place.ts";
import { eachWithPlace } from "./pool.ts";
import type { RequestName } from "./requests.ts";

/** How many cases at a time: PGlite needs this process's own time, and some to start with. */
const JOBS = { pglite: 5, postgres: 12 };
/** Has no divisor in common with the number of cases of a fault, so that they all get their turn. */
const TURN = 7919;

/** What to strike. */
export interface SomeOptions {
  jobs: readonly Job[];
  /** Sorts the requests into groups; `undefined` for one that is not to be struck. */
  groupOf: (request: RequestName) => string | undefined;
}

/** Strikes with each fault once in each group of requests, in jobs and at times that take turns. */
export async function strikeSome(backend: Backend, { jobs, groupOf }: SomeOptions): Promise<Outcome[]> {
  const where = { name: backend.name, isAlone: true };
  const cases: MatrixCase[] = [];
  {
    await using place = await startPlace(backend);
    for (const job of jobs) cases.push(...listCases(await recordJob(place, job), where));
  }
  const outcomes: Outcome[] = [];
  const options = { backend, jobs: JOBS[backend.name], stop: new AbortController().signal };
  await eachWithPlace(choose(cases, groupOf), options, {
    work: runCase,
    late: (one) => ({ ...emptyOutcome(one), help: ["the case did not end in time"] }),
    done: (outcome) => void outcomes.push(outcome),
  });
  assertKept(outcomes);
  return outcomes;
}

function choose(cases: readonly MatrixCase[], groupOf: SomeOptions["groupOf"]): MatrixCase[] {
  const steady = cases.filter(({ fault, request }) => !FAULTS[fault]?.slow && groupOf(request) !== undefined);
  const groups = Map.groupBy(steady, ({ fault, request }) => `${fault}\n${groupOf(request)}`).values();
  const chosen = [...groups].flatMap((group, index) => group[(index * TURN) % group.length] ?? []);
  const place = (fault: string) => Object.keys(FAULTS).indexOf(fault);
  return chosen.sort((one, other) => place(one.fault) - place(other.fault));
}

/** That each of `faults` has struck somewhere. */
export function assertAllStruck(outcomes: readonly Outcome[], faults: readonly string[]): void {
  const struck = new Set(outcomes.filter((outcome) => outcome.struck).map(({ fault }) => fault));
  assert.deepEqual(faults.filter((fault) => !struck.has(fault)), [], "they never struck");
}

/** Kills the program at one request, and goes on in each way in which that can be done. */
export async function killAt(
  place: Place,
  { backend, recorded, when, count }: { backend: Backend; recorded: RecordedJob; when: string; count: number },
): Promise<void> {
  const kills = listKills(recorded, { name: backend.name, isAlone: true }).filter((kill) => kill.when === when);
  assert.equal(kills.length, count);
  for (const kill of kills) {
    const outcome = await runKill(place, kill);
    assert.ok(outcome.struck, kill.name);
    assertKept([outcome]);
  }
}

/** That contests end well, and that some of the controls do not. */
export async function contendSome(
  place: Place,
  { guarded, alone = [], controls }: Record<"guarded" | "controls", Contest[]> & { alone?: Contest[] },
): Promise<void> {
  for (const contest of [...guarded, ...alone]) {
    assert.deepEqual((await runContest(place, contest)).broken, [], contest.name);
  }
  const results: ContestResult[] = [];
  for (const contest of controls) results.push(await runContest(place, contest));
  assert.ok(results.some(({ broken }) => broken.length > 0), "nothing is broken in the controls either");
}

/** That no promise is broken. */
export function assertKept(outcomes: readonly Outcome[]): void {
  const broken = outcomes.filter(isBroken);
  assert.equal(broken.length, 0, `${broken.map(describeBroken).join("\n\n")}\n\n${broken.length} cases`);
}
