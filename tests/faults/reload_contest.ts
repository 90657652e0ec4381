/**
 * Contests of runs that reload the metadata through two servers, of which each refuses what the other has overtaken: whoever
 * has migrated ends well all the same. In the control a refusal is final.
 *
 * @module
 */

import type { Runtime } from "../../src/runtime.ts";
import type { Venue } from "../venue/mod.ts";
import { type Contest, type ContestEnd, eachRound, unexpectedCodes } from "./contest.ts";
import { upJobs } from "./late_jobs.ts";
import { type Place, settle } from "./place.ts";
import { RELOAD } from "./requests.ts";
import { runHere } from "./runs.ts";

/** How many runs take part. */
const SIZES: readonly number[] = [2, 4];

/** So many contests of each size. */
export function reloadContests(
  path: string,
  { rounds, guarded, sizes = SIZES }: { rounds: number; guarded: boolean; sizes?: readonly number[] },
): Contest[] {
  return eachRound({ sizes, rounds }, (size, round) => ({
    name: `contest/reload ${guarded ? "guarded" : "control"}/${size}/round ${round + 1}`,
    title: "reloads through two servers",
    ...(guarded ? {} : { without: "another attempt" }),
    size,
    // One migrates, the others reload: runs that all migrate come seldom to the reload together.
    run: (place) => contend(place, path, { size, guarded, aligned: !guarded || round % 2 === 0 }),
  }));
}

async function contend(
  place: Place,
  path: string,
  { size, guarded, aligned }: { size: number; guarded: boolean; aligned: boolean },
): Promise<ContestEnd> {
  const { venue } = place;
  const { needed, fitsNow } = upJobs(path);
  const job = aligned ? fitsNow : needed;
  await job.prepare(place);
  if (aligned) align(venue, size);
  const reloading = { ...job, args: () => ["metadata", "reload"] };
  const run = (started: typeof job) => runHere(started, place, guarded ? {} : { wrapFetch: withoutRepeat() });
  const results = await Promise.all(
    Array.from({ length: size }, (_, index) => run(aligned && index > 0 ? reloading : job)),
  );
  await settle(place);
  const broken = unexpectedCodes(results, aligned ? [0] : CODES);
  let sight = await job.look(place);
  const [first] = results;
  if (aligned && first !== undefined) broken.push(...sight.findWrong(first, []));
  if (!aligned && sight.rest.length > 0) {
    // All have stopped for one another, or the tracker shows an earlier state: the next run ends that.
    const last = await runHere(job, place);
    broken.push(...unexpectedCodes([last], [0]).map((text) => `the run after the contest: ${text}`));
    sight = await job.look(place);
  }
  const { rest, damage: { lost, doubled } } = sight;
  return { codes: results.map(({ code }) => code), broken: [...broken, ...rest, ...lost, ...doubled] };
}

/** Done, or stopped since another run was at work. */
const CODES: readonly number[] = [0, 5, 6];

/** Holds the first reloads back until all runs have sent one. */
function align(venue: Venue, size: number): void {
  const hold = venue.waitForRequest(() => venue.log.filter(({ type }) => type === RELOAD).length >= size);
  venue.addFault({ match: { type: RELOAD }, times: size, do: { hold } });
}

/** Answers every reload of a run that was refused once as that one was. */
function withoutRepeat(): (send: Runtime["fetch"]) => Runtime["fetch"] {
  let refusal: Response | undefined;
  return (send) => async (url, init) => {
    const text = init.body instanceof Blob ? await init.body.text() : String(init.body ?? "{}");
    if (JSON.parse(text).type !== RELOAD) return await send(url, init);
    const response = refusal?.clone() ?? await send(url, init);
    if (response.status === 409) refusal ??= response.clone();
    return response;
  };
}
