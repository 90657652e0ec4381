/**
 * `replace_metadata`: new metadata in place of all that was there.
 *
 * @module
 */

import { HasuraError, type Json, parseFailed } from "./bodies.ts";
import { type Metadata, readMetadata } from "./catalog.ts";
import { asObject, bool, items, type Located, required } from "./decode.ts";
import { type Instance, look, storeMetadata } from "./instance.ts";
import type { MetadataCall } from "./metadata.ts";
import { parseMetadata } from "./parse_metadata.ts";

/** Decodes the call. With a key `metadata` it is the second form, whatever the version says. @throws {HasuraError} */
export function replaceMetadata(
  instance: Instance,
  { args, resourceVersion }: { args: Located; resourceVersion: number | undefined },
): MetadataCall {
  const second = Object.hasOwn(args.value, "metadata");
  const allowInconsistent = second && bool(args, "allow_inconsistent_metadata", false);
  const document = second
    ? asObject(args.value["metadata"], { path: `${args.path}.metadata`, what: "ReplaceMetadataV1" })
    : args;
  const metadata = decodeDocument(document);
  return {
    modifies: true,
    run: async () => {
      const stored = await readMetadata(instance.metadataPool);
      if (metadata === undefined) throw withoutSources();
      const again = instance.settings.replaceLooksAgain ? "all" : [];
      const schema = await look(instance, metadata, { again });
      const { inconsistentObjects } = schema;
      if (inconsistentObjects.length > 0 && !allowInconsistent) throw inconsistency([...inconsistentObjects]);
      // The version is compared last of all: what was done in the databases by then stays done (Hasura source, Metadata).
      await storeMetadata(instance, { metadata, resourceVersion: resourceVersion ?? stored.resourceVersion });
      instance.schema = schema;
      if (!second) return { message: "success" };
      return { is_consistent: inconsistentObjects.length === 0, inconsistent_objects: [...inconsistentObjects] };
    },
  };
}

/** The metadata; `undefined` for a document of the older formats, which know of one database only. */
function decodeDocument(document: Located): Metadata | undefined {
  // Hasura takes a document that does not name its format for one of the oldest.
  const version = document.value["version"] ?? 1;
  if (version === 3) return parseMetadata(document);
  if (version !== 1 && version !== 2) {
    throw parseFailed(`expected 1, 2 or 3, encountered ${JSON.stringify(version)}`, `${document.path}.version`);
  }
  required(document, "tables");
  items(document, "tables");
  return undefined;
}

function withoutSources(): HasuraError {
  return new HasuraError("cannot import metadata without sources since no default source is defined", {
    status: 400,
    code: "not-supported",
  });
}

function inconsistency(internal: Json): HasuraError {
  return new HasuraError("cannot continue due to inconsistent metadata", { status: 400, code: "unexpected", internal });
}
