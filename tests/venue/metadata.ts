/**
 * `/v1/metadata`: catalog state, reload, replace, inconsistent objects, export.
 *
 * @module
 */

import { HasuraError, type Json, parseFailed } from "./bodies.ts";
import { readCatalogState, readMetadata, writeCatalogState } from "./catalog.ts";
import { asObject, int, type Located, required, text } from "./decode.ts";
import { consultMetadata, type Instance, look, storeMetadata } from "./instance.ts";
import { replaceMetadata } from "./replace.ts";

/** A decoded call, ready to run. */
export interface MetadataCall {
  /** Whether the call changes the metadata, as far as Hasura's special modes are concerned. */
  modifies: boolean;
  /** Runs it; the caller holds the lock. @throws {HasuraError} */
  run(): Promise<Json>;
}

const SUCCESS = { message: "success" };
/** Runs a call, one at a time. @throws {HasuraError} */
export async function callMetadata(instance: Instance, call: MetadataCall): Promise<Json> {
  if (call.modifies && instance.settings.readOnlyMode) {
    throw new HasuraError("metadata cannot be modified in read-only mode", { status: 400, code: "not-supported" });
  }
  if (call.modifies && instance.settings.maintenanceMode) {
    throw new HasuraError("metadata cannot be modified in maintenance mode", {
      status: 500,
      code: "unexpected",
      path: "$",
    });
  }
  return await instance.lock.run(async () => {
    await consultMetadata(instance);
    return await call.run();
  });
}

/** Decodes the body of a call. @throws {HasuraError} */
export function decodeMetadata(instance: Instance, body: unknown): MetadataCall {
  const envelope = asObject(body, { path: "$", what: "RQLMetadata" });
  const version = int(envelope, "version", 1);
  if (version !== 1 && version !== 2) throw parseFailed(`unsupported version ${version}`, "$.version");
  const type = text(envelope, "type");
  const args: Located = { value: {}, path: "$.args" };
  const given = required(envelope, "args");
  if (typeof given === "object" && given !== null) Object.assign(args.value, given);
  const resourceVersion = (envelope.value["resource_version"] ?? null) === null
    ? undefined
    : int(envelope, "resource_version", undefined, "Int64");
  const key = version === 2 ? `${type} 2` : type;
  switch (key) {
    case "get_catalog_state":
      return { modifies: false, run: () => readCatalogState(instance.metadataPool) };
    case "set_catalog_state":
      return setCatalogState(instance, args);
    case "get_inconsistent_metadata":
      return { modifies: false, run: () => Promise.resolve(consistency(instance)) };
    case "reload_metadata":
      return reloadMetadata(instance, { args, resourceVersion });
    case "replace_metadata":
    case "replace_metadata 2":
      return replaceMetadata(instance, { args, resourceVersion });
    case "export_metadata":
      return { modifies: false, run: async () => (await readMetadata(instance.metadataPool)).metadata };
    case "export_metadata 2":
      return { modifies: false, run: () => exportMetadata(instance) };
    default:
      throw unknownType(type);
  }
}

function setCatalogState(instance: Instance, args: Located): MetadataCall {
  const type = text(args, "type");
  if (type !== "cli" && type !== "console") {
    throw parseFailed(`parsing CatalogStateType failed, expected one of the tags ["cli","console"]`, "$.args.type");
  }
  const state = required(args, "state");
  return {
    modifies: false,
    run: async () => {
      await writeCatalogState(instance.metadataPool, type, state);
      return SUCCESS;
    },
  };
}

function reloadMetadata(
  instance: Instance,
  { args, resourceVersion }: { args: Located; resourceVersion: number | undefined },
): MetadataCall {
  const sources = args.value["reload_sources"] ?? true;
  return {
    modifies: true,
    run: async () => {
      const stored = await readMetadata(instance.metadataPool);
      const known = stored.metadata.sources.map(({ name }) => name);
      const unknown = Array.isArray(sources) ? sources.find((name) => !known.includes(name)) : undefined;
      if (unknown !== undefined) {
        throw new HasuraError(`Source with name "${unknown}" not found in metadata`, {
          status: 400,
          code: "not-exists",
        });
      }
      const again = Array.isArray(sources) ? sources : sources === false ? [] : "all";
      const schema = await look(instance, stored.metadata, { again });
      await storeMetadata(instance, { ...stored, resourceVersion: resourceVersion ?? stored.resourceVersion });
      instance.schema = schema;
      if (!instance.settings.reloadFields) return SUCCESS;
      const { is_consistent, inconsistent_objects } = consistency(instance);
      return { ...SUCCESS, is_consistent, ...(is_consistent ? {} : { inconsistent_objects }) };
    },
  };
}

function consistency({ schema: { inconsistentObjects } }: Instance) {
  return { is_consistent: inconsistentObjects.length === 0, inconsistent_objects: [...inconsistentObjects] };
}

async function exportMetadata(instance: Instance): Promise<Json> {
  const { resourceVersion, metadata } = await readMetadata(instance.metadataPool);
  return { resource_version: resourceVersion, metadata };
}

/** Hasura takes what comes before the first underscore for the name of a backend, known or not. */
function unknownType(type: string): HasuraError {
  const [prefix = ""] = type.split("_", 1);
  const command = type.slice(prefix.length + 1);
  return parseFailed(`unknown metadata command "${command}" for backend ${prefix === "pg" ? "postgres" : prefix}`, "$");
}
