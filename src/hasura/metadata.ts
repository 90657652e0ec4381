/**
 * Hasura's metadata: read it, replace it, reload it, ask whether it fits the databases, and which sources it has.
 *
 * @module
 */

import { isRecord, type Json } from "../json.ts";
import { expectSuccess } from "./answer.ts";
import { type HasuraClient, RELOAD_TIMEOUT } from "./client.ts";
import { decodeConsistency, type InconsistentObject } from "./inconsistent.ts";
import { NoAnswerError } from "./problems.ts";

export type { InconsistentObject } from "./inconsistent.ts";

/** How to reload. */
export interface ReloadOptions {
  /** Names of the databases to read anew. @default all */
  sources?: readonly string[];
  /** Milliseconds. @default RELOAD_TIMEOUT */
  timeout?: number;
}

/**
 * Makes Hasura read its metadata and its databases anew. Two that do so at the same time can refuse each other, so it is
 * asked again then.
 *
 * @returns what does not fit, as this server sees it now; `undefined` where it does not say (before v2.4.0)
 * @throws {HasuraError | NoAnswerError} when it did not
 */
export async function reloadMetadata(
  client: HasuraClient,
  { sources, timeout = RELOAD_TIMEOUT }: ReloadOptions = {},
): Promise<InconsistentObject[] | undefined> {
  const type = "reload_metadata";
  return await client.ask({
    path: "/v1/metadata",
    type,
    // Said, although it is the default: of v2.2.0 it is reported that it was not (graphql-engine issue 8244).
    args: { reload_sources: sources ?? true },
    timeout,
    // The first may still be at work, and each one costs Hasura a lot.
    attempts: 2,
    decode(answer) {
      expectSuccess(answer, type);
      return decodeConsistency(answer);
    },
  });
}

/**
 * The inconsistent objects; none where the metadata is consistent.
 *
 * Of several servers behind one address, the one that is asked may not have noticed yet what another has changed: where a
 * change itself has told what does not fit, that counts.
 *
 * @throws {HasuraError | NoAnswerError} when Hasura did not say
 */
export async function inconsistentObjects(client: HasuraClient): Promise<InconsistentObject[]> {
  const type = "get_inconsistent_metadata";
  return await client.ask({
    path: "/v1/metadata",
    type,
    args: {},
    decode(answer) {
      const objects = decodeConsistency(answer);
      if (objects !== undefined) return objects;
      throw new NoAnswerError(`The server answered ${type} with JSON of another shape than Hasura's`);
    },
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
 * @returns what does not fit, as the server sees it now: it has read its databases anew
 * @throws {HasuraError | NoAnswerError} when it did not, or that is not known
 */
export async function replaceMetadata(
  client: HasuraClient,
  { metadata, resourceVersion }: ServerMetadata,
): Promise<InconsistentObject[]> {
  const type = "replace_metadata";
  const args = { allow_inconsistent_metadata: true, metadata };
  const answer = await client.send(
    { path: "/v1/metadata", type, version: 2, resourceVersion, args },
    AbortSignal.timeout(RELOAD_TIMEOUT),
  );
  const objects = decodeConsistency(answer);
  if (objects !== undefined) return objects;
  throw new NoAnswerError(`The server answered ${type} with JSON of another shape than Hasura's`);
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
