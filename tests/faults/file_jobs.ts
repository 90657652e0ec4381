/**
 * Jobs whose second migration has large files.
 *
 * @module
 */

import { createGround, MATRIX_GROUND } from "./ground.ts";
import type { Job } from "./job.ts";
import { stepJob } from "./step_jobs.ts";

/** One of them. */
export interface FileJob extends Job {
  /** Whether the file is too large to be sent whole before an answer comes. */
  isCutShort: boolean;
}

/** Of each file in megabytes: beside the limits that proxies have by themselves (1 MB), and what a client sends at once. */
const SIZES: readonly number[] = [0.1, 0.9, 1.1, 2, 20];

/** Writes a deployment for each of `sizes`, given in megabytes. */
export async function createFileGrounds(
  sizes = SIZES,
): Promise<{ paths: ReadonlyMap<number, string> } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const paths = new Map<number, string>();
  for (const size of sizes) {
    const large = { version: 2, bytes: size * 1_000_000 };
    paths.set(size, stack.use(await createGround({ ...MATRIX_GROUND, large })).path);
  }
  const owned = stack.move();
  return { paths, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** All of these jobs: up at once and down step by step. */
export function fileJobs(paths: ReadonlyMap<number, string>): FileJob[] {
  return [...paths].flatMap(([size, path]) => [
    named(size, stepJob(path, { direction: "apply", mode: "bulk" })),
    named(size, stepJob(path, { direction: "revert", mode: "steps" })),
  ]);
}

/** Megabytes that the two ends of a connection may hold at most, on a busy machine where nobody reads for a while. */
const HELD = 10;

// No short time for an answer: a busy machine may take longer than that to look through the large file.
function named(size: number, job: Job): FileJob {
  const name = `${size} MB/${job.name}`;
  return { ...job, name, home: "pglite", limits: ["--lock-timeout=1"], isCutShort: size > HELD };
}
