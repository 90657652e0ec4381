/**
 * Medians and how far the runs lie apart.
 *
 * @module
 */

/** What a number of runs came to. */
export interface Summary {
  median: number;
  /** A quarter of the runs is below. */
  low: number;
  /** A quarter of the runs is above. */
  high: number;
}

/** Summary of `values`, at least one. */
export function summarize(values: number[]): Summary {
  const sorted = values.toSorted((one, other) => one - other);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** Summary of the ratios of runs that were made side by side: what slows the machine for a while slows both. */
export function ratios(ours: number[], others: number[]): Summary {
  return summarize(ours.map((value, index) => value / (others[index] ?? NaN)));
}

function quantile(sorted: number[], part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** `1.26 [1.20-1.31]`: median and the middle half. */
export function formatSummary({ median, low, high }: Summary, digits = 2): string {
  return `${median.toFixed(digits)} [${low.toFixed(digits)}-${high.toFixed(digits)}]`;
}
