/**
 * What a run is going to do, worked out from the ledger and the folder alone.
 *
 * @module
 */

import { AfterTaskError, ConfigError, DriftError } from "../errors.ts";
import {
  currentVersion,
  type Direction,
  type Ledger,
  type Migration,
  type MigrationName,
  migrationTitle,
  type Step,
  stepFile,
} from "./types.ts";

/** What is known about one version. */
export interface StatusRow {
  version: number;
  /** Name in the folder, `undefined` where the folder lacks the version. */
  name: string | undefined;
  inFolder: boolean;
  inDatabase: boolean;
}

/** The versions of folder and ledger together, ascending. Version 0 is the base schema and no migration. */
export function statusRows(ledger: Ledger, folder: Migration[]): StatusRow[] {
  const names = new Map(folder.map((migration) => [migration.version, migration.name]));
  const applied = new Set(ledger.map((row) => row.version));
  const versions = [...new Set([...names.keys(), ...applied])].filter((version) => version !== 0);
  return versions.sort((a, b) => a - b).map((version) => ({
    version,
    name: names.get(version),
    inFolder: names.has(version),
    inDatabase: applied.has(version),
  }));
}

/** The migrations of the folder that the ledger lacks, ascending. */
export function pendingMigrations(ledger: Ledger, folder: Migration[]): Migration[] {
  const applied = new Set(ledger.map((row) => row.version));
  return folder.filter((migration) => !applied.has(migration.version));
}

/**
 * Holds that the folder has every migration of the ledger.
 *
 * @throws {DriftError} when the database is newer than the folder
 */
export function checkFolderCoversLedger(ledger: Ledger, folder: Migration[]): void {
  const newest = folder.at(-1)?.version ?? 0;
  const lacking = ledger.map((row) => row.version).filter((version) => version > newest);
  if (lacking.length === 0) return;
  const versions = lacking.length === 1 ? `migration ${lacking[0]}` : `migrations ${lacking[0]} to ${lacking.at(-1)}`;
  throw new DriftError(`The database has ${versions}, which the migrations folder lacks`, {
    state: `Nothing was changed; the database is at ${currentVersion(ledger)}, the folder ends with ${newest}`,
    next: "Use the migrations folder of the newest release that this database was upgraded to",
  });
}

/**
 * The steps from the ledger's state to all applied, or all reverted, in the order of execution.
 *
 * `ledger` has no gap and `folder` covers it.
 *
 * @throws {ConfigError} when a step's file is missing
 */
export function planSteps(direction: Direction, { ledger, folder }: { ledger: Ledger; folder: Migration[] }): Step[] {
  const applied = new Set(ledger.map((row) => row.version));
  const migrations = direction === "apply"
    ? pendingMigrations(ledger, folder)
    : folder.filter((migration) => applied.has(migration.version)).reverse();
  const steps = migrations.map((migration) => ({ direction, migration }));
  checkFiles(steps);
  return steps;
}

function checkFiles(steps: Step[]): void {
  const missing = steps.filter(({ direction, migration: { hasUp, hasDown } }) =>
    direction === "apply" ? !hasUp : !hasDown
  );
  if (missing.length === 0) return;
  const paths = missing.map((step) => `"${stepFile(step)}"`).join(", ");
  throw new ConfigError(`Cannot plan the run: ${paths} ${missing.length === 1 ? "does" : "do"} not exist`, {
    state: "Nothing was changed",
    next: "Restore the migrations folder as the release has it, and run the same command again",
  });
}

/** The error for a migration whose "after" task stands in the way. */
export function openAfterTask(migration: MigrationName, state: string): AfterTaskError {
  return new AfterTaskError(`The "after" task of migration ${migrationTitle(migration)} is open`, {
    state: `${state}; the database takes no further migration until the task is done`,
    next: afterTaskAdvice(),
  });
}

/** What to do about an open "after" task. */
export function afterTaskAdvice(): string {
  return 'Run "aerie_db_migration after run", or migrate --apply, which does it first; where it was done by hand, as the ' +
    'release notes say, run "aerie_db_migration after done"';
}
