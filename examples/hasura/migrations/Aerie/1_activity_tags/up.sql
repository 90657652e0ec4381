-- Tags, so that planners can find activities by purpose.

create table planning.tag (
  id integer generated always as identity primary key,
  name text not null,
  color text not null default '#808080',

  constraint tag_name_is_unique unique (name),
  constraint tag_name_is_trimmed check (name <> '' and name = btrim(name)),
  constraint tag_color_is_hex check (color ~ '^#[0-9a-f]{6}$')
);
comment on table planning.tag is 'A word that planners put on activities.';
comment on column planning.tag.color is 'As in CSS: # and six hexadecimal digits; lower case, so that equal colors are equal texts.';

create table planning.activity_tag (
  activity_id integer not null references planning.activity (id) on delete cascade,
  tag_id integer not null references planning.tag (id) on delete restrict,

  primary key (activity_id, tag_id)
);
comment on table planning.activity_tag is 'Which activity has which tag.';
create index activity_tag_by_tag on planning.activity_tag (tag_id);

insert into planning.tag (name, color) values
  ('science', '#2e8b57'),
  ('downlink', '#1e66c8');

insert into planning.activity_tag (activity_id, tag_id)
  select activity.id, tag.id
    from planning.activity
    join planning.tag on tag.name = case activity.kind when 'AntennaPass' then 'downlink' when 'CameraImaging' then 'science' end;

call migrations.mark_migration_applied('1');
