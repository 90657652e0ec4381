/**
 * What a failed step means: which kind of failure, what the database is like now, and what to do.
 *
 * @module
 */

import { AccessError, AfterTaskError, ConfigError, FailedError, ToolError } from "../errors.ts";
import { HasuraError, NoAnswerError } from "../hasura/problems.ts";
import { describePostgres, explainCallError, isWithoutDatabase, nextAfterNoAnswer } from "../hasura/explain.ts";
import { formatDuration } from "../duration.ts";
import { busyError, changedError } from "./busy_error.ts";
import type { Look } from "./look.ts";
import { STEP_STATES } from "./guard.ts";
import { nextPiece, skipBlanks } from "./sql_text.ts";
import { migrationTitle, type Step, stepFile } from "./types.ts";

/** SQLSTATE query_canceled. */
const ENDED_ON_REQUEST = "57014";

/** SQLSTATE object_not_in_prerequisite_state, which `mark_migration_applied` raises while an "after" task is open. */
const AFTER_TASK_OPEN = "55000";

/** SQLSTATE internal_error. */
const INTERNAL_ERROR = "XX000";

/** What was sent, and where. */
export interface StepTarget {
  endpoint: string;
  source: string;
  /** The file's text. */
  sql: string;
  /** The SQLSTATE of the failure, or what it must have been where Hasura hides it. */
  refusal: string | undefined;
  /** What the database showed after the failure, where it could be asked. */
  look: Look | undefined;
  /** Milliseconds after which the step was given up, if it was. */
  givenUpAfter: number | undefined;
}

/**
 * The error to show for a step that is known to have failed; what is not an error of a call is returned as it is.
 */
export function explainStepError(error: unknown, step: Step, target: StepTarget): unknown {
  const { endpoint, source, sql, refusal, look, givenUpAfter } = target;
  const title = migrationTitle(step.migration);
  const verb = step.direction;
  const rolledBack = mayEndTransaction(sql)
    ? "What stands before a COMMIT in the file may be committed; the rest was rolled back"
    : `All that ${title} changed was rolled back; the ledger is as it was before this step`;
  if (error instanceof ConfigError || error instanceof AccessError) error.state ??= `${title} was not started`;
  if (error instanceof ToolError) return error;
  if (refusal === STEP_STATES.late) return lateError(step, error);
  if (error instanceof NoAnswerError) {
    return new AccessError(`Cannot ${verb} ${title} at "${endpoint}": ${error.message}`, {
      state: `${title} was not started`,
      next: `${nextAfterNoAnswer(error)}. Then run the same command again`,
      cause: error,
    });
  }
  if (!(error instanceof HasuraError)) return error;
  const { postgres } = error;
  if (givenUpAfter !== undefined && (refusal ?? ENDED_ON_REQUEST) === ENDED_ON_REQUEST) {
    return new FailedError(
      `Cannot ${verb} ${title}: it took longer than ${formatDuration(givenUpAfter)} and was ended`,
      {
        state: rolledBack,
        next: "Find out what it waited for, or give it more time with --step-timeout; then run the same command again",
        cause: error,
      },
    );
  }
  switch (refusal) {
    case STEP_STATES.locked:
      return busyError(step, { look, cause: error });
    case STEP_STATES.ledgerChanged:
      return changedError(step, { look, cause: error, words: postgres?.message ?? "the ledger is another one" });
    case STEP_STATES.notMarked:
      return new FailedError(
        `Cannot ${verb} ${title}: "${stepFile(step)}" does not mark its migration: after it ran, ${postgres?.message}`,
        {
          state: rolledBack,
          next: `End the file with "call migrations.${markCall(step)};" and nothing else that writes to the ledger, ` +
            "and run the same command again",
          cause: error,
        },
      );
    case STEP_STATES.transactionEnded:
      return new FailedError(`Cannot ${verb} ${title}: "${stepFile(step)}" ends the transaction that it runs in`, {
        state: "What stands before the COMMIT or ROLLBACK in the file may be committed; the rest was rolled back",
        next: "Compare the database with the file before anything else, and take COMMIT and ROLLBACK out of the file",
        cause: error,
      });
  }
  if (postgres?.sqlState === AFTER_TASK_OPEN && /"after" task/.test(postgres.message)) {
    return new AfterTaskError(`Cannot ${verb} ${title}: ${postgres.message.trim()}`, {
      state: rolledBack,
      next: "Complete the task of the migration before it, and run the same command again",
      cause: error,
    });
  }
  if (isWithoutDatabase(error) || error.code === "not-exists") {
    const explained = explainCallError(error, { action: `${verb} ${title}`, endpoint, source });
    if (explained instanceof ToolError) explained.state = `${title} was not started`;
    return explained;
  }
  if (postgres !== undefined) {
    // A function that has a variable of a type which was dropped since: no statement makes a session forget that.
    const isStale = postgres.sqlState === INTERNAL_ERROR && postgres.message.includes("cache lookup failed");
    return new FailedError(`Cannot ${verb} ${title}: "${stepFile(step)}" failed: ${describePostgres(postgres)}`, {
      state: rolledBack,
      next: isStale
        ? "A function in Hasura's session may still know a type that was dropped since: restart Hasura, which gives it " +
          "new sessions, and run the same command again"
        : "Remove the cause, and run the same command again",
      cause: error,
    });
  }
  if (error.code === "postgres-error") {
    // What is left of the state, the ledger has to tell: see confirm.ts.
    return new FailedError(
      `Cannot ${verb} ${title}: "${stepFile(step)}" failed or was not started, and Hasura does not say why`,
      {
        next: "Look into the logs of Hasura and PostgreSQL, or start Hasura without " +
          "HASURA_GRAPHQL_ADMIN_INTERNAL_ERRORS=false to see PostgreSQL's words here; then run the same command again",
        cause: error,
      },
    );
  }
  return explainCallError(error, { action: `${verb} ${title}`, endpoint, source });
}

function lateError(step: Step, cause: unknown): AccessError {
  const title = migrationTitle(step.migration);
  return new AccessError(
    `Cannot ${step.direction} ${title}: its requests come to the database too late to be started`,
    {
      state: `${title} was not started`,
      next: "Find out what holds up requests between this machine, Hasura and PostgreSQL (a proxy, or a full pool of " +
        "Hasura's connections); then run the same command again",
      cause,
    },
  );
}

const ENDS_TRANSACTION =
  /^(?:commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b)|prepare\s+transaction)\b/i;

/** Characters of a command within which its first words are, comments between them included. */
const FIRST_WORDS = 200;

/** Whether `sql` seems to have a command that ends its transaction: outside of strings, bodies and comments. */
export function mayEndTransaction(sql: string): boolean {
  for (let from = skipBlanks(sql, 0); from < sql.length; from = skipBlanks(sql, nextPiece(sql, from).next)) {
    const words = sql.slice(from, from + FIRST_WORDS).replaceAll(/--.*|\/\*[^]*?\*\//g, " ");
    if (ENDS_TRANSACTION.test(words)) return true;
  }
  return false;
}

function markCall({ direction, migration }: Step): string {
  return direction === "apply"
    ? `mark_migration_applied('${migration.version}')`
    : `mark_migration_rolled_back('${migration.version}')`;
}
