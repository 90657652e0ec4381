/**
 * The error for metadata of which Hasura cannot use all.
 *
 * @module
 */

import { counted } from "../counted.ts";
import { AccessError, MetadataError, type ToolError } from "../errors.ts";
import type { InconsistentObject } from "../hasura/metadata.ts";
import { adviceFor, bareReason, isUnfit } from "../metadata/advice.ts";

/** What is to be said of it. */
export interface UnfitOptions {
  /** Whether objects that do not fit are no failure. */
  isAllowed: boolean;
  state?: string;
  /** What to do about objects that do not fit the database. */
  unfit: string;
}

/** The error; none where it is allowed. A database that Hasura cannot use at all never is. */
export function inconsistentError(
  objects: readonly InconsistentObject[],
  { isAllowed, state, unfit }: UnfitOptions,
): ToolError | undefined {
  const sources = objects.filter(({ type }) => type === "source");
  if (objects.length === 0 || (isAllowed && sources.length === 0)) return undefined;
  const next = adviceFor(objects, unfit).join("\n");
  if (sources.length > 0) return new AccessError(describeSources(sources), { state, next });
  return new MetadataError(describeObjects(objects), { state, next });
}

function describeSources(sources: readonly InconsistentObject[]): string {
  const names = sources.map((source) => `"${source.name.replace(/^source /, "")}": ${bareReason(source)}`);
  return `Hasura cannot use ${sources.length === 1 ? "its database" : "its databases"} ${names.join("; ")}`;
}

function describeObjects(objects: readonly InconsistentObject[]): string {
  const [one, many] = objects.every(isUnfit)
    ? ["does not fit the database", "do not fit the database"]
    : ["cannot be used", "cannot be used"];
  return `The metadata of Hasura is inconsistent: ${counted(objects.length, "object")} ${
    objects.length === 1 ? one : many
  }`;
}
