/**
 * Shows words of a command line in messages without showing a secret that stands among them.
 *
 * @module
 */

import { nearest } from "./near.ts";
import { COMMAND_GROUPS, COMMAND_NAMES, COMMAND_OPTIONS, METADATA_MODES, SHELL_NAMES } from "./options.ts";
import { quoteText } from "./quote.ts";

// Also what is no option of ours: a mistyped option is where a secret would be echoed.
const SECRET_NAME = /secret|admin|pass|token|key/i;

/** What is named like the admin secret, and may have it glued on; dashes may have become others on the way. */
const KNOWN_NAME = /^(?:\p{Pd}|\u2212){0,2}(?:admin[-_]secret|HASURA_GRAPHQL_ADMIN_SECRET)/iu;

const DASHES = /^(?:\p{Pd}|\u2212)+/u;

const OPTIONS = Object.values(COMMAND_OPTIONS).flat();

/** What people mean when they mistype a word of the command line. */
const WORDS: readonly string[] = [
  ...COMMAND_NAMES,
  ...Object.values(COMMAND_GROUPS).flat(),
  ...SHELL_NAMES,
  ...METADATA_MODES,
  ...OPTIONS.map(({ long }) => long.slice("--".length)),
  "help",
  "version",
  "HASURA_GRAPHQL_ENDPOINT",
  "WORKSPACE_SERVER_ENDPOINT",
];

/** What is too short or too plain to keep anything from anybody. */
const PLAIN_WORD = /^(?:[a-z]{1,7}|[A-Z]{1,3}|\d{1,3}|--|-[a-zA-Z]|--[a-z][a-z-]{0,30})$/;

/**
 * Word `index` of `words` for a message, quoted.
 *
 * A surplus word is shown only where it is plainly none: a command, an option or a value that was mistyped, or a short
 * common word. Nothing after `=` or `:` is shown, nor what follows an option that is not known or a word that tells of a
 * secret: a secret with a blank that lost its quotes arrives as several words, and the last ones would be reported.
 */
export function displayWord(words: readonly string[], index: number): string {
  const word = words[index] ?? "";
  const place = placeInSecret(words, index);
  if (place === "value" || isValueOfUnknown(words, index)) return HIDDEN;
  if (place === "after" && !word.startsWith("--") && word.length > 2) return quoteText(`${word.slice(0, 2)}…`);
  const known = KNOWN_NAME.exec(word)?.[0];
  if (known !== undefined) return quoteText(known === word ? known : `${known}…`);
  if (/secret/i.test(word)) return HIDDEN;
  const separator = /[=:]/.exec(word)?.index ?? word.length;
  const name = word.slice(0, separator);
  if (!isShowable(name)) {
    return isOptionLike(word) ? quoteText(`${word.startsWith("--") ? "--" : word.slice(0, 2)}…`) : HIDDEN;
  }
  if (separator < word.length) return quoteText(`${word.slice(0, separator + 1)}…`);
  const telling = isOptionLike(word) ? SECRET_NAME.exec(word) : null;
  const end = telling === null ? word.length : telling.index + telling[0].length;
  return quoteText(end === word.length ? word : `${word.slice(0, end)}…`);
}

/** Whether word `index` stands behind an option that nobody knows, and is likely its value: `-s SECRET`. */
function isValueOfUnknown(words: readonly string[], index: number): boolean {
  const [before = "", word = ""] = [words[index - 1], words[index]];
  if (!isOptionLike(before) || isOptionLike(word) || before.includes("=") || word === "--") return false;
  const isKnown = OPTIONS.some(({ long, short }) => short === before || (isLong(before) && long.startsWith(before)));
  return !isKnown && !COMMAND_NAMES.some((name) => name === word);
}

function isShowable(word: string): boolean {
  return PLAIN_WORD.test(word) || nearest(word.replace(DASHES, ""), WORDS) !== undefined;
}

const HIDDEN = "(a word that may be a secret)";

/** Words of a command line for a message; see {@linkcode displayWord}. */
export function displayWords(words: readonly string[], indexes: readonly number[]): string {
  return indexes.map((index) => displayWord(words, index)).join(" ");
}

/** Whether word `index` is a secret's value, or the first option after one, or neither. */
function placeInSecret(words: readonly string[], index: number): "value" | "after" | "elsewhere" {
  const before = words[index - 1] ?? "";
  if (tellsOfSecret(before) && !before.includes("=")) return "value";
  let owner = index - 1;
  while (owner >= 0 && !isOptionLike(words[owner] ?? "") && !tellsOfSecret(words[owner] ?? "")) owner--;
  // The value may itself look like an option: `--admin_secret -x y`.
  const beforeOwner = words[owner - 1] ?? "";
  const ownerIsValue = tellsOfSecret(beforeOwner) && !beforeOwner.includes("=");
  if (owner < 0 || !(tellsOfSecret(words[owner] ?? "") || ownerIsValue)) return "elsewhere";
  return isOptionLike(words[index] ?? "") ? "after" : "value";
}

function isOptionLike(word: string): boolean {
  return DASHES.test(word) && word.length > 1 && word !== "--";
}

/** Whether `word` is named like something secret, so that a secret may follow. */
function tellsOfSecret(word: string): boolean {
  const name = word.split(/[=:]/)[0] ?? "";
  if (!isOptionLike(word)) return /secret/i.test(name);
  const plain = name.replace(DASHES, "").replaceAll("_", "-");
  return SECRET_NAME.test(name) || (plain !== "" && isLong(word) && "admin-secret".startsWith(plain));
}

/** A pasted dash that is no `-` often stands for two. */
function isLong(word: string): boolean {
  return word.startsWith("--") || !word.startsWith("-");
}
