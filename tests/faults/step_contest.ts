/**
 * Contests of runs that migrate: they must come to the same end as one run. The control is without the guard of the steps.
 *
 * @module
 */

import { LOCK_KEYS } from "../../src/migrations/types.ts";
import type { Direction } from "../../src/migrations/types.ts";
import type { Runtime } from "../../src/runtime.ts";
import type { CliResult } from "../support/cli.ts";
import type { Venue } from "../venue/mod.ts";
import { type Contest, eachRound, unexpectedCodes } from "./contest.ts";
import { goalOf, type GroundOptions, prepareVenue, VERSIONS } from "./ground.ts";
import { type Place, settle } from "./place.ts";
import { runHere } from "./runs.ts";
import { stepJob } from "./step_jobs.ts";
import { readTold } from "./told.ts";
import { findDamage, findRest, readTruth } from "./truth.ts";

/** Nothing of PostgreSQL's own keeps the migrations of a contest from being done twice. */
export const CONTEST_GROUND: GroundOptions = { versions: VERSIONS, tables: false };

/** Exit codes of a run in a contest: done, or stopped since another run was at work. */
const CODES: readonly number[] = [0, 5, 6];

/** So many contests of each size, directions taking turns. */
export function stepContests(
  path: string,
  { sizes, rounds, guarded }: { sizes: readonly number[]; rounds: number; guarded: boolean },
): Contest[] {
  return eachRound({ sizes, rounds }, (size, round) => {
    const options: StepContest = {
      direction: round % 2 === 0 ? "apply" : "revert",
      // Whether no step starts before each run has sent one. Otherwise they come as they come.
      aligned: round % 4 < 2,
      guarded,
      size,
    };
    return {
      name: `contest/${guarded ? "guarded" : "control"}/${size}/round ${round + 1}`,
      title: "runs",
      ...(guarded ? {} : { without: "the guard" }),
      size,
      run: (place) => contend(place, path, options),
    };
  });
}

interface StepContest {
  direction: Direction;
  aligned: boolean;
  guarded: boolean;
  size: number;
}

async function contend(place: Place, path: string, { direction, aligned, guarded, size }: StepContest) {
  const { venue } = place;
  const job = stepJob(path, { direction, mode: "bulk" });
  await prepareVenue(venue, direction, CONTEST_GROUND);
  if (aligned) align(venue, size);
  const run = () => runHere(job, place, guarded ? {} : { wrapFetch: withoutGuard });
  const results = await Promise.all(Array.from({ length: size }, run));
  await settle(place);
  const broken = [...unexpectedCodes(results, CODES), ...toldTwice(results, direction)];
  let truth = await readTruth(venue);
  if (findRest(truth, goalOf(direction)).length > 0) {
    // All have stopped for one another, or the tracker shows an earlier state: the next run ends that.
    broken.push(...unexpectedCodes([await run()], [0]).map((text) => `the run after the contest: ${text}`));
    truth = await readTruth(venue);
    broken.push(...findRest(truth, goalOf(direction)));
  }
  const { lost, doubled } = findDamage(truth, CONTEST_GROUND);
  return { codes: results.map(({ code }) => code), broken: [...broken, ...lost, ...doubled] };
}

/** Holds the first steps back until all runs have sent one. */
function align(venue: Venue, size: number): void {
  const isStep = ({ type, readOnly }: { type?: string; readOnly?: boolean }) =>
    type === "run_sql" && readOnly === false;
  const hold = venue.waitForRequest(() => venue.log.filter(isStep).length >= size);
  venue.addFault({ match: { type: "run_sql", readOnly: false }, times: size, do: { hold } });
}

/** A step that two runs tell as their own. */
function toldTwice(results: CliResult[], direction: Direction): string[] {
  const done = results.flatMap((result) =>
    readTold(result, { direction, versions: VERSIONS, json: true }).claims.filter(({ where }) => where === "done").map((
      { version },
    ) => version)
  );
  return VERSIONS.filter((version) => done.filter((told) => told === version).length > 1)
    .map((version) => `${version} is told as done by more than one run`);
}

const GUARD = /do \$aerie_db_migration_guard\$[^]*?\$aerie_db_migration_guard\$;/;

/**
 * Takes the guard out of each step on its way. What stands there instead takes the lock as well, since the proof at the
 * end of a step looks for it, but together with everybody else.
 */
export function withoutGuard(send: Runtime["fetch"]): Runtime["fetch"] {
  return async (url, init) => {
    const text = init.body instanceof Blob ? await init.body.text() : String(init.body ?? "{}");
    if (!text.includes("$aerie_db_migration_guard$")) return await send(url, init);
    const body = JSON.parse(text);
    if (!GUARD.test(body.args.sql)) throw new Error("The control cannot find the guard in the text of a step");
    const shared = `select pg_catalog.pg_advisory_xact_lock_shared(${LOCK_KEYS.join(", ")});`;
    body.args.sql = body.args.sql.replace(GUARD, () => shared);
    return await send(url, { ...init, body: new Blob([JSON.stringify(body)]) });
  };
}
