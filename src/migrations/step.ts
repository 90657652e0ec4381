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
import { type GuardOptions, guardSql, refuseUnlessLedgerEndsWith, STEP_STATES } from "./guard.ts";
import { clearLeftovers, FRESH_CACHES, FRESH_SESSION } from "./leftovers.ts";
import { LAST_STEP_SETTING, markText } from "./mark.ts";
import { LEDGER_TABLE, LOCK_KEYS } from "./types.ts";

/** What a step is sent as. */
export interface StepTextOptions extends GuardOptions {
  /** What stands at the very start, see `holder.ts`. */
  comment: string;
  /** The file, as it is. */
  sql: string;
  /** The newest version in the ledger after the step. */
  after: number;
  /** Milliseconds after which PostgreSQL ends a statement of the file; 0: never; `undefined`: the database's own limit. */
  statementTimeout: number | undefined;
}

/** Milliseconds for which PostgreSQL waits for COMMIT: as long as the step took, within these limits. */
const COMMIT_WAIT = { least: 10_000, most: 60_000 } as const;

/** The text; its last statement returns one cell of JSON, see {@linkcode StepProof}. */
export function stepText(options: StepTextOptions): string {
  const { comment, sql, mark, after, statementTimeout } = options;
  const leftovers = clearLeftovers(sql);
  const limit = (value: string) => statementTimeout === undefined ? "" : `set local statement_timeout to ${value};\n`;
  // The level: under a stricter one the guard would see the ledger as it was before it waited for the lock.
  // The settings before the proof: when Hasura or its network is gone, PostgreSQL would keep the lock for as long as its TCP
  // takes to notice that nobody sends COMMIT (two hours by default). A step that was short is soon done once more; one that
  // took long is given more time. Not all of them are known everywhere.
  // The constraints: one that fails at COMMIT comes back as a server error (Hasura source, "postgres tx error"), from
  // which nobody could tell what happened.
  return `${comment}
set transaction isolation level read committed;
${FRESH_SESSION}${guardSql(options)}
${FRESH_CACHES}set local lock_timeout to default;
${limit(`'${statementTimeout}'`)}${leftovers.before}${sql}
;
${limit("default")}${leftovers.after}do $aerie_db_migration_proof$
begin
  perform pg_catalog.set_config('idle_in_transaction_session_timeout', greatest(${COMMIT_WAIT.least}, least(${COMMIT_WAIT.most},
    (extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.now()) * 1000)::int8))::text, true);
  begin
    perform pg_catalog.set_config('tcp_keepalives_idle', '4', true), pg_catalog.set_config('tcp_keepalives_interval', '2', true),
      pg_catalog.set_config('tcp_keepalives_count', '3', true), pg_catalog.set_config('tcp_user_timeout', '10000', true);
  exception when others then null;
  end;
  if not exists (
    select from pg_catalog.pg_locks l
      where l.locktype = 'advisory' and l.classid = ${LOCK_KEYS[0]} and l.objid = ${LOCK_KEYS[1]} and l.objsubid = 2
        and l.pid = pg_catalog.pg_backend_pid() and l.granted
  ) then
    raise exception using errcode = '${STEP_STATES.transactionEnded}', message = 'the file ended the transaction';
  end if;
  ${refuseUnlessLedgerEndsWith(after, { sqlState: STEP_STATES.notMarked })}
  perform pg_catalog.set_config('${LAST_STEP_SETTING}', '${markText(mark)}', false);
end
$aerie_db_migration_proof$;
select pg_catalog.json_build_object(
  'version', (select max(m.migration_id::integer) from ${LEDGER_TABLE} m),
  'after_task_open', coalesce((
    select (pg_catalog.to_jsonb(m) ->> 'pause_after')::boolean and not (pg_catalog.to_jsonb(m) ->> 'after_done')::boolean
      from ${LEDGER_TABLE} m where m.migration_id::integer = ${after}), false)
)::text as proof`;
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
