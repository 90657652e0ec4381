do $each_table$
declare
  logged regclass;
begin
  for logged in select tgrelid::regclass from pg_catalog.pg_trigger where tgfoid = 'planning.log_change'::regproc loop
    execute format('drop trigger log_change on %s', logged);
  end loop;
end
$each_table$;

drop function planning.log_change();
drop table planning.change_log;
drop type planning.change_kind;

call migrations.mark_migration_rolled_back('7');
