/**
 * The words of the text reporter.
 *
 * @module
 */

import { counted } from "../counted.ts";
import type { ToolError } from "../errors.ts";
import type { InconsistentObject } from "../hasura/metadata.ts";
import { migrationTitle, productOf, type Step } from "../migrations/types.ts";
import type { DoneAfterTask, ExpectedMisfit, ReportEvent, Target } from "./events.ts";

/** The title of a command's output: the product and the words, between two lines of its own width. */
export function banner(words: string, source?: string): string {
  const title = source === undefined ? words : `${productOf(source).toUpperCase()} ${words}`;
  const line = "#".repeat(title.length);
  return `${line}\n${title}\n${line}\n`;
}

/** A database and its server. */
export function describeTarget({ source, endpoint }: Target): string {
  return `${source} at ${endpoint}`;
}

/** What a step is doing. */
export function verbing({ direction }: Step): string {
  return direction === "apply" ? "applying" : "reverting";
}

/** What has been done in a direction. */
export function past(direction: Step["direction"]): string {
  return direction === "apply" ? "applied" : "reverted";
}

/** How the tracker differs from the ledger. */
export function formatDifferences({ toMark, toUnmark }: { toMark: number[]; toUnmark: string[] }): string {
  const parts: string[] = [];
  if (toMark.length > 0) parts.push(`it lacks ${shortList(toMark)}`);
  if (toUnmark.length > 0) parts.push(`it has ${shortList(toUnmark)}, which the ledger lacks`);
  return `${parts.join(", and ")}; it is brought in step`;
}

/** Versions with commas; the first and the last, where there are many. */
function shortList(versions: (number | string)[]): string {
  const [first] = versions;
  return versions.length > 5 ? `${first} to ${versions.at(-1)} (${versions.length})` : versions.join(", ");
}

/** That an "after" task is open. */
export function afterTaskLine(version: number): string {
  return `the "after" task of migration ${version} is open; no further migration can be applied until it is done`;
}

/** What has become of an "after" task. */
export function afterTaskDone({ migration, task, files, alreadyThere }: DoneAfterTask): string {
  const what = `the "after" task of ${migrationTitle(migration)}`;
  if (task === undefined) return `${what} is marked as done`;
  if (files === 0) return `${what} is done: there was nothing to move`;
  const before = alreadyThere === 0 ? "" : `, ${alreadyThere} of them were there already`;
  return `${what} is done: ${counted(files, "file")}${before}`;
}

/** How far a run has come that ended before its last step. */
export function formatStop({ direction, done, remaining, unknown }: ReportEvent & { type: "run-stopped" }): string {
  const total = done.length + remaining.length;
  if (total === 0) return `no migration was ${past(direction)} by this run, and none is left to do`;
  const [next] = remaining;
  const rest = unknown !== undefined
    ? `; of ${migrationTitle(unknown.migration)} it is not known`
    : next === undefined
    ? ""
    : `; the next one is ${migrationTitle(next.migration)}`;
  return `${done.length} of ${total} migrations ${past(direction)}${rest}`;
}

/** The objects that do not fit, one a line, below a line that counts them. */
export function formatInconsistent(objects: InconsistentObject[]): string {
  const lines = objects.map(({ type, name, reason }) =>
    `  ${oneLine(`${name.startsWith(type) ? name : `${type} ${name}`}: ${reason}`)}`
  );
  return [`Metadata is inconsistent: ${counted(objects.length, "object")}`, ...lines].join("\n");
}

/** That objects do not fit a database that is below the newest migration; `restored` says what makes them fit again. */
export function formatExpected(objects: InconsistentObject[], { newest, restored }: ExpectedMisfit): string {
  return `Metadata is inconsistent: ${counted(objects.length, "object")}, which is to be expected below migration ` +
    `${newest}; ${restored} ${objects.length === 1 ? "it" : "them"} fit`;
}

/**
 * Text that may come from a server, as one line: its line breaks could pass for lines of ours, and its control codes
 * would reach the terminal.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, " ");
}

function listed(items: readonly string[]): string[] {
  return items.map((item) => `  - ${item}`);
}

/** An error with its three sentences, a line each; of several things to do each has one. */
export function formatError(error: ToolError, color: boolean): string {
  const label = `error[${error.code}]`;
  const lines = [`${color ? `\x1b[1;31m${label}\x1b[0m` : label}: ${oneLine(error.message)}`];
  if (error.state !== undefined) lines.push(`state: ${oneLine(error.state)}`);
  const [next, ...more] = error.next?.split("\n").map(oneLine) ?? [];
  if (next !== undefined) {
    lines.push(...(more.length === 0 ? [`next: ${next}`] : ["next:", ...listed([next, ...more])]));
  }
  return `${lines.join("\n")}\n`;
}
