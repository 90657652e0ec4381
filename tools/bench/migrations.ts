/**
 * The migrations that the benchmark runs: small, of the kinds that a release has, any number of them.
 *
 * @module
 */

import type { TestMigration } from "../../tests/support/deployment.ts";

/** Which files of the migrations run. */
export type Direction = "apply" | "revert";

/** Paths of the first `count` migrations' files in `folder`, in the order of execution. */
export function stepPaths(folder: string, { direction, count }: { direction: Direction; count: number }): string[] {
  const file = direction === "apply" ? "up.sql" : "down.sql";
  const paths = Array.from({ length: count }, (_, index) => `${folder}/${folderName(index + 1)}/${file}`);
  return direction === "apply" ? paths : paths.reverse();
}

/** Migrations 1 to `count` on the example schema. */
export function benchMigrations(count: number): TestMigration[] {
  return Array.from({ length: count }, (_, index) => benchMigration(index + 1));
}

function folderName(version: number): string {
  return `${version}_change_${version}`;
}

function benchMigration(version: number): TestMigration {
  // Five migrations in a row belong together: the first of them makes the table of the others.
  const kind = KINDS[(version - 1) % KINDS.length];
  const table = `planning.bench_${Math.floor((version - 1) / KINDS.length)}`;
  if (kind === undefined) throw new RangeError(`Cannot make migration ${version}`);
  return {
    folder: folderName(version),
    up: `${kind.up(table)}\ncall migrations.mark_migration_applied('${version}');\n`,
    down: `${kind.down(table)}\ncall migrations.mark_migration_rolled_back('${version}');\n`,
  };
}

const KINDS: { up(table: string): string; down(table: string): string }[] = [
  {
    up: (table) =>
      `create table ${table} (
  id integer generated always as identity primary key,
  name text not null,
  starts_at timestamptz not null default now(),
  amount numeric not null check (amount >= 0)
);
comment on table ${table} is 'What the benchmark keeps.';
create index on ${table} (starts_at);`,
    down: (table) => `drop table ${table};`,
  },
  {
    up: (table) =>
      `alter table ${table} add column status text not null default 'open' check (status in ('open', 'done'));
comment on column ${table}.status is 'Whether somebody still works on it.';`,
    down: (table) => `alter table ${table} drop column status;`,
  },
  {
    up: (table) =>
      `create function ${table}_touch() returns trigger language plpgsql as $$
begin
  new.name := btrim(new.name);
  return new;
end
$$;
create trigger touch before insert or update on ${table} for each row execute function ${table}_touch();`,
    down: (table) => `drop trigger touch on ${table};\ndrop function ${table}_touch();`,
  },
  {
    up: (table) =>
      `insert into ${table} (name, amount) select 'activity ' || number, number from generate_series(1, 20) number;
update ${table} set status = 'done' where amount < 10;`,
    down: (table) => `delete from ${table};`,
  },
  {
    up: (table) =>
      `create view ${table}_summary as
  select status, count(*) as activities, sum(amount) as amount from ${table} group by status;`,
    down: (table) => `drop view ${table}_summary;`,
  },
];
