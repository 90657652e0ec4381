/**
 * The job with an "after" task: two migrations, and files for the workspace server in between.
 *
 * @module
 */

import { AFTER_GOAL, AFTER_GROUND, prepareAfter } from "./after_ground.ts";
import { findWrongTask } from "./after_judge.ts";
import { findTaskDamage, findTaskRest, readTaskTruth } from "./after_truth.ts";
import type { Job } from "./job.ts";
import { findWrong } from "./judge.ts";
import { belongsToTask } from "./requests.ts";
import { SHORT_LIMITS } from "./runs.ts";
import { findDamage, findRest, readTruth } from "./truth.ts";

/** An "after" task is open: with it a run ends whose task could not be done. */
const OPEN_CODE = 8;

/** All of these jobs, in the Hasura folder `path`. */
export function afterJobs(path: string): Job[] {
  return [afterJob(path)];
}

/** The job. */
export function afterJob(path: string): Job {
  const form = { direction: "apply" as const, versions: AFTER_GROUND.versions, json: true };
  return {
    name: "after/bulk",
    path,
    stdin: "",
    home: "postgres",
    limits: SHORT_LIMITS,
    // Metadata is struck in jobs of its own.
    args: ({ workspace }) => [
      ...["migrate", "--apply", "--all", "--json", "--metadata=none"],
      `--workspace-endpoint=${workspace.url}`,
    ],
    prepare: prepareAfter,
    isStruck: (request) => belongsToTask(request) || (request.sort === "step" && request.nth === 1),
    isKilledAt: () => true,
    async look(place) {
      const truth = await readTruth(place.venue);
      const task = await readTaskTruth(place);
      const damage = findDamage(truth, AFTER_GROUND);
      const taskDamage = findTaskDamage(truth, task);
      return {
        damage: {
          lost: [...damage.lost, ...taskDamage.lost],
          doubled: [...damage.doubled, ...taskDamage.doubled],
        },
        rest: [...findRest(truth, AFTER_GOAL), ...findTaskRest(task)],
        findWrong: (result, codes) => [
          ...findWrong(result, { form, truth, codes: [OPEN_CODE, ...codes] }),
          ...findWrongTask(result, { truth, task }),
        ],
      };
    },
  };
}
