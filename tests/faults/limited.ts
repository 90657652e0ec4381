/**
 * Runs behind a proxy that takes no large request: the large step was not started, what came before it stays, and once the
 * limit is gone the same command finishes the job.
 *
 * @module
 */

import type { BodyLimit } from "../venue/mod.ts";
import { CAN_RESET } from "../venue/tcp_reset.ts";
import { finishJob, resultOf } from "./finish.ts";
import type { FileJob } from "./file_jobs.ts";
import type { Where } from "./matrix.ts";
import { addDamage, type CaseName, emptyOutcome, type Outcome } from "./outcome.ts";
import { type Place, settle } from "./place.ts";
import { runHere } from "./runs.ts";

/** One case. */
export interface LimitedCase extends CaseName {
  job: FileJob;
  limit: BodyLimit;
}

const over = 50_000;

const LIMITS: Readonly<Record<string, BodyLimit>> = {
  "413 after the head": { over, after: 0, do: 413 },
  "413 after a part": { over, after: 20_000, do: 413 },
  "403 after the head": { over, after: 0, do: 403 },
  "403 after a part": { over, after: 20_000, do: 403 },
  "413 and closed": { over, after: 0, do: "413-closing" },
  "413 and closed after a part": { over, after: 20_000, do: "413-closing" },
  "closed": { over, after: 0, do: "close" },
  "closed after a part": { over, after: 20_000, do: "close" },
  ...(CAN_RESET ? { "reset after a part": { over, after: 20_000, do: "reset" } as const } : {}),
};

/** The exit code for a server that does not take what is sent. */
const REFUSED = 4;

/** Nobody got all of the large step. */
const NOT_STARTED = /\b2_step_2 was not started\b/;

/** It was asked for, since somebody may have got all of it, and its time is over. */
const NO_LONGER = /\b2_step_2 was not (?:applied|reverted): [^\n]*can no longer start/;

/** All cases of these jobs on one database: it has no part in it, so that one is enough. */
export function listLimited(jobs: readonly FileJob[], { name, isAlone }: Where): LimitedCase[] {
  return jobs.filter(({ home }) => isAlone || home === name).flatMap((job) =>
    Object.entries(LIMITS).map(([title, limit]) => ({
      name: `files/${name}/${job.name}/${title}`,
      fault: `too large: ${title}`,
      when: "before" as const,
      job,
      limit,
    }))
  );
}

/** Runs one case. */
export async function runLimited(place: Place, limited: LimitedCase): Promise<Outcome> {
  const { job, limit } = limited;
  const outcome = emptyOutcome(limited);
  await job.prepare(place);
  place.venue.limitBodies(limit);
  try {
    const run = runHere(job, place, { extra: job.limits });
    const result = await resultOf(run, { outcome, title: "the run behind the limit" });
    await settle(place);
    if (result !== undefined) {
      const { damage, rest, findWrong } = await job.look(place);
      addDamage(outcome, damage);
      outcome.codes.push(result.code);
      outcome.wrong.push(...findWrong(result, []));
      if (result.code !== REFUSED) outcome.wrong.push(`exit code ${result.code} instead of ${REFUSED}`);
      const said = [NOT_STARTED, ...(job.isCutShort ? [] : [NO_LONGER])];
      if (!said.some((words) => words.test(result.stderr))) {
        outcome.wrong.push("it is not told that the step was not started");
      }
      outcome.struck = rest.length > 0;
    }
  } finally {
    place.venue.limitBodies(undefined);
  }
  await finishJob(place, outcome, { job, run: () => runHere(job, place) });
  return outcome;
}
