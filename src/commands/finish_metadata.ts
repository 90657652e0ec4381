/**
 * What a run does with Hasura's metadata once its steps are over, and whether what comes of it is a failure.
 *
 * @module
 */

import { MetadataError, type ToolError } from "../errors.ts";
import type { HasuraClient } from "../hasura/client.ts";
import type { InconsistentObject } from "../hasura/metadata.ts";
import { isUnfit } from "../metadata/advice.ts";
import type { Direction } from "../migrations/types.ts";
import type { ExpectedMisfit } from "../report/events.ts";
import type { CommandContext } from "./context.ts";
import type { MetadataPlan } from "./metadata_modes.ts";
import { inconsistentError } from "./unfit_metadata.ts";
import { type MetadataOutcome, reportConsistency, updateMetadata } from "./update_metadata.ts";

/** The plan, and what the operator has said about it. */
export interface MetadataFinish extends MetadataPlan {
  /** Whether metadata that does not fit is no failure. */
  allowInconsistent: boolean;
  /** Whether it is one below the newest migration, too. */
  isStrict: boolean;
  allowConnectionChanges: boolean;
  /** The commands that apply the metadata of the release, and that keep what Hasura has. */
  applyCommand: string;
  keepCommand: string;
}

/** What the run has come to. */
export interface FinishMetadataOptions {
  client: HasuraClient;
  metadata: MetadataFinish;
  direction: Direction;
  /** Whether all steps were done. */
  isComplete: boolean;
  /** The newest version in the ledger; `undefined` where it is not known. */
  version: number | undefined;
  /** The newest version in the folder. */
  newest: number | undefined;
  isStopped(): boolean;
}

/** What is known of the database by then. */
export const APPLIED = "What the ledger shows as applied is applied";

/** Does it, and tells what of it is a failure. */
export async function finishMetadata(
  context: CommandContext,
  options: FinishMetadataOptions,
): Promise<{ outcome: MetadataOutcome; problem: ToolError | undefined }> {
  const { metadata, isComplete } = options;
  if (metadata.mode === "apply" && !isComplete) {
    context.reporter.emit({
      type: "note",
      text:
        `the metadata in "${metadata.path}" was not applied: it belongs to where the run was to end; metadata apply applies it`,
    });
  }
  const outcome = await updateMetadata(context, {
    ...metadata,
    client: options.client,
    built: isApplied(options) ? metadata.built : undefined,
    isAskedFor: metadata.mode === "apply",
    isStopped: options.isStopped,
  });
  const { inconsistent = [] } = outcome;
  const expected = expectedMisfit(options, inconsistent);
  reportConsistency(context, outcome, expected);
  if (outcome.error !== undefined) return { outcome, problem: metadataProblem(outcome.error) };
  const problem = expected === undefined
    ? inconsistentError(inconsistent, {
      isAllowed: metadata.allowInconsistent,
      state: APPLIED,
      unfit: adviceOn(options, outcome),
    })
    : undefined;
  // The database itself was asked before: it is Hasura that has to be looked after.
  return { outcome, problem: problem && new MetadataError(problem.message, problem) };
}

function isApplied({ metadata, isComplete, version, newest, direction }: FinishMetadataOptions): boolean {
  // A run that has not come to its end has not come to where the metadata fits.
  if (!isComplete) return false;
  if (metadata.mode === "apply") return true;
  return metadata.mode === "auto" && direction === "apply" && version === newest;
}

/** That nothing else is wrong than that the database is below the newest migration; `undefined` where there is more. */
function expectedMisfit(
  { metadata, version, newest, direction }: FinishMetadataOptions,
  objects: readonly InconsistentObject[],
): ExpectedMisfit | undefined {
  if (metadata.isStrict || version === undefined || newest === undefined || version >= newest) return undefined;
  if (objects.length === 0 || !objects.every(isUnfit)) return undefined;
  return { newest, restored: restoring(direction) };
}

function restoring(direction: Direction): string {
  return direction === "apply"
    ? "applying the rest of the migrations makes"
    : "metadata apply with the folder of the release that the database is now at makes";
}

function adviceOn(
  { metadata, version, newest, direction }: FinishMetadataOptions,
  { applied }: MetadataOutcome,
): string {
  const { path, mode } = metadata;
  if (applied) {
    return `Compare "${path}" with the database: the objects are named above; run metadata reload when the cause is gone`;
  }
  if (version !== undefined && newest !== undefined && version < newest) {
    return direction === "apply"
      ? `Apply the rest of the migrations: the metadata in "${path}" belongs to ${newest}`
      : "Apply the metadata of the release that the database is now at, from its folder, with metadata apply -p FOLDER: " +
        "the newer one cannot fit";
  }
  if (mode === "auto" && metadata.built === undefined) return `Give the release's metadata: there is none in "${path}"`;
  return mode === "auto"
    ? `Compare "${path}" with the database: it is what Hasura has, and the objects are named above`
    : "Apply the metadata of the release that the migrations belong to: metadata apply";
}

function metadataProblem(error: ToolError): MetadataError {
  return new MetadataError(error.message, {
    state: error.state === undefined ? `${APPLIED}, but Hasura may not show it yet` : `${APPLIED}. ${error.state}`,
    next: error instanceof MetadataError && error.next !== undefined
      ? error.next
      : "Remove the cause, and run the same command again: it reloads the metadata even if nothing is left to do",
    cause: error,
  });
}
