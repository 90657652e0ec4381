/**
 * `run_sql` with the check whether the metadata still fits.
 *
 * @module
 */

import { HasuraError } from "./bodies.ts";
import { type Metadata, readMetadata } from "./catalog.ts";
import { metadataShape } from "./document/document.ts";
import { type Instance, look, storeMetadata } from "./instance.ts";
import { introspectIn } from "./introspection.ts";
import type { SessionPool } from "./pool.ts";
import type { Schema } from "./schema.ts";
import { changesOf } from "./schema/changes.ts";
import { follow } from "./schema/follow.ts";
import { namesOf } from "./schema/metadata_object.ts";
import type { Outcome, Session } from "./session.ts";

/** What happens around the text, in its transaction. */
export type Around = (session: Session, run: () => Promise<Outcome>) => Promise<Outcome>;

/** Runs the text in its transaction with something around it; the metadata follows. @throws {HasuraError} */
export async function runChecked(
  instance: Instance,
  { source, cascade, pool }: { source: string; cascade: boolean; pool: SessionPool },
  run: (around: Around) => Promise<Outcome>,
): Promise<Outcome> {
  const known = instance.schema;
  const { metadata, resourceVersion } = await readMetadata(instance.metadataPool);
  let changed: Metadata = metadata;
  const outcome = await run(async (session, text) => {
    const before = await introspectIn(pool, session);
    const outcome = await text();
    const after = await introspectIn(pool, session);
    const built = known.built.sources.get(source);
    if (built !== undefined) {
      const followed = follow(changesOf(built, { before, after }), { metadata, source, known, cascade });
      changed = metadataShape(followed, "$");
    }
    return outcome;
  });
  // Everything from here on happens after the commit: an error does not undo the text.
  const schema = await look(instance, changed, { again: [source] });
  refuseNewProblems(schema, known);
  await storeMetadata(instance, { metadata: changed, resourceVersion });
  instance.schema = schema;
  return outcome;
}

function refuseNewProblems(schema: Schema, before: Schema): void {
  const known = new Set(before.inconsistentObjects.flatMap(namesOf));
  const found = schema.inconsistentObjects.filter((object) => namesOf(object).some((name) => !known.has(name)));
  if (found.length === 0) return;
  throw new HasuraError("cannot continue due to newly found inconsistent metadata", {
    status: 500,
    code: "unexpected",
    internal: found,
  });
}
