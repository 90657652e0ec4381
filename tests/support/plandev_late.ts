/**
 * Migrations 13 to 28 of an invented release.
 *
 * @module
 */

import { type ReleaseMigration, WORKSPACES_SETUP } from "./plandev_ledger.ts";

/** What the down file of migration 24 of the real releases lacks, so that 24 cannot be applied again. */
export const TOUCH_COLUMN_DOWN = "alter table sequencing.parcel\n  drop column updated_at;\n";

/** In their order, without the calls that mark them, but for 25, which is whole. */
export const LATE_MIGRATIONS: readonly ReleaseMigration[] = [
  {
    name: "sequences_by_workspace",
    up: "create index user_sequence_by_workspace on sequencing.user_sequence (workspace_id, name);\n",
    down: "drop index sequencing.user_sequence_by_workspace;\n",
  },
  {
    name: "simulation",
    up: `create table merlin.simulation (
  id integer generated always as identity primary key,
  plan_id integer not null references merlin.plan (id) on delete cascade,
  asked_by text,
  asked_at timestamptz not null default now()
);
`,
    down: "drop table merlin.simulation;\n",
  },
  {
    name: "simulation_results",
    up: `create table merlin.simulation_result (
  simulation_id integer primary key references merlin.simulation (id) on delete cascade,
  status text not null default 'pending' check (status in ('pending', 'done', 'failed')),
  reason jsonb
);
`,
    down: "drop table merlin.simulation_result;\n",
  },
  {
    name: "plan_end",
    up: `/* Half open: the end itself is no part of a plan.
   /* Comments nest; */ this one goes on. */
create function merlin.plan_end(_plan_id integer)
returns timestamptz
stable
language sql as $$ select start_time + duration from merlin.plan where id = _plan_id $$;
`,
    down: "drop function merlin.plan_end(integer);\n",
  },
  {
    name: "model_count",
    up: `drop view merlin.newest_model cascade;
create view merlin.newest_model as
  select distinct on (name) name, id, version, count(*) over (partition by name) as versions
    from merlin.mission_model order by name, created_at desc;
comment on view merlin.newest_model is 'Each model once.';
`,
    down: `drop view merlin.newest_model cascade;
create view merlin.newest_model as
  select distinct on (name) name, id, version from merlin.mission_model order by name, created_at desc;
comment on view merlin.newest_model is 'Each model once.';
`,
  },
  {
    name: "view_zoom",
    up: `alter table ui.view
  add column zoom numeric;
update ui.view set zoom = (layout ->> 'zoom')::numeric, layout = layout - 'zoom' where layout ? 'zoom';
`,
    down: `update ui.view set layout = layout || jsonb_build_object('zoom', zoom) where zoom is not null;
alter table ui.view
  drop column zoom;
`,
  },
  {
    name: "plan_lasts",
    up: "alter table merlin.plan\n  add constraint plan_lasts check (duration > interval '0');\n",
    down: "alter table merlin.plan\n  drop constraint plan_lasts;\n",
  },
  {
    name: "api_keys",
    up: `create table permissions.api_key (
  id uuid primary key default gen_random_uuid(),
  account text not null references permissions.account (name) on delete cascade,
  digest text not null
);
`,
    down: "drop table permissions.api_key;\n",
  },
  {
    name: "say_what_it_is",
    up: "comment on column merlin.plan.duration is 'How long; $$ is no quote in here, nor is \"';\n",
    down: "comment on column merlin.plan.duration is null;\n",
  },
  {
    name: "may_edit",
    up: `create function permissions.may_edit(_account text)
returns boolean
stable
language plpgsql as $may_edit$
declare
  answer boolean;
begin
  select role.can_edit into answer
    from permissions.account join permissions.role on role.name = account.default_role
   where account.name = _account;
  return coalesce(answer, false);
end
$may_edit$;

update permissions.user_role_right set functions = functions || '{"rename_plan": "OWNER"}' where role = 'user';
`,
    // In the session that has reverted 23, the trigger's plan still has the enum that was dropped there.
    down: `update permissions.user_role_right set functions = functions - 'rename_plan';
drop function permissions.may_edit(text);
`,
  },
  {
    name: "plans_of",
    up: `create function merlin.plans_of(_account text)
returns setof merlin.plan
stable
language sql as $$ select * from merlin.plan where owner = _account order by start_time $$;

alter type permissions.function_key add value 'list_plans';
`,
    down: `update permissions.user_role_right set functions = functions - 'list_plans';
-- No value can be taken out of an enum.
drop type permissions.function_key;
create type permissions.function_key as enum ('branch_plan', 'rename_plan', 'share_view');
drop function merlin.plans_of(text);
`,
  },
  {
    name: "touch_sequencing",
    up: `alter table sequencing.parcel
  add column updated_at timestamptz;

create function sequencing.touch()
returns trigger
language plpgsql as $$ begin new.updated_at := now(); return new; end $$;

do $each$
declare
  wanted text;
begin
  foreach wanted in array array['workspace', 'user_sequence'] loop
    execute format($sql$
      create trigger touch before update of name on sequencing.%I
        for each row execute function sequencing.touch();
    $sql$, wanted);
  end loop;
end
$each$;
`,
    down: `do $$
declare
  touched regclass;
begin
  for touched in select tgrelid::regclass from pg_catalog.pg_trigger where tgfoid = 'sequencing.touch'::regproc loop
    execute format('drop trigger touch on %s', touched);
  end loop;
end $$;
drop function sequencing.touch();
${TOUCH_COLUMN_DOWN}`,
  },
  WORKSPACES_SETUP,
  {
    name: "workspace_events",
    up: `create table sequencing.workspace_event (
  id bigint generated always as identity primary key,
  workspace_id integer not null references sequencing.workspace (id) on delete cascade,
  happened_at timestamptz not null default clock_timestamp(),
  what text not null
);
insert into sequencing.workspace_event (workspace_id, what) select id, 'moved to ' || disk_location from sequencing.workspace;
`,
    down: "drop table sequencing.workspace_event;\n",
  },
  {
    name: "sequence_origin",
    up: "alter table sequencing.user_sequence\n  add column origin text not null default 'database';\n",
    down: "alter table sequencing.user_sequence\n  drop column origin;\n",
  },
  {
    name: "plan_timeline",
    up: `create view merlin.timeline as
  select plan.id, plan.name, plan.start_time as starts_at, merlin.plan_end(plan.id) as ends_at, plan.state
    from merlin.plan;
`,
    down: "drop view merlin.timeline;\n",
  },
];
