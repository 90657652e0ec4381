/**
 * Shows words of a command line in messages without showing a secret that stands among them.
 *
 * @module
 */

import { quoteText } from "./quote.ts";

// Also what is no option of ours: a mistyped option is where a secret would be echoed.
const SECRET_NAME = /secret|admin|pass|token|key/i;

/**
 * Word `index` of `words` for a message, quoted.
 *
 * Nothing after `=` is shown, nor what follows an option whose name tells of a secret: a secret with a blank that lost
 * its quotes arrives as several words, and the last ones would be reported as unknown.
 */
export function displayWord(words: readonly string[], index: number): string {
  const word = words[index] ?? "";
  const place = placeInSecret(words, index);
  if (place === "value") return "(a word that may be a secret)";
  if (!isOptionLike(word)) return quoteText(word);
  if (place === "after" && !word.startsWith("--") && word.length > 2) return quoteText(`${word.slice(0, 2)}…`);
  const equals = word.indexOf("=");
  return quoteText(equals < 0 ? word : `${word.slice(0, equals)}=…`);
}

/** Words of a command line for a message; see {@linkcode displayWord}. */
export function displayWords(words: readonly string[], indexes: readonly number[]): string {
  return indexes.map((index) => displayWord(words, index)).join(" ");
}

/** Whether word `index` is a secret's value, or the first option after one, or neither. */
function placeInSecret(words: readonly string[], index: number): "value" | "after" | "elsewhere" {
  let owner = index - 1;
  while (owner >= 0 && !isOptionLike(words[owner] ?? "")) owner--;
  const before = words[index - 1] ?? "";
  if (isSecretOption(before) && !before.includes("=")) return "value";
  // The value may itself look like an option: `--admin_secret -x y`.
  const beforeOwner = words[owner - 1] ?? "";
  const ownerIsValue = isSecretOption(beforeOwner) && !beforeOwner.includes("=");
  if (owner < 0 || !(isSecretOption(words[owner] ?? "") || ownerIsValue)) return "elsewhere";
  return isOptionLike(words[index] ?? "") ? "after" : "value";
}

function isOptionLike(word: string): boolean {
  return word.startsWith("-") && word.length > 1 && word !== "--";
}

function isSecretOption(word: string): boolean {
  if (!isOptionLike(word)) return false;
  const name = word.split("=")[0] ?? "";
  return SECRET_NAME.test(name) || (name.length > 2 && "--admin-secret".startsWith(name));
}
