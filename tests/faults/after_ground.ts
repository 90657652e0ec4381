/**
 * A release with an "after" task: migration 25 leaves it, and 26 takes away what it is for.
 *
 * The procedures of the ledger do not ask whether a task is open, so that nothing but the tool keeps 26 back.
 *
 * @module
 */

import { createDeployment, type Deployment } from "../support/deployment.ts";
import type { Venue } from "../venue/mod.ts";
import { type GroundOptions, trackerEntries } from "./ground.ts";
import { type Place, resetWorkspace } from "./place.ts";

/** The migrations of a run. */
export const AFTER_GROUND: GroundOptions = { versions: [25, 26], tables: false };

/** The migration with the task. */
export const TASK_VERSION = 25;

/** The ledger in the end. */
export const AFTER_GOAL: readonly number[] = Array.from({ length: 27 }, (_, version) => version);

const BEFORE = AFTER_GOAL.filter((version) => version < TASK_VERSION);

const SCHEMA = `create schema migrations;
create table migrations.schema_migrations (
  migration_id integer primary key, pause_after boolean not null default false, after_done boolean not null default false
);
create procedure migrations.mark_migration_applied(_migration_id integer, _pause_after boolean default false)
language plpgsql as $$
begin
  insert into migrations.schema_migrations (migration_id, pause_after) values (_migration_id, _pause_after)
    on conflict do nothing;
end
$$;
create table public.applied_log (id integer generated always as identity, version integer not null, direction text not null);
insert into migrations.schema_migrations (migration_id) values ${BEFORE.map((version) => `(${version})`).join(", ")};
create schema sequencing;
create table sequencing.user_sequence (
  id integer generated always as identity primary key,
  name text not null,
  workspace_id integer not null,
  definition text not null,
  seq_json jsonb
);
insert into sequencing.user_sequence (name, workspace_id, definition, seq_json) values
  ('wake up', 1, E'C HEATER_ON 2\\nR00:00:05 WAKE "rover; arm"\\n', '{"id": "wake up", "steps": [{"stem": "WAKE"}]}'),
  ('tests/spin', 1, E'C SPIN ''left''\\n', '{"id": "tests/spin"}'),
  ('wake up', 2, E'C KÜHLUNG 100%\\n', null);
`;

/** Where migration 26 leaves the sequences; what was not moved by then would be gone. */
const FORMER_TABLE = "public.former_sequence";

const UP: Readonly<Record<number, string>> = {
  25: `${trace(25)}call migrations.mark_migration_applied(25, true);\n`,
  26: `create table ${FORMER_TABLE} as select * from sequencing.user_sequence;
drop table sequencing.user_sequence;
${trace(26)}call migrations.mark_migration_applied(26);
`,
};

function trace(version: number): string {
  return `insert into public.applied_log (version, direction) values (${version}, 'apply');\n`;
}

/** Writes the deployment. */
export function createAfterGround(): Promise<Deployment> {
  return createDeployment({
    migrations: AFTER_GOAL.slice(1).map((version) => ({
      folder: `${version}_step_${version}`,
      up: UP[version] ?? `call migrations.mark_migration_applied(${version});\n`,
      down: "select 1;\n",
    })),
  });
}

/** Makes a place fresh and as it is before a run; `overwrites`: with an older workspace server. */
export async function prepareAfter(place: Place, options: { overwrites?: boolean } = {}): Promise<void> {
  resetWorkspace(place, options);
  await place.venue.reset({ baseSql: SCHEMA });
  await place.venue.setTracker({ migrations: { Aerie: trackerEntries(BEFORE) } });
}

/** The files that are to be there, with their texts, as follows from the sequences as they are now. */
export async function sequenceFiles(venue: Venue): Promise<Map<string, string>> {
  const [[former] = []] = await venue.sql(`select to_regclass('${FORMER_TABLE}')`);
  const rows = await venue.sql(
    `select workspace_id, name, definition, seq_json::text from ${former ?? "sequencing.user_sequence"} order by id`,
  );
  return new Map(rows.flatMap(([workspace, name, definition, json]) => [
    [`${workspace}/${name}.seq`, definition ?? ""] as const,
    ...(json === null || json === undefined ? [] : [[`${workspace}/${name}.seq.json`, json] as const]),
  ]));
}
