/**
 * `export_metadata`, in both versions, and `dump_internal_state`.
 *
 * @module
 */

import type { Metadata } from "../catalog.ts";
import { listIn, objectIn } from "../loose.ts";
import type { CallDecoder } from "../work.ts";

/** The document alone. */
export const exportMetadata: CallDecoder = () => ({
  modifies: false,
  run: ({ metadata }) => Promise.resolve(shown(metadata)),
});

/** The document with its number. */
export const exportMetadata2: CallDecoder = () => ({
  modifies: false,
  run: ({ metadata, resourceVersion }) =>
    Promise.resolve({ resource_version: resourceVersion, metadata: shown(metadata) }),
});

/** What Hasura holds in its memory; only an outline of it. */
export const dumpInternalState: CallDecoder = () => ({
  modifies: false,
  run: ({ metadata, resourceVersion, schema }) =>
    Promise.resolve({
      metadata_resource_version: resourceVersion,
      sources: metadata.sources.map(({ name, tables }) => [name, { name, tables: tables.map(({ table }) => table) }]),
      actions: Object.fromEntries(listIn(metadata, "actions").map((action) => [String(action["name"]), action])),
      metrics_config: objectIn(metadata, "metrics_config"),
      inconsistent_objs: [...schema.inconsistentObjects],
    }),
});

/** Cron triggers can be left out of what is exported, and nothing of them is shown then. */
function shown(metadata: Metadata): Metadata {
  const all = listIn(metadata, "cron_triggers");
  const cronTriggers = all.filter((trigger) => trigger["include_in_metadata"] !== false);
  if (cronTriggers.length === all.length) return metadata;
  const { cron_triggers: _, ...rest } = metadata;
  return { ...rest, ...cronTriggers.length === 0 ? {} : { cron_triggers: cronTriggers } } as Metadata;
}
