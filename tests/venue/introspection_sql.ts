/**
 * The statement by which a database is looked at.
 *
 * @module
 */

/** Asked of views only, as Hasura does: the function waits for whoever has locked the relation. */
const can = (change: number) =>
  `r.kind IN ('r', 'p') OR pg_catalog.pg_relation_is_updatable(r.oid, true) & ${change} = ${change}`;

const TABLES = `
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
  'schema', r.space, 'name', r.name, 'oid', r.oid::bigint,
  'columns', coalesce((
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', a.attname, 'position', a.attnum, 'type', t.typname, 'nullable', NOT a.attnotnull
      ) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  ), '[]'),
  'primaryKey', (
    SELECT pg_catalog.json_agg(a.attname ORDER BY pg_catalog.array_position(k.conkey, a.attnum))
      FROM pg_catalog.pg_constraint k
      JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
     WHERE k.conrelid = r.oid AND k.contype = 'p'
  ),
  'can', pg_catalog.json_build_object(
    'insert', ${can(8)},
    'update', ${can(4)},
    'delete', ${can(16)}
  )
)) FROM relations r`;

const TYPE = "pg_catalog.json_build_object('schema', tn.nspname, 'name', t.typname, 'kind', t.typtype)";

// A procedure counts as a function that returns nothing.
const FUNCTIONS = `
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
  'schema', s.name, 'name', p.proname, 'oid', p.oid::bigint,
  'volatility', CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END,
  'variadic', p.provariadic <> 0,
  'returns', coalesce(
    (SELECT ${TYPE} FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace WHERE t.oid = p.prorettype),
    pg_catalog.json_build_object('schema', 'pg_catalog', 'name', 'void', 'kind', 'p')
  ),
  'returnsSet', p.proretset,
  'returnsTable', EXISTS (
    SELECT FROM pg_catalog.pg_class c WHERE c.reltype = p.prorettype AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
  ),
  'argumentTypes', coalesce((
    SELECT pg_catalog.json_agg(${TYPE} ORDER BY a.number)
      FROM pg_catalog.unnest(p.proargtypes::oid[]) WITH ORDINALITY a (type, number)
      JOIN pg_catalog.pg_type t ON t.oid = a.type JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
  ), '[]'),
  'argumentNames', coalesce(pg_catalog.to_json(p.proargnames), '[]')
)) FROM pg_catalog.pg_proc p JOIN spaces s ON s.oid = p.pronamespace WHERE p.prokind <> 'a'`;

const FOREIGN_KEYS = `
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
  'oid', k.oid::bigint, 'name', k.conname,
  'from', pg_catalog.json_build_object('schema', f.space, 'name', f.name),
  'to', pg_catalog.json_build_object('schema', t.space, 'name', t.name),
  'mapping', (
    SELECT pg_catalog.json_object_agg(here.attname, there.attname)
      FROM unnest(k.conkey, k.confkey) pair (here, there)
      JOIN pg_catalog.pg_attribute here ON here.attrelid = k.conrelid AND here.attnum = pair.here
      JOIN pg_catalog.pg_attribute there ON there.attrelid = k.confrelid AND there.attnum = pair.there
  )
)) FROM pg_catalog.pg_constraint k
   JOIN relations f ON f.oid = k.conrelid JOIN relations t ON t.oid = k.confrelid WHERE k.contype = 'f'`;

/** Gives one cell of JSON. One statement, so that all is of one moment. */
export const LOOK = `
WITH spaces AS (
  SELECT oid, nspname AS name FROM pg_catalog.pg_namespace
   WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'hdb_catalog')
), relations AS (
  SELECT c.oid, s.name AS space, c.relname AS name, c.relkind AS kind FROM pg_catalog.pg_class c JOIN spaces s ON s.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
)
SELECT pg_catalog.json_build_object(
  'tables', (${TABLES}),
  'functions', (${FUNCTIONS}),
  'foreignKeys', (${FOREIGN_KEYS}),
  'scalars', (SELECT pg_catalog.json_agg(typname) FROM pg_catalog.pg_type WHERE typtype = 'b')
)`;
