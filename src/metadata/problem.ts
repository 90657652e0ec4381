/**
 * What is said of metadata that cannot be used.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { quoteText } from "../quote.ts";

/** A place in a file of the metadata. */
export interface Where {
  /** Path of the file, as the operator knows it. */
  path: string;
  /** Line, from 1; `undefined` where it is about the file as a whole. */
  line?: number | undefined;
}

const CORRECT_IT = "Correct the file, then run the same command again";

/** Characters of a message of a parser that are shown. */
const MESSAGE_LENGTH = 120;

/** The error of metadata that cannot be used; `problem` follows the name of the file. */
export function unusable(where: Where, problem: string, next: string = CORRECT_IT): ConfigError {
  return new ConfigError(`Cannot use the metadata: ${showPlace(where)}: ${problem}`, {
    state: "Nothing was sent",
    next,
  });
}

/** The path in quotes, and the line. */
export function showPlace({ path, line }: Where): string {
  return `${quoteText(path)}${line === undefined ? "" : ` line ${line}`}`;
}

/** A parser's own words, without what it quotes from the file at length. */
export function parserWords(message: string): string {
  const [words = ""] = message.split(/: "|\n/);
  const shown = words.replace(/\.$/, "").replaceAll(/[\p{Cc}\p{Cf}]/gu, "?");
  return shown.length > MESSAGE_LENGTH ? `${shown.slice(0, MESSAGE_LENGTH)}…` : shown;
}

/** `text` in quotes, cut where it is long. */
export function excerpt(text: string): string {
  return quoteText(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** `texts` with commas, at most five of them. */
export function listFew(texts: readonly string[]): string {
  const shown = texts.slice(0, 5).join(", ");
  return texts.length > 5 ? `${shown} and ${texts.length - 5} more` : shown;
}
