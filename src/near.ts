/**
 * Tells words that were mistyped from words that are something else.
 *
 * @module
 */

/** Most letters that may be missing, surplus, wrong or swapped in a word that was meant as another one. */
const MOST = 3;

/** The one of `known` that `word` was most likely meant as; `undefined` where none comes close. Case does not matter. */
export function nearest<T extends string>(word: string, known: readonly T[]): T | undefined {
  const scored = known.map((name) => ({ name, distance: distance(word.toLowerCase(), name.toLowerCase()) }))
    // In a short word a few letters are most of it.
    .filter(({ name, distance }) => distance <= Math.min(MOST, Math.floor(name.length / 3)));
  return scored.toSorted((a, b) => a.distance - b.distance)[0]?.name;
}

/** How many letters to insert, remove or replace, or neighbors to swap, to make `a` into `b`. */
function distance(a: string, b: string): number {
  // What is far longer or shorter cannot be near, and may be long.
  if (Math.abs(a.length - b.length) > MOST) return Infinity;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? Infinity;
}
