-- One line per plan, for the list of plans.

create function planning.plan_energy(_plan_id integer)
returns numeric
stable
language sql as $$
  select coalesce(sum(power_draw.watts * extract(epoch from activity.duration)::numeric / 3600), 0)
    from planning.activity
    join planning.power_draw on power_draw.activity_id = activity.id
   where activity.plan_id = _plan_id;
$$;
comment on function planning.plan_energy(integer) is 'Watt-hours that the activities of a plan draw together.';

create view planning.plan_summary as
  select plan.id,
         plan.name,
         plan.revision,
         mission_model.name || ' ' || mission_model.version as mission_model,
         count(activity.id) as activities,
         count(activity.id) filter (where activity.priority = 'high') as urgent_activities,
         round(planning.plan_energy(plan.id), 1) as watt_hours
    from planning.plan
    join planning.mission_model on mission_model.id = plan.mission_model_id
    left join planning.activity on activity.plan_id = plan.id
   group by plan.id, mission_model.id;
comment on view planning.plan_summary is 'Every plan in one line.';

call migrations.mark_migration_applied('5');
