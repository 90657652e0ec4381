/**
 * Jobs about metadata behind two servers: the one that is asked next sees only seconds later what the other has done, and
 * whether the metadata fits is another thing before than after.
 *
 * @module
 */

import type { Venue } from "../venue/mod.ts";
import type { Job } from "./job.ts";
import { metadataJob, type MetadataKind, NEW, UNFIT } from "./metadata_jobs.ts";
import { looksAnew } from "./requests.ts";

const CREATE = "create table public.step_9 (id integer primary key);\n";

/** The metadata is to be applied, and no server knows before the reload. */
const NEEDED: MetadataKind = {
  name: "two servers/metadata needed",
  args: ["migrate", "--apply", "--all", "--json"],
  old: UNFIT,
  ground: "apply",
  more: CREATE,
  unseen: "drop table public.step_9",
};

/** What is there fits as soon as all is migrated. */
const FITS_NOW: MetadataKind = {
  name: "two servers/metadata fits now",
  args: ["migrate", "--apply", "--all"],
  old: NEW,
  ground: "apply",
};

const KINDS: MetadataKind[] = [
  NEEDED,
  FITS_NOW,
  {
    name: "two servers/metadata fits no more",
    args: ["migrate", "--revert", "--all"],
    old: NEW,
    ground: "revert",
    goal: { label: "new", isConsistent: false },
  },
  { name: "two servers/metadata apply", args: ["metadata", "apply"], old: UNFIT, ground: "revert" },
  {
    name: "two servers/metadata reload",
    args: ["metadata", "reload"],
    old: UNFIT,
    ground: "revert",
    unseen: CREATE,
    goal: { label: "unfit", isConsistent: true },
  },
];

/** All of these jobs, in the Hasura folder `path`. */
export function lateJobs(path: string): Job[] {
  return KINDS.map((kind) => lateJob(path, kind));
}

/** Those that migrate up: the metadata is to be applied, or fits as soon as all is migrated. */
export function upJobs(path: string): Record<"needed" | "fitsNow", Job> {
  return { needed: lateJob(path, NEEDED), fitsNow: lateJob(path, FITS_NOW) };
}

function lateJob(path: string, kind: MetadataKind): Job {
  // What only reads is struck where there is one server.
  return { ...metadataJob(path, { ...kind, isConsistent: fitsDatabase }), isStruck: looksAnew };
}

/** Whether all that is tracked is there: the database is never behind, a server is. */
async function fitsDatabase(venue: Venue): Promise<boolean> {
  const { metadata: { sources } } = await venue.metadata();
  const rows = await venue.sql("select tablename from pg_catalog.pg_tables where schemaname = 'public'");
  const there = new Set(rows.map(([name]) => name));
  return sources.every(({ tables }) => tables.every(({ table: { name } }) => there.has(name)));
}
