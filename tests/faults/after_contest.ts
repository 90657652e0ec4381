/**
 * Contests of runs that come to an "after" task: each file is stored once, and the task is marked when all are there.
 *
 * The control has an older workspace server, which replaces what is there: two runs then store a file twice.
 *
 * @module
 */

import type { WorkspaceServer } from "../venue/workspace_server.ts";
import { prepareAfter } from "./after_ground.ts";
import { afterJob } from "./after_jobs.ts";
import { type Contest, type ContestEnd, eachRound, unexpectedCodes } from "./contest.ts";
import { type Place, settle } from "./place.ts";
import { matchOf } from "./requests.ts";
import { runHere } from "./runs.ts";

/** Done, or stopped since another run was at work. */
const CODES: readonly number[] = [0, 5, 6];

/** How many runs take part. */
export const AFTER_SIZES: readonly number[] = [2, 3, 4];

/** So many contests of each size. */
export function afterContests(
  path: string,
  { rounds, guarded, sizes = AFTER_SIZES }: { rounds: number; guarded: boolean; sizes?: readonly number[] },
): Contest[] {
  return eachRound({ sizes, rounds }, (size, round) => ({
    name: `contest/after ${guarded ? "guarded" : "control"}/${size}/round ${round + 1}`,
    title: 'runs with an "after" task',
    ...(guarded ? {} : { without: "a server that keeps files" }),
    size,
    run: (place) => contend(place, path, { size, guarded, start: STARTS[round % STARTS.length] }),
  }));
}

/**
 * How they come to the task: it is open, and all store their first file at the same time, or one is held back in the
 * middle of it until another has ended; or its migration comes first.
 */
const STARTS = ["together", "overtaken", "from the start"] as const;

interface AfterContest {
  size: number;
  guarded: boolean;
  start: typeof STARTS[number] | undefined;
}

async function contend(place: Place, path: string, { size, guarded, start }: AfterContest): Promise<ContestEnd> {
  const job = afterJob(path);
  await prepareAfter(place, { overwrites: !guarded });
  const { promise: anyEnd, resolve: end } = Promise.withResolvers<void>();
  if (start !== "from the start") await place.venue.sql(LEAVE_OPEN);
  if (start === "together") align(place.workspace, size);
  // All have looked for the sequences by then, which takes each two requests.
  const request = { sort: "sequences", nth: 2 * size + 1 };
  if (start === "overtaken" && size > 1) place.venue.addFault({ match: matchOf(request), do: { hold: anyEnd } });
  const runs = Array.from({ length: size }, () => runHere(job, place));
  Promise.race(runs).then(() => end(), () => end());
  const results = await Promise.all(runs);
  await settle(place);
  const broken = unexpectedCodes(results, CODES);
  let sight = await job.look(place);
  if (sight.rest.length > 0) {
    // All have stopped for one another, or the tracker shows an earlier state: the next run ends that.
    broken.push(
      ...unexpectedCodes([await runHere(job, place)], [0]).map((text) => `the run after the contest: ${text}`),
    );
    sight = await job.look(place);
    broken.push(...sight.rest);
  }
  const { lost, doubled } = sight.damage;
  return { codes: results.map(({ code }) => code), broken: [...broken, ...lost, ...doubled] };
}

const LEAVE_OPEN = `call migrations.mark_migration_applied(25, true);
insert into public.applied_log (version, direction) values (25, 'apply');`;

/** Holds the first files back until all runs have sent one. */
function align(workspace: WorkspaceServer, size: number): void {
  const hold = workspace.waitForRequest(() => workspace.log.filter(({ method }) => method === "PUT").length >= size);
  workspace.addFault({ method: "PUT", times: size, do: { hold } });
}
