/**
 * The parts of the suite: which jobs are struck, which are killed, and which contests there are.
 *
 * @module
 */

import { afterContests } from "./after_contest.ts";
import { createAfterGround } from "./after_ground.ts";
import { afterJobs } from "./after_jobs.ts";
import type { Contest } from "./contest.ts";
import { createGround, MATRIX_GROUND } from "./ground.ts";
import { createFileGrounds, type FileJob, fileJobs } from "./file_jobs.ts";
import type { Job } from "./job.ts";
import { lateJobs } from "./late_jobs.ts";
import type { Where } from "./matrix.ts";
import { createMetadataGrounds, metadataContests } from "./metadata_contest.ts";
import { createMetadataGround, metadataJobs } from "./metadata_jobs.ts";
import type { PlaceOptions } from "./place.ts";
import { reloadContests } from "./reload_contest.ts";
import { isStep } from "./requests.ts";
import { CONTEST_GROUND, stepContests } from "./step_contest.ts";
import { stepJobs } from "./step_jobs.ts";

/**
 * The names of the parts. `matrix`, `kill`, `contest`, `session` and `files` are about steps alone; `servers` has
 * contests besides; the others have all three of them.
 */
export const PARTS = ["matrix", "kill", "contest", "session", "servers", "files", "metadata", "after"] as const;

/** The name of a part. */
export type PartName = typeof PARTS[number];

/** Contests, and the same ones without what keeps the runs apart. */
export interface ContestList {
  /** As in what is told of the progress. */
  title: string;
  guarded: Contest[];
  controls: Contest[];
  /** Runs that are alone, which must do well even so, or the control would fail for a reason of its own. */
  alone: Contest[];
}

/** What one part is made of. */
export interface Part {
  name: PartName;
  /** Jobs that faults strike. */
  struck: Job[];
  /** Jobs whose runs are killed. */
  killed: Job[];
  contests: ContestList | undefined;
  /** Jobs whose second migration is refused for its size. */
  limited?: FileJob[];
  /** How its places are. Default: as usual. */
  place?: PlaceOptions;
}

/** Milliseconds by which one of two servers lags behind the other, at most, as was seen. */
export const LAG = 3_000;

/** What decides how much there is. */
export interface PartOptions extends Where {
  /** How many contests of each size, where they are about steps; of the others there are fewer, since they are longer. */
  rounds: number;
  /** Sizes of those about steps. */
  sizes: readonly number[];
}

/** Rounds of contests about steps for one of the others. */
const SHARE = 4;

/** Makes all parts, with the deployments that they need; disposing removes these. */
export async function createParts(options: PartOptions): Promise<{ parts: Part[] } & AsyncDisposable> {
  const { name, isAlone, rounds, sizes } = options;
  await using stack = new AsyncDisposableStack();
  const [ground, contestGround, metadataGround, metadataGrounds, afterGround, files] = await Promise.all([
    createGround(MATRIX_GROUND),
    createGround(CONTEST_GROUND),
    createMetadataGround(),
    createMetadataGrounds(),
    createAfterGround(),
    createFileGrounds(),
  ]);
  for (const each of [ground, contestGround, metadataGround, metadataGrounds, afterGround, files]) stack.use(each);
  const steps = stepJobs(ground.path);
  const metadata = metadataJobs(metadataGround.path);
  const after = afterJobs(afterGround.path);
  const isHome = ([job]: Job[]) => isAlone || job?.home === name;
  const few = Math.ceil(rounds / SHARE);
  // The first and the last: all at once and step by step, up and down.
  const onPostgres = (jobs: Job[], title: string, isStruck: Job["isStruck"]) =>
    name === "pglite"
      ? []
      : jobs.filter((_, index) => index % 3 === 0).map((job) => ({ ...job, name: `${title}/${job.name}`, isStruck }));
  const parts: Part[] = [
    { name: "matrix", struck: steps, killed: [], contests: undefined },
    { name: "kill", struck: [], killed: steps, contests: undefined },
    {
      name: "contest",
      struck: [],
      killed: [],
      // Where there is only one session, nobody can meet anybody.
      contests: name === "pglite" ? undefined : {
        title: "contests",
        guarded: stepContests(contestGround.path, { sizes, rounds, guarded: true }),
        controls: stepContests(contestGround.path, { sizes, rounds, guarded: false }),
        alone: stepContests(contestGround.path, { sizes: [1], rounds: 2, guarded: false }),
      },
    },
    // PGlite has never more than one session, and no second server.
    {
      name: "session",
      struck: onPostgres(steps, "one session", isStep),
      killed: [],
      contests: undefined,
      place: { poolSize: 1 },
    },
    {
      name: "servers",
      struck: [
        ...onPostgres(steps, "two servers", () => true),
        ...(name === "pglite" ? [] : lateJobs(metadataGround.path)),
      ],
      killed: [],
      contests: name === "pglite" ? undefined : {
        title: "contests of reloads",
        guarded: reloadContests(metadataGround.path, { rounds: few, guarded: true }),
        controls: reloadContests(metadataGround.path, { rounds: few, guarded: false }),
        alone: reloadContests(metadataGround.path, { rounds: 2, guarded: false, sizes: [1] }),
      },
      place: { servers: 2, syncMs: LAG },
    },
    { name: "files", struck: [], killed: [], contests: undefined, limited: fileJobs(files.paths) },
    {
      name: "metadata",
      struck: metadata,
      killed: metadata,
      contests: isHome(metadata)
        ? {
          title: "contests of metadata",
          guarded: metadataContests(metadataGrounds.paths, { rounds: few, guarded: true }),
          controls: metadataContests(metadataGrounds.paths, { rounds: few, guarded: false, sizes: [2, 4] }),
          alone: [],
        }
        : undefined,
    },
    {
      name: "after",
      struck: after,
      killed: after,
      contests: isHome(after)
        ? {
          title: 'contests of "after" tasks',
          guarded: afterContests(afterGround.path, { rounds: few, guarded: true }),
          controls: afterContests(afterGround.path, { rounds: Math.ceil(few / SHARE), guarded: false }),
          alone: afterContests(afterGround.path, { rounds: 2, guarded: false, sizes: [1] }),
        }
        : undefined,
    },
  ];
  const owned = stack.move();
  return { parts, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
