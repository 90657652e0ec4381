/**
 * Changes of one object, which are refused where they make anything inconsistent.
 *
 * @module
 */

import { HasuraError } from "../bodies.ts";
import type { Metadata, Source } from "../catalog.ts";
import { metadataShape } from "../document/document.ts";
import { type InconsistentObject, namesOf } from "../schema/metadata_object.ts";
import { type MetadataCall, SUCCESS, type Work } from "../work.ts";

/** A call that changes the metadata and answers that all went well. */
export function changing(run: (work: Work) => Promise<void>): MetadataCall {
  return {
    modifies: true,
    run: async (work) => {
      await run(work);
      return SUCCESS;
    },
  };
}

/** Puts other metadata in place for the sake of one object, by its name as in `table plan in source Aerie`. @throws {HasuraError} */
export async function buildFor(work: Work, name: string, metadata: Metadata): Promise<void> {
  const found = await newProblems(work, metadata);
  const own = found.filter((object) => namesOf(object).includes(name));
  if (own.length > 0) {
    throw new HasuraError(own.map(({ reason }) => reason).join(", "), {
      status: 400,
      code: "invalid-configuration",
      internal: own,
    });
  }
  refuseNew(found);
}

/** Puts other metadata in place that must not make anything inconsistent. @throws {HasuraError} */
export async function build(work: Work, metadata: Metadata): Promise<void> {
  refuseNew(await newProblems(work, metadata));
}

/** Metadata in its normal form, after a change by hand. */
export function normal(metadata: Metadata): Metadata {
  return metadataShape(metadata, "$");
}

/** A source that can be used. @throws {HasuraError} */
export function usableSource({ metadata, schema }: Work, name: string): Source {
  const found = metadata.sources.find((source) => source.name === name);
  if (found !== undefined && schema.sources.get(name)?.connected !== undefined) return found;
  if (found === undefined) {
    throw new HasuraError(`source with name "${name}" does not exist`, { status: 400, code: "not-exists" });
  }
  throw new HasuraError(`source with name "${name}" is inconsistent`, { status: 400, code: "unexpected" });
}

async function newProblems(work: Work, metadata: Metadata): Promise<InconsistentObject[]> {
  const before = new Set(work.schema.inconsistentObjects.flatMap(namesOf));
  await work.change(metadata);
  return work.schema.inconsistentObjects.filter((object) => namesOf(object).some((name) => !before.has(name)));
}

function refuseNew(found: InconsistentObject[]): void {
  if (found.length === 0) return;
  throw new HasuraError("cannot continue due to new inconsistent metadata", {
    status: 400,
    code: "unexpected",
    internal: found,
  });
}
