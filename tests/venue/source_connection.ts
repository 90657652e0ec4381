/**
 * Connecting to the database of a source, and the inconsistent object for one that cannot be used.
 *
 * @module
 */

import { HasuraError, type Json } from "./bodies.ts";
import type { Source } from "./catalog.ts";
import type { Connections } from "./connections.ts";
import { type DatabaseCatalog, introspect } from "./introspection.ts";
import type { SessionPool } from "./pool.ts";
import { inconsistent, type InconsistentObject, metadataObject } from "./schema/metadata_object.ts";
import { ConnectionLostError, refused } from "./session.ts";
import { readSourceSettings, type SourceSettings } from "./source_settings.ts";
import { transaction } from "./transaction.ts";

/** A source whose database can be used. */
export interface ConnectedSource {
  settings: SourceSettings;
  /** Its sessions; a source that is connected to again has new ones. */
  pool: SessionPool;
  /** What the database had. */
  catalog: DatabaseCatalog;
}

/** Where sources are connected. */
export interface SourceParts {
  connections: Connections;
  /** Variables that metadata may name. */
  environment: Readonly<Record<string, string>>;
}

/** Connects a source to its database, on fresh sessions; the inconsistent object where that fails. @throws {HasuraError} */
export async function connectSource(
  { name, kind, configuration }: Source,
  { connections, environment }: SourceParts,
): Promise<ConnectedSource | { problem: InconsistentObject }> {
  if (!["postgres", "citus", "cockroach"].includes(kind)) return { problem: elsewhere(name, kind) };
  const settings = readSourceSettings(configuration, environment);
  if ("notSet" in settings) return { problem: problemOf(name, `environment variable '${settings.notSet}' not set`) };
  const { address } = settings;
  const pool = await connections.source(settings, () => passable(address));
  try {
    if (settings.prepared) await prepareLook(pool);
    return { settings, pool, catalog: await introspect(pool) };
  } catch (error) {
    if (!(error instanceof HasuraError) || !error.details.code.startsWith("postgres-")) throw error;
    return { problem: problemOf(name, error.message, error.details.internal) };
  }
}

/** The venue has no databases of other kinds, nor anybody who would know them. */
function elsewhere(name: string, kind: string): InconsistentObject {
  if (kind !== "mssql") {
    return problemOf(name, `Data connector named "${kind}" was not found in the data connector backend info`);
  }
  const message = "[unixODBC][Driver Manager]Data source name not found and no default driver specified";
  return problemOf(name, "mssql connection error", { exception: { type: "unsuccessful_return_code", message } });
}

function problemOf(name: string, reason: string, message?: Json): InconsistentObject {
  return inconsistent(metadataObject("source", name, name), reason, message);
}

/**
 * All addresses lead to the venue's one database but two kinds: what is no address, and a port of this machine that
 * nobody listens at.
 *
 * @throws {ConnectionLostError}
 */
async function passable(address: string): Promise<void> {
  if (!/^postgres(ql)?:\/\//.test(address)) {
    const word = address.split(/\s+/).find((part) => part !== "" && !part.includes("="));
    if (word === undefined) return;
    throw new ConnectionLostError(`missing "=" after "${word}" in connection info string\n`);
  }
  const [, host = "", port = ""] = /^[^/]*\/\/(?:[^@/]*@)?(127\.0\.0\.1|localhost):(\d+)(?=[/?]|$)/.exec(address) ?? [];
  if (host === "") return;
  try {
    (await Deno.connect({ hostname: host, port: Number(port) })).close();
  } catch {
    throw new ConnectionLostError(refused("127.0.0.1", port));
  }
}

/** As a server that prepares statements does for its look at a database: later ones are numbered from there on. */
async function prepareLook(pool: SessionPool): Promise<void> {
  await transaction(pool, "ISOLATION LEVEL READ COMMITTED READ ONLY", {
    prepared: true,
    work: async (session) => {
      for (const what of ["tables", "functions", "types"]) await pool.runPrepared(session, `SELECT '${what}'`);
    },
  });
}
