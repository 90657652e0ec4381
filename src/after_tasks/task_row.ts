/**
 * The row of the ledger that an "after" task belongs to.
 *
 * @module
 */

import { isRecord } from "../json.ts";
import { lockWait } from "../migrations/look.ts";
import { LEDGER_TABLE } from "../migrations/types.ts";

/** A row of the ledger, with its "after" task. */
export interface TaskRow {
  kind: "missing" | "no-task" | "open" | "done";
  /** Another one after every change of the row. */
  rowVersion: string;
}

/** The row as it is now, in either shape of the table. */
export function rowQuery(version: number): string {
  return `select pg_catalog.json_build_object('row', (
  select pg_catalog.json_build_object('version', m.xmin::text,
      'pause_after', coalesce(pg_catalog.to_jsonb(m) ->> 'pause_after', 'false')::boolean,
      'after_done', coalesce(pg_catalog.to_jsonb(m) ->> 'after_done', 'false')::boolean)
    from ${LEDGER_TABLE} m where m.migration_id::text = '${version}'))::text as task`;
}

/** Reads it by itself, within `timeout` milliseconds. */
export function readSql(version: number, timeout: number): string {
  const wait = `set local lock_timeout = '${lockWait(timeout)}ms'`;
  return `set transaction isolation level read committed;\n${wait};\n${rowQuery(version)}`;
}

/** Decodes the answer to {@linkcode rowQuery}; `undefined` where it is none. */
export function decodeRow(value: unknown): TaskRow | undefined {
  if (!isRecord(value) || !("row" in value)) return undefined;
  const { row } = value;
  if (row === null) return { kind: "missing", rowVersion: "" };
  if (!isRecord(row) || typeof row.version !== "string" || !/^\d+$/.test(row.version)) return undefined;
  const kind = row.pause_after !== true ? "no-task" : row.after_done === true ? "done" : "open";
  return { kind, rowVersion: row.version };
}
