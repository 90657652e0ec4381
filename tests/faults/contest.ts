/**
 * Contests: several runs started together on one database, which must come to the same end as one run.
 *
 * The control is the same without the guard of the steps. It must fail, or the contests would prove nothing.
 *
 * @module
 */

import { LOCK_KEYS } from "../../src/migrations/step.ts";
import type { Direction } from "../../src/migrations/types.ts";
import type { Runtime } from "../../src/runtime.ts";
import type { CliResult } from "../support/cli.ts";
import type { Venue } from "../venue/mod.ts";
import { type GroundOptions, prepareVenue, VERSIONS } from "./ground.ts";
import { runHere, type RunKind } from "./runs.ts";
import { readTold } from "./told.ts";
import { findDamage, findRest, readTruth } from "./truth.ts";

/** Nothing of PostgreSQL's own keeps the migrations of a contest from being done twice. */
export const CONTEST_GROUND: GroundOptions = { tables: false };

/** Exit codes of a run in a contest: done, or stopped since another run was at work. */
const CODES: readonly number[] = [0, 5, 6];

/** One contest. */
export interface Contest {
  /** As in the names of cases. */
  name: string;
  /** How many runs. */
  size: number;
  direction: Direction;
  /** Whether no step starts before each run has sent one. Otherwise they come as they come. */
  aligned: boolean;
  /** Whether the steps have their guard. */
  guarded: boolean;
}

/** What a contest came to. */
export interface ContestResult {
  contest: Contest;
  /** Exit codes of the runs, ascending. */
  codes: number[];
  /** What is broken; empty where nothing is. */
  broken: string[];
}

/** So many contests of each size, directions taking turns. */
export function listContests(
  sizes: readonly number[],
  { rounds, guarded }: { rounds: number; guarded: boolean },
): Contest[] {
  return Array.from({ length: rounds }, (_, round) => round).flatMap((round) =>
    sizes.map((size) => ({
      name: `contest/${guarded ? "guarded" : "control"}/${size}/round ${round + 1}`,
      size,
      direction: round % 2 === 0 ? "apply" as const : "revert" as const,
      aligned: round % 4 < 2,
      guarded,
    }))
  );
}

/** Runs one contest. */
export async function runContest(venue: Venue, contest: Contest, path: string): Promise<ContestResult> {
  const { direction, size, guarded } = contest;
  const kind: RunKind = { direction, mode: "bulk" };
  await prepareVenue(venue, direction, CONTEST_GROUND);
  if (contest.aligned) align(venue, size);
  const run = () => runHere(kind, { venue, path, ...(guarded ? {} : { wrapFetch: withoutGuard }) });
  const results = await Promise.all(Array.from({ length: size }, run));
  await venue.settled();
  const broken = [
    ...results.filter(({ code }) => !CODES.includes(code)).map(({ code, stderr }) => `exit code ${code}: ${stderr}`),
    ...toldTwice(results, direction),
  ];
  let truth = await readTruth(venue);
  if (findRest(truth, direction).length > 0) {
    // All have stopped for one another, or the tracker shows an earlier state: the next run ends that.
    const { code, stderr } = await run();
    if (code !== 0) broken.push(`the run after the contest ended with ${code}: ${stderr}`);
    truth = await readTruth(venue);
    broken.push(...findRest(truth, direction));
  }
  const { lost, doubled } = findDamage(truth, CONTEST_GROUND);
  return {
    contest,
    codes: results.map(({ code }) => code).sort((a, b) => a - b),
    broken: [...broken, ...lost, ...doubled],
  };
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
    readTold(result, { direction, json: true }).claims.filter(({ where }) => where === "done").map(({ version }) =>
      version
    )
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
