-- The priority of an activity becomes one of a fixed list of words.

do $$
declare
  unknown text;
begin
  select string_agg(distinct quote_literal(priority), ', ')
    into unknown
    from planning.activity
   where priority not in ('low', 'normal', 'high');
  if unknown is not null then
    raise exception 'Cannot give every activity a priority: % is not one of low, normal, high', unknown
      using hint = 'Update planning.activity.priority; then apply this migration again.';
  end if;
end
$$;

create type planning.priority as enum ('low', 'normal', 'high');
comment on type planning.priority is 'What gives way first when two activities can not both be done: the lower one.';

-- A view that reads a column keeps it from changing its type.
drop view planning.timeline cascade;

alter table planning.activity
  alter column priority drop default,
  alter column priority type planning.priority using priority::planning.priority,
  alter column priority set default 'normal';

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

call migrations.mark_migration_applied('3')
