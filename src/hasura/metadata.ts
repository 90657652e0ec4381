/**
 * Hasura's metadata: read it, replace it, reload it, ask whether it fits the databases, and which sources it has.
 *
 * @module
 */

import { isRecord, type Json } from "../json.ts";
import { expectSuccess } from "./answer.ts";
import { type HasuraClient, RELOAD_TIMEOUT } from "./client.ts";
import { NoAnswerError } from "./problems.ts";

/** A part of the metadata that does not fit the database. */
export interface InconsistentObject {
  /** As `table`. */
  type: string;
  /** As `table plan in source Aerie`. */
  name: string;
  reason: string;
}

/**
 * Makes Hasura read its metadata and all databases anew.
 *
 * @throws {HasuraError | NoAnswerError} when it did not
 */
export async function reloadMetadata(client: HasuraClient): Promise<void> {
  const type = "reload_metadata";
  await client.ask({
    path: "/v1/metadata",
    type,
    // Said, although it is the default: of v2.2.0 it is reported that it was not (graphql-engine issue 8244).
    args: { reload_sources: true },
    timeout: RELOAD_TIMEOUT,
    // The first may still be at work, and each one costs Hasura a lot.
    attempts: 2,
    decode: (answer) => expectSuccess(answer, type),
  });
}

/**
 * The inconsistent objects; none where the metadata is consistent.
 *
 * Asked by itself, since `reload_metadata` tells it only from v2.4.0 on.
 *
 * @throws {HasuraError | NoAnswerError} when Hasura did not say
 */
export async function inconsistentObjects(client: HasuraClient): Promise<InconsistentObject[]> {
  return await client.ask({
    path: "/v1/metadata",
    type: "get_inconsistent_metadata",
    args: {},
    decode: decodeInconsistentObjects,
  });
}

/** The metadata that a server has. */
export interface ServerMetadata {
  /** Raised by every change, also by one that changes nothing, such as a reload. */
  resourceVersion: number;
  metadata: Record<string, Json>;
}

/**
 * All of the metadata.
 *
 * @throws {HasuraError | NoAnswerError} when Hasura did not send it
 */
export async function exportMetadata(client: HasuraClient): Promise<ServerMetadata> {
  const call = { path: "/v1/metadata", type: "export_metadata", version: 2, args: {} } as const;
  return await client.ask({ ...call, decode: decodeServerMetadata });
}

function decodeServerMetadata(answer: unknown): ServerMetadata {
  if (!isRecord(answer) || typeof answer.resource_version !== "number" || !isRecord(answer.metadata)) {
    throw new NoAnswerError("The server answered export_metadata with JSON of another shape than Hasura's");
  }
  return { resourceVersion: answer.resource_version, metadata: answer.metadata as Record<string, Json> };
}

/**
 * Replaces all of the metadata, once. Objects that do not fit the databases are kept as inconsistent ones.
 *
 * With the same `resourceVersion` at most one of several attempts does it: Hasura refuses the others as `conflict`.
 *
 * @throws {HasuraError | NoAnswerError} when it did not, or that is not known
 */
export async function replaceMetadata(
  client: HasuraClient,
  { metadata, resourceVersion }: ServerMetadata,
): Promise<void> {
  const type = "replace_metadata";
  const args = { allow_inconsistent_metadata: true, metadata };
  const answer = await client.send(
    { path: "/v1/metadata", type, version: 2, resourceVersion, args },
    AbortSignal.timeout(RELOAD_TIMEOUT),
  );
  if (isRecord(answer) && typeof answer.is_consistent === "boolean") return;
  throw new NoAnswerError(`The server answered ${type} with JSON of another shape than Hasura's`);
}

function decodeInconsistentObjects(answer: unknown): InconsistentObject[] {
  if (!isRecord(answer) || typeof answer.is_consistent !== "boolean" || !Array.isArray(answer.inconsistent_objects)) {
    throw new NoAnswerError("The server answered get_inconsistent_metadata with JSON of another shape than Hasura's");
  }
  if (answer.is_consistent) return [];
  const objects: unknown[] = answer.inconsistent_objects;
  return objects.map((object) => ({
    type: text(object, "type") ?? "object",
    name: text(object, "name") ?? "without a name",
    reason: text(object, "reason") ?? text(object, "message") ?? "no reason given",
  }));
}

/**
 * Names of the databases ("sources") that Hasura knows.
 *
 * @throws {HasuraError | NoAnswerError} when Hasura did not say
 */
export async function sourceNames(client: HasuraClient): Promise<string[]> {
  return await client.ask({ path: "/v1/metadata", type: "export_metadata", args: {}, decode: decodeSourceNames });
}

function decodeSourceNames(answer: unknown): string[] {
  if (!isRecord(answer) || !Array.isArray(answer.sources)) {
    throw new NoAnswerError("The server answered export_metadata with JSON of another shape than Hasura's");
  }
  return sourceNamesOf(answer);
}

/** Names of the databases in `metadata`. */
export function sourceNamesOf({ sources }: Record<string, unknown>): string[] {
  if (!Array.isArray(sources)) return [];
  return sources.map((source: unknown) => text(source, "name")).filter((name) => name !== undefined);
}

function text(object: unknown, key: string): string | undefined {
  const value = isRecord(object) ? object[key] : undefined;
  return typeof value === "string" ? value : undefined;
}
