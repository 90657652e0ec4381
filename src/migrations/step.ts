/**
 * The SQL text of one step: guard, the migration's file, proof.
 *
 * Hasura runs the text in one transaction. The guard takes the lock that all runs share and refuses unless the ledger is
 * what the plan was made from; the proof refuses unless the file did to the ledger what its step is for. Whatever is
 * refused is rolled back with all the rest, and the lock ends with the transaction: there is nothing to free by hand.
 *
 * @module
 */

import { isRecord } from "../json.ts";
import { clearLeftovers } from "./leftovers.ts";
import { LEDGER_TABLE, LOCK_KEYS } from "./types.ts";

/** SQLSTATEs that the step's own checks raise. */
export const STEP_STATES = {
  /** The ledger is not what the plan was made from. */
  ledgerChanged: "AM001",
  /** Another run holds the lock. */
  locked: "AM002",
  /** The file did not mark its migration as it should. */
  notMarked: "AM003",
  /** The file ended the transaction that the step ran in. */
  transactionEnded: "AM004",
  /** It came to the lock later than it may start. */
  late: "AM005",
} as const;

/** What a step is sent as. */
export interface StepTextOptions {
  /** What stands at the very start, see `holder.ts`. */
  comment: string;
  /** The file, as it is. */
  sql: string;
  /** The newest version in the ledger before the step, which is then exactly 0 to `before`. */
  before: number;
  /** The newest version in the ledger after the step. */
  after: number;
  /** Milliseconds to wait for another run. */
  lockTimeout: number;
  /** Seconds since 1970 on the database's clock after which it does not start any more. */
  startUntil: number;
  /** Milliseconds after which PostgreSQL ends a statement of the file; 0: never; `undefined`: the database's own limit. */
  statementTimeout: number | undefined;
  /** Whether the step may take longer than the database lets a transaction take. @default false */
  liftsTransactionTimeout?: boolean;
}

/** The text; its last statement returns one cell of JSON, see {@linkcode StepProof}. */
export function stepText(options: StepTextOptions): string {
  const { comment, sql, before, after, lockTimeout, startUntil, statementTimeout } = options;
  const leftovers = clearLeftovers(sql);
  const limit = (value: string) => statementTimeout === undefined ? "" : `set local statement_timeout to ${value};\n`;
  // The level: under a stricter one the guard would see the ledger as it was before it waited for the lock.
  // The time: a request that is held up on its way must not start after this run has told that it did not (settle.ts).
  // It is looked at with the lock in hand, so that a free lock after that time proves that nothing can start any more.
  // The two others: when Hasura or its network is gone, PostgreSQL would keep the lock for as long as the step computes, or
  // as its TCP takes to notice that nobody sends COMMIT (two hours by default). Older ones do not know the first.
  // The constraints: one that fails at COMMIT comes back as a server error (Hasura source, "postgres tx error"), from
  // which nobody could tell what happened.
  // Older ones than 17 do not know the limit, and have none.
  const lift = options.liftsTransactionTimeout !== true ? "" : `
    begin
      perform pg_catalog.set_config('transaction_timeout', '0', true);
    exception when others then null;
    end;`;
  return `${comment}
set transaction isolation level read committed;
do $aerie_db_migration_guard$
begin
  begin
    begin
      perform pg_catalog.set_config('client_connection_check_interval', '10000', true);
    exception when others then null;
    end;${lift}
    perform pg_catalog.set_config('lock_timeout', '${Math.max(1, Math.round(lockTimeout))}', true);
    perform pg_catalog.pg_advisory_xact_lock(${LOCK_KEYS[0]}, ${LOCK_KEYS[1]});
    if extract(epoch from pg_catalog.clock_timestamp()) > ${startUntil.toFixed(3)} then
      raise exception using errcode = '${STEP_STATES.late}', message = 'the step came to the database too late to be started';
    end if;
    ${refuseUnlessLedgerEndsWith(before, STEP_STATES.ledgerChanged)}
  exception when lock_not_available or query_canceled then
    raise exception using errcode = '${STEP_STATES.locked}', message = 'the migration lock or the ledger is held by somebody else';
  end;
end
$aerie_db_migration_guard$;
set local lock_timeout to default;
${limit(`'${statementTimeout}'`)}${leftovers.before}${sql}
;
${limit("default")}${leftovers.after}set local idle_in_transaction_session_timeout = '60s';
do $aerie_db_migration_proof$
begin
  if not exists (
    select from pg_catalog.pg_locks l
      where l.locktype = 'advisory' and l.classid = ${LOCK_KEYS[0]} and l.objid = ${LOCK_KEYS[1]} and l.objsubid = 2
        and l.pid = pg_catalog.pg_backend_pid() and l.granted
  ) then
    raise exception using errcode = '${STEP_STATES.transactionEnded}', message = 'the file ended the transaction';
  end if;
  ${refuseUnlessLedgerEndsWith(after, STEP_STATES.notMarked)}
end
$aerie_db_migration_proof$;
select pg_catalog.json_build_object(
  'version', (select max(m.migration_id::integer) from ${LEDGER_TABLE} m),
  'after_task_open', coalesce((
    select (pg_catalog.to_jsonb(m) ->> 'pause_after')::boolean and not (pg_catalog.to_jsonb(m) ->> 'after_done')::boolean
      from ${LEDGER_TABLE} m where m.migration_id::integer = ${after}), false)
)::text as proof`;
}

/**
 * Rows are unique in the table, so as many as from 0 to `version`, and none beyond, are all of them. A row such as '01'
 * would be another one with the same number.
 */
function refuseUnlessLedgerEndsWith(version: number, sqlState: string): string {
  return `if (select count(*) <> ${
    version + 1
  } or min(m.migration_id::integer) <> 0 or max(m.migration_id::integer) <> ${version}
      or bool_or(m.migration_id::text <> m.migration_id::integer::text) from ${LEDGER_TABLE} m) then
    raise exception using errcode = '${sqlState}',
      message = (select 'the ledger has ' || count(*) || ' rows and ends with ' || coalesce(max(m.migration_id::integer)::text, 'none')
        || coalesce(', one of them ''' || min(m.migration_id::text)
          filter (where m.migration_id::text <> m.migration_id::integer::text) || '''', '')
        || ', not ${version + 1} rows that end with ${version}' from ${LEDGER_TABLE} m);
  end if;`;
}

/** What a committed step answers with. */
export interface StepProof {
  /** The newest version in the ledger now. */
  version: number;
  /** Whether the newest version has an "after" task that is open. */
  afterTaskOpen: boolean;
}

/** Decodes the answer; `undefined` where it is not one to a step. */
export function decodeStepProof(value: unknown): StepProof | undefined {
  if (!isRecord(value)) return undefined;
  const { version, after_task_open: afterTaskOpen } = value;
  if (typeof version !== "number" || typeof afterTaskOpen !== "boolean") return undefined;
  return { version, afterTaskOpen };
}
