/**
 * What a database is like, as one text: equal texts, unchanged database.
 *
 * @module
 */

import type { Venue } from "../venue/mod.ts";

const FINGERPRINT_SQL = `select string_agg(part, E'\\n' order by part) from (
  select format('relation %s.%s %s', n.nspname, c.relname, c.relkind) as part
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'hdb_catalog')
  union all
  select format('column %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod))
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped
      and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'hdb_catalog')
  union all
  select format('function %s %s', p.oid::regprocedure, md5(p.prosrc))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'hdb_catalog')
) parts`;

/** Relations, columns and functions of the database, the rows of the ledger, and the tracker. */
export async function fingerprint(venue: Venue): Promise<string> {
  const [[schema] = []] = await venue.sql(FINGERPRINT_SQL);
  const [[table] = []] = await venue.sql("select to_regclass('migrations.schema_migrations')");
  const ledger = table === null
    ? null
    : await venue.sql("select m::text from migrations.schema_migrations m order by 1");
  return JSON.stringify({ schema, ledger, tracker: await venue.tracker() });
}
