/**
 * The transaction that Hasura makes around each piece of work.
 *
 * @module
 */

import { connectionError, HasuraError, statementProblem } from "./bodies.ts";
import type { SessionPool } from "./pool.ts";
import { ConnectionLostError, type Outcome, type Session } from "./session.ts";

/** How a transaction begins: everything after `BEGIN`. */
export type TransactionMode = `ISOLATION LEVEL ${"READ COMMITTED" | "REPEATABLE READ" | "SERIALIZABLE"} ${
  | "READ WRITE"
  | "READ ONLY"}`;

/** What runs in a transaction. */
export interface TransactionOptions<T> {
  work: (session: Session) => Promise<T>;
  /** Whether BEGIN, COMMIT and ABORT are prepared statements, which a text can deallocate. */
  prepared: boolean;
  /** Whether a transaction that somebody else has left open is ended first. Default: no. */
  ownSession?: boolean;
}

/**
 * Runs `work` in a transaction on a session of `pool`, and `ABORT` when it throws.
 *
 * @throws {HasuraError} `postgres tx error` when BEGIN or COMMIT fails, `connection error` when the connection breaks
 */
export async function transaction<T>(
  pool: SessionPool,
  mode: TransactionMode,
  { work, prepared, ownSession = false }: TransactionOptions<T>,
): Promise<T> {
  try {
    return await pool.use(async (session) => {
      if (ownSession) await endLeftover(session);
      await control(pool, session, { statement: `BEGIN ${mode}`, prepared });
      try {
        const value = await work(session);
        await control(pool, session, { statement: "COMMIT", prepared });
        return value;
      } catch (error) {
        if (error instanceof ConnectionLostError) throw error;
        await control(pool, session, { statement: "ABORT", prepared });
        throw error;
      }
    });
  } catch (error) {
    throw error instanceof ConnectionLostError ? connectionError(error) : error;
  }
}

async function control(
  pool: SessionPool,
  session: Session,
  { statement, prepared }: { statement: string; prepared: boolean },
): Promise<void> {
  const outcome = prepared ? await pool.runPrepared(session, statement) : await pool.run(session, statement);
  // Hasura says "prepared" of these three whether they are or not.
  const internal = statementProblem(outcome, { statement, prepared: true });
  if (internal === undefined) return;
  throw new HasuraError("postgres tx error", { status: 500, code: "postgres-error", internal });
}

/**
 * Runs `work` in a transaction on Hasura's own tables.
 *
 * With PGlite, the session is the one that `run_sql` uses: what a text left behind there must not matter here.
 *
 * @throws {HasuraError}
 */
export function ownTransaction<T>(pool: SessionPool, work: (session: Session) => Promise<T>): Promise<T> {
  return transaction(pool, "ISOLATION LEVEL REPEATABLE READ READ WRITE", {
    prepared: false,
    ownSession: true,
    work: async (session) => {
      await query(pool, session, { text: "SET LOCAL ROLE NONE" });
      return await work(session);
    },
  });
}

/** Ends a transaction that somebody else left open in the one session of PGlite. */
export async function endLeftover(session: Session): Promise<void> {
  if (session.inTransaction) await session.run("ROLLBACK");
}

/** Runs one of Hasura's own texts inside a transaction. @throws {HasuraError} `database query error` */
export async function query(pool: SessionPool, session: Session, { text }: { text: string }): Promise<Outcome> {
  const outcome = await pool.run(session, text);
  const internal = statementProblem(outcome, { statement: text, prepared: false });
  if (internal === undefined) return outcome;
  throw new HasuraError("database query error", { status: 500, code: "unexpected", internal });
}

/** Rows of an outcome; none for a command. */
export function rowsOf(outcome: Outcome): (string | null)[][] {
  return outcome.status === "TuplesOk" ? outcome.rows : [];
}
