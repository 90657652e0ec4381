/**
 * Metadata documents to send to a venue.
 *
 * @module
 */

/** What Hasura says of metadata that fits. */
export const FINE = { is_consistent: true, inconsistent_objects: [] };

/** Where a source finds its database, as Hasura writes it. */
export const databaseUrl = (variable = "AERIE_DATABASE_URL") => ({
  connection_info: {
    database_url: { from_env: variable },
    isolation_level: "read-committed",
    use_prepared_statements: false,
  },
});

/** Tables of the schema public, tracked with nothing else. */
export const tables = (...names: string[]) => names.map((name) => ({ table: { schema: "public", name } }));

/** A source with one table; `rest` replaces and adds. */
export const source = (rest: Record<string, unknown> = {}) => ({
  name: "Aerie",
  kind: "postgres",
  tables: tables("plan"),
  configuration: databaseUrl(),
  ...rest,
});

/** A document with one source; `rest` replaces and adds. */
export const metadata = (rest: Record<string, unknown> = {}) => ({ version: 3, sources: [source()], ...rest });
