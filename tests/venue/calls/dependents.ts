/**
 * What cannot stay when something is dropped.
 *
 * @module
 */

import type { Metadata } from "../catalog.ts";
import { Dependents, refuseDependents } from "../schema/follow.ts";
import { purge } from "../schema/purge.ts";
import { describe, holds, type SchemaId } from "../schema/schema_id.ts";
import { inSource, withoutNamed } from "../without.ts";
import type { Work } from "../work.ts";

/** What depends on something and does not go with it anyway. */
export function dependentsOf({ schema }: Work, id: SchemaId): SchemaId[] {
  return new Dependents(schema).of(id).filter((one) => !holds(id, one));
}

/** What depends on a source from outside. */
export function dependentsOfSource({ schema }: Work, name: string): SchemaId[] {
  const isIn = (id: SchemaId) => "source" in id && id.source === name;
  const found = schema.dependencies.filter(({ on, subject }) => isIn(on) && !isIn(subject));
  return [...new Map(found.map(({ subject }) => [describe(subject), subject])).values()];
}

/** The metadata without these; only with `cascade` may there be any. @throws {HasuraError} */
export function withoutDependents({ metadata }: Work, dependents: readonly SchemaId[], cascade: boolean): Metadata {
  refuseDependents(dependents, { cascade });
  const changed = structuredClone(metadata);
  for (const one of dependents) purge(changed, one);
  return dependents.reduce((left, one) => {
    if (one.kind !== "function") return left;
    const { source, function: name } = one;
    return inSource(left, source, (found) => withoutNamed(found, "functions", { key: "function", name }));
  }, changed);
}
