/**
 * Keeps secrets out of everything that is written.
 *
 * The writer redacts, not the places that write: so nobody can forget it.
 *
 * @module
 */

import type { Output } from "./runtime.ts";

/** What stands in place of a secret. */
const MASK = "****";

/** Secrets below this length are only replaced where they stand as a word: "a" is part of most sentences. */
const SHORT = 8;

/** Knows the secrets of a run. */
export interface Redactor {
  /** From now on keeps `secret` out, in all the spellings that it can appear in. */
  add(secret: string): void;
  /** `text` without the secrets. */
  redact(text: string): string;
}

/** Creates a redactor that knows no secret yet. */
export function createRedactor(): Redactor {
  const patterns: RegExp[] = [];
  return {
    add(secret) {
      if (secret.trim() === "") return;
      const spellings = new Set([
        secret,
        secret.trim(),
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
      ]);
      const sources = [...spellings].sort((a, b) => b.length - a.length).map((spelling) => {
        const escaped = spelling.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
        return spelling.length < SHORT ? `(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])` : escaped;
      });
      patterns.push(new RegExp(sources.join("|"), "gu"));
    },
    redact(text) {
      return patterns.reduce((result, pattern) => result.replace(pattern, MASK), text);
    },
  };
}

/** `output`, with all that is written to it redacted. */
export function redactedOutput(output: Output, redactor: Redactor): Output {
  return {
    isTerminal: output.isTerminal,
    get problem() {
      return output.problem;
    },
    write: (text) => output.write(redactor.redact(text)),
  };
}
