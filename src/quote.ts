/**
 * Shows text that came from outside in messages.
 *
 * @module
 */

/** `text` in quotes, with nothing in it that a terminal would obey. */
export function quoteText(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}
