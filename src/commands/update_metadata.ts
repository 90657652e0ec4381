/**
 * Brings Hasura's metadata up to date: reload it, and apply the release's where that is wanted.
 *
 * In this order: what has been migrated is known to Hasura only after it has read its databases anew, and what does not
 * fit them then tells the site's own things from what a migration has dropped.
 *
 * @module
 */

import { AccessError, MetadataError, ToolError } from "../errors.ts";
import type { HasuraClient } from "../hasura/client.ts";
import { explainCallError, isWithoutDatabase } from "../hasura/explain.ts";
import { type InconsistentObject, inconsistentObjects, reloadMetadata } from "../hasura/metadata.ts";
import { HasuraError } from "../hasura/problems.ts";
import { applyMetadata, nextAfterRefusal } from "../metadata/apply.ts";
import type { BuiltMetadata } from "../metadata/directory.ts";
import type { ExpectedMisfit } from "../report/events.ts";
import type { CommandContext } from "./context.ts";
import { unreachedSources } from "./unusable_source.ts";
import { type ReviewChoice, reviewMetadata } from "./review_metadata.ts";

/** What to do. */
export interface UpdateMetadataOptions extends ReviewChoice {
  client: HasuraClient;
  /** What is to be applied; `undefined` for nothing. */
  built: BuiltMetadata | undefined;
  /** Whether a signal has come: then nothing more is applied. */
  isStopped(): boolean;
}

/** What came of it. */
export interface MetadataOutcome {
  reloaded: boolean;
  applied: boolean;
  /** `undefined` where Hasura did not say. */
  inconsistent: InconsistentObject[] | undefined;
  /** What went wrong; inconsistent objects are no error here. */
  error: ToolError | undefined;
}

/** Does it, and reports each part that is done. Never throws a `ToolError`. */
export async function updateMetadata(
  context: CommandContext,
  options: UpdateMetadataOptions,
): Promise<MetadataOutcome> {
  const outcome: MetadataOutcome = { reloaded: false, applied: false, inconsistent: undefined, error: undefined };
  try {
    outcome.inconsistent = await reload(context, options.client, () => {
      outcome.reloaded = true;
      context.reporter.emit({ type: "metadata-reloaded" });
    });
    await applyBuilt(context, options, outcome);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    outcome.error = error;
    if (outcome.applied) error.state = "The metadata is applied; whether it fits is not known";
    // Whoever cannot be reached has said nothing that still holds.
    if (outcome.applied || error instanceof AccessError) outcome.inconsistent = undefined;
  }
  return outcome;
}

/** How often a database that a reload has not reached is read once more. */
const MORE_RELOADS = 3;

/** Milliseconds before the first of them; twice as many before each further one. */
const FIRST_PAUSE = 500;

/** Reloads the metadata; returns what does not fit. */
async function reload(
  { rt, waiting }: CommandContext,
  client: HasuraClient,
  onReloaded?: () => void,
): Promise<InconsistentObject[]> {
  waiting.say("reloading Hasura's metadata");
  const again = (sources?: string[]) =>
    explained(client, "reload the metadata", () => reloadMetadata(client, sources === undefined ? {} : { sources }));
  let found = await again();
  // It was there a moment ago, and Hasura would not look again by itself.
  for (let attempt = 0; attempt < MORE_RELOADS; attempt++) {
    const sources = unreachedSources(found ?? []);
    if (sources.length === 0) break;
    await rt.sleep(FIRST_PAUSE * 2 ** attempt);
    found = await again(sources);
  }
  onReloaded?.();
  if (found !== undefined) return found;
  // Hasura before v2.4.0.
  waiting.say("checking Hasura's metadata");
  return await check(client);
}

async function applyBuilt(
  context: CommandContext,
  options: UpdateMetadataOptions,
  outcome: MetadataOutcome,
): Promise<void> {
  const { reporter, waiting, rt } = context;
  const { client, built } = options;
  if (built === undefined) return;
  if (options.isStopped()) {
    return reporter.emit({ type: "note", text: "the metadata is not applied any more, because of the signal" });
  }
  waiting.say("applying the metadata");
  const { metadata } = built;
  const onNote = (text: string) => reporter.emit({ type: "note", text });
  const review = reviewMetadata({ ...options, metadata, inconsistent: outcome.inconsistent ?? [], onNote });
  const { applied, inconsistent } = await explained(
    client,
    "apply the metadata",
    () => applyMetadata({ rt, client, metadata, review, onNote }),
  );
  if (!applied) return;
  outcome.applied = true;
  reporter.emit({ type: "metadata-applied" });
  // Where the answer was lost, another server behind the same address may not know yet what there is to be checked.
  outcome.inconsistent = inconsistent ?? await reload(context, client);
}

/** Tells whether it fits, unless that is not known, or would sound as if all were well. */
export function reportConsistency(
  { reporter }: CommandContext,
  { inconsistent, error }: MetadataOutcome,
  expected?: ExpectedMisfit,
): void {
  if (inconsistent === undefined || (error !== undefined && inconsistent.length === 0)) return;
  reporter.emit({ type: "metadata-checked", inconsistent, expected });
}

/** The inconsistent objects. @throws {ToolError} */
export async function check(client: HasuraClient): Promise<InconsistentObject[]> {
  return await explained(client, "check the metadata", () => inconsistentObjects(client));
}

/** The result of `call`. @throws {ToolError} the error to show for it */
export async function explained<T>({ endpoint }: HasuraClient, action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const isRefusal = error instanceof HasuraError && error.code !== "access-denied";
    if (!isRefusal || isWithoutDatabase(error) || error.message === "connection error") {
      throw explainCallError(error, { action, endpoint });
    }
    if (error.code === "conflict") {
      throw new MetadataError(`Cannot ${action}: somebody else changes it at the same time`, {
        state: "The metadata of Hasura is as the other one has left it",
        next: "Find out who works on this server, then run the same command again",
        cause: error,
      });
    }
    throw new MetadataError(
      `Cannot ${action}: Hasura refuses: ${error.message} (${error.code}, HTTP ${error.status})`,
      { next: nextAfterRefusal(error), cause: error },
    );
  }
}
