/**
 * Contests of runs that apply metadata, each another one, beside somebody else who writes: nobody's is replaced by one who
 * has not read it. The control sends metadata without the number of what it was made from.
 *
 * @module
 */

import type { Runtime } from "../../src/runtime.ts";
import type { CliResult } from "../support/cli.ts";
import { createDeployment, type Deployment } from "../support/deployment.ts";
import { call } from "../venue/client.ts";
import type { Venue } from "../venue/mod.ts";
import { type Contest, type ContestEnd, eachRound, unexpectedCodes } from "./contest.ts";
import { directoryOf, type Document, documentOf, labelOf, readHistory } from "./metadata_ground.ts";
import { OLD, prepareMetadata } from "./metadata_jobs.ts";
import { type Place, settle } from "./place.ts";
import { REPLACE } from "./requests.ts";
import { runHere } from "./runs.ts";

/** Done, or stopped since somebody else has changed the metadata. */
const CODES: readonly number[] = [0, 7];

/** How often the other writer tries. */
const ATTEMPTS = 20;

const WRITERS = documentOf("writer", []);

/** The documents of the runs. */
const RUNS: readonly Document[] = [1, 2, 3, 4].map((number) => documentOf(`run ${number}`, [`step_${number % 3 + 1}`]));

const KNOWN = [OLD, WRITERS, ...RUNS];

/** Sizes that there are deployments for. */
export const METADATA_SIZES: readonly number[] = [1, 2, 4];

/** Writes a deployment for each run. */
export async function createMetadataGrounds(): Promise<{ paths: string[] } & AsyncDisposable> {
  const grounds: Deployment[] = await Promise.all(
    RUNS.map((document) => createDeployment({ migrations: [], files: directoryOf(document) })),
  );
  return {
    paths: grounds.map(({ path }) => path),
    async [Symbol.asyncDispose]() {
      await Promise.all(grounds.map((ground) => ground[Symbol.asyncDispose]()));
    },
  };
}

/** So many contests of each size. */
export function metadataContests(
  paths: readonly string[],
  { rounds, guarded, sizes = METADATA_SIZES }: { rounds: number; guarded: boolean; sizes?: readonly number[] },
): Contest[] {
  return eachRound({ sizes, rounds }, (size, round) => ({
    name: `contest/metadata ${guarded ? "guarded" : "control"}/${size}/round ${round + 1}`,
    title: "metadata apply beside a writer",
    ...(guarded ? {} : { without: "resource_version" }),
    size,
    run: (place) => contend(place, paths.slice(0, size), { guarded, aligned: round % 2 === 0 }),
  }));
}

/** What somebody put in place of what they had read. */
interface Change {
  who: string;
  from: string | undefined;
  to: string | undefined;
}

async function contend(
  place: Place,
  paths: readonly string[],
  { guarded, aligned }: { guarded: boolean; aligned: boolean },
): Promise<ContestEnd> {
  const { venue } = place;
  await prepareMetadata(place, { old: OLD, ground: "revert" });
  if (aligned) align(venue, paths.length + 1);
  const changes: Change[] = [];
  const [results] = await Promise.all([
    Promise.all(paths.map((path, index) => applyAs(place, path, { index, guarded, changes }))),
    write(venue, changes),
  ]);
  await settle(place);
  const { labels } = await readHistory(venue, KNOWN);
  const failed = results.flatMap(({ code }, index) => code === 0 ? [] : [`run ${index + 1}`]);
  return {
    codes: results.map(({ code }) => code),
    broken: [
      ...unexpectedCodes(results, CODES),
      ...(labels.includes(undefined) ? ["the metadata was nobody's for a while"] : []),
      ...(labels.length === 1 ? ["nobody has come to apply anything"] : []),
      ...failed.filter((label) => labels.includes(label)).map((label) =>
        `${label} has failed, and its metadata was there`
      ),
      ...changes.filter((change) => !happened(change, labels)).map(({ who, from }) =>
        `${who} has replaced what it had not read, it had read that of ${from}: ${labels.join(", ")}`
      ),
    ],
  };
}

function happened({ from, to }: Change, labels: readonly (string | undefined)[]): boolean {
  return from === to || labels.some((label, index) => label === to && labels[index - 1] === from);
}

/** Holds the first requests back until all have read the metadata and sent theirs. */
function align(venue: Venue, count: number): void {
  const hold = venue.waitForRequest(() => venue.log.filter(({ type }) => type === REPLACE).length >= count);
  venue.addFault({ match: { type: REPLACE }, times: count, do: { hold } });
}

/** Applies the metadata of a run with the tool, and notes what it has read and changed. */
async function applyAs(
  place: Place,
  path: string,
  { index, guarded, changes }: { index: number; guarded: boolean; changes: Change[] },
): Promise<CliResult> {
  let read: string | undefined;
  const wrapFetch = (send: Runtime["fetch"]): Runtime["fetch"] => async (url, init) => {
    const text = init.body instanceof Blob ? await init.body.text() : String(init.body ?? "{}");
    const { type, resource_version: _, ...rest } = JSON.parse(text);
    const isReplacement = type === REPLACE;
    const body = isReplacement && !guarded ? new Blob([JSON.stringify({ type, ...rest })]) : init.body ?? null;
    const response = await send(url, { ...init, body });
    if (type === "export_metadata") read = labelOf((await response.clone().json()).metadata, KNOWN);
    if (isReplacement && response.ok) changes.push({ who: `run ${index + 1}`, from: read, to: `run ${index + 1}` });
    return response;
  };
  const job = { path, stdin: "", args: () => ["metadata", "apply"] };
  return await runHere(job, place, { wrapFetch });
}

/** Writes as the console of Hasura does: with the number of what it was made from, and once more where that is not new. */
async function write(venue: Venue, changes: Change[]): Promise<void> {
  const ask = (body: unknown) => call(venue, "/v1/metadata", { body });
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { json } = await ask({ type: "export_metadata", version: 2, args: {} });
    const { status } = await ask({
      type: REPLACE,
      version: 2,
      resource_version: json.resource_version,
      args: { allow_inconsistent_metadata: true, metadata: WRITERS },
    });
    if (status !== 200) continue;
    changes.push({ who: "the writer", from: labelOf(json.metadata, KNOWN), to: "writer" });
    return;
  }
}
