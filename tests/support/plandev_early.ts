/**
 * Migrations 1 to 12 of an invented release.
 *
 * @module
 */

import type { ReleaseMigration } from "./plandev_ledger.ts";

/** In their order, without the calls that mark them. */
export const EARLY_MIGRATIONS: readonly ReleaseMigration[] = [
  {
    name: "activity_presets",
    up: `-- Arguments that are used again and again; one line each.
create table merlin.activity_preset (
  id integer generated always as identity primary key,
  model_id integer not null references merlin.mission_model (id) on delete cascade,
  activity_type text not null,
  name text not null,
  arguments jsonb not null default '{}',

  unique (model_id, activity_type, name)
);
comment on table merlin.activity_preset is 'Arguments under a name; they are copied, not referred to.';

insert into merlin.activity_preset (model_id, activity_type, name, arguments) values
  (2, 'Drill', 'slow; on rock', '{"speed": 0.04, "note": "it''s hard -- take care"}');
`,
    down: "drop table merlin.activity_preset;\n",
  },
  {
    name: "plan_description",
    up: "alter table merlin.plan\n  add column description text not null default '';\n",
    down: "alter table merlin.plan\n  drop column description;\n",
  },
  {
    name: "sequence_templates",
    up: `create table sequencing.template (
  id integer generated always as identity primary key,
  parcel_id integer not null references sequencing.parcel (id) on delete cascade,
  activity_type text not null,
  text text not null
);
create index template_by_type on sequencing.template (parcel_id, activity_type);
`,
    down: "drop table sequencing.template;\n",
  },
  {
    name: "plan_owner",
    up: `create function merlin.is_owner(_plan_id integer, _account text)
returns boolean
stable
language sql as $$
  select exists (select from merlin.plan where id = _plan_id and owner = _account);
$$;
`,
    down: "drop function merlin.is_owner(integer, text);\n",
  },
  {
    name: "known_roles",
    up: `do $$
declare
  strangers text;
begin
  select string_agg(name, ', ') into strangers from permissions.account
   where default_role not in (select name from permissions.role);
  if strangers is not null then
    raise exception 'Give these accounts a role that there is: %', strangers;
  end if;
end
$$;

alter table permissions.account
  add constraint account_has_role foreign key (default_role) references permissions.role (name);
`,
    down: "alter table permissions.account\n  drop constraint account_has_role;\n",
  },
  {
    name: "shared_views",
    up:
      "alter table ui.view\n  add column is_shared boolean not null default false;\nupdate ui.view set is_shared = owner is null;\n",
    down: "alter table ui.view\n  drop column is_shared;\n",
  },
  {
    name: "newest_models",
    up: `create view merlin.newest_model as
  select distinct on (name) name, id, version from merlin.mission_model order by name, created_at desc;
comment on view merlin.newest_model is 'Each model once.';
`,
    down: "drop view merlin.newest_model;\n",
  },
  {
    name: "plan_tags",
    up: `create table merlin.plan_tag (
  plan_id integer not null references merlin.plan (id) on delete cascade,
  tag text not null check (tag <> ''),
  color text not null default '#808080',

  primary key (plan_id, tag)
);
insert into merlin.plan_tag (plan_id, tag) select id, 'old' from merlin.plan;
`,
    down: "drop table merlin.plan_tag;\n",
  },
  {
    name: "plan_revision",
    up: `alter table merlin.plan
  add column revision integer not null default 0;

create function merlin.next_revision()
returns trigger
language plpgsql as $body$
begin
  new.revision := old.revision + 1;
  return new;
end
$body$;

create trigger next_revision
  before update on merlin.plan
  for each row execute function merlin.next_revision();
`,
    down: `drop function merlin.next_revision() cascade; -- and the trigger
alter table merlin.plan
  drop column revision;
`,
  },
  {
    name: "ui_extensions",
    up: `create table ui.extension (
  id integer generated always as identity primary key,
  label text not null,
  url text not null,
  roles text[] not null default '{}'
);
insert into ui.extension (label, url, roles) values ('Export', 'http://example.test/export?a=1;b=2', '{planner}');
`,
    down: "drop table ui.extension;\n",
  },
  {
    name: "view_layout",
    up: "alter table ui.view\n  rename column definition to layout;\n",
    down: "alter table ui.view\n  rename column layout to definition;\n",
  },
  {
    name: "plan_state",
    up: `create type merlin.plan_state as enum ('draft', 'review', 'final');
alter table merlin.plan
  add column state merlin.plan_state not null default 'draft';
`,
    down: "alter table merlin.plan\n  drop column state;\ndrop type merlin.plan_state;\n",
  },
];
