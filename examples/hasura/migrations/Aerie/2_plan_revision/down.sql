drop trigger touch_plan on planning.activity;
drop trigger next_revision on planning.plan;

drop function planning.touch_plan();
drop function planning.next_revision();

alter table planning.plan
  drop column revision;

call migrations.mark_migration_rolled_back('2');
