/**
 * What a venue can be asked for.
 *
 * @module
 */

import type { TableName } from "./catalog.ts";
import type { Settings } from "./instance.ts";
import type { IsolationLevel } from "./source_settings.ts";

/** Options of a venue; everything has a default. */
export interface VenueOptions extends Partial<Settings> {
  /** Names of Hasura's sources, all on the one database. Default: `Aerie`. */
  sources?: readonly string[];
  /** `pglite` (default), or the URL of a server on which a database of its own is made and dropped again. */
  database?: string;
  /** Run straight on the empty database. Default: the example schema with the older shape of the ledger. */
  baseSql?: string;
  /** Tracked in the first source. Default: none. */
  trackedTables?: readonly TableName[];
  /** The whole document that Hasura starts with, in place of one that is made from `sources` and `trackedTables`. */
  metadata?: unknown;
  /** Of the first source that Hasura is started with. */
  isolationLevel?: IsolationLevel;
  /** Default: any free one. */
  port?: number;
  /** Most sessions of a source that does not say how many, on a real server. Default: 10. PGlite has one. */
  poolSize?: number;
  /** How often a statement is sent again when its connection breaks, where the source does not say. Default: 1, as in Hasura. */
  retries?: number;
}

/** The secret of a venue that is not asked for another one. */
export const DEFAULT_SECRET = "venue-secret-7f3a";

/** Reads one of the two base schemas of the examples. */
export function exampleSchema(shape: "varchar" | "integer"): string {
  return Deno.readTextFileSync(new URL(`../../examples/schema/ledger_${shape}.sql`, import.meta.url));
}

/** Options, none missing but the document. */
export type FullOptions = Required<Omit<VenueOptions, "metadata">> & Pick<VenueOptions, "metadata">;

/** Fills in what is not given. */
export function withDefaults(options: VenueOptions): FullOptions {
  return {
    adminSecret: DEFAULT_SECRET,
    moreSecrets: [],
    unauthorizedRole: null,
    version: "v2.48.10",
    isolationLevel: "read-committed",
    internalErrors: true,
    devMode: false,
    readOnlyMode: false,
    maintenanceMode: false,
    reloadFields: true,
    enabledApis: ["metadata", "graphql", "pgdump", "config"],
    environment: { AERIE_DATABASE_URL: "postgres://aerie", PLANDEV_DATABASE_URL: "postgres://plandev" },
    replaceLooksAgain: true,
    sources: ["Aerie"],
    database: "pglite",
    baseSql: options.baseSql ?? exampleSchema("varchar"),
    trackedTables: [],
    port: 0,
    poolSize: 10,
    retries: 1,
    ...options,
  };
}
