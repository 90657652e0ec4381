/* Who changed what, and when.
   /* Block comments nest in PostgreSQL; a reader that splits at ; must know that. */
   The log itself is not logged. */

create type planning.change_kind as enum ('insert', 'update', 'delete');

create table planning.change_log (
  id bigint generated always as identity primary key,
  changed_at timestamptz not null default clock_timestamp(),
  changed_by text not null default current_user,
  table_name text not null,
  kind planning.change_kind not null,
  before jsonb,
  after jsonb,

  constraint change_log_has_a_side check (
    case kind
      when 'insert' then before is null and after is not null
      when 'update' then before is not null and after is not null
      when 'delete' then before is not null and after is null
    end
  )
);
comment on table planning.change_log is 'Every change of a row of the planning schema.';
create index change_log_by_time on planning.change_log (changed_at);

create function planning.log_change()
returns trigger
language plpgsql as $body$
declare
  kind planning.change_kind := lower(tg_op);
begin
  insert into planning.change_log (table_name, kind, before, after)
    values (
      tg_table_name,
      kind,
      case when kind <> 'insert' then to_jsonb(old) end,
      case when kind <> 'delete' then to_jsonb(new) end
    );
  return null;
end
$body$;
comment on function planning.log_change() is 'Writes one line of the change log; the row''s own table doesn''t notice.';

do $each_table$
declare
  table_name text;
begin
  foreach table_name in array array['mission_model', 'plan', 'activity', 'tag', 'activity_tag', 'power_draw'] loop
    execute format(
      $sql$
        create trigger log_change
          after insert or update or delete on planning.%I
          for each row execute function planning.log_change();
      $sql$,
      table_name
    );
  end loop;
end
$each_table$;

call migrations.mark_migration_applied('7');
