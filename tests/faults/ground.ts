/**
 * What the suite migrates: three migrations that leave a trace of every time that they run.
 *
 * The ledger is Aerie's older one, but for one thing: marking a migration twice is no error here, nor is a table that is
 * there already. So nothing but the tool keeps a migration from being done twice, and the log shows it where it does not.
 *
 * @module
 */

import type { Direction } from "../../src/migrations/types.ts";
import { createDeployment, type Deployment, type TestMigration } from "../support/deployment.ts";
import type { Venue } from "../venue/mod.ts";

/** The migrations, in the order of applying. */
export const VERSIONS: readonly number[] = [1, 2, 3];

const SCHEMA = `create schema migrations;
create table migrations.schema_migrations (migration_id varchar primary key);
create procedure migrations.mark_migration_applied(_migration_id varchar) language plpgsql as $$
begin
  insert into migrations.schema_migrations (migration_id) values (_migration_id) on conflict do nothing;
end
$$;
create procedure migrations.mark_migration_rolled_back(_migration_id varchar) language plpgsql as $$
begin
  delete from migrations.schema_migrations where migration_id = _migration_id;
end
$$;
create table public.applied_log (id integer generated always as identity, version integer not null, direction text not null);
call migrations.mark_migration_applied('0');
`;

/** What migrations do, besides marking themselves. */
export interface GroundOptions {
  /** Those that leave a trace. */
  versions: readonly number[];
  /** Whether each creates a table of its own, and drops it. */
  tables: boolean;
  /** A migration whose files are large, and about how many bytes they have. */
  large?: { version: number; bytes: number };
}

/** What the migrations of matrix and kills do. */
export const MATRIX_GROUND: GroundOptions = { versions: VERSIONS, tables: true };

/** The database before a run: without the migrations for one that applies, with all of them for one that reverts. */
export function baseSql(direction: Direction, options: GroundOptions): string {
  return direction === "apply" ? SCHEMA : SCHEMA + VERSIONS.map((version) => upSql(version, options)).join("");
}

/** Hasura's tracker at that time. */
export function baseTracker(direction: Direction): unknown {
  return direction === "apply" ? {} : { migrations: { Aerie: trackerEntries(VERSIONS) } };
}

/** The entries of the tracker that go with a ledger. */
export function trackerEntries(versions: readonly number[]): Record<string, false> {
  return Object.fromEntries(versions.filter((version) => version !== 0).map((version) => [String(version), false]));
}

/** The ledger after a run. */
export function goalOf(direction: Direction): number[] {
  return direction === "apply" ? [0, ...VERSIONS] : [0];
}

/** Makes `venue` fresh and as it is before a run. */
export async function prepareVenue(venue: Venue, direction: Direction, options: GroundOptions): Promise<void> {
  await venue.reset({ baseSql: baseSql(direction, options) });
  await venue.setTracker(baseTracker(direction));
}

/** Writes the deployment. */
export function createGround(options: GroundOptions, files: Record<string, string> = {}): Promise<Deployment> {
  return createDeployment({ migrations: VERSIONS.map((version) => migration(version, options)), files });
}

const FILLER = `-- ${"x".repeat(76)}\n`;

function migration(version: number, options: GroundOptions): TestMigration {
  const drop = options.tables ? `drop table if exists public.step_${version};\n` : "";
  const { large } = options;
  const filler = large?.version === version ? FILLER.repeat(Math.ceil(large.bytes / FILLER.length)) : "";
  return {
    folder: `${version}_step_${version}`,
    up: filler + upSql(version, options),
    down: `${filler}${drop}insert into public.applied_log (version, direction) values (${version}, 'revert');
call migrations.mark_migration_rolled_back('${version}');
`,
  };
}

function upSql(version: number, { tables }: GroundOptions): string {
  const create = tables ? `create table if not exists public.step_${version} (id integer primary key);\n` : "";
  return `${create}insert into public.applied_log (version, direction) values (${version}, 'apply');
call migrations.mark_migration_applied('${version}');
`;
}
