/**
 * Holds what a run told about the metadata against what Hasura has stored.
 *
 * @module
 */

import type { CliResult } from "../support/cli.ts";

/** Exit codes that such a run may end with, whatever strikes it. */
const POSSIBLE_CODES: readonly number[] = [0, 1, 3, 4, 5, 6, 7, 9];

/** Words for not knowing whether the metadata was applied, or for that it was where the rest is not known. */
const NOT_KNOWN = /answer was lost|metadata (?:is|may be|may have been|was) applied|not known|could not be established/;

/** What a run is to come to. */
export interface MetadataGoal {
  /** Of the document. */
  label: string;
  isConsistent: boolean;
}

/** What Hasura is like. */
export interface MetadataTruth {
  /** Labels of the documents that it has had, in their order. */
  labels: readonly (string | undefined)[];
  isConsistent: boolean;
  goal: MetadataGoal;
  /** Whether the report is JSON. */
  json: boolean;
  /** Further exit codes that the run may have. */
  codes: readonly number[];
}

/** What is wrong in the report of a run that may apply `new`, one text each. */
export function findWrongMetadata(result: CliResult, truth: MetadataTruth): string[] {
  const { code } = result;
  const { labels, isConsistent, goal } = truth;
  const wrong: string[] = [];
  const isApplied = labels.length > 1 && labels.at(-1) === "new";
  if (![...POSSIBLE_CODES, ...truth.codes].includes(code)) wrong.push(`exit code ${code} has no reason here`);
  if (code === 0 && labels.at(-1) !== goal.label) wrong.push(`exit code 0, but the metadata is ${labels.at(-1)}`);
  if (code === 0 && !isConsistent && goal.isConsistent) wrong.push("exit code 0, but the metadata is inconsistent");
  if (labels.includes("somebody's") && isApplied) wrong.push("what somebody else has written meanwhile was replaced");
  const { applied, consistent } = truth.json ? readJson(result) : readText(result);
  if (applied && !isApplied) wrong.push(`the metadata is told as applied, and is ${labels.at(-1)}`);
  if (!applied && isApplied && !NOT_KNOWN.test(result.stderr)) {
    wrong.push("the metadata is applied, and the run does not say that it may be");
  }
  if (consistent !== undefined && consistent !== isConsistent) {
    wrong.push(`the metadata is told as ${consistent ? "" : "in"}consistent, and is not`);
  }
  return wrong;
}

interface Told {
  applied: boolean;
  consistent: boolean | undefined;
}

function readText({ stderr }: CliResult): Told {
  const [, prefix] = /^(?:INFO|WARN) Metadata is (in)?consistent/m.exec(stderr) ?? [undefined, undefined];
  const isTold = /^(?:INFO|WARN) Metadata is /m.test(stderr);
  return { applied: /^INFO Metadata applied$/m.test(stderr), consistent: isTold ? prefix === undefined : undefined };
}

function readJson({ stdout }: CliResult): Told {
  const { metadata } = stdout === "" ? { metadata: null } : JSON.parse(stdout);
  return { applied: metadata?.applied === true, consistent: metadata?.consistent ?? undefined };
}
