/**
 * What a run told: which steps are done and which are not, read from its output as a script or an operator would.
 *
 * @module
 */

import type { Direction } from "../../src/migrations/types.ts";
import type { CliResult } from "../support/cli.ts";

/** A sentence of the report about one version. */
export interface Claim {
  version: number;
  /** Whether its step is told as done. */
  done: boolean;
  /** Where it stands in the report. */
  where: string;
}

/** The report. */
export interface Told {
  claims: Claim[];
  /** The step of which it is told that nothing is known. */
  unknown: number | undefined;
}

/** What a report is about, and how it is written. */
export interface Form {
  direction: Direction;
  /** The versions of the run, ascending. */
  versions: readonly number[];
  json: boolean;
}

/** Reads the output of a run. @throws {Error} when it is not what the run should print */
export function readTold(result: CliResult, form: Form): Told {
  return form.json ? readJson(result, form) : readText(result, form);
}

interface JsonReport {
  done: { version: number }[];
  remaining: { version: number }[];
  unknown: { version: number } | null;
  migrations: { version: number; inDatabase: boolean }[] | null;
  error: { exitCode: number } | null;
}

function readJson({ code, stdout, stderr }: CliResult, { direction, versions }: Form): Told {
  if (code !== 0) {
    const { error } = JSON.parse(stderr) as { error: { exitCode: number } };
    if (error.exitCode !== code) throw new Error(`the error tells exit code ${error.exitCode}`);
  }
  if (stdout === "") return nothingStarted(versions, "no report");
  const { done, remaining, unknown, migrations, error } = JSON.parse(stdout) as JsonReport;
  if ((error?.exitCode ?? 0) !== code) throw new Error(`the report tells exit code ${error?.exitCode}`);
  return {
    claims: [
      ...done.map(({ version }) => ({ version, done: true, where: "done" })),
      ...remaining.map(({ version }) => ({ version, done: false, where: "remaining" })),
      ...(migrations ?? []).map(({ version, inDatabase }) => fromTable(version, inDatabase, direction)),
    ],
    unknown: unknown?.version,
  };
}

function readText({ stdout, stderr }: CliResult, { direction, versions }: Form): Told {
  const past = direction === "apply" ? "applied" : "reverted";
  const claims: Claim[] = [...stderr.matchAll(new RegExp(`^INFO (\\d+)_step_\\1 ${past}$`, "gm"))]
    .map(([, version]) => ({ version: Number(version), done: true, where: "INFO line" }));
  const rest = "; the next one is \\d+_step_\\d+|; of (\\d+)_step_\\d+ it is not known";
  const [, doneText, totalText, unknown] =
    new RegExp(`^INFO (\\d+) of (\\d+) migrations ${past}(?:${rest})?$`, "m").exec(stderr) ?? [];
  const [, table] = /#\nDatabase Status\n#+\n([^]*)$/.exec(stdout) ?? [];
  if (doneText === undefined && table === undefined) return nothingStarted(versions, "no summary");
  // The summary counts; which ones they are follows from the order.
  const order = direction === "apply" ? versions : versions.toReversed();
  const planned = order.slice(versions.length - Number(totalText ?? 0));
  for (const [index, version] of planned.entries()) {
    claims.push({ version, done: index < Number(doneText), where: "summary" });
  }
  for (const [, version, inDatabase] of (table ?? "").matchAll(/^(\d+) .* {2}(Present|Not Present)$/gm)) {
    claims.push(fromTable(Number(version), inDatabase === "Present", direction));
  }
  return { claims, unknown: unknown === undefined ? undefined : Number(unknown) };
}

function fromTable(version: number, inDatabase: boolean, direction: Direction): Claim {
  return { version, done: inDatabase === (direction === "apply"), where: "status table" };
}

/** A run that ends before its plan tells that it has changed nothing. */
function nothingStarted(versions: readonly number[], where: string): Told {
  return { claims: versions.map((version) => ({ version, done: false, where })), unknown: undefined };
}
