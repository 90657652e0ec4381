/**
 * Limits of time that the database, a role or the server's configuration set, and no option of a run: which of them has
 * ended a step, and what lifts it.
 *
 * @module
 */

import { AccessError, FailedError } from "../errors.ts";
import { formatOptionValue } from "../duration.ts";
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
 * @param took milliseconds that the step took at most: what is longer has not ended it
 * @returns `error` itself
 */
export async function explainTimeLimit(error: unknown, took: number, options: RunOptions): Promise<unknown> {
  if (!(error instanceof FailedError || error instanceof AccessError)) return error;
  const said = error.cause instanceof HasuraError ? error.cause.postgres?.message : undefined;
  const setting = SETTINGS.find(({ words }) => words.test(said ?? ""));
  if (setting === undefined) return error;
  const limit = await findLimit(setting, took, options);
  error.next = limit === undefined
    ? `${setting.name}, which the file itself sets, ended it. Find out what it waited for, or set it higher in the file; ` +
      "then run the same command again"
    : `${limit} ended it. ${adviceOn(setting)}; then run the same command again`;
  return error;
}

/** What has set the limit, and to how much; `undefined` where that was the file. */
async function findLimit(setting: Setting, took: number, options: RunOptions): Promise<string | undefined> {
  const { statement } = options.timeouts;
  // It takes the place of the database's own.
  if (setting.name !== "statement_timeout" || statement === undefined) {
    return await describeLimit(setting, took, options);
  }
  return typeof statement === "number" && statement <= took
    ? `--statement-timeout=${formatOptionValue(statement)}`
    : undefined;
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

/** As in `statement_timeout, 5s, set for role "hasura" in PostgreSQL,`; `undefined` for one that the step's file has set. */
async function describeLimit(
  { name }: Setting,
  took: number,
  { client, source }: RunOptions,
): Promise<string | undefined> {
  const sql = `select pg_catalog.json_build_object('value', pg_catalog.current_setting('${name}'), 'source', s.source,
  'milliseconds', s.setting::int8,
  'database', current_database(), 'role', session_user)::text as setting
from pg_catalog.pg_settings s where s.name = '${name}'`;
  try {
    const found = await querySql(client, { source, sql, attempts: 2, decode: decodeSetting });
    // One that is switched off outside of the step was switched on in it; one that is longer was made shorter.
    return found.milliseconds === 0 || found.milliseconds > took
      ? undefined
      : `${name}, ${found.value}, ${placeOf(found)},`;
  } catch {
    return `PostgreSQL's ${name}`;
  }
}

interface Found {
  value: string;
  milliseconds: number;
  source: string;
  database: string;
  role: string;
}

function decodeSetting(value: unknown): Found | undefined {
  if (!isRecord(value)) return undefined;
  const { value: limit, milliseconds, source, database, role } = value;
  const isWhole = [limit, source, database, role].every((part) => typeof part === "string") &&
    typeof milliseconds === "number";
  return isWhole ? { value: limit, milliseconds, source, database, role } as Found : undefined;
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
