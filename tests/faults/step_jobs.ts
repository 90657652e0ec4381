/**
 * Jobs that are nothing but steps: everything up or down, at once or step by step.
 *
 * @module
 */

import type { Direction } from "../../src/migrations/types.ts";
import { goalOf, MATRIX_GROUND, prepareVenue, VERSIONS } from "./ground.ts";
import type { Job } from "./job.ts";
import { findWrong } from "./judge.ts";
import { SHORT_LIMITS } from "./runs.ts";
import { findDamage, findRest, readTruth } from "./truth.ts";

/** At once with JSON output, or step by step with piped answers. */
type Mode = "bulk" | "steps";

/** All of these jobs, in the Hasura folder `path`. */
export function stepJobs(path: string): Job[] {
  return (["apply", "revert"] as const).flatMap((direction) =>
    (["bulk", "steps"] as const).map((mode) => stepJob(path, { direction, mode }))
  );
}

/** One of them. */
export function stepJob(path: string, { direction, mode }: { direction: Direction; mode: Mode }): Job {
  const form = { direction, versions: VERSIONS, json: mode === "bulk" };
  return {
    name: `${direction}/${mode}`,
    path,
    stdin: mode === "steps" ? "y\ny\ny\n" : "",
    limits: SHORT_LIMITS,
    args: () => ["migrate", `--${direction}`, ...(mode === "bulk" ? ["--all", "--json"] : [])],
    prepare: ({ venue }) => prepareVenue(venue, direction, MATRIX_GROUND),
    isStruck: () => true,
    isKilledAt: () => true,
    async look({ venue }) {
      const truth = await readTruth(venue);
      return {
        damage: findDamage(truth, MATRIX_GROUND),
        rest: findRest(truth, goalOf(direction)),
        findWrong: (result, codes) => findWrong(result, { form, truth, codes }),
      };
    },
  };
}
