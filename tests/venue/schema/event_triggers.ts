/**
 * Event triggers: what they need, and the triggers that Hasura makes in the database for them.
 *
 * @module
 */

import { HasuraError, type Json } from "../bodies.ts";
import type { TableName } from "../catalog.ts";
import { displayName } from "../consistency.ts";
import { isObject, listIn, type LooseObject, nameIn, namesIn, objectIn } from "../loose.ts";
import type { SessionPool } from "../pool.ts";
import { literal } from "../session.ts";
import { ownTransaction, query } from "../transaction.ts";
import { type Collector, type Need, within } from "./collector.ts";
import { triggerDefinition } from "./definitions.ts";
import { type Environment, needVariable, resolveTemplate } from "./environment.ts";
import { tableObject, Unusable } from "./metadata_object.ts";
import type { Place } from "./place.ts";
import { columnOf, partOf } from "./schema_id.ts";

/** Where event triggers are made. */
export interface TriggerOptions {
  collector: Collector;
  environment: Environment;
  /** Missing where the database stays as it is: when Hasura starts. */
  pool: SessionPool | undefined;
}

const OPERATIONS = ["insert", "update", "delete"] as const;

/** Adds the event triggers of a table. */
export async function addEventTriggers(place: Place, { collector, environment, pool }: TriggerOptions): Promise<void> {
  const { source: { name: source }, table: { entry, triggers } } = place;
  for (const trigger of listIn(entry, "event_triggers")) {
    const name = nameIn(trigger, "name");
    const definition: Json = { table: entry.table, configuration: triggerDefinition(trigger) };
    const object = tableObject("event_trigger", name, { source, table: entry.table, definition });
    await collector.attemptLater(object, async () => {
      within(`in table "${displayName(entry.table)}": in event trigger "${name}": `, () => check(trigger, environment));
      if (pool !== undefined) await create(pool, trigger, entry.table);
      collector.depend(object, partOf(source, entry.table, { kind: "event-trigger", name }), needsOf(trigger, place));
      triggers.add(name);
    });
  }
}

function check(trigger: LooseObject, environment: Environment): void {
  const [webhook, variable] = [trigger["webhook"] ?? null, trigger["webhook_from_env"] ?? null];
  if ((webhook === null) === (variable === null)) throw new Unusable("expected webhook or webhook_from_env");
  if (typeof webhook === "string") resolveTemplate(webhook, environment);
  if (typeof variable === "string") needVariable(variable, environment);
  for (const header of listIn(trigger, "headers")) {
    if (typeof header["value_from_env"] === "string") needVariable(header["value_from_env"], environment);
  }
}

function needsOf(trigger: LooseObject, { source: { name: source }, table: { entry: { table } } }: Place): Need[] {
  const operations = OPERATIONS.map((operation) => objectIn(objectIn(trigger, "definition"), operation));
  const columns = operations.flatMap((
    operation,
  ) => [...columnsIn(operation, "columns"), ...columnsIn(operation, "payload")]);
  return [
    [{ kind: "table", source, table }, "other"],
    ...columns.map((column): Need => [columnOf(source, table, column), "other"]),
  ];
}

function columnsIn(operation: LooseObject, key: string): string[] {
  return operation[key] === "*" ? [] : namesIn(operation, key);
}

// As much of Hasura's own table as a write to a table with a trigger shows.
const EVENT_LOG = `
create table if not exists hdb_catalog.event_log (
  id text default gen_random_uuid() primary key,
  schema_name text not null,
  table_name text not null,
  trigger_name text not null,
  payload jsonb not null,
  delivered boolean not null default false,
  error boolean not null default false,
  tries integer not null default 0,
  created_at timestamp default now()
)`;

async function create(pool: SessionPool, trigger: LooseObject, table: TableName): Promise<void> {
  const name = nameIn(trigger, "name");
  const wanted = OPERATIONS.filter((operation) => isObject(objectIn(trigger, "definition")[operation]));
  try {
    await ownTransaction(pool, async (session) => {
      await query(pool, session, { text: EVENT_LOG });
      for (const operation of wanted.map((each) => each.toUpperCase())) {
        const made = `"notify_hasura_${name}_${operation}"`;
        await query(pool, session, { text: functionSql(made, { name, operation, table }) });
        const quoted = `"${table.schema}"."${table.name}"`;
        await query(pool, session, { text: `DROP TRIGGER IF EXISTS ${made} ON ${quoted}` });
        // Word for word what Hasura sends: an error shows it.
        await query(pool, session, {
          text: `\n         CREATE TRIGGER ${made} AFTER ${operation} ON ${quoted} ` +
            `FOR EACH ROW EXECUTE PROCEDURE hdb_catalog.${made}()\n      `,
        });
      }
    });
  } catch (error) {
    if (!(error instanceof HasuraError)) throw error;
    throw new Unusable(error.message, error.details.internal);
  }
}

function functionSql(
  made: string,
  { name, operation, table }: { name: string; operation: string; table: TableName },
): string {
  const rows = operation === "INSERT"
    ? "null, to_jsonb(new)"
    : operation === "DELETE"
    ? "to_jsonb(old), null"
    : "to_jsonb(old), to_jsonb(new)";
  const [old, now] = rows.split(", ");
  return `CREATE OR REPLACE FUNCTION hdb_catalog.${made}() RETURNS trigger LANGUAGE plpgsql AS $hasura$
BEGIN
  INSERT INTO hdb_catalog.event_log (schema_name, table_name, trigger_name, payload) VALUES (
    ${literal(table.schema)}, ${literal(table.name)}, ${literal(name)},
    jsonb_build_object('op', '${operation}', 'data', jsonb_build_object('old', ${old}, 'new', ${now}))
  );
  RETURN NULL;
END $hasura$`;
}
