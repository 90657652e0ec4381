/**
 * Sizes as people read them.
 *
 * @module
 */

/** Bytes for a sentence, with two digits at least: `512 bytes`, `9.5 kB`, `1.1 MB`, `20 MB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  const [value, unit] = bytes < 999_500 ? [bytes / 1_000, "kB"] : [bytes / 1_000_000, "MB"];
  return `${value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value)} ${unit}`;
}
