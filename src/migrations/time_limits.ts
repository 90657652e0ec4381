/**
 * Limits of time that the database, a role or the server's configuration set, and no option of a run: which of them has
 * ended a step, and what lifts it.
 *
 * @module
 */

import { AccessError, FailedError } from "../errors.ts";
import { formatDuration } from "../duration.ts";
import { HasuraError } from "../hasura/problems.ts";
import { querySql } from "../hasura/sql.ts";
import { isRecord } from "../json.ts";
import type { RunOptions } from "./run_options.ts";

/** PostgreSQL's settings, and what it says where one of them ends something. */
const SETTINGS = [
  { name: "statement_timeout", words: /due to statement timeout/, option: "--statement-timeout" },
  { name: "transaction_timeout", words: /due to transaction timeout/, option: "--step-timeout" },
  { name: "lock_timeout", words: /due to lock timeout/, option: undefined },
  { name: "idle_in_transaction_session_timeout", words: /due to idle-in-transaction timeout/, option: undefined },
] as const;

type Setting = typeof SETTINGS[number];

/**
 * Adds to `error`, that of a step, which limit it was that ended the step, where it was one. Changes nothing but words.
 *
 * @returns `error` itself
 */
export async function explainTimeLimit(error: unknown, options: RunOptions): Promise<unknown> {
  if (!(error instanceof FailedError || error instanceof AccessError)) return error;
  const said = error.cause instanceof HasuraError ? error.cause.postgres?.message : undefined;
  const setting = SETTINGS.find(({ words }) => words.test(said ?? ""));
  if (setting === undefined) return error;
  const given = setting.name === "statement_timeout" ? options.timeouts.statement : undefined;
  const limit = typeof given === "number"
    ? `--statement-timeout=${formatDuration(given).replace(" ", "")}`
    : await describeLimit(setting, options);
  error.next = `${limit} ended it. ${adviceOn(setting)}; then run the same command again`;
  return error;
}

function adviceOn({ name, option }: Setting): string {
  if (option !== undefined) {
    return `Find out what it waited for, or give it more time with ${option}, such as ${option}=1h, or ${option}=none`;
  }
  if (name === "lock_timeout") {
    return "Find out who holds the lock that it waited for (pg_locks, pg_stat_activity), or set the limit higher there";
  }
  return "Find out what held up Hasura, or set the limit higher there";
}

/** As in `statement_timeout, 5s, set for role "hasura" in PostgreSQL,`. */
async function describeLimit({ name }: Setting, { client, source }: RunOptions): Promise<string> {
  const sql = `select pg_catalog.json_build_object('value', pg_catalog.current_setting('${name}'), 'source', s.source,
  'database', current_database(), 'role', session_user)::text as setting
from pg_catalog.pg_settings s where s.name = '${name}'`;
  try {
    const found = await querySql(client, { source, sql, attempts: 2, decode: decodeSetting });
    // One that is switched off outside of the step was switched on in it.
    return found.value === "0" ? `${name}, which the file itself sets,` : `${name}, ${found.value}, ${placeOf(found)},`;
  } catch {
    return `PostgreSQL's ${name}`;
  }
}

interface Found {
  value: string;
  source: string;
  database: string;
  role: string;
}

function decodeSetting(value: unknown): Found | undefined {
  if (!isRecord(value)) return undefined;
  const { value: limit, source, database, role } = value;
  const isWhole = [limit, source, database, role].every((part) => typeof part === "string");
  return isWhole ? { value: limit, source, database, role } as Found : undefined;
}

/** Where a setting comes from, by the words of `pg_settings.source`. */
function placeOf({ source, database, role }: Found): string {
  switch (source) {
    case "user":
      return `set for role "${role}" in PostgreSQL`;
    case "database":
      return `set for database "${database}" in PostgreSQL`;
    case "database user":
      return `set for role "${role}" in database "${database}" in PostgreSQL`;
    case "client":
      return "set in the database URL that Hasura has";
    case "session":
      return "left in Hasura's connection by something that ran there before";
    default:
      return `set in PostgreSQL's ${source}`;
  }
}
