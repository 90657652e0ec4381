/**
 * `run_sql`: a text in a transaction of its own, the last result as text.
 *
 * @module
 */

import { connectionError, HasuraError, type Json, statementProblem } from "./bodies.ts";
import { runChecked } from "./checked_sql.ts";
import { asObject, bool, type Located, name, text } from "./decode.ts";
import { consultMetadata, type Instance } from "./instance.ts";
import { ConnectionLostError, type Outcome, type Session } from "./session.ts";
import type { ConnectedSource } from "./source_connection.ts";
import { query, transaction, type TransactionMode } from "./transaction.ts";

/** The arguments of `run_sql`. */
export interface RunSqlArguments {
  sql: string;
  source: string;
  cascade: boolean;
  readOnly: boolean;
  /** `null`: decided by a look at the text. */
  checkMetadataConsistency: boolean | null;
  /** Runs each statement on its own; nothing is around them. */
  noTransaction: boolean;
}

/** Places where a test can step in. */
export interface Stages {
  /** The text is about to be sent. Runs beside it, and is waited for when the text has ended. */
  during?(session: Session, ended: Promise<void>): Promise<void>;
  /** The text has run well and nothing is committed. What it throws aborts the transaction. */
  beforeCommit?(session: Session): Promise<void>;
}

// The words by which Hasura guesses that a text changes the schema, wherever they stand (Hasura source, RunSQL).
const SCHEMA_WORDS = /\balter\b|\bdrop\b|\breplace\b|\bcreate function\b|\bcomment on\b/i;

const LEVELS = {
  "read-committed": "READ COMMITTED",
  "repeatable-read": "REPEATABLE READ",
  "serializable": "SERIALIZABLE",
} as const;

/** Decodes the arguments. @throws {HasuraError} */
export function decodeRunSql(args: unknown, path: string): RunSqlArguments {
  const object: Located = asObject(args, { path, what: "RunSQL" });
  return {
    sql: text(object, "sql"),
    source: name(object, "source", "default"),
    cascade: bool(object, "cascade", false),
    checkMetadataConsistency: (object.value["check_metadata_consistency"] ?? null) === null
      ? null
      : bool(object, "check_metadata_consistency"),
    readOnly: bool(object, "read_only", false),
    noTransaction: bool(object, "no_transaction", false),
  };
}

/** Whether the metadata is compared with the database afterwards. */
export function isChecked({ readOnly, checkMetadataConsistency, sql }: RunSqlArguments): boolean {
  return !readOnly && (checkMetadataConsistency ?? SCHEMA_WORDS.test(sql));
}

/** Runs the text. @throws {HasuraError} */
export async function runSql(instance: Instance, args: RunSqlArguments, stages: Stages): Promise<Json> {
  if (!isChecked(args)) {
    await consultMetadata(instance);
    if (args.noTransaction) return render(await runEach(sourceOf(instance, args), args));
    return render(await runInTransaction(sourceOf(instance, args), args, { stages }));
  }
  return await instance.lock.run(async () => {
    await consultMetadata(instance);
    const source = sourceOf(instance, args);
    const checked = { ...args, pool: source.pool };
    return render(
      await runChecked(instance, checked, (around) => runInTransaction(source, args, { stages, around })),
    );
  });
}

/** The source; one whose database could not be reached when Hasura last looked is taken for none. @throws {HasuraError} */
function sourceOf({ schema }: Instance, { source }: RunSqlArguments): ConnectedSource {
  const connected = schema.sources.get(source)?.connected;
  if (connected !== undefined) return connected;
  throw new HasuraError(`source with name "${source}" does not exist`, { status: 400, code: "not-exists" });
}

interface Surroundings {
  stages: Stages;
  around?: (session: Session, run: () => Promise<Outcome>) => Promise<Outcome>;
}

function runInTransaction(
  { settings, pool }: ConnectedSource,
  { sql, readOnly }: RunSqlArguments,
  { stages, around = (_, run) => run() }: Surroundings,
): Promise<Outcome> {
  // A C string ends at the first NUL.
  const [statement = ""] = sql.split("\0", 1);
  const mode: TransactionMode = `ISOLATION LEVEL ${LEVELS[settings.isolationLevel]} ${
    readOnly ? "READ ONLY" : "READ WRITE"
  }`;
  return transaction(pool, mode, {
    prepared: settings.prepared,
    work: async (session) => {
      await query(pool, session, { text: TRACE });
      await query(pool, session, { text: USER });
      const outcome = await around(session, async () => {
        return checked(await beside(stages, session, () => pool.run(session, statement)), sql);
      });
      await stages.beforeCommit?.(session);
      return outcome;
    },
  });
}

/** Runs what stands between semicolons, wherever they stand: servers before v2.50.10 know no better. */
async function runEach({ pool }: ConnectedSource, { sql }: RunSqlArguments): Promise<Outcome> {
  const statements = sql.split(";").map((statement) => statement.trim()).filter((statement) => statement !== "");
  try {
    return await pool.use(async (session) => {
      let outcome: Outcome = { status: "EmptyQuery" };
      for (const statement of statements) outcome = checked(await pool.run(session, statement), statement);
      return checked(outcome, sql);
    });
  } catch (error) {
    throw error instanceof ConnectionLostError ? connectionError(error) : error;
  }
}

/** The outcome of a text that has run well. @throws {HasuraError} */
function checked(outcome: Outcome, statement: string): Outcome {
  const internal = statementProblem(outcome, { statement, prepared: false });
  if (internal === undefined) return outcome;
  throw new HasuraError("query execution failed", { status: 400, code: "postgres-error", internal });
}

async function beside(stages: Stages, session: Session, run: () => Promise<Outcome>): Promise<Outcome> {
  const ended = Promise.withResolvers<void>();
  const strike = stages.during?.(session, ended.promise);
  // Its error is told below; until then nobody would listen.
  strike?.catch(() => {});
  try {
    return await run();
  } finally {
    ended.resolve();
    await strike;
  }
}

const TRACE = `SET LOCAL "hasura.tracecontext" = '{"trace_id":"4bf92f3577b34da6","span_id":"00f067aa0ba902b7"}'`;
const USER = `SET LOCAL "hasura.user" = '{"x-hasura-role":"admin"}'`;

function render(outcome: Outcome): Json {
  if (outcome.status !== "TuplesOk") return { result_type: "CommandOk", result: null };
  const rows = outcome.rows.map((row) => row.map((cell) => cell ?? "NULL"));
  return { result_type: "TuplesOk", result: [outcome.columns, ...rows] };
}
