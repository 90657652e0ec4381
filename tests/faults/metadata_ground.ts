/**
 * What the suite applies as metadata, and a record of all that Hasura ever stored.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { databaseUrl } from "../support/venue_metadata.ts";
import type { Venue } from "../venue/mod.ts";

/** A document as Hasura writes it; its label stands at each of its tables, so that a mixture of two is neither. */
export function documentOf(label: string, tables: readonly string[]) {
  return {
    version: 3,
    sources: [{
      name: "Aerie",
      kind: "postgres",
      configuration: databaseUrl(),
      tables: ["applied_log", ...tables].map((name) => ({
        table: { schema: "public", name },
        configuration: { comment: label, column_config: {}, custom_column_names: {}, custom_root_fields: {} },
      })),
    }],
  };
}

/** A document. */
export type Document = ReturnType<typeof documentOf>;

/** What somebody else writes at the same time. It does not fit either, so that each kind of run would replace it later. */
export const SOMEBODYS = documentOf("somebody's", ["step_9"]);

/** The files of a metadata directory that makes `document`. */
export function directoryOf({ sources }: Document): Record<string, string> {
  return { "metadata/version.yaml": "version: 3\n", "metadata/databases/databases.yaml": JSON.stringify(sources) };
}

/** Lets the database remember every document from now on, the one that is there first. */
export async function recordMetadata(venue: Venue, document: Document): Promise<void> {
  const { metadata } = await venue.metadata();
  if (!isDeepStrictEqual(metadata, document)) await venue.setMetadata(document);
  await venue.sql(RECORDING);
}

const RECORDING = `create table public.metadata_log (
  id integer generated always as identity, resource_version integer not null, metadata json not null
);
create function public.log_metadata() returns trigger language plpgsql as $$
begin
  insert into public.metadata_log (resource_version, metadata) values (new.resource_version, new.metadata);
  return null;
end
$$;
insert into public.metadata_log (resource_version, metadata)
  select resource_version, metadata from hdb_catalog.hdb_metadata;
create trigger log_metadata after insert or update on hdb_catalog.hdb_metadata
  for each row execute function public.log_metadata();
`;

/** What Hasura has stored, in its order. */
export interface MetadataHistory {
  /** Labels of the documents, each as long as there was no other one; `undefined` for one that nobody has sent. */
  labels: readonly (string | undefined)[];
  /** Numbers of the metadata, which must rise. */
  resourceVersions: readonly number[];
}

/** Reads it, past the tool and past Hasura; `known` are the documents that somebody sends. */
export async function readHistory(venue: Venue, known: readonly Document[]): Promise<MetadataHistory> {
  const rows = await venue.sql("select resource_version, metadata from public.metadata_log order by id");
  const all = rows.map(([, text]) => labelOf(JSON.parse(text ?? ""), known));
  return {
    labels: all.filter((label, index) => index === 0 || label !== all[index - 1]),
    resourceVersions: rows.map(([version]) => Number(version)),
  };
}

/** The label of a document, whole; `undefined` for one that is none of `known`. */
export function labelOf(metadata: unknown, known: readonly Document[]): string | undefined {
  return known.find((document) => isDeepStrictEqual(metadata, document))?.sources[0]?.tables[0]?.configuration.comment;
}
