-- How much power an activity draws moves from its free-form arguments to a table of its own.

create table planning.power_draw (
  activity_id integer primary key references planning.activity (id) on delete cascade,
  watts numeric not null,

  constraint power_draw_is_not_negative check (watts >= 0)
);
comment on table planning.power_draw is 'The power that an activity draws while it lasts.';

insert into planning.power_draw (activity_id, watts)
  select id, (arguments ->> 'watts')::numeric
    from planning.activity
   where jsonb_typeof(arguments -> 'watts') = 'number';

update planning.activity
   set arguments = arguments - 'watts'
 where id in (select activity_id from planning.power_draw);

do $$
declare
  left_over integer;
begin
  select count(*) into strict left_over from planning.activity where arguments ? 'watts';
  if left_over > 0 then
    raise exception 'Cannot move the power of % activities: "watts" is not a number there', left_over;
  end if;
end
$$;

call migrations.mark_migration_applied('4'); -- the arguments are without watts from here on