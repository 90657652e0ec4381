/**
 * Jobs that apply metadata: the command by itself, and runs that come to it after their steps.
 *
 * @module
 */

import type { Deployment } from "../support/deployment.ts";
import type { Direction } from "../../src/migrations/types.ts";
import { callMetadata } from "../venue/client.ts";
import type { Venue } from "../venue/mod.ts";
import { baseSql, baseTracker, createGround, goalOf, MATRIX_GROUND, VERSIONS } from "./ground.ts";
import type { Job } from "./job.ts";
import { findWrong } from "./judge.ts";
import { directoryOf, type Document, documentOf, readHistory, recordMetadata, SOMEBODYS } from "./metadata_ground.ts";
import { findWrongMetadata, type MetadataGoal } from "./metadata_judge.ts";
import { type Place, resetWorkspace } from "./place.ts";
import { isMetadataCall } from "./requests.ts";
import { SHORT_LIMITS } from "./runs.ts";
import { findDamage, findRest, readTruth } from "./truth.ts";

/** The document of the release. */
export const NEW = documentOf("new", VERSIONS.map((version) => `step_${version}`));

/** Fits the database before and after. */
export const OLD = documentOf("old", []);

/** Fits it never: the tool itself finds out that the metadata is to be applied. */
export const UNFIT = documentOf("unfit", ["step_9"]);

/** Writes the deployment. */
export function createMetadataGround(): Promise<Deployment> {
  return createGround(MATRIX_GROUND, directoryOf(NEW));
}

/** How a place is before a run. */
export interface MetadataStart {
  /** What Hasura has. */
  old: Document;
  /** The database: as before a run in this direction. */
  ground: Direction;
  /** SQL for what else there is in it. */
  more?: string;
  /** SQL for what has changed in it since Hasura has looked. */
  unseen?: string;
}

/** What makes a job of these. */
export interface MetadataKind extends MetadataStart {
  name: string;
  args: string[];
  stdin?: string;
  /** What Hasura has in the end, and whether it fits then. Default: the release's, and it does. */
  goal?: MetadataGoal;
  /** How it is found out whether it fits. Default: Hasura is asked. */
  isConsistent?: (venue: Venue) => Promise<boolean>;
}

const KINDS: MetadataKind[] = [
  { name: "metadata/command", args: ["metadata", "apply"], old: OLD, ground: "revert" },
  {
    name: "metadata/always",
    args: ["migrate", "--apply", "--all", "--json", "--metadata=apply"],
    old: OLD,
    ground: "apply",
  },
  { name: "metadata/if needed", args: ["migrate", "--apply"], stdin: "y\ny\ny\n", old: UNFIT, ground: "apply" },
];

const GOAL: MetadataGoal = { label: "new", isConsistent: true };

async function saysConsistent(venue: Venue): Promise<boolean> {
  return (await callMetadata(venue, "get_inconsistent_metadata")).json.is_consistent;
}

/** All of these jobs, in the Hasura folder `path`. */
export function metadataJobs(path: string): Job[] {
  return KINDS.map((kind) => metadataJob(path, kind));
}

/** One of them, or of another kind. */
export function metadataJob(path: string, kind: MetadataKind): Job {
  const { name, args, stdin = "", old, goal = GOAL, isConsistent: fits = saysConsistent } = kind;
  const isCommand = args[0] === "metadata";
  const direction = args.includes("--revert") ? "revert" : "apply";
  const form = { direction, versions: VERSIONS, json: args.includes("--json") } as const;
  const known = [NEW, old, SOMEBODYS];
  return {
    name,
    path,
    stdin,
    home: "pglite",
    limits: isCommand ? ["--timeout=2"] : SHORT_LIMITS,
    args: () => args,
    prepare: (place) => prepareMetadata(place, kind),
    isStruck: isMetadataCall,
    isKilledAt: isMetadataCall,
    async look({ venue }) {
      const truth = await readTruth(venue);
      const history = await readHistory(venue, known);
      const isConsistent = await fits(venue);
      const damage = findDamage(truth, MATRIX_GROUND);
      const { labels, resourceVersions } = history;
      if (labels.includes(undefined)) damage.lost.push("the metadata was neither the old nor the new one");
      if (resourceVersions.some((version, index) => version <= (resourceVersions[index - 1] ?? 0))) {
        damage.lost.push(`the numbers of the metadata were ${resourceVersions.join(", ")}`);
      }
      if (labels.filter((label) => label === "new").length > 1) damage.doubled.push("the metadata was applied twice");
      const rest = findRest(truth, goalOf(direction));
      if (labels.at(-1) !== goal.label) rest.push(`the metadata is ${labels.at(-1)}`);
      if (isConsistent !== goal.isConsistent) rest.push(`the metadata is ${isConsistent ? "" : "in"}consistent`);
      return {
        damage,
        rest,
        findWrong: (result, codes) => [
          ...(isCommand ? [] : findWrong(result, { form, truth, codes })),
          ...findWrongMetadata(result, { json: form.json, labels, goal, isConsistent, codes }),
        ],
      };
    },
  };
}

/** Makes a place fresh and as it is before a run. */
export async function prepareMetadata(
  place: Place,
  { old, ground, more = "", unseen }: MetadataStart,
): Promise<void> {
  const { venue } = place;
  resetWorkspace(place);
  await venue.reset({ baseSql: baseSql(ground, MATRIX_GROUND) + more, metadata: old });
  await venue.setTracker(baseTracker(ground));
  await recordMetadata(venue, old);
  if (unseen !== undefined) await venue.sql(unseen);
}
