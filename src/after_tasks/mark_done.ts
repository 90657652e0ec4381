/**
 * Marks an "after" task as done in the ledger, under the lock that all runs share.
 *
 * Marking twice is harmless, so that it is sent again where its answer was lost. Only the row that was looked at is
 * marked: a request that is held up on its way must not mark one that was reverted and applied again since.
 *
 * @module
 */

import { AccessError, AfterTaskError, BusyError } from "../errors.ts";
import { HasuraError, NoAnswerError } from "../hasura/problems.ts";
import { executeSql, querySql } from "../hasura/sql.ts";
import { COPY_AT_WORK, STEP_STATES } from "../migrations/guard.ts";
import { isMarkSql, LOCKS_SQL, type StepMark } from "../migrations/mark.ts";
import { LEDGER_TABLE, LOCK_KEYS, type MigrationName, migrationTitle } from "../migrations/types.ts";
import { explainHasura, type HasuraFailure } from "./task_error.ts";
import { decodeRow, readSql, rowQuery, type TaskRow } from "./task_row.ts";
import { type AfterTaskOptions, CHANGED, type MarkCondition } from "./types.ts";

/** What is needed to mark a task. */
export type MarkOptions = Pick<
  AfterTaskOptions,
  "rt" | "client" | "source" | "readTimeout" | "lockTimeout" | "onProgress"
>;

/** What the messages of a failure say. */
export interface MarkWords {
  /** The state before the marking, as in "<state>; the task is not marked as done". */
  state: string;
  /** How to go on. */
  resume: string;
}

/** Milliseconds between two attempts. */
const PAUSE = 500;

/** SQLSTATE lock_not_available. */
const LOCKED = "55P03";

// The columns are there where the row that was read has an open task. The older shape never gets this far.
function markSql(
  version: number,
  { mark, rowVersion, lockTimeout, condition = "" }: {
    mark: StepMark;
    rowVersion: string;
    lockTimeout: number;
    condition?: string | undefined;
  },
): string {
  // Who has waited for the lock may find that another run has marked it, and gone on: then nothing is to be looked at.
  const isOpen = `m.migration_id::text = '${version}' and m.xmin::text = '${rowVersion}' ` +
    "and m.pause_after and not m.after_done";
  // The limit: where Hasura is gone before its COMMIT, PostgreSQL would keep the lock for as long as TCP allows.
  return `set transaction isolation level read committed;
set local idle_in_transaction_session_timeout = '10s';
do $aerie_db_migration_after$
declare
  is_copy boolean;
begin
  perform pg_catalog.pg_try_advisory_xact_lock_shared(${mark.run}, ${mark.step});
  is_copy := exists (
    with locks as (${LOCKS_SQL} and k.pid <> pg_catalog.pg_backend_pid())
    select from locks m where ${isMarkSql("m", mark)});
  perform pg_catalog.set_config('lock_timeout', '${Math.max(1, Math.round(lockTimeout))}', true);
  perform pg_catalog.pg_advisory_xact_lock(${LOCK_KEYS[0]}, ${LOCK_KEYS[1]});
  if exists (select from ${LEDGER_TABLE} m where ${isOpen}) then
    ${condition}
    update ${LEDGER_TABLE} m set after_done = true where ${isOpen};
  end if;
exception when lock_not_available or query_canceled then
  raise exception using errcode = '${STEP_STATES.locked}', message = 'the migration lock or the ledger is held by somebody else',
    detail = case when is_copy then '${COPY_AT_WORK}' else '' end;
end
$aerie_db_migration_after$;
${rowQuery(version)}`;
}

/**
 * Whether the task of a migration is done, as the ledger says.
 *
 * @throws {AfterTaskError} when the ledger does not have the migration, or it has no task, or it cannot be read
 * @throws {BusyError} when the ledger is locked
 */
export async function isTaskDone(migration: MigrationName, options: MarkOptions, words: MarkWords): Promise<boolean> {
  return (await readTask(migration, options, words)).kind === "done";
}

/**
 * Marks the task of a migration as done; whether this changed anything.
 *
 * @throws {AfterTaskError} when the ledger does not have the migration, or it has no task, or it could not be marked
 * @throws {BusyError} when another run is at work
 */
export async function markDone(
  migration: MigrationName,
  options: MarkOptions,
  words: MarkWords & { condition?: MarkCondition | undefined },
): Promise<boolean> {
  const { rt, client, source, readTimeout, lockTimeout } = options;
  const title = `migration ${migrationTitle(migration)}`;
  const failure = {
    action: `mark the "after" task of ${title} as done`,
    state: `${words.state}; the task is not marked as done`,
    resume: words.resume,
  };
  options.onProgress(`marking the "after" task of ${title} as done`);
  const timeout = readTimeout + lockTimeout;
  const deadline = rt.now() + timeout;
  let row = await readTask(migration, options, words);
  if (row.kind === "done") return false;
  let wasLost = false;
  const mark = { run: crypto.getRandomValues(new Int32Array(1))[0] ?? 0, step: migration.version };
  for (;;) {
    const condition = words.condition?.sql;
    const sql = markSql(migration.version, { mark, rowVersion: row.rowVersion, lockTimeout, condition });
    let problem: unknown = new NoAnswerError("The row was changed by somebody else at the same time");
    try {
      const signal = AbortSignal.timeout(Math.max(1, Math.round(timeout)));
      row = decodeRow(await executeSql(client, { source, sql, signal })) ?? refuseShape();
      // An answer is no proof: on a lost connection Hasura sends COMMIT again on a new one, where it does nothing.
      if (row.kind === "done") {
        row = await readAfterLoss(migration, options, { ...failure, state: words.state, problem });
        // The COMMIT that was sent first may be under way, and hold the lock.
        wasLost ||= row.kind !== "done";
      }
    } catch (error) {
      if (words.condition !== undefined && sqlStateOf(error) === CHANGED) throw words.condition.error();
      // The lock may be held by a request of this run whose answer was lost, or that a proxy has sent twice.
      const isOwnLock = isLocked(error) && (wasLost || isOfCopy(error));
      if (!isOwnLock && !isLost(error)) throw explain(error, options, failure);
      wasLost = true;
      problem = error;
      row = await readAfterLoss(migration, options, { ...failure, state: words.state, problem });
    }
    if (row.kind === "done") return true;
    checkRow(row, migration, words);
    if (rt.now() >= deadline || isFinal(problem)) {
      throw explain(problem, options, wasLost ? withDoubt(failure) : failure);
    }
    await rt.sleep(PAUSE);
  }
}

function refuseShape(): never {
  throw new NoAnswerError("The server answered with something else than the row of the ledger");
}

/** Whether it is not known what became of the request: also a proxy that turns it away may have passed it on before. */
function isLost(error: unknown): boolean {
  if (error instanceof NoAnswerError) return !error.notSent || !error.lasting;
  return error instanceof AccessError || (error instanceof HasuraError && error.status >= 500);
}

/** Whether sending it again would lead to the same. */
function isFinal(error: unknown): boolean {
  return error instanceof AccessError || (error instanceof NoAnswerError && error.lasting);
}

function isLocked(error: unknown): boolean {
  return [STEP_STATES.locked, LOCKED].includes(sqlStateOf(error) ?? "");
}

function isOfCopy(error: unknown): boolean {
  return error instanceof HasuraError && error.postgres?.detail === COPY_AT_WORK;
}

function withDoubt<T extends HasuraFailure>(failure: T): T {
  return { ...failure, state: `${failure.state}, as far as the ledger shows; what was sent may still be marked` };
}

async function readTask(migration: MigrationName, options: MarkOptions, words: MarkWords): Promise<TaskRow> {
  const { client, source, readTimeout } = options;
  let row: TaskRow;
  try {
    row = await querySql(client, { source, sql: readSql(migration.version, readTimeout), decode: decodeRow });
  } catch (error) {
    throw explain(error, options, { action: `read the ledger for migration ${migrationTitle(migration)}`, ...words });
  }
  checkRow(row, migration, words);
  return row;
}

async function readAfterLoss(
  migration: MigrationName,
  options: MarkOptions,
  { action, state, resume, problem }: HasuraFailure & { resume: string; problem: unknown },
): Promise<TaskRow> {
  try {
    return await readTask(migration, options, { state, resume });
  } catch (error) {
    // What the ledger itself says is certain.
    if (error instanceof AfterTaskError && error.cause === undefined) throw error;
    const reason = problem instanceof Error ? problem.message : String(problem);
    throw new AfterTaskError(`Cannot ${action}: the answer was lost: ${reason}`, {
      state: `${state}; whether the task was marked as done could not be established`,
      next: `Look at the status once Hasura answers again; if the task is still open, ${resume}`,
      cause: error,
    });
  }
}

function checkRow({ kind }: TaskRow, migration: MigrationName, { state }: MarkWords): void {
  if (kind === "open" || kind === "done") return;
  const title = `migration ${migrationTitle(migration)}`;
  const reason = kind === "missing" ? `the ledger does not show ${title}` : `${title} has none`;
  throw new AfterTaskError(`Cannot complete the "after" task of ${title}: ${reason}`, {
    state,
    next: kind === "missing"
      ? "Look at the status: somebody has reverted the migration, or this is another database"
      : "Look at the status: there is nothing to do for this migration",
  });
}

function sqlStateOf(error: unknown): string | undefined {
  return error instanceof HasuraError ? error.postgres?.sqlState : undefined;
}

function explain(error: unknown, options: MarkOptions, failure: HasuraFailure & { resume: string }): unknown {
  if (!isLocked(error)) return explainHasura(error, options, failure);
  return new BusyError(
    `Cannot ${failure.action}: another run holds the migration lock of this database, or its ledger`,
    { state: failure.state, next: `Wait until the other run has ended, then ${failure.resume}`, cause: error },
  );
}
