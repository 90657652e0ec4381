/**
 * What Hasura makes of the metadata and of what its databases have.
 *
 * @module
 */

import type { Json } from "./bodies.ts";
import type { Metadata, Source } from "./catalog.ts";
import { type DatabaseCatalog, introspect } from "./introspection.ts";
import type { SessionPool } from "./pool.ts";
import { buildAll, type BuildResult, NOTHING_BUILT } from "./schema/build.ts";
import { inconsistent, type InconsistentObject, metadataObject } from "./schema/metadata_object.ts";

/** A source as Hasura knows it. */
export interface KnownSource {
  /** By which Hasura tells whether what it knows of the database still holds. */
  configuration: string;
  /** What the database had at the last look; missing where it could not be looked at. */
  catalog?: DatabaseCatalog;
}

/** What Hasura knows. It is never changed, only replaced. */
export interface Schema extends BuildResult {
  readonly sources: ReadonlyMap<string, KnownSource>;
  readonly inconsistentObjects: readonly InconsistentObject[];
}

/** What a schema is made from. */
export interface SchemaParts {
  pool: SessionPool;
  /** Variables that metadata may name. */
  environment: Readonly<Record<string, string>>;
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
  { pool, environment, metadata }: SchemaParts,
  { before, again, makesTriggers = true }: BuildOptions,
): Promise<Schema> {
  const inconsistentObjects: InconsistentObject[] = [];
  const sources = new Map<string, KnownSource>();
  // All sources are on the one database.
  let seen: Promise<DatabaseCatalog> | undefined;
  for (const source of metadata.sources) {
    const configuration = canonical(source.configuration);
    const missing = missingVariable(source, environment);
    if (missing !== undefined) {
      const reason = `environment variable '${missing}' not set`;
      inconsistentObjects.push(inconsistent(metadataObject("source", source.name, source.name), reason));
      sources.set(source.name, { configuration });
      continue;
    }
    const known = before.sources.get(source.name);
    const old = known?.configuration === configuration && !isIn(again, source.name) ? known.catalog : undefined;
    const catalog = old ?? await (seen ??= introspect(pool));
    sources.set(source.name, { configuration, catalog });
  }
  const catalogs = new Map(
    [...sources].flatMap(([name, { catalog }]): [string, DatabaseCatalog][] =>
      catalog === undefined ? [] : [[name, catalog]]
    ),
  );
  const { problems, ...result } = await buildAll({ metadata, catalogs, pool, environment, makesTriggers });
  return { sources, inconsistentObjects: [...inconsistentObjects, ...problems], ...result };
}

function isIn(names: "all" | readonly string[], name: string): boolean {
  return names === "all" || names.includes(name);
}

function missingVariable({ configuration }: Source, environment: SchemaParts["environment"]): string | undefined {
  // deno-lint-ignore no-explicit-any
  const name = (configuration as any)?.connection_info?.database_url?.from_env;
  return typeof name === "string" && !Object.hasOwn(environment, name) ? name : undefined;
}

/** The same text for the same value, whatever the order of its keys. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1));
  });
}
