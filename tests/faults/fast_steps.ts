/**
 * A small part of the suite, as tests of steps on one database; two files of tests run it, so that they run side by side.
 *
 * @module
 */

import { type Backend, backends } from "../venue/mod.ts";
import { assertAllStruck, contendSome, killAt, strikeSome } from "./fast.ts";
import { FAULTS } from "./faults.ts";
import { createGround, MATRIX_GROUND } from "./ground.ts";
import { startPlace } from "./place.ts";
import { isStep, type RequestName } from "./requests.ts";
import { CONTEST_GROUND, stepContests } from "./step_contest.ts";
import { stepJob, stepJobs } from "./step_jobs.ts";

/** Every fault that can strike a step, once or twice. */
export async function testFaults(backend: Backend): Promise<void> {
  await using ground = await createGround(MATRIX_GROUND);
  // What is no step does not depend on the database: one of them is enough.
  const reads = backend.name === backends().at(-1)?.name;
  // How often the tracker is written depends on how fast the steps are.
  const isSteady = ({ sort }: RequestName) => !sort.endsWith("catalog_state");
  const outcomes = await strikeSome(backend, {
    jobs: stepJobs(ground.path),
    groupOf: (request) => isStep(request) ? "step" : reads && isSteady(request) ? "other" : undefined,
  });
  const step = { sort: "step", nth: 1 };
  const possible = Object.entries(FAULTS).filter(([, { slow, fits, backend: needed = backend.name, times }]) =>
    !slow && needed === backend.name && fits?.(step) !== false && times.length > 0
  );
  assertAllStruck(outcomes, possible.map(([fault]) => fault));
}

/** A kill within a step, and all ways to go on. */
export async function testKills(backend: Backend): Promise<void> {
  await using ground = await createGround(MATRIX_GROUND);
  await using place = await startPlace(backend);
  const job = stepJob(ground.path, { direction: "apply", mode: "bulk" });
  const recorded = { job, requests: [{ sort: "step", nth: 2 }] };
  await killAt(place, { backend, recorded, when: "before-commit", count: backend.name === "pglite" ? 1 : 3 });
}

/** Contests, and the control. */
export async function testContests(backend: Backend): Promise<void> {
  await using ground = await createGround(CONTEST_GROUND);
  await using place = await startPlace(backend);
  await contendSome(place, {
    guarded: stepContests(ground.path, { sizes: [4], rounds: 3, guarded: true }),
    alone: stepContests(ground.path, { sizes: [1], rounds: 2, guarded: false }),
    controls: stepContests(ground.path, { sizes: [4], rounds: 3, guarded: false }),
  });
}
