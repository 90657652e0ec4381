-- The view reads from the function and goes with it.
drop function planning.plan_energy(integer) cascade;

call migrations.mark_migration_rolled_back('5');
