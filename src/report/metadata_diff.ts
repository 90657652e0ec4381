/**
 * Shows what a change of Hasura's metadata would change, one line each.
 *
 * @module
 */

import { counted } from "../counted.ts";
import { isRecord, type Json } from "../json.ts";
import type { MetadataChange } from "../metadata/diff.ts";
import { quoteText } from "../quote.ts";

const SIGNS = { added: "+", removed: "-", changed: "~" } as const;

/** Text of more characters is cut. */
const MOST_TEXT = 60;
/** Of more names that come and go, only the number is told. */
const MOST_NAMES = 8;

/** The changes as lines, and how many they are; `no differences` for none. Ends with a line break. */
export function formatMetadataDiff(changes: readonly MetadataChange[]): string {
  if (changes.length === 0) return "no differences\n";
  const counts = (["added", "removed", "changed"] as const)
    .map((kind) => ({ kind, count: changes.filter((change) => change.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${kind}`);
  const total = `${counted(changes.length, "change")}: ${counts.join(", ")}`;
  return [...changes.map(formatChange), total].map((line) => `${line}\n`).join("");
}

function formatChange(change: MetadataChange): string {
  const { kind, subject, place } = change;
  const isWhole = place === "" && kind !== "changed";
  const parts = [subject, place, isWhole ? "" : formatValues(change)];
  return `${SIGNS[kind]} ${parts.filter((part) => part !== "").map(harmless).join(": ")}`;
}

/** What is told of the values; nothing where they are neither short nor names. */
function formatValues({ before, after }: MetadataChange): string {
  if (Array.isArray(before) && Array.isArray(after)) return formatNames(before, after);
  if (before === undefined || after === undefined) return formatScalar(before ?? after ?? null) ?? "";
  const [old, now] = [formatScalar(before), formatScalar(after)];
  if (old === undefined && now === undefined) return "";
  return `${old ?? describe(before)} -> ${now ?? describe(after)}`;
}

/** Which names come and go in a list of names. */
function formatNames(before: readonly Json[], after: readonly Json[]): string {
  if (![...before, ...after].every((item) => typeof item === "string")) return "";
  const gone = before.filter((name) => !after.includes(name)).map((name) => `-${name}`);
  const come = after.filter((name) => !before.includes(name)).map((name) => `+${name}`);
  if (gone.length + come.length > MOST_NAMES) return `${come.length} added, ${gone.length} removed`;
  if (gone.length + come.length === 0) return "in another order";
  return [...gone, ...come].map(cut).join(" ");
}

function formatScalar(value: Json): string | undefined {
  if (typeof value === "string") return quoteText(cut(value));
  if (Array.isArray(value)) return value.length === 0 ? "[]" : undefined;
  return isRecord(value) ? undefined : String(value);
}

function describe(value: Json): string {
  return Array.isArray(value) ? `a list of ${value.length}` : "an object";
}

function cut(text: string): string {
  const characters = [...text];
  return characters.length > MOST_TEXT ? `${characters.slice(0, MOST_TEXT).join("")}…` : text;
}

/** `text` without anything that a terminal would obey or that would pass for a line of ours. */
function harmless(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
