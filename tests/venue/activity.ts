/**
 * Waiting until a session is at work.
 *
 * @module
 */

import type { SessionPool } from "./pool.ts";
import type { Session } from "./session.ts";
import { rowsOf } from "./transaction.ts";

/**
 * Resolves when the backend of `session` is seen at work, and at the latest when the text that it was given has ended.
 * PGlite does nothing beside a text.
 */
export async function waitForActivity(
  pool: SessionPool,
  session: Session,
  { ended }: { ended: Promise<void> },
): Promise<void> {
  if (session.backend === 0) return await ended;
  let over = false;
  ended.then(() => over = true);
  // BEGIN and Hasura's settings end as "idle in transaction", so only "active" tells of the text itself.
  const text = `select state = 'active' from pg_catalog.pg_stat_activity where pid = ${session.backend}`;
  await pool.use(async (watcher) => {
    while (!over && rowsOf(await watcher.run(text))[0]?.[0] === "f");
  });
}
