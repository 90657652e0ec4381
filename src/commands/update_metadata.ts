/**
 * Brings Hasura's metadata up to date: reload it, apply the release's where that is wanted, and check it.
 *
 * In this order: what has been migrated is known to Hasura only after it has read its databases anew, and metadata that is
 * applied before that would not fit.
 *
 * @module
 */

import { counted } from "../counted.ts";
import { MetadataError, ToolError } from "../errors.ts";
import type { HasuraClient } from "../hasura/client.ts";
import { explainCallError } from "../hasura/explain.ts";
import { exportMetadata, type InconsistentObject, inconsistentObjects, reloadMetadata } from "../hasura/metadata.ts";
import { HasuraError } from "../hasura/problems.ts";
import { applyMetadata } from "../metadata/apply.ts";
import { diffMetadata } from "../metadata/diff.ts";
import type { BuiltMetadata } from "../metadata/directory.ts";
import type { CommandContext } from "./context.ts";

/** What to do. */
export interface UpdateMetadataOptions {
  client: HasuraClient;
  /** `always` applies `built`; `if-needed` does where the metadata of Hasura does not fit the database; `never`. */
  apply: "always" | "if-needed" | "never";
  built: BuiltMetadata | undefined;
  /** Where `built` was read. */
  path: string;
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
  const { reporter, waiting } = context;
  const { client, apply, built } = options;
  const outcome: MetadataOutcome = { reloaded: false, applied: false, inconsistent: undefined, error: undefined };
  try {
    waiting.say("reloading Hasura's metadata");
    await explained(client, "reload the metadata", () => reloadMetadata(client));
    outcome.reloaded = true;
    reporter.emit({ type: "metadata-reloaded" });
    if (apply === "if-needed" && built !== undefined) {
      outcome.inconsistent = await check(context, client);
      const text = outcome.inconsistent.length > 0
        ? `the metadata of Hasura does not fit the database (${counted(outcome.inconsistent.length, "object")}); ` +
          `applying "${options.path}"`
        : await differenceNote(client, options);
      if (text !== undefined) reporter.emit({ type: "note", text });
    }
    const isWanted = built !== undefined && (apply === "always" || (outcome.inconsistent?.length ?? 0) > 0);
    if (isWanted && options.isStopped()) {
      reporter.emit({ type: "note", text: "the metadata is not applied any more, because of the signal" });
    } else if (isWanted) {
      outcome.inconsistent = undefined;
      waiting.say("applying the metadata");
      await explained(client, "apply the metadata", () =>
        applyMetadata({
          rt: context.rt,
          client,
          metadata: built.metadata,
          onNote: (text) => reporter.emit({ type: "note", text }),
        }));
      outcome.applied = true;
      reporter.emit({ type: "metadata-applied" });
    }
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    outcome.error = error;
  }
  try {
    outcome.inconsistent ??= await check(context, client);
    // After a failure it would sound as if all were well.
    if (outcome.error === undefined || outcome.inconsistent.length > 0) {
      reporter.emit({ type: "metadata-checked", inconsistent: outcome.inconsistent });
    }
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    if (outcome.applied) error.state = "The metadata is applied; whether it fits is not known";
    outcome.error ??= error;
  }
  return outcome;
}

/** Metadata that fits may still be an older release's, which lacks what the new one has: that is for the operator to see. */
async function differenceNote(
  client: HasuraClient,
  { built, path }: UpdateMetadataOptions,
): Promise<string | undefined> {
  if (built === undefined) return undefined;
  try {
    const { length } = diffMetadata((await exportMetadata(client)).metadata, built.metadata);
    if (length === 0) return undefined;
    return `the metadata of Hasura fits, and differs from "${path}" (${counted(length, "difference")}): ` +
      "metadata diff shows how, metadata apply applies it";
  } catch {
    // It is no more than advice.
    return undefined;
  }
}

/** The inconsistent objects. @throws {ToolError} */
export async function check({ waiting }: CommandContext, client: HasuraClient): Promise<InconsistentObject[]> {
  waiting.say("checking Hasura's metadata");
  return await explained(client, "check the metadata", () => inconsistentObjects(client));
}

/** The result of `call`. @throws {ToolError} the error to show for it */
export async function explained<T>({ endpoint }: HasuraClient, action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof HasuraError && error.code !== "access-denied") {
      throw new MetadataError(
        `Cannot ${action}: Hasura refuses: ${error.message} (${error.code}, HTTP ${error.status})`,
        {
          next: "Look into the log of Hasura for this request",
          cause: error,
        },
      );
    }
    throw explainCallError(error, { action, endpoint });
  }
}

/**
 * The error for metadata that does not fit; none where that is allowed. A database that Hasura cannot use at all never is.
 */
export function inconsistentError(objects: InconsistentObject[], { isAllowed, state, next }: {
  isAllowed: boolean;
  state?: string;
  next: string;
}): MetadataError | undefined {
  const sources = objects.filter(({ type }) => type === "source");
  if (sources.length > 0) {
    const names = sources.map(({ name }) => `"${name.replace(/^source /, "")}"`).join(", ");
    return new MetadataError(`Hasura cannot use ${sources.length === 1 ? "its database" : "its databases"} ${names}`, {
      state,
      next:
        "See to what the reason says, in the settings that Hasura is started with, and start it again; or apply the " +
        "metadata of the release that Hasura runs, with metadata apply -p FOLDER",
    });
  }
  if (objects.length === 0 || isAllowed) return undefined;
  const count = objects.length === 1 ? "1 object does" : `${objects.length} objects do`;
  return new MetadataError(`The metadata of Hasura is inconsistent: ${count} not fit the database`, { state, next });
}
