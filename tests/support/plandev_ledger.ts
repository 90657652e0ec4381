/**
 * The ledger of an invented release in its two shapes, and migration 25, which changes the one into the other.
 *
 * @module
 */

/** A migration before it has its number. */
export interface ReleaseMigration {
  name: string;
  /** What is in `up.sql`. */
  up: string;
  /** What is in `down.sql`. */
  down: string;
}

/** The table, its procedures and its view as they are up to version 24, with row 0. */
export function varcharLedgerSql(): string {
  return `create schema migrations;
comment on schema migrations is 'What has been applied to this database.';

create table migrations.schema_migrations (
  migration_id varchar primary key
);
comment on table migrations.schema_migrations is 'One row for each migration.';
${VARCHAR_PARTS}
call migrations.mark_migration_applied('0');
`;
}

const VARCHAR_PARTS = `
create procedure migrations.mark_migration_applied(_migration_id varchar)
language plpgsql as $$
begin
  insert into migrations.schema_migrations values (_migration_id);
end
$$;

create procedure migrations.mark_migration_rolled_back(_migration_id varchar)
language plpgsql as $$
begin
  delete from migrations.schema_migrations m where m.migration_id = _migration_id;
end
$$;

create view migrations.applied_migrations as
  select migration_id from migrations.schema_migrations;
comment on view migrations.applied_migrations is 'The ledger, for whoever may only look.';
`;

const INTEGER_PARTS = `
create procedure migrations.mark_migration_applied(_migration_id integer, _pause_after boolean default false)
language plpgsql as $$
begin
  if exists (select from migrations.schema_migrations m where m.pause_after and not m.after_done) then
    raise exception using
      errcode = 'object_not_in_prerequisite_state',
      message = 'Prior migration has incomplete "after" task.';
  end if;
  insert into migrations.schema_migrations (migration_id, pause_after) values (_migration_id, _pause_after);
end
$$;

create procedure migrations.mark_migration_rolled_back(_migration_id integer)
language plpgsql as $$
begin
  delete from migrations.schema_migrations m where m.migration_id = _migration_id;
end
$$;

create view migrations.applied_migrations as
  select migration_id, pause_after, after_done from migrations.schema_migrations;
comment on view migrations.applied_migrations is 'The ledger, for whoever may only look.';
`;

/**
 * Migration 25: the ledger's numbers become integers, each with the state of its "after" task, and workspaces get a
 * place on disk. It has an "after" task itself. Its `down.sql` ends without a semicolon.
 */
export const WORKSPACES_SETUP: ReleaseMigration = {
  name: "workspaces_setup",
  up: `-- Workspaces move out of the database; what is in them follows once this is applied.

drop view migrations.applied_migrations;
drop procedure migrations.mark_migration_applied(varchar);
drop procedure migrations.mark_migration_rolled_back(varchar);

alter table migrations.schema_migrations
  alter column migration_id type integer using migration_id::integer,
  add column pause_after boolean not null default false,
  add column after_done boolean not null default false;
alter table migrations.schema_migrations
  alter column pause_after drop default;
comment on column migrations.schema_migrations.pause_after is 'Something outside of the database has to follow.';
comment on column migrations.schema_migrations.after_done is 'It has followed.';
${INTEGER_PARTS}
alter table sequencing.workspace
  add column disk_location text,
  add column parcel_id integer references sequencing.parcel (id) on delete set null;
comment on column sequencing.workspace.disk_location is 'The folder of the workspace, below the root of all.';

update sequencing.workspace
   set disk_location = format('%s_%s', id, regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g'));

alter table sequencing.workspace
  alter column disk_location set not null,
  add constraint workspace_has_its_own_place unique (disk_location);

create table sequencing.workspace_collaborator (
  workspace_id integer not null references sequencing.workspace (id) on delete cascade,
  account text not null references permissions.account (name) on update cascade on delete cascade,

  primary key (workspace_id, account)
);
comment on table sequencing.workspace_collaborator is 'Who else may work in a workspace.';

call migrations.mark_migration_applied(25, true);
`,
  down: `drop table sequencing.workspace_collaborator;

alter table sequencing.workspace
  drop column parcel_id,
  drop column disk_location;

drop view migrations.applied_migrations;
drop procedure migrations.mark_migration_rolled_back(integer);
drop procedure migrations.mark_migration_applied(integer, boolean);

alter table migrations.schema_migrations
  alter column migration_id type varchar using migration_id::varchar,
  drop column after_done,
  drop column pause_after;
${VARCHAR_PARTS}
call migrations.mark_migration_rolled_back('25')`,
};
