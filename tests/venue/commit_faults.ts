/**
 * What can happen to COMMIT itself: it is at work for a while, the connection that it was sent on is lost meanwhile, or it
 * never arrives. Only with a real server.
 *
 * @module
 */

import type { SessionPool } from "./pool.ts";
import type { Session } from "./session.ts";

/**
 * What happens to COMMIT:
 * - `commitAtWork`: it is at work, and holds its locks, until then. `again`: Hasura loses the connection meanwhile, sends
 *   COMMIT alone on a new one, where there is nothing to commit, and goes on. `fails`: it rolls back in the end;
 * - `commitSwallowed`: the network swallows it. PostgreSQL waits for it; so does Hasura for its answer, and gives up then,
 *   sends COMMIT alone on a new connection and goes on.
 */
export type CommitFault =
  | { commitAtWork: Promise<unknown>; again?: true; fails?: true }
  | { commitSwallowed: Promise<unknown> };

/** Whether it is such a fault. */
export function isCommitFault(action: unknown): action is CommitFault {
  return typeof action === "object" && action !== null && ("commitAtWork" in action || "commitSwallowed" in action);
}

/** What the faults need. */
export interface CommitParts {
  /** Where a session is borrowed that COMMIT waits for. */
  pool: SessionPool;
  /** Resolves with the event, and when the venue is closed. */
  wait: (event: Promise<unknown>) => Promise<unknown>;
  /** Told of what goes on by itself. */
  track: (work: Promise<unknown>) => void;
}

/** Does what the fault says; what comes next on `session` is COMMIT. */
export async function strikeCommit(
  action: CommitFault,
  session: Session,
  { pool, wait, track }: CommitParts,
): Promise<void> {
  if ("commitSwallowed" in action) {
    const left = await leave(session);
    // PostgreSQL ends it by itself, sooner or later; the connection stays open until then.
    track(left.ended().then(() => left.close()));
    await wait(action.commitSwallowed);
    return;
  }
  const keys = `1986356084, ${crypto.getRandomValues(new Int32Array(1))[0]}`;
  const holder = await pool.acquire();
  await holder.run(`select pg_catalog.pg_advisory_lock(${keys})`);
  await session.run(waitAtCommit(keys, action.fails === true));
  track(
    wait(action.commitAtWork).then(async () => {
      await holder.run(`select pg_catalog.pg_advisory_unlock(${keys})`).catch(() => {});
      pool.release(holder);
    }),
  );
  if (action.again !== true) return;
  const left = await leave(session);
  track(left.run("COMMIT").catch(() => {}).then(() => left.close()));
}

async function leave(session: Session): ReturnType<NonNullable<Session["leave"]>> {
  if (session.leave === undefined) throw new TypeError("Cannot leave a connection of this database");
  return await session.leave();
}

/** What a constraint waits for that is deferred, COMMIT waits for. */
function waitAtCommit(keys: string, fails: boolean): string {
  return `drop table if exists pg_temp.venue_commit;
create temp table venue_commit (id integer) on commit drop;
create or replace function pg_temp.venue_commit() returns trigger language plpgsql as $venue$
begin
  perform pg_catalog.pg_advisory_xact_lock(${keys});
  ${fails ? "raise exception 'the commit fails';" : ""}
  return null;
end
$venue$;
create constraint trigger venue_commit after insert on pg_temp.venue_commit deferrable initially deferred
  for each row execute function pg_temp.venue_commit();
set constraints all deferred;
insert into pg_temp.venue_commit values (1);`;
}
