drop view planning.timeline cascade;

alter table planning.activity
  alter column priority drop default,
  alter column priority type text using priority::text,
  alter column priority set default 'normal';

drop type planning.priority;

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

call migrations.mark_migration_rolled_back('3')
