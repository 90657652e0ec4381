/**
 * Jobs that apply metadata: the command by itself, and runs that come to it after their steps.
 *
 * @module
 */

import type { Deployment } from "../support/deployment.ts";
import type { Direction } from "../../src/migrations/types.ts";
import { callMetadata } from "../venue/client.ts";
import { baseSql, baseTracker, createGround, goalOf, MATRIX_GROUND, VERSIONS } from "./ground.ts";
import type { Job } from "./job.ts";
import { findWrong } from "./judge.ts";
import { directoryOf, type Document, documentOf, readHistory, recordMetadata, SOMEBODYS } from "./metadata_ground.ts";
import { findWrongMetadata } from "./metadata_judge.ts";
import { type Place, resetWorkspace } from "./place.ts";
import { isMetadataCall } from "./requests.ts";
import { SHORT_LIMITS } from "./runs.ts";
import { findDamage, findRest, readTruth } from "./truth.ts";

/** The document of the release. */
export const NEW = documentOf("new", VERSIONS.map((version) => `step_${version}`));

/** Fits the database before and after. */
export const OLD = documentOf("old", []);

/** Fits it never: the tool itself finds out that the metadata is to be applied. */
const UNFIT = documentOf("unfit", ["step_9"]);

/** Writes the deployment. */
export function createMetadataGround(): Promise<Deployment> {
  return createGround(MATRIX_GROUND, directoryOf(NEW));
}

/** What makes a job of these. */
interface MetadataKind {
  name: string;
  args: string[];
  stdin?: string;
  /** What Hasura has at the start. */
  old: Document;
  /** The database at the start: as before a run in this direction. */
  ground: Direction;
}

/** The job that is nothing but metadata. */
const COMMAND = "metadata/command";

const KINDS: MetadataKind[] = [
  { name: COMMAND, args: ["metadata", "apply"], old: OLD, ground: "revert" },
  {
    name: "metadata/always",
    args: ["migrate", "--apply", "--all", "--json", "--metadata=apply"],
    old: OLD,
    ground: "apply",
  },
  { name: "metadata/if needed", args: ["migrate", "--apply"], stdin: "y\ny\ny\n", old: UNFIT, ground: "apply" },
];

/** All of these jobs, in the Hasura folder `path`. */
export function metadataJobs(path: string): Job[] {
  return KINDS.map((kind) => metadataJob(path, kind));
}

function metadataJob(path: string, { name, args, stdin = "", old, ground }: MetadataKind): Job {
  const form = { direction: "apply" as const, versions: VERSIONS, json: args.includes("--json") };
  const known = [NEW, old, SOMEBODYS];
  return {
    name,
    path,
    stdin,
    home: "pglite",
    limits: name === COMMAND ? ["--timeout=2"] : SHORT_LIMITS,
    args: () => args,
    prepare: (place) => prepareMetadata(place, { old, ground }),
    isStruck: isMetadataCall,
    isKilledAt: isMetadataCall,
    async look({ venue }) {
      const truth = await readTruth(venue);
      const history = await readHistory(venue, known);
      const { json: { is_consistent: isConsistent } } = await callMetadata(venue, "get_inconsistent_metadata");
      const damage = findDamage(truth, MATRIX_GROUND);
      const { labels, resourceVersions } = history;
      if (labels.includes(undefined)) damage.lost.push("the metadata was neither the old nor the new one");
      if (resourceVersions.some((version, index) => version <= (resourceVersions[index - 1] ?? 0))) {
        damage.lost.push(`the numbers of the metadata were ${resourceVersions.join(", ")}`);
      }
      if (labels.filter((label) => label === "new").length > 1) damage.doubled.push("the metadata was applied twice");
      const rest = findRest(truth, goalOf("apply"));
      if (labels.at(-1) !== "new") rest.push(`the metadata is ${labels.at(-1)}`);
      if (!isConsistent) rest.push("the metadata is inconsistent");
      return {
        damage,
        rest,
        findWrong: (result, codes) => [
          ...(name === COMMAND ? [] : findWrong(result, { form, truth, codes })),
          ...findWrongMetadata(result, { json: form.json, labels, isConsistent, codes }),
        ],
      };
    },
  };
}

/** Makes a place fresh and as it is before a run. */
export async function prepareMetadata(
  place: Place,
  { old, ground }: { old: Document; ground: Direction },
): Promise<void> {
  const { venue } = place;
  resetWorkspace(place);
  await venue.reset({ baseSql: baseSql(ground, MATRIX_GROUND), metadata: old });
  await venue.setTracker(baseTracker(ground));
  await recordMetadata(venue, old);
}
