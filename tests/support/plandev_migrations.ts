/**
 * The migrations of an invented release: small, of many kinds, and with the traps of real ones.
 *
 * @module
 */

import type { TestMigration } from "./deployment.ts";
import { EARLY_MIGRATIONS } from "./plandev_early.ts";
import { LATE_MIGRATIONS, TOUCH_COLUMN_DOWN } from "./plandev_late.ts";
import { NEWEST_MIGRATIONS } from "./plandev_newest.ts";
import type { ReleaseMigration } from "./plandev_ledger.ts";

/** How the call that marks a migration is written, and what stands after it. */
interface Mark {
  quoted: boolean;
  end: string;
}

/** The number of the migration that changes the ledger's shape. */
export const SHAPE_CHANGE = 25;

const MARKS: Readonly<Record<number, Mark>> = {
  // As in real releases; the next statement must not run into them.
  7: { quoted: true, end: "" },
  8: { quoted: true, end: "\n" },
  11: { quoted: true, end: "; -- nothing follows this, not even the end of the line" },
  // Text or number, both fit an integer.
  27: { quoted: true, end: ";\n" },
  33: { quoted: true, end: "" },
  35: { quoted: false, end: "" },
  38: { quoted: false, end: "\n-- the end" },
};

const WRITTEN_OUT = [...EARLY_MIGRATIONS, ...LATE_MIGRATIONS, ...NEWEST_MIGRATIONS];

/** What a set of migrations is like. */
export interface MigrationsOptions {
  /** Whether the down file of 24 leaves a column behind, as that of the real releases does. @default false */
  leavesColumn?: boolean;
}

/** Migrations 1 to `newest` as they are in the folder; those above the ones that are written out each make a table. */
export function releaseMigrations(newest: number, { leavesColumn = false }: MigrationsOptions = {}): TestMigration[] {
  return Array.from({ length: newest }, (_, index) => {
    const version = index + 1;
    const { name, up, down: whole } = WRITTEN_OUT[index] ?? generic(version);
    const down = leavesColumn ? whole.replace(TOUCH_COLUMN_DOWN, "") : whole;
    const folder = `${version}_${name}`;
    if (version === SHAPE_CHANGE) return { folder, up, down };
    const { quoted, end } = MARKS[version] ?? { quoted: version < SHAPE_CHANGE, end: ";\n" };
    const number = quoted ? `'${version}'` : version;
    return {
      folder,
      up: `${up}\ncall migrations.mark_migration_applied(${number})${end}`,
      down: `${down}\ncall migrations.mark_migration_rolled_back(${number})${end}`,
    };
  });
}

function generic(version: number): ReleaseMigration {
  const table = `merlin.note_${version}`;
  return {
    name: `note_${version}`,
    up: `create table ${table} (\n  id integer generated always as identity primary key,\n  text text not null\n);\n`,
    down: `drop table ${table};\n`,
  };
}
