/**
 * A small part of the suite, as tests of one database; two files of tests run it, so that they run side by side.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type Backend, backends, startVenue } from "../venue/mod.ts";
import { CONTEST_GROUND, type ContestResult, listContests, runContest } from "./contest.ts";
import { FAULTS } from "./faults.ts";
import { createGround, MATRIX_GROUND } from "./ground.ts";
import { listKills, runKill } from "./kill.ts";
import { listCases, type MatrixCase, recordRequests, runCase } from "./matrix.ts";
import { describeBroken, emptyOutcome, isBroken, type Outcome } from "./outcome.ts";
import { eachWithVenue } from "./pool.ts";
import { isStep } from "./requests.ts";
import { RUN_KINDS } from "./runs.ts";

/** How many cases at a time: PGlite needs this process's own time, and some to start with. */
const JOBS = { pglite: 5, postgres: 12 };
/** Has no divisor in common with the number of cases of a fault, so that they all get their turn. */
const TURN = 7919;

/** Every fault, once or twice. */
export async function testFaults(backend: Backend): Promise<void> {
  const outcomes = await strike(backend);
  assertKept(outcomes);
  const struck = new Set(outcomes.filter((outcome) => outcome.struck).map(({ fault }) => fault));
  const possible = Object.entries(FAULTS).filter(([, spec]) =>
    !spec.slow && (spec.backend ?? backend.name) === backend.name
  );
  assert.deepEqual(possible.map(([fault]) => fault).filter((fault) => !struck.has(fault)), [], "they never struck");
}

/** A kill within a step, and all ways to go on. */
export async function testKills(backend: Backend): Promise<void> {
  await using ground = await createGround(MATRIX_GROUND);
  await using venue = await startVenue({ database: backend.database });
  const kills = listKills({ direction: "apply", mode: "bulk" }, [{ sort: "step", nth: 2 }], backend.name)
    .filter(({ when }) => when === "before-commit");
  assert.equal(kills.length, backend.name === "pglite" ? 1 : 3);
  for (const kill of kills) {
    const outcome = await runKill(venue, kill, ground.path);
    assert.ok(outcome.struck, kill.name);
    assertKept([outcome]);
  }
}

/** Contests, and the control. */
export async function testContests(backend: Backend): Promise<void> {
  await using ground = await createGround(CONTEST_GROUND);
  await using venue = await startVenue({ database: backend.database });
  for (const contest of listContests([4], { rounds: 3, guarded: true })) {
    assert.deepEqual((await runContest(venue, contest, ground.path)).broken, [], contest.name);
  }
  for (const alone of listContests([1], { rounds: 2, guarded: false })) {
    assert.deepEqual((await runContest(venue, alone, ground.path)).broken, [], "one run works without the guard");
  }
  const controls: ContestResult[] = [];
  for (const contest of listContests([4], { rounds: 3, guarded: false })) {
    controls.push(await runContest(venue, contest, ground.path));
  }
  assert.ok(controls.some(({ broken }) => broken.length > 0), "nothing is broken without the guard either");
}

async function strike(backend: Backend): Promise<Outcome[]> {
  await using ground = await createGround(MATRIX_GROUND);
  const cases: MatrixCase[] = [];
  {
    await using venue = await startVenue({ database: backend.database });
    for (const kind of RUN_KINDS) {
      cases.push(...listCases(kind, await recordRequests(venue, kind, ground.path), backend.name));
    }
  }
  // What is no step does not depend on the database: one of them is enough.
  const chosen = choose(cases, { reads: backend.name === backends().at(-1)?.name });
  const outcomes: Outcome[] = [];
  await eachWithVenue(chosen, { backend, jobs: JOBS[backend.name], stop: new AbortController().signal }, {
    work: (venue, one) => runCase(venue, one, ground.path),
    late: (one) => ({ ...emptyOutcome(one), help: ["the case did not end in time"] }),
    done: (outcome) => void outcomes.push(outcome),
  });
  return outcomes;
}

/**
 * For each fault one case at a step, and one at another request if `reads`, of kinds and times that take turns.
 */
function choose(cases: readonly MatrixCase[], { reads }: { reads: boolean }): MatrixCase[] {
  // How often the tracker is written depends on how fast the steps are.
  const steady = cases.filter(({ request, fault }) => !request.sort.endsWith("catalog_state") && !FAULTS[fault]?.slow);
  const groups = Map.groupBy(steady.filter(({ request }) => reads || isStep(request)), groupOf).values();
  const chosen = [...groups].flatMap((group, index) => group[(index * TURN) % group.length] ?? []);
  const place = (fault: string) => Object.keys(FAULTS).indexOf(fault);
  return chosen.sort((one, other) => place(one.fault) - place(other.fault));
}

function groupOf({ fault, request }: MatrixCase): string {
  return `${fault}\n${isStep(request)}`;
}

function assertKept(outcomes: readonly Outcome[]): void {
  const broken = outcomes.filter(isBroken);
  assert.equal(broken.length, 0, `${broken.map(describeBroken).join("\n\n")}\n\n${broken.length} cases`);
}
