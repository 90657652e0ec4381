/**
 * Shows words of a command line in messages without showing a secret that stands among them.
 *
 * @module
 */

import { quoteText } from "./quote.ts";

// Also what is no option of ours: a mistyped option is where a secret would be echoed.
const SECRET_NAME = /secret|admin|pass|token|key/i;

/** What is named like the admin secret, and may have it glued on; dashes may have become others on the way. */
const KNOWN_NAME = /^(?:\p{Pd}|\u2212){0,2}(?:admin[-_]secret|HASURA_GRAPHQL_ADMIN_SECRET)/iu;

const DASHES = /^(?:\p{Pd}|\u2212)+/u;

/**
 * Word `index` of `words` for a message, quoted.
 *
 * Nothing after `=` or `:` is shown, nor what follows a word that tells of a secret: a secret with a blank that lost its
 * quotes arrives as several words, and the last ones would be reported as unknown.
 */
export function displayWord(words: readonly string[], index: number): string {
  const word = words[index] ?? "";
  const place = placeInSecret(words, index);
  if (place === "value") return HIDDEN;
  if (place === "after" && !word.startsWith("--") && word.length > 2) return quoteText(`${word.slice(0, 2)}…`);
  const known = KNOWN_NAME.exec(word)?.[0];
  if (known !== undefined) return quoteText(known === word ? known : `${known}…`);
  if (/secret/i.test(word)) return HIDDEN;
  const separator = /[=:]/.exec(word);
  if (separator) return quoteText(`${word.slice(0, separator.index + 1)}…`);
  const name = isOptionLike(word) ? SECRET_NAME.exec(word) : null;
  const end = name === null ? word.length : name.index + name[0].length;
  return quoteText(end === word.length ? word : `${word.slice(0, end)}…`);
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
