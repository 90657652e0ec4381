/**
 * What all cases came to, as figures and as tables.
 *
 * @module
 */

import { formatTable } from "../../src/report/table.ts";
import type { FaultTime } from "../venue/mod.ts";
import type { ContestResult } from "./contest.ts";
import { UNKNOWN_CODE } from "./judge.ts";
import { isBroken, type Outcome, PROMISES } from "./outcome.ts";

/** Figures of some cases. */
export interface CaseFigures {
  cases: number;
  /** How many runs ended with each exit code, those that were to finish the job left out. */
  codes: Record<number, number>;
  /** Cases in which a run ended without knowing what became of its step. */
  unknown: number;
  /** Cases in which each promise was broken. */
  lost: number;
  doubled: number;
  wrong: number;
  help: number;
}

/** Figures of contests of one kind and size. */
export interface ContestFigures {
  /** As in "2 runs without the guard". */
  title: string;
  /** What contends, and in a control what is taken away. */
  kind: string;
  size: number;
  rounds: number;
  /** Rounds in which something was broken. */
  failed: number;
  codes: Record<number, number>;
}

/** Figures of everything. */
export interface Figures {
  all: CaseFigures;
  /** Cases whose fault did not find its request, since there was no such request; not counted above. */
  notStruck: number;
  rows: (CaseFigures & { fault: string; when: string })[];
  contests: ContestFigures[];
  controls: ContestFigures[];
}

/** In their order within a request. */
const TIMES: readonly FaultTime[] = ["before", "during", "before-commit", "after"];

/** Sums up. The order of `outcomes` becomes that of the rows. */
export function sumUp(outcomes: readonly Outcome[], contests: readonly ContestResult[]): Figures {
  const struck = outcomes.filter((outcome) => outcome.struck || isBroken(outcome));
  const faults = Map.groupBy(struck, ({ fault }) => fault);
  return {
    all: figuresOf(struck),
    notStruck: outcomes.length - struck.length,
    rows: [...faults].flatMap(([fault, group]) => {
      const times = Map.groupBy(group, ({ when }) => when);
      return TIMES.flatMap((when) => {
        const cases = times.get(when);
        return cases === undefined ? [] : [{ fault, when, ...figuresOf(cases) }];
      });
    }),
    contests: contestFigures(contests.filter(({ without }) => without === undefined)),
    controls: contestFigures(contests.filter(({ without }) => without !== undefined)),
  };
}

/** Whether every promise was kept, and every kind of control that was run has failed as it must. */
export function isGood({ all, contests, controls }: Figures): boolean {
  return PROMISES.every((promise) => all[promise] === 0) &&
    contests.every(({ failed }) => failed === 0) &&
    Map.groupBy(controls, ({ kind }) => kind).values().every((group) => group.some(({ failed }) => failed > 0));
}

/** The last line of the report. */
export function countsLine({ all, contests, controls }: Figures): string {
  const sum = (list: ContestFigures[], key: "rounds" | "failed") => list.reduce((total, one) => total + one[key], 0);
  const rounds = sum(contests, "rounds");
  return `${all.cases} cases, lost ${all.lost}, doubled ${all.doubled}, wrong reports ${all.wrong}, ` +
    `needed help ${all.help}, unknown ${all.unknown}; contests ${rounds - sum(contests, "failed")} of ${rounds}; ` +
    `control failed in ${sum(controls, "failed")} of ${sum(controls, "rounds")} rounds`;
}

/** The tables. */
export function formatFigures({ rows, contests, controls, notStruck }: Figures): string {
  const parts: string[] = [];
  if (rows.length > 0) {
    const header = ["FAULT", "WHEN", "CASES", "LOST", "DOUBLED", "WRONG", "HELP", "UNKNOWN", "EXIT CODES"];
    const cells = rows.map((row) => [
      row.fault,
      row.when,
      ...[row.cases, row.lost, row.doubled, row.wrong, row.help, row.unknown].map(String),
      formatCodes(row.codes),
    ]);
    parts.push(formatTable([header, ...cells]));
  }
  if (notStruck > 0) parts.push(`${notStruck} more cases had no such request to strike at\n`);
  if (contests.length + controls.length > 0) {
    const header = ["CONTEST", "ROUNDS", "FAILED", "EXIT CODES"];
    const cells = [...contests, ...controls].map((
      { title, rounds, failed, codes },
    ) => [title, String(rounds), String(failed), formatCodes(codes)]);
    parts.push(formatTable([header, ...cells]));
  }
  return parts.join("\n");
}

function figuresOf(outcomes: readonly Outcome[]): CaseFigures {
  const broken = (promise: typeof PROMISES[number]) => outcomes.filter((outcome) => outcome[promise].length > 0).length;
  return {
    cases: outcomes.length,
    codes: countCodes(outcomes.flatMap(({ codes }) => codes)),
    unknown: outcomes.filter(({ codes }) => codes.includes(UNKNOWN_CODE)).length,
    lost: broken("lost"),
    doubled: broken("doubled"),
    wrong: broken("wrong"),
    help: broken("help"),
  };
}

function contestFigures(results: readonly ContestResult[]): ContestFigures[] {
  const kindOf = ({ title, without }: ContestResult) => title + (without === undefined ? "" : ` without ${without}`);
  return [...Map.groupBy(results, kindOf)].flatMap(([kind, ofKind]) => {
    const sizes = [...Map.groupBy(ofKind, ({ size }) => size)].sort(([one], [other]) => one - other);
    return sizes.map(([size, group]) => ({
      title: `${size} ${kind}`,
      kind,
      size,
      rounds: group.length,
      failed: group.filter(({ broken }) => broken.length > 0).length,
      codes: countCodes(group.flatMap(({ codes }) => codes)),
    }));
  });
}

function countCodes(codes: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function formatCodes(codes: Record<number, number>): string {
  return Object.entries(codes).map(([code, count]) => `${code}: ${count}`).join(", ");
}
