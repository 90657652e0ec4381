/**
 * Keeps secrets out of everything that is written.
 *
 * The writer redacts, not the places that write: so nobody can forget it.
 *
 * @module
 */

import { quoteText } from "./quote.ts";
import type { Output } from "./runtime.ts";

/** The environment variable that holds the admin secret of Hasura. */
export const ADMIN_SECRET_VARIABLE = "HASURA_GRAPHQL_ADMIN_SECRET";

/** What stands in place of a secret. */
const MASK = "****";

/** Secrets below this length are only replaced where they stand as a word: "a" is part of most sentences. */
const SHORT = 8;

/** Knows the secrets of a run. */
export interface Redactor {
  /** From now on keeps `secret` out, in all the spellings that it can appear in. */
  add(secret: string): void;
  /** From now on shows `text`, which is no secret, as a whole, even where a secret is part of it; a secret never is. */
  allow(text: string): void;
  /** `text` without the secrets. */
  redact(text: string): string;
}

/** A part of a text, as indexes into it; `end` is the index after it. */
interface Span {
  start: number;
  end: number;
}

/** Creates a redactor that knows no secret yet. */
export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  const allowed = new Set<string>();
  const patterns: RegExp[] = [];
  return {
    add(secret) {
      if (secret.trim() === "") return;
      const spellings = spellingsOf(secret);
      for (const spelling of spellings) secrets.add(spelling);
      const sources = [...spellings].sort((a, b) => b.length - a.length).map((spelling) => {
        const escaped = escapePattern(spelling);
        return spelling.length < SHORT ? `(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])` : escaped;
      });
      patterns.push(new RegExp(sources.join("|"), "gu"));
    },
    allow(text) {
      if (text.trim() !== "") allowed.add(text);
    },
    redact(text) {
      const found = patterns.flatMap((pattern) => findAll(pattern, text));
      if (found.length === 0) return text;
      const known = [...allowed].filter((word) => !spellingsOf(word).some((spelling) => secrets.has(spelling)))
        .flatMap((word) => spellingsOf(word).flatMap((spelling) => findAll(patternOf(spelling), text)));
      const hidden = found.filter(({ start, end }) => !known.some((span) => span.start <= start && end <= span.end));
      return mask(text, hidden);
    },
  };
}

/** The ways in which `text` can appear: as it is, without blanks around it, quoted, and in an address. */
function spellingsOf(text: string): string[] {
  const quoted = [JSON.stringify(text), quoteText(text)].map((spelling) => spelling.slice(1, -1));
  // Servers read the bytes of a header as Latin-1, and some show what they read.
  const latin = String.fromCharCode(...new TextEncoder().encode(text));
  return [...new Set([text, text.trim(), ...quoted, encodeURIComponent(text), latin])];
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function patternOf(text: string): RegExp {
  return new RegExp(escapePattern(text), "gu");
}

/** Every place at which `pattern` matches, also those that overlap: one of them may be allowed and the other not. */
function findAll(pattern: RegExp, text: string): Span[] {
  const spans: Span[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    spans.push({ start: match.index, end: match.index + match[0].length });
    pattern.lastIndex = match.index + String.fromCodePoint(text.codePointAt(match.index) ?? 0).length;
  }
  return spans;
}

function mask(text: string, hidden: readonly Span[]): string {
  let result = "";
  let position = 0;
  for (const { start, end } of hidden.toSorted((a, b) => a.start - b.start)) {
    if (start >= position) result += text.slice(position, start) + MASK;
    position = Math.max(position, end);
  }
  return result + text.slice(position);
}

/** `output`, with all that is written to it redacted. */
export function redactedOutput(output: Output, redactor: Redactor): Output {
  return {
    isTerminal: output.isTerminal,
    get problem() {
      return output.problem;
    },
    columns: () => output.columns(),
    write: (text) => output.write(redactor.redact(text)),
  };
}
