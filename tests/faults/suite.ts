/**
 * All parts of the suite on one database, one after the other, each with as many cases side by side as asked for.
 *
 * @module
 */

import type { Deployment } from "../support/deployment.ts";
import type { Backend, Venue } from "../venue/mod.ts";
import { CONTEST_GROUND, type ContestResult, listContests, runContest } from "./contest.ts";
import { createGround, MATRIX_GROUND } from "./ground.ts";
import { type KillCase, listKills, runKill } from "./kill.ts";
import { listCases, type MatrixCase, recordRequests, runCase } from "./matrix.ts";
import { type CaseName, describeBroken, emptyOutcome, isBroken, type Outcome } from "./outcome.ts";
import { eachWithVenue } from "./pool.ts";
import type { RequestName } from "./requests.ts";
import { kindName, RUN_KINDS, type RunKind } from "./runs.ts";

/** The parts. */
export const PARTS = ["matrix", "kill", "contest"] as const;

/** A part. */
export type Part = typeof PARTS[number];

/** What to run. */
export interface SuiteOptions {
  parts: readonly Part[];
  backend: Backend;
  /** How many contests of each size. */
  rounds: number;
  sizes: readonly number[];
  /** Chooses the case with this name, or else those with this text in their names. @default all */
  text: string | undefined;
  /** How many cases at a time. */
  jobs: number;
  stop: AbortSignal;
  /** Told of what happens, for a person. */
  say: (line: string) => void;
}

/**
 * Most venues on one database: each PGlite takes 300 MB; a server takes 100 connections, of which a venue needs up to 7,
 * in contests 14.
 */
const MOST_VENUES = { pglite: 8, postgres: 12 };
const MOST_VENUES_IN_CONTESTS = 4;

/** What the suite came to. */
export interface SuiteResult {
  outcomes: Outcome[];
  contests: ContestResult[];
}

/** Runs what is asked for. */
export async function runSuite(all: SuiteOptions): Promise<SuiteResult> {
  const { backend, parts } = all;
  const options = { ...all, jobs: Math.min(MOST_VENUES[backend.name], all.jobs) };
  await using ground = await createGround(MATRIX_GROUND);
  const result: SuiteResult = { outcomes: [], contests: [] };
  const isWanted = (part: Part) => parts.includes(part) && !options.stop.aborted;
  const recorded = isWanted("matrix") || isWanted("kill") ? await record(ground, options) : [];
  if (isWanted("matrix")) {
    const cases = recorded.flatMap(({ kind, requests }) => listCases(kind, requests, backend.name));
    const run = (venue: Venue, one: MatrixCase) => runCase(venue, one, ground.path);
    result.outcomes.push(...await runCases(`matrix on ${backend.name}`, cases, { options, run }));
  }
  if (isWanted("kill")) {
    const cases = recorded.flatMap(({ kind, requests }) => listKills(kind, requests, backend.name));
    const run = (venue: Venue, one: KillCase) => runKill(venue, one, ground.path);
    result.outcomes.push(...await runCases(`kill -9 on ${backend.name}`, cases, { options, run }));
  }
  // Where there is only one session, nobody can meet anybody.
  if (isWanted("contest") && backend.name !== "pglite") {
    result.contests.push(...await runContests(options));
  }
  return result;
}

async function record(
  { path }: Deployment,
  { backend, stop }: SuiteOptions,
): Promise<{ kind: RunKind; requests: RequestName[] }[]> {
  const recorded: { kind: RunKind; requests: RequestName[] }[] = [];
  await eachWithVenue(RUN_KINDS, { backend, jobs: 1, stop }, {
    work: async (venue, kind) => ({ kind, requests: await recordRequests(venue, kind, path) }),
    late(kind) {
      throw new Error(`A run without faults did not end in time: ${kindName(kind)}`);
    },
    done: (result) => void recorded.push(result),
  });
  return recorded;
}

async function runCases<Case extends CaseName>(
  title: string,
  all: readonly Case[],
  { options, run }: { options: SuiteOptions; run: (venue: Venue, one: Case) => Promise<Outcome> },
): Promise<Outcome[]> {
  const cases = choose(all, options.text);
  const outcomes = new Map<string, Outcome>();
  const progress = createProgress(title, cases.length, options.say);
  await eachWithVenue(cases, options, {
    async work(venue, one) {
      const startedAt = performance.now();
      const outcome = await run(venue, one);
      return { ...outcome, milliseconds: performance.now() - startedAt };
    },
    late: (one) => ({ ...emptyOutcome(one), help: ["the case did not end in time"] }),
    done(outcome) {
      if (!isBroken(outcome)) outcome.output = [];
      else options.say(describeBroken(outcome));
      outcomes.set(outcome.name, outcome);
      progress();
    },
  });
  // Side by side they end in any order.
  return cases.map(({ name }) => outcomes.get(name)).filter((outcome) => outcome !== undefined);
}

async function runContests(all: SuiteOptions): Promise<ContestResult[]> {
  const options = { ...all, jobs: Math.min(all.jobs, MOST_VENUES_IN_CONTESTS) };
  await using ground = await createGround(CONTEST_GROUND);
  const results: ContestResult[] = [];
  for (const guarded of [true, false]) {
    const contests = choose(listContests(options.sizes, { ...options, guarded }), options.text);
    if (!guarded && contests.length > 0) await checkControl(ground, options);
    const progress = createProgress(guarded ? "contests" : "contests without the guard", contests.length, options.say);
    await eachWithVenue(contests, options, {
      work: (venue, contest) => runContest(venue, contest, ground.path),
      late: (contest) => ({ contest, codes: [], broken: ["the contest did not end in time"] }),
      done(result) {
        if (guarded && result.broken.length > 0) {
          options.say(`BROKEN ${result.contest.name}\n${result.broken.join("\n")}`);
        }
        results.push(result);
        progress();
      },
    });
  }
  return results;
}

/** Without the guard a run that is alone must still work, or the control would fail for a reason of its own. */
async function checkControl({ path }: Deployment, options: SuiteOptions): Promise<void> {
  await eachWithVenue(listContests([1], { rounds: 2, guarded: false }), { ...options, jobs: 1 }, {
    work: (venue, contest) => runContest(venue, contest, path),
    late: (contest) => ({ contest, codes: [], broken: ["it did not end in time"] }),
    done({ broken }) {
      if (broken.length > 0) throw new Error(`A run without the guard fails by itself: ${broken.join("; ")}`);
    },
  });
}

function choose<Case extends { name: string }>(all: readonly Case[], text: string | undefined): Case[] {
  // The name of one case may be the beginning of another one's.
  const exact = all.filter(({ name }) => name === text);
  return exact.length > 0 ? exact : all.filter(({ name }) => name.includes(text ?? ""));
}

/** Tells now and then how far a part is. */
function createProgress(title: string, total: number, say: (line: string) => void): () => void {
  let count = 0;
  let told = performance.now();
  const startedAt = told;
  if (total > 0) say(`${title}: ${total} cases`);
  return () => {
    count++;
    const now = performance.now();
    if (count < total && now - told < 10_000) return;
    told = now;
    say(`${title}: ${count} of ${total}, ${Math.round((now - startedAt) / 1000)} s`);
  };
}
