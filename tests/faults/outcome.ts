/**
 * What a case came to, as a value.
 *
 * @module
 */

import type { CliResult } from "../support/cli.ts";
import type { FaultTime } from "../venue/mod.ts";
import type { Damage } from "./job.ts";

/** Which case it is. */
export interface CaseName {
  /** What repeats exactly this case when it is given as `--case`. */
  name: string;
  /** The two together are a row of the table. */
  fault: string;
  when: FaultTime;
}

/** One case, done. */
export interface Outcome extends CaseName {
  /** Exit codes of its runs in their order, without the last one, which is to finish the job. */
  codes: number[];
  /** Whether the fault found its request. */
  struck: boolean;
  /** What is broken, one text each. */
  lost: string[];
  doubled: string[];
  wrong: string[];
  help: string[];
  /** What the runs printed, where something is broken. */
  output: string[];
  milliseconds: number;
}

/** The promises, as the keys of an outcome. */
export const PROMISES = ["lost", "doubled", "wrong", "help"] as const;

/** A case of which nothing is known yet. */
export function emptyOutcome({ name, fault, when }: CaseName): Outcome {
  const nothing = { lost: [], doubled: [], wrong: [], help: [], output: [] };
  return { name, fault, when, codes: [], struck: true, ...nothing, milliseconds: 0 };
}

/** Whether something is broken. */
export function isBroken(outcome: Outcome): boolean {
  return PROMISES.some((promise) => outcome[promise].length > 0);
}

/** Adds what the database shows; what it showed before is not added again. */
export function addDamage(outcome: Outcome, damage: Damage): void {
  for (const promise of ["lost", "doubled"] as const) {
    for (const text of damage[promise]) if (!outcome[promise].includes(text)) outcome[promise].push(text);
  }
}

/** Keeps what a run printed. */
export function addOutput(outcome: Outcome, title: string, { code, stdout, stderr }: CliResult): void {
  outcome.output.push(`--- ${title}: exit code ${code}\n${stdout}${stderr}`);
}

/** What is broken, and what is needed to see the same again. */
export function describeBroken({ name, lost, doubled, wrong, help, output }: Outcome): string {
  const lines = Object.entries({ lost, doubled, "wrong report": wrong, "needed help": help })
    .flatMap(([promise, texts]) => texts.map((text) => `  ${promise}: ${text}`));
  return [`BROKEN make faults ARGS='--case "${name}"'`, ...lines, ...output.map((text) => text.trimEnd())].join("\n");
}
