/**
 * What Hasura makes of the metadata and of what its databases have.
 *
 * @module
 */

import type { Json } from "./bodies.ts";
import type { Metadata } from "./catalog.ts";
import type { SessionPool } from "./pool.ts";
import { buildAll, type BuildResult, NOTHING_BUILT } from "./schema/build.ts";
import type { InconsistentObject } from "./schema/metadata_object.ts";
import { type ConnectedSource, connectSource, type SourceParts } from "./source_connection.ts";

/** A source as Hasura knows it. */
export interface KnownSource {
  /** By which Hasura tells whether what it knows of the database still holds. */
  configuration: string;
  /** Its database at the last look; missing where that could not be reached. */
  connected?: ConnectedSource;
}

/** What Hasura knows. It is never changed, only replaced. */
export interface Schema extends BuildResult {
  readonly sources: ReadonlyMap<string, KnownSource>;
  readonly inconsistentObjects: readonly InconsistentObject[];
}

/** What a schema is made from. */
export interface SchemaParts extends SourceParts {
  metadata: Metadata;
}

/** How a schema is made. */
export interface BuildOptions {
  /** What was known until now. */
  before: Schema;
  /** Sources whose databases are looked at whatever is known of them. */
  again: "all" | readonly string[];
  /** Whether triggers are made in the databases for event triggers. Default: yes. */
  makesTriggers?: boolean;
}

/** The schema of a server that has only just been started. */
export const NOTHING_KNOWN: Schema = { sources: new Map(), inconsistentObjects: [], ...NOTHING_BUILT };

/**
 * Makes the schema for new metadata. The databases of the sources in `again`, and of those that are new or configured
 * otherwise, are looked at; for the others what was known `before` counts, however old it is.
 *
 * @throws {HasuraError}
 */
export async function buildSchema(
  parts: SchemaParts,
  { before, again, makesTriggers = true }: BuildOptions,
): Promise<Schema> {
  const { metadata, environment } = parts;
  const inconsistentObjects: InconsistentObject[] = [];
  const sources = new Map<string, KnownSource>();
  const connected = new Map<string, ConnectedSource>();
  for (const source of metadata.sources) {
    const configuration = canonical(source.configuration);
    const known = before.sources.get(source.name);
    const old = known?.configuration === configuration && !isIn(again, source.name) ? known.connected : undefined;
    const found = old ?? await connectSource(source, parts);
    if ("problem" in found) {
      inconsistentObjects.push(found.problem);
      sources.set(source.name, { configuration });
    } else {
      connected.set(source.name, found);
      sources.set(source.name, { configuration, connected: found });
    }
  }
  const { problems, ...result } = await buildAll({ metadata, connected, environment, makesTriggers });
  return { sources, inconsistentObjects: [...inconsistentObjects, ...problems], ...result };
}

/** The sessions that a schema's sources have. */
export function poolsOf({ sources }: Schema): ReadonlySet<SessionPool> {
  return new Set([...sources.values()].flatMap(({ connected }) => connected === undefined ? [] : [connected.pool]));
}

function isIn(names: "all" | readonly string[], name: string): boolean {
  return names === "all" || names.includes(name);
}

/** The same text for the same value, whatever the order of its keys. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1));
  });
}
