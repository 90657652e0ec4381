import assert from "node:assert/strict";
import { ConfigError, DriftError } from "../../src/errors.ts";
import { checkLedger } from "../../src/migrations/ledger.ts";
import { checkFolderCoversLedger, pendingMigrations, planSteps, statusRows } from "../../src/migrations/plan.ts";
import type { Ledger, Migration } from "../../src/migrations/types.ts";

function ledgerOf(...versions: number[]): Ledger {
  return versions.map((version) => ({ version, pauseAfter: false, afterDone: false }));
}

function folderOf(...versions: number[]): Migration[] {
  return versions.map((version) => ({
    version,
    name: `m${version}`,
    path: `m/${version}`,
    hasUp: true,
    hasDown: true,
  }));
}

Deno.test("planSteps() applies what the ledger lacks, ascending", () => {
  const steps = planSteps("apply", { ledger: ledgerOf(0, 1), folder: folderOf(1, 2, 3) });
  assert.deepEqual(steps.map((step) => [step.direction, step.migration.version]), [["apply", 2], ["apply", 3]]);
});

Deno.test("planSteps() reverts what the ledger has, descending, and leaves row 0", () => {
  const steps = planSteps("revert", { ledger: ledgerOf(0, 1, 2), folder: folderOf(1, 2, 3) });
  assert.deepEqual(steps.map((step) => [step.direction, step.migration.version]), [["revert", 2], ["revert", 1]]);
});

Deno.test("planSteps() has no step where there is nothing to do", () => {
  assert.deepEqual(planSteps("apply", { ledger: ledgerOf(0, 1), folder: folderOf(1) }), []);
  assert.deepEqual(planSteps("revert", { ledger: ledgerOf(0), folder: folderOf(1) }), []);
});

Deno.test("planSteps() refuses a plan with a missing file, and names each", () => {
  const folder = folderOf(1, 2, 3).map((migration) => ({ ...migration, hasUp: migration.version === 1 }));
  assert.throws(
    () => planSteps("apply", { ledger: ledgerOf(0), folder }),
    (error) => error instanceof ConfigError && /"m\/2\/up.sql", "m\/3\/up.sql" do not exist/.test(error.message),
  );
});

Deno.test("planSteps() needs only the files of its direction", () => {
  const folder = folderOf(1).map((migration) => ({ ...migration, hasDown: false }));
  assert.equal(planSteps("apply", { ledger: ledgerOf(0), folder }).length, 1);
  assert.throws(() => planSteps("revert", { ledger: ledgerOf(0, 1), folder }), ConfigError);
});

Deno.test("checkLedger() takes 0, 1, 2 … and refuses everything else", () => {
  checkLedger(ledgerOf(0));
  checkLedger(ledgerOf(0, 1, 2));
  const refused: [number[], RegExp][] = [
    [[], /it is empty, and row 0.*is missing/],
    [[1, 2], /it starts with 1, and row 0.*is missing/],
    [[0, 2], /gap between migrations 0 and 2/],
    [[0, 1, 2, 5, 6], /gap between migrations 2 and 5/],
  ];
  for (const [versions, message] of refused) {
    assert.throws(
      () => checkLedger(ledgerOf(...versions)),
      (error) => error instanceof DriftError && message.test(error.message),
      String(versions),
    );
  }
});

Deno.test("checkFolderCoversLedger() refuses a database that is newer than the folder", () => {
  checkFolderCoversLedger(ledgerOf(0, 1), folderOf(1, 2));
  assert.throws(
    () => checkFolderCoversLedger(ledgerOf(0, 1, 2, 3), folderOf(1)),
    (error) =>
      error instanceof DriftError && /migrations 2 to 3, which the migrations folder lacks/.test(error.message),
  );
});

Deno.test("statusRows() joins folder and ledger by number, without row 0", () => {
  assert.deepEqual(statusRows(ledgerOf(0, 1, 12), folderOf(1, 2, 3)), [
    { version: 1, name: "m1", inFolder: true, inDatabase: true },
    { version: 2, name: "m2", inFolder: true, inDatabase: false },
    { version: 3, name: "m3", inFolder: true, inDatabase: false },
    { version: 12, name: undefined, inFolder: false, inDatabase: true },
  ]);
});

Deno.test("pendingMigrations() also finds what a gap left out", () => {
  assert.deepEqual(pendingMigrations(ledgerOf(0, 2), folderOf(1, 2, 3)).map((migration) => migration.version), [1, 3]);
});
