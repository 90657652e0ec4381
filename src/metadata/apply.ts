/**
 * Applies metadata to a server, so that two writers cannot overwrite each other.
 *
 * What is sent names the version of the metadata that it was made from, and Hasura refuses it where that is no longer the
 * newest. So it may be sent again after a lost answer: at most one of the attempts counts.
 *
 * @module
 */

import { AccessError, MetadataError } from "../errors.ts";
import type { HasuraClient } from "../hasura/client.ts";
import { exportMetadata, type InconsistentObject, replaceMetadata, type ServerMetadata } from "../hasura/metadata.ts";
import { HasuraError, NoAnswerError } from "../hasura/problems.ts";
import type { Json } from "../json.ts";
import type { Runtime } from "../runtime.ts";
import { type PlacedChange, placedChanges } from "./diff.ts";
import { describePlace } from "./place.ts";

/** What applying works with. */
export interface ApplyOptions {
  rt: Pick<Runtime, "sleep">;
  client: HasuraClient;
  metadata: Record<string, Json>;
  /**
   * Looks at what would change, before anything is sent.
   *
   * @returns whether it is to be applied
   * @throws {MetadataError} when it must not be
   */
  review(changes: readonly PlacedChange[], before: Json): boolean;
  /** Told what the operator should know. */
  onNote(text: string): void;
}

/** What came of it. */
export interface Applied {
  /** Whether Hasura has the metadata now because it was sent. */
  applied: boolean;
  /** What does not fit, as the server that has applied it says; `undefined` where nobody has said so. */
  inconsistent: InconsistentObject[] | undefined;
}

/** How often it is sent at most. */
const ATTEMPTS = 5;

/** Milliseconds before the second attempt; twice as many before each further one. */
const FIRST_PAUSE = 250;

/**
 * Replaces the server's metadata.
 *
 * @throws {MetadataError} when Hasura refuses it, or somebody else changes it at the same time
 * @throws {AccessError} when it is not known whether it was applied, or Hasura does not let us in
 * @throws {HasuraError | NoAnswerError} when the metadata that there is could not be read
 */
export async function applyMetadata({ rt, client, metadata, review, onNote }: ApplyOptions): Promise<Applied> {
  let base = await exportMetadata(client);
  const changes = placedChanges(base.metadata, metadata);
  if (!review(changes, base.metadata)) return { applied: false, inconsistent: undefined };
  const removed = removedBy(changes);
  let isLost = false;
  try {
    for (let attempt = 1;; attempt++) {
      try {
        const inconsistent = await replaceMetadata(client, { metadata, resourceVersion: base.resourceVersion });
        if (removed !== undefined) onNote(removed);
        return { applied: true, inconsistent };
      } catch (error) {
        const isConflict = error instanceof HasuraError && error.code === "conflict";
        if (error instanceof HasuraError && isRefusal(error) && !isConflict) {
          if (!mayPassLater(error) || attempt === ATTEMPTS) throw refused(error, metadata);
          await rt.sleep(FIRST_PAUSE * 2 ** (attempt - 1));
        } else if (!isConflict) {
          isLost = true;
          if (!mayPass(error) || attempt === ATTEMPTS) {
            if (!(await isThere(client, metadata))) throw error;
          } else await rt.sleep(FIRST_PAUSE * 2 ** (attempt - 1));
        }
      }
      const found = await exportMetadata(client);
      if (isLost && isSame(found.metadata, metadata)) {
        onNote("the answer was lost, but the metadata is applied");
        if (removed !== undefined) onNote(removed);
        return { applied: true, inconsistent: undefined };
      }
      // Only its number has changed: somebody has reloaded it, as every run does in the end.
      if (attempt === ATTEMPTS || !isUnchanged(base, found)) throw conflict(isLost);
      // A server that is behind another one has nothing to say.
      if (found.resourceVersion > base.resourceVersion) base = found;
    }
  } catch (error) {
    if (!isLost) throw error;
    if (error instanceof NoAnswerError || error instanceof HasuraError) throw unknownError(error, client);
    if (error instanceof AccessError) error.state = NOT_KNOWN;
    throw error;
  }
}

/** Most things that are named. */
const MOST_NAMES = 20;

/** What has no place in the release is gone afterwards, also what others have added. */
function removedBy(changes: readonly PlacedChange[]): string | undefined {
  const removed = changes.filter(({ kind, place }) => kind === "removed" && place === "");
  if (removed.length === 0) return undefined;
  const names = removed.slice(0, MOST_NAMES).map(({ subject }) => subject).join(", ");
  const more = removed.length > MOST_NAMES ? ` and ${removed.length - MOST_NAMES} more` : "";
  return `removed from Hasura, since this metadata does not have it: ${names}${more}`;
}

const NOT_KNOWN = "The metadata may be applied or not: the answer was lost, and Hasura could not be asked";

/** Whether Hasura has it now, as far as it says. */
async function isThere(client: HasuraClient, metadata: Json): Promise<boolean> {
  try {
    return isSame((await exportMetadata(client)).metadata, metadata);
  } catch {
    return false;
  }
}

/** The answer was lost, and nobody can be asked. */
function unknownError(error: Error, { endpoint }: HasuraClient): AccessError {
  return new AccessError(`Cannot apply the metadata at "${endpoint}": ${error.message}`, {
    state: NOT_KNOWN,
    next: 'Look at "metadata diff" once Hasura answers again, and run "metadata apply"',
    cause: error,
  });
}

function refused(error: HasuraError, metadata: Json): MetadataError {
  const isPlace = error.path !== undefined && !/^\$(\.args)?$/.test(error.path);
  const place = isPlace ? describePlace(metadata, error.path ?? "") : undefined;
  const where = isPlace ? ` at ${error.path}${place === undefined ? "" : ` (${place})`}` : "";
  return new MetadataError(
    `Cannot apply the metadata: Hasura refuses it${where}: ${error.message} (${error.code}, HTTP ${error.status})`,
    {
      state: "The metadata of Hasura is as it was",
      next: isPlace
        ? "Correct it there in the release's metadata, or use the metadata of the release that this Hasura belongs to"
        : nextAfterRefusal(error),
      cause: error,
    },
  );
}

/** What to do about a refusal that is about no place in the metadata. */
export function nextAfterRefusal({ message }: HasuraError): string {
  if (/conflicting definitions/.test(message)) {
    return "Two things would have the same name in Hasura's API: in the metadata, give one of those that are named another " +
      "name, or leave it out";
  }
  const mode = /\b(maintenance|read-only) mode$/.exec(message)?.[1];
  if (mode !== undefined) return `Take Hasura out of its ${mode} mode, then run the same command again`;
  return "Look into the log of Hasura for this request";
}

/**
 * Whether Hasura says that it did nothing. A 500 that says why it cannot be done, such as names that clash or maintenance
 * mode, comes before Hasura stores anything, and `database query error` from the statement that stores it. All others are
 * of a connection or a COMMIT that was lost, or of an exception anywhere.
 */
function isRefusal({ status, code, message }: HasuraError): boolean {
  return status < 500 || (code === "unexpected" && message !== "Internal Server Error");
}

/** Whether what refused it may be over when it is sent again, as another transaction of Hasura's own database. */
function mayPassLater({ status, message }: HasuraError): boolean {
  return status >= 500 && message === "database query error";
}

/** Whether it may be answered when it is sent again. */
function mayPass(error: unknown): boolean {
  return error instanceof HasuraError || (error instanceof NoAnswerError && !error.lasting);
}

function isUnchanged(before: ServerMetadata, now: ServerMetadata): boolean {
  return now.resourceVersion <= before.resourceVersion || isSame(before.metadata, now.metadata);
}

function isSame(one: Json, other: Json): boolean {
  return placedChanges(one, other).length === 0;
}

function conflict(isLost: boolean): MetadataError {
  const what = isLost ? "the answer was lost, and the metadata has changed since" : "somebody else changes it, too";
  return new MetadataError(`Cannot apply the metadata: ${what}`, {
    state: isLost
      ? "The metadata may be this run's or somebody else's"
      : "The metadata of Hasura is as the other one has left it",
    next: 'Find out who works on this server; look at "metadata diff", then run "metadata apply"',
  });
}
