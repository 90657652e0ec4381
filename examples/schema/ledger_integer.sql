-- A venue as it is before the first migration, with the newer shape of the ledger: the number is an integer, and a migration can ask
-- for work outside the database (an "after" task) that must be done before the next one.
-- Load it into an empty database. All that follows the line "Planning" is the same in ledger_varchar.sql.

create schema migrations;
comment on schema migrations is 'Which migrations this database has.';

create table migrations.schema_migrations (
  migration_id integer primary key,
  pause_after boolean not null,
  after_done boolean not null default false
);
comment on table migrations.schema_migrations is 'The ledger: one row per applied migration.';
comment on column migrations.schema_migrations.pause_after is 'The migration has an "after" task: no other may follow until it is done.';
comment on column migrations.schema_migrations.after_done is 'The "after" task is done.';

create procedure migrations.mark_migration_applied(_migration_id integer, _pause_after boolean default false)
language plpgsql as $$
begin
  perform from migrations.schema_migrations where pause_after and not after_done;
  if found then
    raise object_not_in_prerequisite_state using message = 'Prior migration has incomplete "after" task.';
  end if;
  insert into migrations.schema_migrations (migration_id, pause_after) values (_migration_id, _pause_after);
end
$$;

create procedure migrations.mark_migration_rolled_back(_migration_id integer)
language plpgsql as $$
begin
  delete from migrations.schema_migrations where migration_id = _migration_id;
end
$$;

create view migrations.applied_migrations as
  select migration_id, pause_after, after_done from migrations.schema_migrations;
comment on view migrations.applied_migrations is 'The ledger, for reading through Hasura.';

-- Row 0 stands for this file. It has no folder; the folders start at 1.
call migrations.mark_migration_applied('0');

-- Planning ---------------------------------------------------------------------------------------------------------------------------

create schema planning;
comment on schema planning is 'Spacecraft models, plans, and what the plans do.';

create table planning.mission_model (
  id integer generated always as identity primary key,
  name text not null,
  version text not null,
  added_at timestamptz not null default now(),

  constraint mission_model_version_is_unique unique (name, version)
);
comment on table planning.mission_model is 'A model of a spacecraft, in one version.';

create table planning.plan (
  id integer generated always as identity primary key,
  mission_model_id integer not null references planning.mission_model (id),
  name text not null,
  start_time timestamptz not null,
  duration interval not null,

  constraint plan_name_is_unique unique (name),
  constraint plan_lasts check (duration > interval '0')
);
comment on table planning.plan is 'A stretch of mission time and the activities in it.';

create table planning.activity (
  id integer generated always as identity primary key,
  plan_id integer not null references planning.plan (id) on delete cascade,
  kind text not null,
  start_offset interval not null,
  duration interval not null default interval '0',
  priority text not null default 'normal',
  arguments jsonb not null default '{}',

  constraint activity_kind_is_named check (kind <> '')
);
comment on table planning.activity is 'Something that the spacecraft does during a plan.';
comment on column planning.activity.start_offset is 'Counted from the start of the plan.';
create index activity_by_plan on planning.activity (plan_id, start_offset);

create view planning.timeline as
  select activity.id,
         activity.plan_id,
         activity.kind,
         activity.priority,
         plan.start_time + activity.start_offset as starts_at,
         plan.start_time + activity.start_offset + activity.duration as ends_at
    from planning.activity
    join planning.plan on plan.id = activity.plan_id;
comment on view planning.timeline is 'The activities at their place in mission time.';

insert into planning.mission_model (name, version, added_at) values
  ('Lantern', '1.0', '2031-01-05 09:00:00+00'),
  ('Lantern', '1.1', '2031-02-17 14:30:00+00');

insert into planning.plan (mission_model_id, name, start_time, duration) values
  (1, 'Cruise checkout', '2031-03-01 00:00:00+00', '2 days'),
  (2, 'First flyby', '2031-06-12 06:00:00+00', '18 hours');

insert into planning.activity (plan_id, kind, start_offset, duration, priority, arguments) values
  (1, 'HeaterWarmUp', '00:30:00', '02:00:00', 'low', '{"watts": 35.5, "zone": "aft"}'),
  (1, 'AntennaPass', '04:00:00', '01:15:00', 'high', '{"watts": 120, "station": "Cebreros"}'),
  (1, 'WheelSpinTest', '1 day 02:00:00', '00:20:00', 'normal', '{"watts": 48.25, "wheels": [1, 2, 3]}'),
  (2, 'TurnToTarget', '05:10:00', '00:12:00', 'high', '{"target": "limb"}'),
  (2, 'CameraImaging', '05:30:00', '00:45:00', 'high', '{"watts": 64, "filter": "450 nm; narrow", "frames": 12}'),
  (2, 'AntennaPass', '12:00:00', '03:00:00', 'normal', '{"watts": 120, "station": "Malargüe"}');
