/**
 * Sources: how their databases are reached, and what of them is tracked.
 *
 * @module
 */

import { type Json, parseFailed } from "../bodies.ts";
import type { Source } from "../catalog.ts";
import { bool, choice, graphqlName, int, name, number, tag, template, text, textAs } from "./scalars.ts";
import {
  anything,
  asObject,
  byHand,
  derived,
  type Field,
  filledIn,
  items,
  list,
  object,
  optional,
  required,
  type Shape,
  unless,
} from "./shape.ts";
import { trackedFunctions, trackedTables } from "./tables.ts";

const ISOLATION = ["read-committed", "repeatable-read", "serializable"];
const POSTGRES: Readonly<Record<string, string>> = { pg: "postgres", postgres: "postgres" };
const OTHER_POSTGRES = ["citus", "cockroach"];

const parameters = object(byHand("PGConnectionParams"), {
  host: required(text),
  username: required(text),
  password: optional(text),
  port: required(int),
  database: required(text),
});

/** An address: a text, the variable that has it, or its parts. */
export const address: Shape = (value, path) => {
  if (typeof value === "string") return template(value, path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw parseFailed("one of string or object must be provided for url/webhook", path);
  }
  const { from_env: variable = null, connection_parameters: parts = null } = value as Record<string, unknown>;
  if ((variable === null) === (parts === null)) {
    const how = variable === null ? "Either" : "Only one of";
    throw parseFailed(`${how} "from_env" or "connection_parameters" should be provided`, path);
  }
  return variable === null
    ? { connection_parameters: parameters(parts, `${path}.connection_parameters`) }
    : { from_env: text(variable, `${path}.from_env`) };
};

const certificate = optional(object(byHand("CertVar"), { from_env: required(text) }));

const connectionInfo = object(byHand("PostgresSourceConnInfo"), {
  database_url: required(address),
  pool_settings: optional(object(byHand("PostgresPoolSettings"), {
    max_connections: optional(int),
    total_max_connections: optional(int),
    idle_timeout: optional(int),
    retries: optional(int),
    pool_timeout: optional(number),
    connection_lifetime: optional(number),
  })),
  use_prepared_statements: filledIn(bool, false),
  isolation_level: filledIn((value, path) => {
    return choice(ISOLATION, "Only expecting read-committed / repeatable-read / serializable")(
      textAs("Q.TxIsolation")(value, path),
      path,
    );
  }, "read-committed"),
  ssl_configuration: optional(object(derived("Hasura.Backends.Postgres.Connection.Settings.PGClientCerts"), {
    sslcert: certificate,
    sslkey: certificate,
    sslrootcert: certificate,
    sslmode: required((value, path) => {
      const modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
      const given = textAs("SSLMode")(value, path);
      return choice(modes, `Invalid SSL Mode ${given}`)(given, path);
    }),
    sslpassword: certificate,
  })),
});

const postgres = object(byHand("PostgresConnConfiguration"), {
  connection_info: required(connectionInfo),
  read_replicas: optional(list(connectionInfo)),
  extensions_schema: unless("public", text),
  connection_template: optional(anything),
  connection_set: optional(anything),
});

const mssql = object(derived("Hasura.Backends.MSSQL.Connection.MSSQLConnConfiguration"), {
  connection_info: required((value, path) => {
    const given = asObject(byHand("MSSQLConnectionInfo"), value, path);
    const key = Object.hasOwn(given, "database_url") ? "database_url" : "connection_string";
    if (!Object.hasOwn(given, key)) throw parseFailed(`key "${key}" not found`, path);
    return object(byHand("MSSQLConnectionInfo"), {
      connection_string: required(address),
      pool_settings: filledIn(
        object(byHand("MSSQLPoolSettings"), {
          max_connections: filledIn(int, null),
          idle_timeout: filledIn(int, 5),
        }),
        { max_connections: null, idle_timeout: 5 },
      ),
      isolation_level: filledIn(text, "read-committed"),
    })({ ...given, connection_string: given[key] }, path);
  }),
  read_replicas: optional(anything),
});

/** What a data connector is told is its own business. */
const connector: Shape = (value, path) => {
  const given = asObject(byHand("ConnSourceConfig"), value, path) as { [key: string]: Json };
  const { value: inner = given, template = null, timeout = null } = given;
  return { value: inner, template, timeout };
};

const customization = unless(
  {},
  object(derived("Hasura.RQL.Types.SourceCustomization.SourceCustomization"), {
    root_fields: optional(object(derived("Hasura.RQL.Types.SourceCustomization.RootFieldsCustomization"), {
      namespace: optional(graphqlName),
      prefix: optional(graphqlName),
      suffix: optional(graphqlName),
    })),
    type_names: optional(object(derived("Hasura.RQL.Types.SourceCustomization.SourceTypeCustomization"), {
      prefix: optional(graphqlName),
      suffix: optional(graphqlName),
    })),
    naming_convention: optional(tag("NamingCase", ["hasura-default", "graphql-default"])),
  }),
);

const sourceOf = (configuration: Shape): Readonly<Record<string, Field>> => ({
  name: required(name),
  tables: trackedTables,
  functions: trackedFunctions,
  native_queries: items(anything),
  stored_procedures: items(anything),
  logical_models: items(anything),
  configuration: required(configuration),
  query_tags: optional(anything),
  customization,
  health_check: optional(anything),
});

/** Where a database is, for the kind of database that it is. */
export function configurationOf(kind: string): Shape {
  if (kind === "postgres" || OTHER_POSTGRES.includes(kind)) return postgres;
  if (kind === "mssql") return mssql;
  return kind === "bigquery" ? anything : connector;
}

/** How the names that come from a source are changed. */
export const sourceCustomization: Field = customization;

/** A source. */
export const source: Shape<Source> = (value, path) => {
  const given = asObject(byHand("SourceMetadata"), value, path);
  const said = (given["kind"] ?? null) === null ? "postgres" : textAs("BackendType")(given["kind"], `${path}.kind`);
  const kind = POSTGRES[said] ?? said;
  const { name, ...rest } = object(byHand("Object"), sourceOf(configurationOf(kind)))(value, path);
  return { name, kind, ...rest } as Source;
};
