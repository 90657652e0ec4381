/**
 * The ledger: table `migrations.schema_migrations` of the venue's database, the truth about what is applied.
 *
 * The table has two shapes: `migration_id` as varchar alone, and as integer with `pause_after` and `after_done`.
 * `to_jsonb` of a row reads both with the same SQL.
 *
 * @module
 */

import { BusyError, DriftError } from "../errors.ts";
import { type HasuraClient, HasuraError, NoAnswerError } from "../hasura/client.ts";
import { isRecord } from "../json.ts";
import { querySql } from "../hasura/sql.ts";
import { type Ledger, LEDGER_TABLE, type LedgerRow } from "./types.ts";

const LEDGER_SQL = `set local lock_timeout = '5s';
select coalesce(json_agg(json_build_object(
  'id', m.migration_id::text,
  'pause_after', coalesce(to_jsonb(m) ->> 'pause_after', 'false')::boolean,
  'after_done', coalesce(to_jsonb(m) ->> 'after_done', 'false')::boolean)), '[]'::json)::text as ledger
from ${LEDGER_TABLE} m`;

/** SQLSTATEs of: no such table, no such schema, no such column. */
const NO_LEDGER = ["42P01", "3F000", "42703"];

/** SQLSTATE lock_not_available. */
const LOCKED = "55P03";

/**
 * Reads the ledger. It can have gaps; see {@linkcode checkLedger}.
 *
 * @throws {DriftError} when there is no ledger, or a row of it has no number
 * @throws {HasuraError | NoAnswerError} when Hasura did not answer with it
 */
export async function readLedger(client: HasuraClient, source: string): Promise<Ledger> {
  try {
    return decodeLedger(await querySql(client, { source, sql: LEDGER_SQL }));
  } catch (error) {
    if (error instanceof HasuraError && NO_LEDGER.includes(error.postgres?.sqlState ?? "")) {
      throw new DriftError(`Cannot read the ledger: database "${source}" has no usable table ${LEDGER_TABLE}`, {
        state: "Nothing was changed",
        next: "Check that this is the database of an Aerie or PlanDev venue of v2.8.0 or newer; a venue of an older " +
          "release must first be upgraded to v2.8.0 as its upgrade guide says",
        cause: error,
      });
    }
    if (error instanceof HasuraError && error.postgres?.sqlState === LOCKED) {
      throw new BusyError(`Cannot read the ledger: somebody holds a lock on ${LEDGER_TABLE}`, {
        next: "A migration that changes the ledger may be running; wait until it has ended, and look at the status",
        cause: error,
      });
    }
    throw error;
  }
}

function decodeLedger(value: unknown): Ledger {
  if (!Array.isArray(value)) throw new NoAnswerError("The server answered the query for the ledger with another shape");
  return value.map(decodeRow).sort((a, b) => a.version - b.version);
}

function decodeRow(row: unknown): LedgerRow {
  if (!isRecord(row) || typeof row.id !== "string") {
    throw new NoAnswerError("The server answered the query for the ledger with another shape");
  }
  if (!/^(0|[1-9]\d*)$/.test(row.id)) {
    throw new DriftError(
      `Cannot use the ledger: ${LEDGER_TABLE} has the row "${row.id}", which is not a plain whole number`,
      {
        state: "Nothing was changed",
        next: "Find out where the row comes from before anything else; a migration marks itself with its number only",
      },
    );
  }
  return { version: Number(row.id), pauseAfter: row.pause_after === true, afterDone: row.after_done === true };
}

/**
 * Holds that the ledger is 0, 1, 2 … without a gap, which is what all that follows relies on.
 *
 * @throws {DriftError} when it is not
 */
export function checkLedger(ledger: Ledger): void {
  let expected = 0;
  for (const { version } of ledger) {
    if (version !== expected) throw gap(expected, version);
    expected++;
  }
  if (expected === 0) throw gap(0, undefined);
}

function gap(expected: number, found: number | undefined): DriftError {
  const state = "Nothing was changed";
  if (expected === 0) {
    const what = found === undefined ? "it is empty" : `it starts with ${found}`;
    return new DriftError(`Cannot use the ledger: ${what}, and row 0, which every Aerie database has, is missing`, {
      state,
      next: "If this is the right database and its schema is complete, add the row with " +
        "\"call migrations.mark_migration_applied('0');\"",
    });
  }
  return new DriftError(`Cannot use the ledger: gap between migrations ${expected - 1} and ${found}`, {
    state,
    next: `Find out whether ${expected} was ever applied. If it was, add its row with ` +
      `"call migrations.mark_migration_applied('${expected}');"; if it was not, revert all that follow ` +
      `${expected - 1} by hand, then run this command again`,
  });
}
