/**
 * `/v1/metadata`: which call a request is, and how it is run.
 *
 * @module
 */

import { HasuraError, type Json, parseFailed } from "./bodies.ts";
import { bulk, bulkKeepGoing } from "./calls/bulk.ts";
import { getCatalogState, setCatalogState } from "./calls/catalog_state.ts";
import { dumpInternalState, exportMetadata, exportMetadata2 } from "./calls/export.ts";
import { dropInconsistentMetadata, getInconsistentMetadata } from "./calls/inconsistent.ts";
import { reloadMetadata } from "./calls/reload.ts";
import { clearMetadata, replaceMetadata, replaceMetadata2 } from "./calls/replace.ts";
import { renameSource, sourceCalls } from "./calls/sources.ts";
import { TABLE_PART_CALLS } from "./calls/table_parts.ts";
import { TABLE_CALLS } from "./calls/tables.ts";
import { readMetadata } from "./catalog.ts";
import { int, intAs, textAs } from "./document/scalars.ts";
import { asObject, byHand } from "./document/shape.ts";
import { type Instance, storeMetadata } from "./instance.ts";
import { type CallDecoder, type MetadataCall, Work } from "./work.ts";

/** A decoded request. */
export interface MetadataRequest {
  call: MetadataCall;
  /** The number that the metadata has to have; missing: whatever it has. */
  resourceVersion?: number;
}

const FIRST: Readonly<Record<string, CallDecoder>> = {
  get_catalog_state: getCatalogState,
  set_catalog_state: setCatalogState,
  get_inconsistent_metadata: getInconsistentMetadata,
  drop_inconsistent_metadata: dropInconsistentMetadata,
  reload_metadata: reloadMetadata,
  replace_metadata: replaceMetadata,
  clear_metadata: clearMetadata,
  export_metadata: exportMetadata,
  dump_internal_state: dumpInternalState,
  rename_source: renameSource,
  bulk: bulk(decodeCall),
  bulk_keep_going: bulkKeepGoing(decodeCall),
};
const SECOND: Readonly<Record<string, CallDecoder>> = {
  replace_metadata: replaceMetadata2,
  export_metadata: exportMetadata2,
};
const SECOND_TYPE = "Hasura.Server.API.Metadata.Types.RQLMetadataV2";
const BACKENDS: Readonly<Record<string, string>> = {
  pg: "postgres",
  postgres: "postgres",
  citus: "citus",
  cockroach: "cockroach",
};

/** Runs a request, one at a time. @throws {HasuraError} */
export async function callMetadata(
  instance: Instance,
  { call, resourceVersion }: MetadataRequest,
): Promise<Json> {
  return await instance.lock.run(async () => {
    const work = new Work(instance, await stored(instance));
    let schema = instance.schema;
    try {
      const answer = await call.run(work);
      if (!call.modifies) return answer;
      checkMode(instance);
      // The number is compared last of all: what was done in the databases by then stays done.
      await storeMetadata(instance, {
        metadata: work.metadata,
        resourceVersion: resourceVersion ?? work.resourceVersion,
      });
      schema = work.schema;
      return answer;
    } finally {
      // Also where nothing has changed: sessions that were made on the way end.
      instance.schema = schema;
    }
  });
}

function checkMode({ settings: { readOnlyMode, maintenanceMode } }: Instance): void {
  if (!readOnlyMode || maintenanceMode) return;
  throw new HasuraError("metadata cannot be modified in read-only mode", {
    status: 400,
    code: "not-supported",
    path: "$",
  });
}

/** Decodes the body of a request. @throws {HasuraError} */
export function decodeMetadata(body: unknown): MetadataRequest {
  const envelope = asObject(byHand("RQLMetadata"), body, "$");
  const version = envelope["resource_version"] ?? null;
  const resourceVersion = version === null ? undefined : intAs("Int64")(version, "$.resource_version");
  const call = decodeCall(body, "$");
  return { call, ...resourceVersion === undefined ? {} : { resourceVersion } };
}

function decodeCall(value: unknown, path: string): MetadataCall {
  const request = asObject(byHand("RQLMetadataRequest"), value, path);
  const version = int(request["version"] ?? 1, `${path}.version`);
  if (version !== 1 && version !== 2) throw parseFailed(`expected 1 or 2, encountered ${version}`, `${path}.version`);
  return version === 1 ? decodeFirst(request, path) : decodeSecond(request, path);
}

function decodeFirst(request: Record<string, unknown>, path: string): MetadataCall {
  if (!Object.hasOwn(request, "type")) throw parseFailed('key "type" not found', path);
  const type = textAs("Text")(request["type"], `${path}.type`);
  // Every word is the name of a database's kind, with a command for it.
  const backend = type.split("_", 1)[0] ?? "";
  const [kind, command] = [BACKENDS[backend], type.slice(backend.length + 1)];
  const decoder = FIRST[type] ??
    (kind === undefined ? undefined : { ...sourceCalls(kind), ...TABLE_CALLS, ...TABLE_PART_CALLS }[command]);
  if (decoder === undefined && kind === undefined) throw unknown(command, backend);
  if (!Object.hasOwn(request, "args")) throw parseFailed('key "args" not found', path);
  if (decoder === undefined) throw unknown(command, kind ?? backend);
  return decoder(request["args"], `${path}.args`);

  function unknown(command: string, backend: string): HasuraError {
    return parseFailed(`unknown metadata command "${command}" for backend ${backend}`, path);
  }
}

function decodeSecond(request: Record<string, unknown>, path: string): MetadataCall {
  if (!Object.hasOwn(request, "type")) throw parseFailed(`parsing ${SECOND_TYPE} failed, key "type" not found`, path);
  const type = textAs(SECOND_TYPE)(request["type"], `${path}.type`);
  const decoder = SECOND[type];
  if (decoder === undefined) {
    throw parseFailed(
      `parsing ${SECOND_TYPE} failed, expected tag field to be one of ${
        JSON.stringify(Object.keys(SECOND))
      }, but found tag ${JSON.stringify(type)}`,
      `${path}.type`,
    );
  }
  if (!Object.hasOwn(request, "args")) throw parseFailed(`parsing ${SECOND_TYPE} failed, key "args" not found`, path);
  return decoder(request["args"], `${path}.args`);
}

/** Hasura reads what is stored before anything else, whatever the call is. */
async function stored(instance: Instance) {
  try {
    return await readMetadata(instance.metadataPool);
  } catch (error) {
    throw error instanceof HasuraError ? error.at("$") : error;
  }
}
