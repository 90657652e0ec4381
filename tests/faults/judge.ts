/**
 * Holds what a run told against what the database is like.
 *
 * @module
 */

import type { CliResult } from "../support/cli.ts";
import { type Form, readTold } from "./told.ts";
import { isDone, type Truth } from "./truth.ts";

/** Exit codes that a run under faults may end with: 2, 8 and 10 have no reason here, and 70 is a bug. */
const POSSIBLE_CODES: readonly number[] = [0, 1, 3, 4, 5, 6, 7, 9];

/** Those that say that all steps are done. */
const ALL_DONE_CODES: readonly number[] = [0, 7];

/** The outcome of a step could not be established: nothing is told about it. */
export const UNKNOWN_CODE = 9;

/** With these, a step can be told as one that nobody knows of: no answer, turned away and nobody to ask, a signal. */
const CODES_OF_NOT_KNOWING: readonly number[] = [UNKNOWN_CODE, 4, 130, 143];

/** What is wrong in the report of a run, one text each; `codes` are further exit codes that it may have. */
export function findWrong(
  result: CliResult,
  { form, truth, codes }: { form: Form; truth: Truth; codes: readonly number[] },
): string[] {
  const { code } = result;
  const { direction, versions } = form;
  const undone = versions.filter((version) => !isDone(truth, version, direction));
  const wrong: string[] = [];
  if (![...POSSIBLE_CODES, ...codes].includes(code)) wrong.push(`exit code ${code} has no reason here`);
  if (ALL_DONE_CODES.includes(code) && undone.length > 0) {
    wrong.push(`exit code ${code}, but the ledger is ${truth.ledger.join(", ")}`);
  }
  try {
    const { claims, unknown } = readTold(result, form);
    for (const { version, done, where } of claims) {
      if (version === unknown && CODES_OF_NOT_KNOWING.includes(code)) continue;
      if (done === isDone(truth, version, direction)) continue;
      wrong.push(
        `${where}: ${version} is told as ${done ? "done" : "not done"}, the ledger is ${truth.ledger.join(", ")}`,
      );
    }
  } catch (error) {
    wrong.push(`unreadable output: ${error instanceof Error ? error.message : error}`);
  }
  return wrong;
}
