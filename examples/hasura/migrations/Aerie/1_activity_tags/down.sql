drop table planning.activity_tag;
drop table planning.tag;

call migrations.mark_migration_rolled_back('1');
