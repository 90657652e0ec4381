/**
 * The state of one Hasura server.
 *
 * @module
 */

import type { AuthSettings } from "./auth.ts";
import { HasuraError } from "./bodies.ts";
import {
  type Metadata,
  readMetadata,
  readResourceVersion,
  type StoredMetadata,
  type TableName,
  writeMetadata,
} from "./catalog.ts";
import type { Connections } from "./connections.ts";
import { Lock } from "./lock.ts";
import type { SessionPool } from "./pool.ts";
import { buildSchema, NOTHING_KNOWN, poolsOf, type Schema } from "./schema.ts";
import type { IsolationLevel } from "./source_settings.ts";

/** What a server is started with. */
export interface Settings extends AuthSettings {
  /** As `/v1/version` shows it. */
  version: string;
  /** Whether errors carry `internal`. */
  internalErrors: boolean;
  /** Errors carry `internal` whatever `internalErrors` says. */
  devMode: boolean;
  readOnlyMode: boolean;
  maintenanceMode: boolean;
  /** Whether `reload_metadata` says if the metadata is consistent (since Hasura v2.4.0). */
  reloadFields: boolean;
  enabledApis: readonly ("metadata" | "config" | "pgdump" | "graphql")[];
  /** Variables of Hasura's process. All addresses of databases lead to the one database. */
  environment: Readonly<Record<string, string>>;
  /** Whether `replace_metadata` looks at all databases again, as since some time after Hasura v2.12 (issue 8807 there). */
  replaceLooksAgain: boolean;
}

/** Whether errors carry `internal`. */
export function showsInternal({ internalErrors, devMode }: Settings): boolean {
  return internalErrors || devMode;
}

/** One Hasura server. */
export class Instance {
  readonly settings: Settings;
  readonly connections: Connections;
  /** Held by every metadata call and by every `run_sql` with the consistency check. */
  readonly lock = new Lock();
  #schema = NOTHING_KNOWN;

  /** A server that has only just been started and knows nothing yet. */
  constructor(settings: Settings, connections: Connections) {
    this.settings = settings;
    this.connections = connections;
  }

  /** For Hasura's own tables. */
  get metadataPool(): SessionPool {
    return this.connections.metadata;
  }

  /** What the last look at metadata and databases found; a change of either shows only after the next look. */
  get schema(): Schema {
    return this.#schema;
  }

  /** From now on this counts. The sessions of what counted before end. */
  set schema(schema: Schema) {
    this.#schema = schema;
    this.connections.keep(poolsOf(schema));
  }
}

/** The metadata that a fresh server has. */
export function initialMetadata(
  sources: readonly string[],
  options: { trackedTables: readonly TableName[]; isolationLevel: IsolationLevel },
): Metadata {
  return {
    version: 3,
    sources: sources.map((name, index) => ({
      name,
      kind: "postgres",
      tables: index === 0 ? options.trackedTables.map((table) => ({ table: { ...table } })) : [],
      configuration: {
        connection_info: {
          database_url: { from_env: name === "PlanDev" ? "PLANDEV_DATABASE_URL" : "AERIE_DATABASE_URL" },
          isolation_level: options.isolationLevel,
          use_prepared_statements: false,
        },
      },
    })),
  };
}

/** What Hasura does before anything else, a `run_sql` too: without its own tables nothing goes. @throws {HasuraError} */
export async function consultMetadata({ metadataPool }: Instance): Promise<void> {
  try {
    await readResourceVersion(metadataPool);
  } catch (error) {
    if (!(error instanceof HasuraError)) throw error;
    throw new HasuraError(error.message, { ...error.details, path: "$" });
  }
}

/** How a schema is made. */
export interface LookOptions {
  /** Which databases are looked at whatever is known of them. Default: all. */
  again?: "all" | readonly string[];
  /** What is known. Default: what the server knows. */
  before?: Schema;
  /** Hasura has only just been started: what event triggers need in the database is there from before. */
  starting?: boolean;
}

/** Makes the schema for `metadata`; it counts when it is put into the instance. @throws {HasuraError} */
export function look(
  instance: Instance,
  metadata: Metadata,
  { again = "all", before = instance.schema, starting = false }: LookOptions = {},
): Promise<Schema> {
  const { connections, settings: { environment, readOnlyMode, maintenanceMode } } = instance;
  const makesTriggers = !starting && !readOnlyMode && !maintenanceMode;
  return buildSchema({ connections, environment, metadata }, { before, again, makesTriggers });
}

/** Looks at metadata and databases again. @throws {HasuraError} */
export async function refresh(instance: Instance): Promise<void> {
  const { metadata } = await readMetadata(instance.metadataPool);
  instance.schema = await look(instance, metadata, { starting: true });
}

/** Stores metadata, which raises its number. @throws {HasuraError} 409 when somebody else has stored some meanwhile */
export async function storeMetadata(instance: Instance, stored: StoredMetadata): Promise<void> {
  if (instance.settings.maintenanceMode) {
    throw new HasuraError("metadata cannot be modified in maintenance mode", {
      status: 500,
      code: "unexpected",
      path: "$",
    });
  }
  if (await writeMetadata(instance.metadataPool, stored)) return;
  throw conflict(stored.resourceVersion);
}

function conflict(referenced: number): HasuraError {
  return new HasuraError(`metadata resource version referenced (${referenced}) did not match current version`, {
    status: 409,
    code: "conflict",
    path: "$",
  });
}
