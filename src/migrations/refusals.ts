/**
 * The statements that a migration must not contain, and why.
 *
 * Hasura runs a step in one transaction, in a session that it goes on using. What ends that transaction breaks the
 * promise of all or nothing, what needs to be outside of one fails, and some things would stay in the session for good
 * even where the step is rolled back. (Settings and the like are undone by the step itself.)
 *
 * @module
 */

import { isRecord } from "../json.ts";
import type { Statement } from "./sql_parser.ts";

/** Why something cannot be part of a migration. */
export interface Refusal {
  /** What it is and would do. */
  what: string;
  /** What to do instead. */
  advice: string;
}

type Node = Statement["node"];

/** The refusal for each kind of statement that has any; `words` are how the file spells its beginning. */
const RULES: Readonly<Record<string, (node: Node, words: string) => Refusal | undefined>> = {
  TransactionStmt: refuseTransaction,
  VariableSetStmt({ kind, name }) {
    if (kind !== "VAR_SET_MULTI") return undefined;
    return name === "SESSION CHARACTERISTICS"
      ? leaveOut(
        "SET SESSION CHARACTERISTICS",
        "would change the transactions of all that Hasura does later in the same session",
      )
      : {
        what: `SET ${name} belongs at the start of a transaction, and that of the step has begun before the file`,
        advice: `Leave SET ${name} out: every step runs at the level READ COMMITTED`,
      };
  },
  IndexStmt: ({ concurrent }) => concurrent ? withoutConcurrently("CREATE INDEX") : undefined,
  DropStmt: ({ concurrent }) => concurrent ? withoutConcurrently("DROP INDEX") : undefined,
  ReindexStmt({ kind, params }) {
    if (option(params, "concurrently")) return withoutConcurrently("REINDEX");
    const [, scope] = /^REINDEX_OBJECT_(DATABASE|SCHEMA|SYSTEM)$/.exec(String(kind)) ?? [];
    return scope === undefined
      ? undefined
      : needsNoTransaction(`REINDEX ${scope}`, "Write REINDEX TABLE for each table, or run it by hand");
  },
  AlterTableStmt: ({ cmds }) =>
    nodes(cmds).some(({ def }) => isRecord(def) && isRecord(def.PartitionCmd) && def.PartitionCmd.concurrent === true)
      ? withoutConcurrently("ALTER TABLE … DETACH PARTITION")
      : undefined,
  VacuumStmt: (node) =>
    node.is_vacuumcmd
      ? needsNoTransaction("VACUUM", "Leave VACUUM out and run it by hand when the migrations are done; ANALYZE works")
      : undefined,
  ClusterStmt: ({ relation }) =>
    relation ? undefined : needsNoTransaction("CLUSTER of all tables", "Write CLUSTER with the name of each table"),
  CreatedbStmt: () => byHand("CREATE DATABASE"),
  DropdbStmt: () => byHand("DROP DATABASE"),
  AlterDatabaseStmt: ({ options }) =>
    has(options, "tablespace") ? byHand("ALTER DATABASE … SET TABLESPACE") : undefined,
  CreateTableSpaceStmt: () => byHand("CREATE TABLESPACE"),
  DropTableSpaceStmt: () => byHand("DROP TABLESPACE"),
  AlterSystemStmt: () => byHand("ALTER SYSTEM"),
  CreateSubscriptionStmt: ({ options }) =>
    option(options, "connect") === false || option(options, "create_slot") === false ? undefined : needsNoTransaction(
      "CREATE SUBSCRIPTION with a slot",
      "Write WITH (create_slot = false) and make the slot by hand",
    ),
  AlterSubscriptionStmt({ kind, options }) {
    if (kind === "ALTER_SUBSCRIPTION_REFRESH") return byHand("ALTER SUBSCRIPTION … REFRESH PUBLICATION");
    return /_PUBLICATION$/.test(String(kind)) && option(options, "refresh") !== false
      ? needsNoTransaction("ALTER SUBSCRIPTION with a refresh", "Write WITH (refresh = false) and refresh by hand")
      : undefined;
  },
  DiscardStmt: ({ target }) =>
    target === "DISCARD_ALL" ? needsNoTransaction("DISCARD ALL", "Leave DISCARD ALL out") : undefined,
  CopyStmt({ filename, is_from: isFrom }) {
    if (filename !== undefined) return undefined;
    return isFrom
      ? {
        what: "COPY … FROM STDIN reads data that follow the statement, which only psql can send",
        advice: "Write the data as INSERT … VALUES, or COPY them from a file on the database's host",
      }
      : {
        what: "COPY … TO STDOUT has no reader here",
        advice: "Leave COPY … TO STDOUT out, or copy to a file on the database's host",
      };
  },
  PrepareStmt: () => ({
    what: "PREPARE would stay in Hasura's session, where the next PREPARE of the same name fails",
    advice: "Write the statement itself in place of PREPARE and EXECUTE",
  }),
  DeallocateStmt: () => leaveOut("DEALLOCATE", "would take away what Hasura itself has prepared in its session"),
};

/** Functions that take an advisory lock for the session, which a rollback does not free. */
const SESSION_LOCK = /^pg_(?:try_)?advisory_lock(?:_shared)?$/;
/** Statements that run what they contain. Others define what is run later, or hold it as a string. */
const RUNS = /^(?:Select|Insert|Update|Delete|Merge|Call|CreateTableAs)Stmt$/;

/** Why `statement` of `sql` cannot be part of a migration, if so. */
export function refusalOf({ kind, node, start }: Statement, sql: string): Refusal | undefined {
  const refusal = RULES[kind]?.(node, sql.slice(start, start + 40));
  if (refusal !== undefined || !RUNS.test(kind) || !/advisory_lock/i.test(sql)) return refusal;
  const name = sessionLockIn(node);
  return name === undefined ? undefined : {
    what: `${name}() would keep its lock in Hasura's session if the step fails, and the next step would wait for it`,
    advice: `Call ${name.replace("advisory_lock", "advisory_xact_lock")}() instead, whose lock ends with the step`,
  };
}

function refuseTransaction({ kind }: Node, words: string): Refusal | undefined {
  const name = /^[a-z]+/i.exec(words)?.[0].toUpperCase() ?? "";
  const advice =
    "Leave BEGIN, COMMIT, ROLLBACK and the like out: the tool commits each file as a whole, or nothing of it";
  switch (kind) {
    case "TRANS_STMT_BEGIN":
    case "TRANS_STMT_START":
      return {
        what: `${name === "START" ? "START TRANSACTION" : name} opens no transaction, since the whole file runs in one`,
        advice,
      };
    case "TRANS_STMT_COMMIT":
      return {
        what:
          `${name} would end the transaction of the step: what stands before it would be kept even if the rest fails`,
        advice,
      };
    case "TRANS_STMT_ROLLBACK":
      return {
        what: `${name} would undo all that stands before it, and the rest would run outside of the step's transaction`,
        advice,
      };
    case "TRANS_STMT_PREPARE":
      return {
        what:
          "PREPARE TRANSACTION would end the transaction of the step and leave it open, with its locks, for somebody else",
        advice,
      };
    case "TRANS_STMT_COMMIT_PREPARED":
      return byHand("COMMIT PREPARED");
    case "TRANS_STMT_ROLLBACK_PREPARED":
      return byHand("ROLLBACK PREPARED");
    default:
      // SAVEPOINT, RELEASE and ROLLBACK TO stay inside of the transaction.
      return undefined;
  }
}

function needsNoTransaction(name: string, advice: string): Refusal {
  return { what: `${name} cannot run inside of a transaction, and the whole file runs in one`, advice };
}

function withoutConcurrently(name: string): Refusal {
  return needsNoTransaction(`${name} CONCURRENTLY`, `Write ${name} without CONCURRENTLY`);
}

function byHand(name: string): Refusal {
  return needsNoTransaction(name, `Take ${name} out and run it by hand, with psql`);
}

function leaveOut(name: string, does: string): Refusal {
  return { what: `${name} ${does}`, advice: `Leave ${name} out` };
}

/** The name of a function in `value`, any part of a parse tree, that locks for the session. */
function sessionLockIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (isRecord(value) && Array.isArray(value.funcname)) {
    const name: unknown = nodes(value.funcname).at(-1)?.sval;
    if (typeof name === "string" && SESSION_LOCK.test(name)) return name;
  }
  return Object.values(value).map(sessionLockIn).find((name) => name !== undefined);
}

/** The nodes of a list, each of which the tree wraps in its kind. */
function nodes(list: unknown): Node[] {
  return Array.isArray(list) ? list.flatMap((item) => Object.values(item)).filter(isRecord) : [];
}

function has(options: unknown, name: string): boolean {
  return nodes(options).some(({ defname }) => defname === name);
}

/** The value of an option that is on or off; one without a value is on. */
function option(options: unknown, name: string): boolean | undefined {
  const found = nodes(options).findLast(({ defname }) => defname === name);
  return found && !/"(?:off|false)"|\{"Integer":\{\}\}/i.test(JSON.stringify(found.arg ?? ""));
}
