/**
 * The guard at the start of a step's text: it takes the lock that all runs share, and refuses to go on unless the ledger is
 * what the plan was made from.
 *
 * A proxy or Hasura itself can send a text again while the first copy of it is at work, or has been committed. The copy that
 * comes second is refused then, and tells whose work it has found: each copy has the same mark, which is seen in
 * `pg_locks` beside the number of its transaction, and that number tells later whether it was committed. A session that
 * has committed a step keeps its mark as a setting, for a copy that comes after that.
 *
 * @module
 */

import { isMarkSql, LAST_STEP_SETTING, LOCKS_SQL, markText, type StepMark, transactionSql } from "./mark.ts";
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

/** DETAIL of a refusal where a copy of the same text, of the same run, was committed before. */
export const COPY_COMMITTED = "an earlier copy of this request was committed";

/** DETAIL of a refusal where such a copy was at work when the refused one came. */
export const COPY_AT_WORK = "an earlier copy of this request is at work";

/** What is checked. */
export interface GuardOptions {
  /** By what the step is known. */
  mark: StepMark;
  /** The newest version in the ledger before the step, which is then exactly 0 to `before`. */
  before: number;
  /** Milliseconds to wait for another run. */
  lockTimeout: number;
  /** Seconds since 1970 on the database's clock after which it does not start any more. */
  startUntil: number;
  /** Whether the step may take longer than the database lets a transaction take. @default false */
  liftsTransactionTimeout?: boolean;
}

/** The guard, as a statement. */
export function guardSql(options: GuardOptions): string {
  const { mark, before, lockTimeout, startUntil, liftsTransactionTimeout = false } = options;
  const keys = `${mark.run}, ${mark.step}`;
  // Older ones than 17 do not know the limit, and have none.
  const lift = !liftsTransactionTimeout ? "" : `
    begin
      perform pg_catalog.set_config('transaction_timeout', '0', true);
    exception when others then null;
    end;`;
  // The interval: when Hasura or its network is gone, PostgreSQL would keep the lock for as long as the step computes. Older
  // ones do not know it.
  // The time: a request that is held up on its way must not start after this run has told that it did not (settle.ts).
  // It is looked at with the lock in hand, so that a free lock after that time proves that nothing can start any more.
  // The mark is taken before the lock, so that whoever holds the lock has its mark, and a number.
  return `do $aerie_db_migration_guard$
declare
  copies int8[];
  is_copy boolean;
begin
  begin
    begin
      perform pg_catalog.set_config('client_connection_check_interval', '10000', true);
    exception when others then null;
    end;${lift}
    perform pg_catalog.txid_current();
    perform pg_catalog.pg_try_advisory_xact_lock_shared(${keys});
    copies := array(
      with locks as (${LOCKS_SQL} and k.pid <> pg_catalog.pg_backend_pid())
      select ${transactionSql("t")} from locks m join locks t on t.pid = m.pid and t.locktype = 'transactionid'
        where ${isMarkSql("m", mark)});
    perform pg_catalog.set_config('lock_timeout', '${Math.max(1, Math.round(lockTimeout))}', true);
    perform pg_catalog.pg_advisory_xact_lock(${LOCK_KEYS[0]}, ${LOCK_KEYS[1]});
    is_copy := pg_catalog.current_setting('${LAST_STEP_SETTING}', true) is not distinct from '${markText(mark)}'
      or exists (select from pg_catalog.unnest(copies) copy where pg_catalog.txid_status(copy) = 'committed');
    ${
    refuseUnlessLedgerEndsWith(before, {
      sqlState: STEP_STATES.ledgerChanged,
      detail: `case when is_copy then '${COPY_COMMITTED}' else '' end`,
    })
  }
    if extract(epoch from pg_catalog.clock_timestamp()) > ${startUntil.toFixed(3)} then
      raise exception using errcode = '${STEP_STATES.late}', message = 'the step came to the database too late to be started';
    end if;
  exception when lock_not_available or query_canceled then
    raise exception using errcode = '${STEP_STATES.locked}', message = 'the migration lock or the ledger is held by somebody else',
      detail = case when copies <> '{}' then '${COPY_AT_WORK}' else '' end;
  end;
end
$aerie_db_migration_guard$;`;
}

/**
 * Rows are unique in the table, so as many as from 0 to `version`, and none beyond, are all of them. A row such as '01'
 * would be another one with the same number.
 */
export function refuseUnlessLedgerEndsWith(
  version: number,
  { sqlState, detail = "''" }: { sqlState: string; detail?: string },
): string {
  return `if (select count(*) <> ${
    version + 1
  } or min(m.migration_id::integer) <> 0 or max(m.migration_id::integer) <> ${version}
      or bool_or(m.migration_id::text <> m.migration_id::integer::text) from ${LEDGER_TABLE} m) then
    raise exception using errcode = '${sqlState}', detail = ${detail},
      message = (select 'the ledger has ' || count(*) || ' rows and ends with ' || coalesce(max(m.migration_id::integer)::text, 'none')
        || coalesce(', one of them ''' || min(m.migration_id::text)
          filter (where m.migration_id::text <> m.migration_id::integer::text) || '''', '')
        || ', not ${version + 1} rows that end with ${version}' from ${LEDGER_TABLE} m);
  end if;`;
}
