/**
 * All parts of the suite on one database, one after the other, each with as many cases side by side as asked for.
 *
 * @module
 */

import type { Backend } from "../venue/mod.ts";
import { type Contest, type ContestResult, runContest } from "./contest.ts";
import type { Job } from "./job.ts";
import { listKills, runKill } from "./kill.ts";
import { listLimited, runLimited } from "./limited.ts";
import { listCases, type RecordedJob, recordJob, runCase } from "./matrix.ts";
import { type CaseName, describeBroken, emptyOutcome, isBroken, type Outcome } from "./outcome.ts";
import { type ContestList, createParts, type PartName } from "./parts.ts";
import type { Place, PlaceOptions } from "./place.ts";
import { eachWithPlace } from "./pool.ts";

/** What to run. */
export interface SuiteOptions {
  parts: readonly PartName[];
  backend: Backend;
  /** Whether there is no other database: then what does not depend on it is struck here. */
  isAlone: boolean;
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
 * Most places on one database: each PGlite takes 300 MB; a server takes 100 connections, of which a venue needs up to 7,
 * in contests 14.
 */
const MOST_PLACES = { pglite: 8, postgres: 12 };
const MOST_PLACES_IN_CONTESTS = 4;
/** Of two servers each. */
const MOST_PLACES_OF_TWO = 6;

/** With how the places of a part are. */
type PlacedOptions = SuiteOptions & { place: PlaceOptions | undefined };

/** What the suite came to. */
export interface SuiteResult {
  outcomes: Outcome[];
  contests: ContestResult[];
}

/** Runs what is asked for. */
export async function runSuite(all: SuiteOptions): Promise<SuiteResult> {
  const { backend: { name }, isAlone } = all;
  const common = { ...all, jobs: Math.min(MOST_PLACES[name], all.jobs) };
  const where = { name, isAlone };
  await using made = await createParts({ ...common, ...where });
  const result: SuiteResult = { outcomes: [], contests: [] };
  const recorder = createRecorder(common);
  for (const part of made.parts) {
    const { place } = part;
    const options = {
      ...common,
      place,
      jobs: Math.min(common.jobs, place?.servers === 2 ? MOST_PLACES_OF_TWO : Infinity),
    };
    if (!all.parts.includes(part.name) || options.stop.aborted) continue;
    const title = part.name === "matrix" || part.name === "kill" ? "" : `${part.name}, `;
    const cases = (await recorder(part.struck, place)).flatMap((recorded) => listCases(recorded, where));
    result.outcomes.push(...await runCases(`${title}matrix on ${name}`, cases, { options, run: runCase }));
    const kills = (await recorder(part.killed, place)).flatMap((recorded) => listKills(recorded, where));
    result.outcomes.push(...await runCases(`${title}kill -9 on ${name}`, kills, { options, run: runKill }));
    const limited = listLimited(part.limited ?? [], where);
    result.outcomes.push(...await runCases(`${title}limits on ${name}`, limited, { options, run: runLimited }));
    if (part.contests !== undefined && !options.stop.aborted) {
      result.contests.push(...await runContests(part.contests, options));
    }
  }
  return result;
}

/** Records each job once. */
function createRecorder(
  { backend, stop }: SuiteOptions,
): (jobs: readonly Job[], place: PlaceOptions | undefined) => Promise<RecordedJob[]> {
  const recorded = new Map<Job, RecordedJob>();
  return async (jobs, place) => {
    await eachWithPlace(jobs.filter((job) => !recorded.has(job)), { backend, place, jobs: 1, stop }, {
      work: recordJob,
      late({ name }) {
        throw new Error(`A run without faults did not end in time: ${name}`);
      },
      done: (result) => void recorded.set(result.job, result),
    });
    return jobs.map((job) => recorded.get(job)).filter((one) => one !== undefined);
  };
}

async function runCases<Case extends CaseName>(
  title: string,
  all: readonly Case[],
  { options, run }: {
    options: PlacedOptions;
    run: (place: Place, one: Case) => Promise<Outcome>;
  },
): Promise<Outcome[]> {
  const cases = choose(all, options.text);
  const outcomes = new Map<string, Outcome>();
  const progress = createProgress(title, cases.length, options.say);
  await eachWithPlace(cases, options, {
    async work(place, one) {
      const startedAt = performance.now();
      const outcome = await run(place, one);
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

async function runContests(
  { title, guarded, controls, alone }: ContestList,
  options: PlacedOptions,
): Promise<ContestResult[]> {
  const results = await contend(title, choose(guarded, options.text), options);
  const chosen = choose(controls, options.text);
  if (chosen.length === 0) return results;
  for (const { name, broken } of await contend("", alone, options)) {
    if (broken.length > 0) throw new Error(`A run that is alone fails by itself: ${name}: ${broken.join("; ")}`);
  }
  return [...results, ...await contend(`${title}, control`, chosen, options)];
}

async function contend(title: string, contests: readonly Contest[], all: PlacedOptions): Promise<ContestResult[]> {
  const options = { ...all, jobs: Math.min(all.jobs, MOST_PLACES_IN_CONTESTS) };
  const results: ContestResult[] = [];
  const progress = createProgress(title, contests.length, options.say);
  await eachWithPlace(contests, options, {
    work: runContest,
    late: ({ run: _, ...contest }) => ({ ...contest, codes: [], broken: ["the contest did not end in time"] }),
    done(result) {
      if (result.without === undefined && result.broken.length > 0) {
        options.say(`BROKEN ${result.name}\n${result.broken.join("\n")}`);
      }
      results.push(result);
      progress();
    },
  });
  return results;
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
  if (title !== "" && total > 0) say(`${title}: ${total} cases`);
  return () => {
    count++;
    const now = performance.now();
    if (title === "" || (count < total && now - told < 10_000)) return;
    told = now;
    say(`${title}: ${count} of ${total}, ${Math.round((now - startedAt) / 1000)} s`);
  };
}
