/**
 * What the metadata says of how to reach the database of a source.
 *
 * @module
 */

import type { Json } from "./bodies.ts";
import { isObject, type LooseObject, nameIn, objectIn } from "./loose.ts";

/** Names of the isolation levels as the metadata has them. */
export type IsolationLevel = "read-committed" | "repeatable-read" | "serializable";

/** How a source wants its database to be used. */
export interface SourceSettings {
  /** A URL or a connection string of libpq's. */
  address: string;
  isolationLevel: IsolationLevel;
  /** Whether BEGIN, COMMIT and ABORT are prepared statements, which a text can deallocate. */
  prepared: boolean;
  /** Most sessions at one time; missing: what the venue has. */
  maxConnections?: number;
  /** How often a statement is sent again when its connection breaks; missing: what the venue has. */
  retries?: number;
  /** Seconds that a request waits for a session; missing: for ever. */
  poolTimeout?: number;
}

/** The settings, or the name of a variable that is not set. */
export function readSourceSettings(
  configuration: Json,
  environment: Readonly<Record<string, string>>,
): SourceSettings | { notSet: string } {
  const info = objectIn(isObject(configuration) ? configuration : {}, "connection_info");
  const address = addressIn(info, environment);
  if (typeof address !== "string") return address;
  const pool = objectIn(info, "pool_settings");
  return {
    address,
    isolationLevel: (nameIn(info, "isolation_level") || "read-committed") as IsolationLevel,
    prepared: info["use_prepared_statements"] === true,
    ...numberOf(pool, "max_connections", "maxConnections"),
    ...numberOf(pool, "retries", "retries"),
    ...numberOf(pool, "pool_timeout", "poolTimeout"),
  };
}

function addressIn(info: LooseObject, environment: Readonly<Record<string, string>>): string | { notSet: string } {
  const given = info["database_url"] ?? null;
  if (typeof given === "string") return given;
  const url = objectIn(info, "database_url");
  const variable = nameIn(url, "from_env");
  if (variable !== "") return environment[variable] ?? { notSet: variable };
  const { host, port, database, username } = objectIn(url, "connection_parameters");
  return `postgresql://${username ?? ""}@${host ?? ""}:${port ?? 5432}/${database ?? ""}`;
}

function numberOf(object: LooseObject, key: string, name: string): Partial<Record<string, number>> {
  const value = object[key];
  return typeof value === "number" ? { [name]: value } : {};
}
