/**
 * A look at the database: the ledger, who holds the migration lock, and what time it is there. Changes nothing.
 *
 * @module
 */

import { BusyError, DriftError } from "../errors.ts";
import type { HasuraClient } from "../hasura/client.ts";
import { HasuraError } from "../hasura/problems.ts";
import { querySql } from "../hasura/sql.ts";
import { isRecord } from "../json.ts";
import { decodeHolder, type Holder } from "./holder.ts";
import { decodeLedger } from "./ledger.ts";
import { LAST_STEP_SETTING, LOCKS_SQL, markTextSql, transactionSql } from "./mark.ts";
import { type Ledger, LEDGER_TABLE, LOCK_KEYS } from "./types.ts";

/** What the database shows at one moment. */
export interface Look {
  /** All rows; can have gaps, see `checkLedger`. */
  ledger: Ledger;
  /** Who holds the migration lock; the ledger is newer than this. */
  holder: Holder | undefined;
  /** Seconds since 1970 on the database's clock, before the rest was looked at. */
  clock: number;
  /** Whether it is a copy of the database that lags behind: nothing is proven by what it shows. */
  isStandby: boolean;
  /** The mark of the last step that the session which was asked has committed, see `mark.ts`. */
  lastStep: string | undefined;
  /** Whether the transaction that was asked about was committed. */
  isCommitted: boolean;
}

/** What to look at. */
export interface LookOptions {
  /** Hasura's name of the database. */
  source: string;
  /** Number of a transaction to ask about, as a holder has it. */
  transaction?: string;
  /** Most attempts. @default as for all questions */
  attempts?: number;
  /** Milliseconds for all attempts together. @default as for all questions */
  timeout?: number;
}

/**
 * Milliseconds for which a question that may take `timeout` milliseconds waits for a lock on the ledger: that it is locked
 * has to be answered before the time is up.
 */
export function lockWait(timeout: number): number {
  return Math.max(1, Math.min(5_000, Math.floor(timeout / 2)));
}

interface LookSqlOptions {
  /** Whether `pg_stat_activity` may be read. */
  activity: boolean;
  transaction: string | undefined;
  timeout: number;
}

// Three statements, each of which sees what is there after the one before: the time, the lock, the ledger. A lock that is
// free after a time proves that no step with a limit before it can start any more; and a step's row can be seen before its
// lock is gone, so the ledger comes last. (In one statement, or under a stricter isolation level of the source, all would
// be seen as they were when it began.) Before them, what others may have left in the session is put aside. `to_jsonb` of a
// row reads both shapes of the ledger with the same text.
function lookSql({ activity, transaction, timeout }: LookSqlOptions): string {
  const [since, client, state, text, join] = activity
    ? [
      "extract(epoch from a.xact_start)",
      "pg_catalog.host(a.client_addr)",
      "a.state",
      'pg_catalog."left"(a.query, 400)',
      "left join pg_catalog.pg_stat_activity a on a.pid = l.pid",
    ]
    : ["null", "null", "null", "null", ""];
  return `set transaction isolation level read committed;
set local session authorization default;
set local role none;
set local statement_timeout to default;
set local lock_timeout = '${lockWait(timeout)}ms';
select pg_catalog.set_config('aerie_db_migration.clock', extract(epoch from pg_catalog.clock_timestamp())::text, true);
select pg_catalog.set_config('aerie_db_migration.holder', coalesce((
  with locks as (${LOCKS_SQL})
  select pg_catalog.json_build_object('session', l.pid, 'since', ${since}, 'client', ${client}, 'state', ${state},
      'text', ${text}, 'marks', (select pg_catalog.json_agg(${markTextSql("m")}) from locks m
        where m.pid = l.pid and m.mode = 'ShareLock' and m.locktype = 'advisory'),
      'transaction', (select min(${
    transactionSql("t")
  })::text from locks t where t.pid = l.pid and t.locktype = 'transactionid'))::text
    from locks l ${join}
    where l.locktype = 'advisory' and l.classid = ${LOCK_KEYS[0]} and l.objid = ${LOCK_KEYS[1]}
    limit 1), ''), true);
select pg_catalog.json_build_object(
  'clock', pg_catalog.current_setting('aerie_db_migration.clock')::float8,
  'holder', nullif(pg_catalog.current_setting('aerie_db_migration.holder'), '')::json,
  'is_standby', pg_catalog.pg_is_in_recovery(),
  'is_committed', ${transaction === undefined ? "false" : `pg_catalog.txid_status(${transaction}) = 'committed'`},
  'last_step', pg_catalog.current_setting('${LAST_STEP_SETTING}', true),
  'ledger', coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'id', m.migration_id::text,
    'pause_after', coalesce(pg_catalog.to_jsonb(m) ->> 'pause_after', 'false')::boolean,
    'after_done', coalesce(pg_catalog.to_jsonb(m) ->> 'after_done', 'false')::boolean)), '[]'::json))::text as look
from ${LEDGER_TABLE} m`;
}

/** SQLSTATEs of: no such table, no such schema, no such column. */
const NO_LEDGER = ["42P01", "3F000", "42703"];

/** SQLSTATE lock_not_available. */
const LOCKED = "55P03";

/**
 * Looks at the database.
 *
 * @throws {DriftError} when there is no ledger, or a row of it has no number
 * @throws {BusyError} when the ledger itself is locked
 * @throws {HasuraError | NoAnswerError | AccessError} when Hasura did not answer with it
 */
export async function lookAtDatabase(client: HasuraClient, options: LookOptions): Promise<Look> {
  const { source } = options;
  try {
    return await query(client, options);
  } catch (error) {
    if (error instanceof HasuraError && NO_LEDGER.includes(error.postgres?.sqlState ?? "")) {
      throw new DriftError(`Cannot read the ledger: database "${source}" has no usable table ${LEDGER_TABLE}`, {
        state: "Nothing was changed",
        next: "Check that this is the database of an Aerie or PlanDev venue of v2.8.0 or newer; a venue of an older " +
          "release must first be upgraded to v2.8.0 as its upgrade guide says",
        cause: error,
      });
    }
    // Reading it takes no time, so that a limit of the database's own ends nothing but waiting for a lock.
    const words = error instanceof HasuraError ? error.postgres : undefined;
    if (words?.sqlState === LOCKED || /due to statement timeout/.test(words?.message ?? "")) {
      throw new BusyError(`Cannot read the ledger: somebody holds a lock on ${LEDGER_TABLE}`, {
        state: "Nothing was changed",
        next: "A migration that changes the ledger may be running; wait until it has ended, and look at the status",
        cause: error,
      });
    }
    throw error;
  }
}

/** SQLSTATE insufficient_privilege. */
const NOT_ALLOWED = "42501";

async function query(client: HasuraClient, options: LookOptions): Promise<Look> {
  const { transaction, ...rest } = options;
  const { timeout = client.readTimeout } = rest;
  const ask = (activity: boolean) =>
    querySql(client, { ...rest, sql: lookSql({ activity, transaction, timeout }), decode: decodeLook });
  try {
    return await ask(true);
  } catch (error) {
    const problem = error instanceof HasuraError ? error.postgres : undefined;
    // Who is at work then stays unknown.
    if (problem?.sqlState === NOT_ALLOWED && problem.message.includes("pg_stat_activity")) return await ask(false);
    throw error;
  }
}

function decodeLook(value: unknown): Look | undefined {
  if (!isRecord(value) || typeof value.clock !== "number") return undefined;
  const ledger = decodeLedger(value.ledger);
  const isStandby = value.is_standby === true;
  const lastStep = typeof value.last_step === "string" ? value.last_step : undefined;
  return ledger &&
    {
      ledger,
      holder: decodeHolder(value.holder),
      clock: value.clock,
      isStandby,
      lastStep,
      isCommitted: value.is_committed === true,
    };
}
