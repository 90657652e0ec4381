/**
 * The things that a run works with, as plain values.
 *
 * @module
 */

/** A migration of the folder: `<version>_<name>/` with `up.sql` and `down.sql`. */
export interface Migration {
  /** 1 and up. */
  version: number;
  name: string;
  /** Path of its folder. */
  path: string;
  hasUp: boolean;
  hasDown: boolean;
}

/** A migration as it is called. */
export type MigrationName = Pick<Migration, "version" | "name">;

/** The table that the ledger is, as SQL. */
export const LEDGER_TABLE = "migrations.schema_migrations";

/** Keys of the advisory lock: "aeri" and "migr" in ASCII. All versions of this tool must use the same. */
export const LOCK_KEYS = [0x61657269, 0x6d696772] as const;

/** A row of the ledger. */
export interface LedgerRow {
  version: number;
  /** The migration has an "after" task. Always `false` in the older shape of the table. */
  pauseAfter: boolean;
  /** The "after" task is done. */
  afterDone: boolean;
}

/** All rows of the ledger, by version. */
export type Ledger = LedgerRow[];

/** `apply` goes up, `revert` goes down. */
export type Direction = "apply" | "revert";

/** One migration, up or down. */
export interface Step {
  direction: Direction;
  migration: Migration;
}

/** `12_sequence_parcel`, as the folder is called; the number alone where there is no folder. */
export function migrationTitle(migration: MigrationName): string {
  if (migration.name === "") return String(migration.version);
  return `${migration.version}_${migration.name}`;
}

/** Path of the file that a step runs. */
export function stepFile({ direction, migration }: Step): string {
  return `${migration.path}/${direction === "apply" ? "up" : "down"}.sql`;
}

/** Versions of the migrations whose "after" task is open. */
export function openAfterTasks(ledger: Ledger): number[] {
  return ledger.filter((row) => row.pauseAfter && !row.afterDone).map((row) => row.version);
}

/** The product that a database of Hasura's belongs to: Aerie was renamed PlanDev in 4.4, and its database with it. */
export function productOf(source: string): "Aerie" | "PlanDev" {
  return /^plandev$/i.test(source) ? "PlanDev" : "Aerie";
}

/** A version as its folder is called, where there is one. */
export function nameOf(version: number, folder: Migration[]): MigrationName {
  return folder.find((migration) => migration.version === version) ?? { version, name: "" };
}

/** Number of the newest migration in the ledger, 0 where there is none. */
export function currentVersion(ledger: Ledger): number {
  return ledger.at(-1)?.version ?? 0;
}

/** Whether the ledger shows `step` as done. */
export function isDoneIn(ledger: Ledger, { direction, migration }: Step): boolean {
  return ledger.some((row) => row.version === migration.version) === (direction === "apply");
}

/** The ledger as a committed step leaves it. Whether the migration has an "after" task is not known from the step. */
export function ledgerAfter(ledger: Ledger, { direction, migration: { version } }: Step): Ledger {
  return direction === "apply"
    ? [...ledger, { version, pauseAfter: false, afterDone: false }]
    : ledger.filter((row) => row.version !== version);
}
