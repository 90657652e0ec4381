drop trigger activity_within_plan on planning.activity;
drop trigger activities_within_plan on planning.plan;

drop function planning.check_activities_within_plan();
drop function planning.is_within(interval, interval, interval);

call migrations.mark_migration_rolled_back('6');
