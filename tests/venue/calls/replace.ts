/**
 * `replace_metadata` and `clear_metadata`: other metadata in place of all that was there.
 *
 * @module
 */

import { HasuraError, type Json } from "../bodies.ts";
import type { Metadata, Source } from "../catalog.ts";
import { decodeDocument, type OlderDocument } from "../document/document.ts";
import { boolAs } from "../document/scalars.ts";
import { asObject, byHand, object, required, unless } from "../document/shape.ts";
import { listIn, nameIn } from "../loose.ts";
import { type CallDecoder, type MetadataCall, SUCCESS, type Work } from "../work.ts";

interface Permits {
  inconsistent: boolean;
}

const ARGUMENTS = object(byHand("ReplaceMetadataV2"), {
  allow_inconsistent_metadata: unless(false, boolAs("AllowInconsistentMetadata")),
  allow_warnings: unless(true, boolAs("AllowWarnings")),
  metadata: required((value) => value as Json),
});

/** Version 1 of the call. With a key `metadata` it is the second form, whatever the version says. @throws {HasuraError} */
export const replaceMetadata: CallDecoder = (args, path) => {
  const given = asObject(byHand("ReplaceMetadata"), args, path);
  if (Object.hasOwn(given, "metadata")) return replaceMetadata2(args, path);
  const document = decodeDocument(args, path);
  return changing(async (work) => {
    await replace(work, document, { inconsistent: false });
    return SUCCESS;
  });
};

/** Version 2 of the call. @throws {HasuraError} */
export const replaceMetadata2: CallDecoder = (args, path) => {
  const { allow_inconsistent_metadata: inconsistent = false } = ARGUMENTS(args, path);
  const { metadata } = asObject(byHand("ReplaceMetadataV2"), args, path);
  const document = decodeDocument(metadata, `${path}.metadata`);
  return changing(async (work) => {
    await replace(work, document, { inconsistent: inconsistent === true });
    return work.consistency();
  });
};

/** `clear_metadata`: all but the database that the server was started with. */
export const clearMetadata: CallDecoder = () =>
  changing(async (work) => {
    const kept = work.metadata.sources.filter(({ name }) => name === "default");
    const sources = kept.map(({ name, kind, configuration }) => ({ name, kind, tables: [], configuration }));
    await replace(work, { version: 3, sources }, { inconsistent: false });
    return SUCCESS;
  });

function changing(run: MetadataCall["run"]): MetadataCall {
  return { modifies: true, run };
}

async function replace(work: Work, document: Metadata | OlderDocument, permits: Permits): Promise<void> {
  const metadata = withHiddenTriggers("version" in document ? document : intoDefault(work, document), work.metadata);
  checkTriggerNames(metadata);
  await work.change(metadata, { again: work.instance.settings.replaceLooksAgain ? "all" : [] });
  const { is_consistent, inconsistent_objects: internal } = work.consistency();
  if (is_consistent || permits.inconsistent) return;
  throw new HasuraError("cannot continue due to inconsistent metadata", { status: 400, code: "unexpected", internal });
}

/** A document of the older formats is for the database that the server was started with. */
function intoDefault({ metadata: { sources, ...old } }: Work, { tables, rest }: OlderDocument): Metadata {
  const found = sources.find(({ name }) => name === "default");
  if (found === undefined) {
    throw new HasuraError("cannot import metadata without sources since no default source is defined", {
      status: 400,
      code: "not-supported",
    });
  }
  const { functions, ...elsewhere } = rest;
  const { functions: _, ...source } = found;
  const changed: Source = { ...source, tables, ...functions === undefined ? {} : { functions } };
  const kept = old["rest_endpoints"];
  return { version: 3, sources: [changed], ...kept === undefined ? {} : { rest_endpoints: kept }, ...elsewhere };
}

/** Cron triggers that are not part of exported metadata outlive a replacement. */
function withHiddenTriggers(metadata: Metadata, old: Metadata): Metadata {
  const hidden = listIn(old, "cron_triggers").filter((trigger) => trigger["include_in_metadata"] === false);
  if (hidden.length === 0) return metadata;
  const given = listIn(metadata, "cron_triggers");
  const names = hidden.map((trigger) => nameIn(trigger, "name"));
  const twice = given.map((trigger) => nameIn(trigger, "name")).find((name) => names.includes(name));
  if (twice !== undefined) {
    throw new HasuraError(
      `cron trigger with name ${twice} already exists as a cron trigger with "included_in_metadata" as false`,
      { status: 400, code: "already-exists" },
    );
  }
  return { ...metadata, cron_triggers: [...given, ...hidden] };
}

function checkTriggerNames({ sources }: Metadata): void {
  for (const { tables } of sources) {
    const names = tables.flatMap((table) => listIn(table, "event_triggers").map((trigger) => nameIn(trigger, "name")));
    const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    if (twice.size === 0) continue;
    const shown = [...twice].map((name) => `"${name}"`).join(", ");
    throw new HasuraError(`Event trigger with duplicate names not allowed: ${shown}`, {
      status: 400,
      code: "not-supported",
    });
  }
}
