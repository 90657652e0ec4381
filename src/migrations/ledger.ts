/**
 * The ledger: table `migrations.schema_migrations` of the venue's database, the truth about what is applied.
 *
 * The table has two shapes: `migration_id` as varchar alone, and as integer with `pause_after` and `after_done`.
 *
 * @module
 */

import { DriftError } from "../errors.ts";
import { isRecord } from "../json.ts";
import { type Ledger, LEDGER_TABLE, type LedgerRow } from "./types.ts";

/**
 * Decodes the rows, which come in no order; `undefined` where they are none.
 *
 * @throws {DriftError} when a row has no number
 */
export function decodeLedger(value: unknown): Ledger | undefined {
  if (!Array.isArray(value)) return undefined;
  const rows = value.map(decodeRow).filter((row) => row !== undefined);
  return rows.length === value.length ? rows.sort((a, b) => a.version - b.version) : undefined;
}

function decodeRow(row: unknown): LedgerRow | undefined {
  if (!isRecord(row) || typeof row.id !== "string") return undefined;
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
