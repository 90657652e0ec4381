/**
 * What applying the release's metadata would change besides: looked at before anything is sent.
 *
 * @module
 */

import { counted } from "../counted.ts";
import { MetadataError } from "../errors.ts";
import type { InconsistentObject } from "../hasura/metadata.ts";
import type { Json } from "../json.ts";
import { connectionChanges, describeConnectionChange } from "../metadata/connections.ts";
import type { PlacedChange } from "../metadata/diff.ts";
import { listFew } from "../metadata/problem.ts";
import { siteObjects } from "../metadata/site_objects.ts";

/** What is wanted, and what the operator can choose instead. */
export interface ReviewChoice {
  /** Where the metadata was read. */
  path: string;
  /** Whether it was asked for, so that it replaces all that there is; otherwise it must not take away what is a site's. */
  isAskedFor: boolean;
  /** Whether databases may lead elsewhere afterwards. */
  allowConnectionChanges: boolean;
  /** The command that applies it, but for `--allow-connection-changes`. */
  applyCommand: string;
  /** The command that keeps what Hasura has, where the same one would try again. */
  keepCommand: string | undefined;
}

/** What a review works with. */
export interface ReviewOptions extends ReviewChoice {
  metadata: Json;
  /** What of the metadata there is does not fit. */
  inconsistent: readonly InconsistentObject[];
  /** Told what is about to be done, and why. */
  onNote(text: string): void;
}

/** A review for `applyMetadata`: nothing is to be done where nothing differs, unless it was asked for. */
export function reviewMetadata(options: ReviewOptions): (changes: readonly PlacedChange[], before: Json) => boolean {
  const { path, isAskedFor, metadata, inconsistent, onNote } = options;
  return (changes, before) => {
    const connections = options.allowConnectionChanges ? [] : connectionChanges(changes);
    const ofSite = isAskedFor ? [] : siteObjects({ changes, before, after: metadata, inconsistent });
    if (connections.length + ofSite.length > 0) throw kept(options, { connections, ofSite });
    if (isAskedFor) return true;
    if (changes.length === 0) return false;
    onNote(
      inconsistent.length > 0
        ? `the metadata of Hasura does not fit the database (${
          counted(inconsistent.length, "object")
        }); applying "${path}"`
        : `the metadata of Hasura differs from "${path}" (${counted(changes.length, "difference")}); applying it`,
    );
    return true;
  };
}

function kept(
  { path, applyCommand, keepCommand }: ReviewChoice,
  { connections, ofSite }: { connections: readonly PlacedChange[]; ofSite: readonly string[] },
): MetadataError {
  const reasons: string[] = [];
  if (connections.length > 0) {
    reasons.push(
      `it would change where Hasura's databases lead: ${listFew(connections.map(describeConnectionChange))}`,
    );
  }
  if (ofSite.length > 0) {
    reasons.push(`it would take away from Hasura what is not the release's: ${listFew(ofSite)}`);
  }
  const command = connections.length > 0 ? `${applyCommand} --allow-connection-changes` : applyCommand;
  return new MetadataError(`The metadata in "${path}" is not applied: ${reasons.join("; and ")}`, {
    state: "The metadata of Hasura is as it was",
    next: [
      `To apply it all the same: ${command}`,
      keepCommand === undefined
        ? "To keep what Hasura has, correct the metadata: metadata diff shows all differences"
        : `To keep what Hasura has: ${keepCommand}`,
    ].join("\n"),
  });
}
