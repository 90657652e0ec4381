/**
 * How a step of a run is known in the database: by the keys of an advisory lock, which its text shares with every copy of
 * itself and holds until its transaction ends, in COMMIT too, where its comment is no longer shown.
 *
 * @module
 */

import type { Step } from "./types.ts";

/** Keys of the lock, each a whole number of 32 bits. */
export interface StepMark {
  /** The run's. */
  run: number;
  /** The migration's number; below 0 for one that is reverted. */
  step: number;
}

/** Name of the setting in which a session keeps the mark of the last step that it has committed. */
export const LAST_STEP_SETTING = "aerie_db_migration.last_step";

/** The mark of a step of the run `runId`, which is hexadecimal. */
export function markOf({ direction, migration: { version } }: Step, runId: string): StepMark {
  return { run: Number.parseInt(runId, 16) | 0, step: direction === "apply" ? version : -version };
}

/** The mark in one word, as in `-1234567 12`. */
export function markText({ run, step }: StepMark): string {
  return `${run} ${step}`;
}

/** The same as SQL, of the row `lock` of `pg_locks`, which shows the keys without a sign. */
export function markTextSql(lock: string): string {
  const signed = (key: string) =>
    `case when ${key}::int8 > 2147483647 then ${key}::int8 - 4294967296 else ${key}::int8 end`;
  return `${signed(`${lock}.classid`)} || ' ' || ${signed(`${lock}.objid`)}`;
}

/** Whether a row of `pg_locks` is that of a mark, as SQL. */
export function isMarkSql(lock: string, { run, step }: StepMark): string {
  return `${lock}.locktype = 'advisory' and ${lock}.classid = ${run >>> 0} and ${lock}.objid = ${step >>> 0}`;
}

/** The advisory locks with two keys in this database, and those of transactions, which tell their numbers. */
export const LOCKS_SQL = `select k.* from pg_catalog.pg_locks k where k.granted and (k.locktype = 'transactionid'
    or (k.locktype = 'advisory' and k.objsubid = 2
      and k.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())))`;

/**
 * The number of a transaction as SQL, of its row `lock` of `pg_locks`, which shows the lower half. Of several for one
 * session, those of subtransactions come after its own.
 */
export function transactionSql(lock: string): string {
  const newest = "pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())";
  return `(${newest} - (${newest} - ${lock}.transactionid::text::int8) % 4294967296)`;
}
