/**
 * Makes what can be used out of metadata and databases, and tells what cannot.
 *
 * @module
 */

import type { Metadata, Source } from "../catalog.ts";
import type { DatabaseCatalog, TableCatalog } from "../introspection.ts";
import { listIn, type LooseObject, objectIn } from "../loose.ts";
import type { SessionPool } from "../pool.ts";
import { ownTransaction, query, rowsOf } from "../transaction.ts";
import { buildActions, checkCronTriggers } from "./actions.ts";
import type { Built, BuiltSource, BuiltTable } from "./built.ts";
import { checkCollections } from "./collections.ts";
import { Collector, type Dependency } from "./collector.ts";
import { checkCustomTypes } from "./custom_types.ts";
import { resolveDependencies } from "./dependencies.ts";
import type { Environment } from "./environment.ts";
import { addEventTriggers } from "./event_triggers.ts";
import { addFields } from "./fields.ts";
import { buildFunctions } from "./functions.ts";
import { inheritanceProblems } from "./inherited_permissions.ts";
import { type InconsistentObject, metadataObject } from "./metadata_object.ts";
import { addPermissions } from "./permissions.ts";
import { buildRemoteSchemas } from "./remote_schemas.ts";
import { buildRoles, type Roles } from "./roles.ts";
import { refuseClashes } from "./root_fields.ts";
import { buildTables } from "./tables.ts";
import { customTypesDefinition } from "./type_definitions.ts";

/** What a schema holds besides its sources. */
export interface BuildResult {
  readonly built: Built;
  /** What depends on what, among all that can be used. */
  readonly dependencies: readonly Dependency[];
}

/** Before anything is built. */
export const NOTHING_BUILT: BuildResult = {
  built: {
    sources: new Map(),
    remoteSchemas: new Map(),
    actions: new Map(),
    customTypes: {},
    roles: new Set(),
  },
  dependencies: [],
};

/** What a build is made from. */
export interface BuildParts {
  metadata: Metadata;
  /** Those sources that can be used, with what their databases had. */
  connected: ReadonlyMap<string, { pool: SessionPool; catalog: DatabaseCatalog }>;
  environment: Environment;
  /** Whether triggers are made in the databases for event triggers. */
  makesTriggers: boolean;
}

/** Builds. @throws {HasuraError} when Hasura would have no schema at all */
export async function buildAll(parts: BuildParts): Promise<BuildResult & { problems: InconsistentObject[] }> {
  const { metadata, environment, connected } = parts;
  const collector = new Collector();
  const roles = buildRoles(metadata, collector);
  const tables = await allTables(parts, collector);
  const options = { collector, environment };
  const remoteSchemas = await buildRemoteSchemas(listIn(metadata, "remote_schemas"), options);
  const sources = allSources(parts, { tables, collector, roles, remoteSchemas });
  const scalars = new Set([...connected.values()].flatMap(({ catalog }) => [...catalog.scalars]));
  const customTypes = objectIn(metadata, "custom_types");
  const usableTypes = collector.attempt(
    metadataObject("custom_types", "custom_types", customTypesDefinition(customTypes)),
    (): LooseObject => {
      checkCustomTypes(customTypes, { sources, scalars });
      return customTypes;
    },
  );
  const actions = buildActions(listIn(metadata, "actions"), { ...options, customTypes: usableTypes, scalars });
  const built: Built = {
    sources,
    remoteSchemas,
    actions,
    customTypes: usableTypes ?? {},
    roles: new Set(roles.keys()),
  };
  const { problems, dependencies } = resolveDependencies(built, collector.dependencies);
  collector.problems.push(...problems);
  refuseClashes(built);
  checkCronTriggers(listIn(metadata, "cron_triggers"), options);
  checkCollections(metadata, { built, collector });
  return { built, dependencies, problems: collector.problems };
}

type Tables = Map<string, Map<string, BuiltTable>>;

async function allTables(
  { metadata, connected, environment, makesTriggers }: BuildParts,
  collector: Collector,
): Promise<Tables> {
  const all: Tables = new Map();
  for (const [source, { catalog, pool }] of usableSources(metadata, connected)) {
    const read = (table: TableCatalog, column: string) => readColumn(pool, { table, column });
    const tables = await buildTables(source, { catalog, collector, read });
    all.set(source.name, tables);
    for (const table of tables.values()) {
      const options = { collector, environment, pool: makesTriggers ? pool : undefined };
      await addEventTriggers({ source, table, tables, catalog }, options);
    }
  }
  return all;
}

function allSources(
  { metadata, connected }: BuildParts,
  { tables: all, collector, roles, remoteSchemas }: {
    tables: Tables;
    collector: Collector;
    roles: Roles;
    remoteSchemas: Built["remoteSchemas"];
  },
): Map<string, BuiltSource> {
  const built = new Map<string, BuiltSource>();
  for (const [source, { catalog }] of usableSources(metadata, connected)) {
    const tables = all.get(source.name) ?? new Map<string, BuiltTable>();
    const places = [...tables.values()].map((table) => ({ source, table, tables, catalog }));
    for (const place of places) addFields(place, { collector, remotes: { sources: all, remoteSchemas } });
    for (const place of places) {
      addPermissions(place, collector);
      collector.problems.push(...inheritanceProblems(place.table, source.name, roles));
    }
    built.set(source.name, { metadata: source, tables, functions: buildFunctions(source, { catalog, collector }) });
  }
  return built;
}

function usableSources(
  metadata: Metadata,
  connected: BuildParts["connected"],
): [source: Source, found: { pool: SessionPool; catalog: DatabaseCatalog }][] {
  return metadata.sources.flatMap((source): [Source, { pool: SessionPool; catalog: DatabaseCatalog }][] => {
    const found = connected.get(source.name);
    return found === undefined ? [] : [[source, found]];
  });
}

async function readColumn(
  pool: SessionPool,
  { table, column }: { table: TableCatalog; column: string },
): Promise<string[]> {
  const quoted = [table.schema, table.name, column].map((name) => `"${name.replaceAll('"', '""')}"`);
  const text = `SELECT ${quoted[2]} FROM ${quoted[0]}.${quoted[1]}`;
  const rows = await ownTransaction(pool, async (session) => rowsOf(await query(pool, session, { text })));
  return rows.map(([value]) => value ?? "");
}
