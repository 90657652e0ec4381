-- No activity may lie outside its plan. Checked when the transaction ends: a planner may move a plan and its activities in any order.

create function planning.is_within(_start_offset interval, _duration interval, _plan_duration interval)
returns boolean
immutable
language sql as $$ select _start_offset >= interval '0' and _start_offset + _duration <= _plan_duration $$;
comment on function planning.is_within(interval, interval, interval) is 'Whether an activity begins and ends inside its plan.';

create function planning.check_activities_within_plan()
returns trigger
language plpgsql as $body$
declare
  stray record;
  changed_plan_id integer;
begin
  if tg_table_name = 'plan' then
    changed_plan_id := new.id;
  else
    changed_plan_id := new.plan_id;
  end if;

  select activity.id, activity.kind, plan.name as plan_name
    into stray
    from planning.activity
    join planning.plan on plan.id = activity.plan_id
   where activity.plan_id = changed_plan_id
     and not planning.is_within(activity.start_offset, activity.duration, plan.duration)
   order by activity.id
   limit 1;
  if found then
    raise check_violation using
      message = format('Activity %s (%s) lies outside of plan "%s"', stray.id, stray.kind, stray.plan_name),
      schema = tg_table_schema,
      table = tg_table_name;
  end if;
  return null;
end
$body$;
comment on function planning.check_activities_within_plan() is $$Stops a change that leaves one of a plan's activities outside of it; begin and end may touch.$$;

create constraint trigger activities_within_plan
  after update on planning.plan
  deferrable initially deferred
  for each row execute function planning.check_activities_within_plan();

create constraint trigger activity_within_plan
  after insert or update on planning.activity
  deferrable initially deferred
  for each row execute function planning.check_activities_within_plan();

-- The triggers look at what changes from now on; this looks at what is there.
do $check$
declare
  strays integer;
begin
  select count(*)
    into strict strays
    from planning.activity
    join planning.plan on plan.id = activity.plan_id
   where not planning.is_within(activity.start_offset, activity.duration, plan.duration);
  if strays > 0 then
    raise exception using
      errcode = 'check_violation',
      message = format('%s activities lie outside of their plan', strays),
      hint = 'Move them, or make their plans longer; then apply this migration again.';
  end if;
end
$check$;

call migrations.mark_migration_applied('6') -- nothing after this: no semicolon, no end of line