-- A counter that goes up with every change of a plan or of its activities, so that two planners notice each other.

alter table planning.plan
  add column revision integer not null default 0;
comment on column planning.plan.revision is 'Goes up by one with every change of the plan or of an activity in it.';

create function planning.next_revision()
returns trigger
language plpgsql as $$
begin
  new.revision := old.revision + 1;
  return new;
end
$$;
comment on function planning.next_revision() is 'Counts a change of a plan.';

create function planning.touch_plan()
returns trigger
language plpgsql as $$
begin
  -- An activity can move between plans: both have changed then. On insert and delete, one of the two numbers is null.
  update planning.plan set name = name where id in (old.plan_id, new.plan_id);
  return null;
end
$$;
comment on function planning.touch_plan() is 'Counts a change of an activity as a change of its plan.';

create trigger next_revision
  before update on planning.plan
  for each row execute function planning.next_revision();

create trigger touch_plan
  after insert or update or delete on planning.activity
  for each row execute function planning.touch_plan();

call migrations.mark_migration_applied('2');
