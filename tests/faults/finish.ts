/**
 * The last run of every case, without a fault: it must finish the job by itself.
 *
 * @module
 */

import { AssertionError } from "node:assert/strict";
import type { CliResult } from "../support/cli.ts";
import type { Job } from "./job.ts";
import { addDamage, addOutput, type Outcome } from "./outcome.ts";
import { type Place, settle } from "./place.ts";

/** The result of a run; `undefined` where its output breaks a rule for all output, such as that no secret is in it. */
export async function resultOf(
  run: Promise<CliResult>,
  { outcome, title }: { outcome: Outcome; title: string },
): Promise<CliResult | undefined> {
  try {
    const result = await run;
    addOutput(outcome, title, result);
    return result;
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    outcome.wrong.push(`${title}: ${error.message}`);
    return undefined;
  }
}

/** Runs once more, and holds that everything is then as it should be. */
export async function finishJob(
  place: Place,
  outcome: Outcome,
  { job, run }: { job: Job; run: () => Promise<CliResult> },
): Promise<void> {
  const result = await resultOf(run(), { outcome, title: "the run that is to finish the job" });
  await settle(place);
  const { damage, rest } = await job.look(place);
  addDamage(outcome, damage);
  if (result !== undefined && result.code !== 0) outcome.help.push(`the last run ended with exit code ${result.code}`);
  outcome.help.push(...rest.map((text) => `after the last run ${text}`));
}
