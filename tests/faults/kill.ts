/**
 * `kill -9` of the built program at every boundary of every request: what it has sent goes on without it, and the next run
 * continues.
 *
 * @module
 */

import type { CliResult } from "../support/cli.ts";
import type { FaultTime } from "../venue/mod.ts";
import { finishJob, resultOf } from "./finish.ts";
import type { Job } from "./job.ts";
import type { RecordedJob, Where } from "./matrix.ts";
import { type CaseName, emptyOutcome, type Outcome } from "./outcome.ts";
import { type Place, settle } from "./place.ts";
import {
  indexOfRequest,
  isForWorkspace,
  isOnce,
  isSql,
  matchOf,
  nameRequests,
  type RequestName,
  requestName,
  whenRequested,
  workspaceMatchOf,
  writesSql,
} from "./requests.ts";
import { runBuilt } from "./runs.ts";

/** When the next run starts, seen from the step that the killed one has left behind. */
const NEXT_RUNS = ["after it", "while it ends", "while it is open"] as const;

/** Exit codes of a run that meets the step of another one: it continues, or it tells that another run was at work. */
const CODES_OF_MEETING: readonly number[] = [0, 5, 6];

/** One case. */
export interface KillCase extends CaseName {
  job: Job;
  request: RequestName;
  when: FaultTime;
  next: typeof NEXT_RUNS[number];
}

/** All cases of one job on one database. */
export function listKills({ job, requests }: RecordedJob, { name, isAlone }: Where): KillCase[] {
  if (!isAlone && (job.home ?? name) !== name) return [];
  return requests.filter((request) => job.isKilledAt(request)).flatMap((request) => {
    const times: FaultTime[] = isSql(request) ? ["before", "before-commit", "after"] : ["before", "after"];
    return times.flatMap((when) => {
      const isOpen = mayStayOpen(request, { when, name });
      return NEXT_RUNS.slice(0, isOpen ? undefined : 1).map((next) => ({
        name: `kill/${name}/${job.name}/${requestName(request)}/${when}, next run ${next}`,
        fault: `kill -9, next run ${next}`,
        job,
        request,
        when,
        next,
      }));
    });
  });
}

/** Whether what the program has sent can still be at work when the next run starts. */
function mayStayOpen(request: RequestName, { when, name }: { when: FaultTime; name: Where["name"] }): boolean {
  // PGlite has one session, so nothing goes on beside a text.
  if (writesSql(request)) return when === "before-commit" && name !== "pglite";
  return isOnce(request) && when === "before";
}

/** Runs one case. */
export async function runKill(place: Place, killCase: KillCase): Promise<Outcome> {
  const { job, request, when, next } = killCase;
  const outcome = emptyOutcome(killCase);
  const { promise: hold, resolve: release } = Promise.withResolvers<void>();
  await job.prepare(place);
  try {
    if (!isForWorkspace(request)) place.venue.addFault({ match: matchOf(request), when, do: { hold } });
    else if (when === "before" || when === "after") {
      place.workspace.addFault({ ...workspaceMatchOf(request), when, do: { hold } });
    }
    outcome.struck = await killAt(place, killCase);
    if (outcome.struck && next !== "after it") {
      const result = await meet(place, killCase, { outcome, release });
      if (result !== undefined) {
        outcome.codes.push(result.code);
        if (!CODES_OF_MEETING.includes(result.code)) outcome.wrong.push(`the next run ended with ${result.code}`);
      }
    }
  } finally {
    release();
  }
  await settle(place);
  await finishJob(place, outcome, { job, run: () => runBuilt(job, place) });
  return outcome;
}

/** Starts the program and kills it as soon as it has sent the request; `false` when it has ended without sending it. */
async function killAt(place: Place, { job, request }: KillCase): Promise<boolean> {
  let child: Deno.ChildProcess | undefined;
  const running = runBuilt(job, place, { onStart: (started) => child = started });
  const sent = whenRequested(place, () => indexOfRequest(place, request) >= 0).then(() => true);
  const isSent = await Promise.race([sent, running.then(() => false)]);
  if (isSent) child?.kill("SIGKILL");
  const { code } = await running;
  return isSent && code !== 0;
}

/** The next run starts while what the killed one has sent is still open. */
async function meet(
  place: Place,
  { job, next, request: { sort } }: KillCase,
  { outcome, release }: { outcome: Outcome; release: () => void },
): Promise<CliResult | undefined> {
  const seen = nameRequests(place).length;
  const running = runBuilt(job, place, { extra: job.limits });
  if (next === "while it ends") {
    const isAtTheSame = () => nameRequests(place).slice(seen).some((request) => request.sort === sort);
    await Promise.race([whenRequested(place, isAtTheSame), running]);
    release();
  }
  return await resultOf(running, { outcome, title: "the run that meets what is open" });
}
