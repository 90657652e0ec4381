/**
 * Ends a step that takes longer than it may.
 *
 * @module
 */

import type { HasuraClient } from "../hasura/client.ts";
import { querySql } from "../hasura/sql.ts";
import { LOCK_KEYS } from "./types.ts";

/**
 * Asks PostgreSQL to end the statement of the run that holds the lock, if that is the run `runId`. The step then fails
 * and is rolled back. Whether it worked is seen by the answer to the step; so no failure of this call matters.
 */
export async function cancelRun(
  client: HasuraClient,
  { source, runId }: { source: string; runId: string },
): Promise<void> {
  const sql = `select coalesce(pg_catalog.json_agg(pg_catalog.pg_cancel_backend(l.pid)), '[]')::text as cancelled
from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.classid = ${LOCK_KEYS[0]} and l.objid = ${LOCK_KEYS[1]} and l.objsubid = 2
  and l.granted and a.query like '/* aerie_db_migration: %run ${runId} */%'`;
  await querySql(client, { source, sql, attempts: 1, decode: (value) => value }).catch(() => {});
}
