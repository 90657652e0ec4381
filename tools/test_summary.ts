/**
 * What a run of `deno test` came to, read from its output.
 *
 * @module
 */

/** Counts of a test run. */
export interface Summary {
  passed: number;
  failed: number;
  ignored: number;
}

// deno-lint-ignore no-control-regex -- colours are control characters
const COLOURS = /\x1b\[[0-9;]*m/g;

/** `text` without colours. */
export function withoutColours(text: string): string {
  return text.replaceAll(COLOURS, "");
}

/** Finds Deno's own summary in the output of `deno test`; `undefined` where there is none. */
export function findSummary(output: string): Summary | undefined {
  const line = withoutColours(output).split(/\r?\n/)
    .findLast((line) => /^(ok|FAILED) \| \d+ passed\b.* \| \d+ failed\b/.test(line));
  if (line === undefined) return undefined;
  const count = (word: string) => Number(line.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), ignored: count("ignored") };
}

/** The counts to end with, and whether the run is good: no summary, no test, or a bad exit code are failures too. */
export function judge(summary: Summary | undefined, exitCode: number): Summary & { good: boolean } {
  const { passed, failed, ignored } = summary ?? { passed: 0, failed: 0, ignored: 0 };
  const good = exitCode === 0 && failed === 0 && passed > 0;
  return { passed, failed: good || failed > 0 ? failed : 1, ignored, good };
}
