/**
 * `kill -9` of the built program at every boundary of every request: what it has sent goes on without it, and the next run
 * continues.
 *
 * @module
 */

import type { CliResult } from "../support/cli.ts";
import { programPath, runProgram } from "../support/binary.ts";
import type { FaultTime, Venue } from "../venue/mod.ts";
import { finishJob, resultOf } from "./finish.ts";
import { MATRIX_GROUND, prepareVenue } from "./ground.ts";
import { type CaseName, emptyOutcome, type Outcome } from "./outcome.ts";
import { indexOfRequest, isSql, isStep, matchOf, type RequestName, requestName } from "./requests.ts";
import { argsOf, kindName, type RunKind, SHORT_LIMITS, stdinOf } from "./runs.ts";

/** When the next run starts, seen from the step that the killed one has left behind. */
const NEXT_RUNS = ["after it", "while it ends", "while it is open"] as const;

/** Exit codes of a run that meets the step of another one: it continues, or it tells that another run was at work. */
const CODES_OF_MEETING: readonly number[] = [0, 5, 6];

/** One case. */
export interface KillCase extends CaseName {
  kind: RunKind;
  request: RequestName;
  when: FaultTime;
  next: typeof NEXT_RUNS[number];
}

/** All cases of one kind of run on one database. */
export function listKills(kind: RunKind, requests: readonly RequestName[], backend: string): KillCase[] {
  return requests.flatMap((request) => {
    const times: FaultTime[] = isSql(request) ? ["before", "before-commit", "after"] : ["before", "after"];
    return times.flatMap((when) => {
      // PGlite has one session, so nothing goes on beside a step.
      const isOpen = isStep(request) && when === "before-commit" && backend !== "pglite";
      return NEXT_RUNS.slice(0, isOpen ? undefined : 1).map((next) => ({
        name: `kill/${backend}/${kindName(kind)}/${requestName(request)}/${when}, next run ${next}`,
        fault: `kill -9, next run ${next}`,
        kind,
        request,
        when,
        next,
      }));
    });
  });
}

/** Runs one case. */
export async function runKill(venue: Venue, killCase: KillCase, path: string): Promise<Outcome> {
  const { kind, request, when, next } = killCase;
  const outcome = emptyOutcome(killCase);
  const { promise: hold, resolve: release } = Promise.withResolvers<void>();
  await prepareVenue(venue, kind.direction, MATRIX_GROUND);
  try {
    venue.addFault({ match: matchOf(request), when, do: { hold } });
    outcome.struck = await killAt(venue, killCase, path);
    if (outcome.struck && next !== "after it") {
      const result = await meet(venue, killCase, { path, outcome, release });
      if (result !== undefined) {
        outcome.codes.push(result.code);
        if (!CODES_OF_MEETING.includes(result.code)) outcome.wrong.push(`the next run ended with ${result.code}`);
      }
    }
  } finally {
    release();
  }
  await venue.settled();
  await finishJob(venue, outcome, {
    direction: kind.direction,
    run: () => runBinary(venue, kind, { path }),
  });
  return outcome;
}

/** Starts the program and kills it as soon as it has sent the request; `false` when it has ended without sending it. */
async function killAt(venue: Venue, { kind, request }: KillCase, path: string): Promise<boolean> {
  let child: Deno.ChildProcess | undefined;
  const running = runBinary(venue, kind, { path, onStart: (started) => child = started });
  const sent = venue.waitForRequest(() => indexOfRequest(venue.log, request) >= 0).then(() => true);
  const isSent = await Promise.race([sent, running.then(() => false)]);
  if (isSent) child?.kill("SIGKILL");
  const { code } = await running;
  return isSent && code !== 0;
}

/** The next run starts while the step of the killed one is still open. */
async function meet(
  venue: Venue,
  { kind, next }: KillCase,
  { path, outcome, release }: { path: string; outcome: Outcome; release: () => void },
): Promise<CliResult | undefined> {
  const seen = venue.log.length;
  const running = runBinary(venue, kind, { path, extra: SHORT_LIMITS });
  if (next === "while it ends") {
    const isNextStep = () =>
      venue.log.slice(seen).some(({ type, readOnly }) => type === "run_sql" && readOnly === false);
    await Promise.race([venue.waitForRequest(isNextStep), running]);
    release();
  }
  return await resultOf(running, { outcome, title: "the run that meets the open step" });
}

function runBinary(
  venue: Venue,
  kind: RunKind,
  { path, extra = [], onStart }: {
    path: string;
    extra?: readonly string[];
    onStart?: (child: Deno.ChildProcess) => void;
  },
): Promise<CliResult> {
  return runProgram([...argsOf(kind), ...extra], {
    venue,
    path,
    program: programPath(),
    stdin: stdinOf(kind),
    ...(onStart === undefined ? {} : { onStart }),
  });
}
