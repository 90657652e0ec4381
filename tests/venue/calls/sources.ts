/**
 * Adding, changing, renaming and dropping sources.
 *
 * @module
 */

import { HasuraError } from "../bodies.ts";
import type { Source } from "../catalog.ts";
import { bool, name } from "../document/scalars.ts";
import { byHand, derived, type Field, object, optional, required, unless } from "../document/shape.ts";
import { configurationOf, sourceCustomization } from "../document/sources.ts";
import { inSource } from "../without.ts";
import type { CallDecoder } from "../work.ts";
import { buildFor, changing, normal } from "./building.ts";
import { dependentsOfSource, withoutDependents } from "./dependents.ts";

/** Calls for sources of a kind of database. */
export function sourceCalls(kind: string): Readonly<Record<string, CallDecoder>> {
  const configuration = configurationOf(kind);
  const settings: Readonly<Record<string, Field>> = { customization: sourceCustomization };
  const added = object(byHand("AddSource"), {
    name: required(name),
    configuration: required(configuration),
    replace_configuration: unless(false, bool),
    ...settings,
  });
  const updated = object(byHand("UpdateSource"), {
    name: required(name),
    configuration: optional(configuration),
    ...settings,
  });
  return {
    add_source: (args, path) => addSource(kind, added(args, path) as NewSource),
    update_source: (args, path) => updateSource(updated(args, path) as Partial<NewSource> & { name: string }),
    drop_source: dropSource,
  };
}

type NewSource = Pick<Source, "name" | "configuration"> & { replace_configuration?: boolean };

function addSource(kind: string, { replace_configuration: replaces = false, ...given }: NewSource) {
  return changing(async (work) => {
    const { metadata, schema } = work;
    const known = schema.sources.get(given.name)?.connected !== undefined;
    if (known && !replaces) throw alreadyExists(`source with name "${given.name}" already exists`);
    const old = metadata.sources.find((source) => source.name === given.name);
    // What is not said of a source that is replaced is forgotten, but for what is tracked.
    const { tables = [], ["functions"]: functions = null }: Partial<Source> = known ? old ?? {} : {};
    const source: Source = { ...given, kind, tables, functions };
    const sources = [...metadata.sources.filter((one) => one !== old), source];
    await buildFor(work, `source ${given.name}`, normal({ ...metadata, sources }));
  });
}

function updateSource(given: Partial<NewSource> & { name: string }) {
  return changing(async (work) => {
    if (work.schema.sources.get(given.name)?.connected === undefined) throw notExists(given.name);
    const changed = inSource(work.metadata, given.name, (source) => ({ ...source, ...given }));
    await buildFor(work, `source ${given.name}`, changed);
  });
}

const DROPPED = object(byHand("DropSource"), { name: required(name), cascade: unless(false, bool) });

const dropSource: CallDecoder = (args, path) => {
  const { name, cascade } = DROPPED(args, path) as { name: string; cascade?: boolean };
  return changing(async (work) => {
    const { metadata, schema } = work;
    if (!metadata.sources.some((source) => source.name === name)) throw notExists(name);
    // What depends on a source that is not known cannot be found.
    if (schema.sources.get(name)?.connected === undefined && cascade) {
      throw new HasuraError(`source with name "${name}" is inconsistent`, { status: 400, code: "unexpected" });
    }
    const left = withoutDependents(work, dependentsOfSource(work, name), cascade === true);
    const sources = left.sources.filter((source) => source.name !== name);
    await buildFor(work, `source ${name}`, { ...left, sources });
  });
};

const RENAMED = object(derived("Hasura.RQL.DDL.Schema.Source.RenameSource"), {
  name: required(name),
  new_name: required(name),
});

/** Gives a source another name. @throws {HasuraError} */
export const renameSource: CallDecoder = (args, path) => {
  const { name, new_name: other } = RENAMED(args, path) as { name: string; new_name: string };
  return changing(async (work) => {
    const { sources } = work.schema;
    if (sources.get(name)?.connected === undefined) {
      throw new HasuraError(`Could not find source with name "${name}"`, { status: 400, code: "not-exists" });
    }
    if (sources.get(other)?.connected !== undefined) throw alreadyExists(`Source with name "${other}" already exists`);
    const changed = work.metadata.sources.map((source) => source.name === name ? { ...source, name: other } : source);
    await buildFor(work, `source ${other}`, normal({ ...work.metadata, sources: changed }));
  });
};

function alreadyExists(message: string): HasuraError {
  return new HasuraError(message, { status: 400, code: "already-exists" });
}

function notExists(name: string): HasuraError {
  return new HasuraError(`source with name "${name}" does not exist`, { status: 400, code: "not-exists" });
}
