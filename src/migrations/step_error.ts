/**
 * What a failed step means: which kind of failure, what the database is like now, and what to do.
 *
 * @module
 */

import {
  AccessError,
  AfterTaskError,
  BusyError,
  ConfigError,
  FailedError,
  ToolError,
  UnknownOutcomeError,
} from "../errors.ts";
import { HasuraError, NoAnswerError } from "../hasura/client.ts";
import { describePostgres, explainCallError, isWithoutDatabase, nextAfterNoAnswer } from "../hasura/explain.ts";
import { STEP_STATES } from "./step.ts";
import { LEDGER_TABLE, migrationTitle, type Step, stepFile } from "./types.ts";

/** SQLSTATE object_not_in_prerequisite_state, which `mark_migration_applied` raises while an "after" task is open. */
const AFTER_TASK_OPEN = "55000";

/** What was sent, and where. */
export interface StepTarget {
  endpoint: string;
  source: string;
  /** The file's text, where it got as far as that. */
  sql: string | undefined;
}

/**
 * The error to show for a step that did not end well; what is not an error of a call is returned as it is.
 */
export function explainStepError(error: unknown, step: Step, { endpoint, source, sql }: StepTarget): unknown {
  const title = migrationTitle(step.migration);
  const verb = step.direction;
  const rolledBack = mayEndTransaction(sql ?? "")
    ? "What stands before a COMMIT in the file may be committed; the rest was rolled back"
    : `All that ${title} changed was rolled back; the ledger is as it was before this step`;
  if (error instanceof ConfigError || error instanceof AccessError) error.state ??= `${title} was not started`;
  if (error instanceof ToolError) return error;
  if (error instanceof NoAnswerError && error.notSent) {
    return new AccessError(`Cannot ${verb} ${title} at "${endpoint}": ${error.message}`, {
      state: `${title} was not started`,
      next: `${nextAfterNoAnswer(error)}. Then run the same command again`,
      cause: error,
    });
  }
  if (error instanceof NoAnswerError) return unknownOutcome(step, error.message, error);
  if (!(error instanceof HasuraError)) return error;
  const { postgres } = error;
  switch (postgres?.sqlState) {
    case STEP_STATES.locked:
      return new BusyError(
        `Cannot ${verb} ${title}: another run holds the migration lock of this database, or its ledger is locked`,
        {
          state: `${title} was not started by this run`,
          next:
            "Wait until the other run has ended, look at the status, and run the same command again if it is needed",
          cause: error,
        },
      );
    case STEP_STATES.ledgerChanged:
      return new BusyError(`Cannot ${verb} ${title}: another run changed the ledger in the meantime`, {
        state: `${title} was not started by this run; ${postgres?.message}`,
        next: "Look at the status, and run the same command again if it is needed",
        cause: error,
      });
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
  if (error.status >= 500 || error.code === "unexpected" || error.code === "conflict") {
    const words = postgres === undefined ? "" : `: ${describePostgres(postgres)}`;
    return unknownOutcome(step, `Hasura answered ${error.status}, "${error.message}"${words}`, error);
  }
  if (postgres !== undefined) {
    return new FailedError(`Cannot ${verb} ${title}: "${stepFile(step)}" failed: ${describePostgres(postgres)}`, {
      state: rolledBack,
      next: "Remove the cause, and run the same command again",
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

/** Whether `sql` seems to have a command that ends its transaction: outside of strings, bodies and comments. */
function mayEndTransaction(sql: string): boolean {
  const commands = sql.replaceAll(/\$(\w*)\$[^]*?\$\1\$|'(?:[^']|'')*'|"[^"]*"|--.*|\/\*[^]*?\*\//g, " ");
  return /(?:^|;)\s*(?:commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b)|prepare\s+transaction)\b/i.test(
    commands,
  );
}

function unknownOutcome(step: Step, reason: string, cause: unknown): UnknownOutcomeError {
  const { version } = step.migration;
  const title = migrationTitle(step.migration);
  const done = step.direction === "apply" ? "applied" : "reverted";
  const present = step.direction === "apply" ? "is there" : "is gone";
  return new UnknownOutcomeError(`It is not known whether ${title} was ${done}: ${reason}`, {
    state: `${title} was sent, and either is ${done} as a whole or will leave no change; it may still be running`,
    next:
      `Wait until no query of Hasura runs in pg_stat_activity, then look at the status: ${title} was ${done} if row ` +
      `${version} of ${LEDGER_TABLE} ${present}. Then run the same command again: it continues from there`,
    cause,
  });
}

function markCall({ direction, migration }: Step): string {
  return direction === "apply"
    ? `mark_migration_applied('${migration.version}')`
    : `mark_migration_rolled_back('${migration.version}')`;
}
