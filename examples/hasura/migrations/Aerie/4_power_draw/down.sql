update planning.activity
   set arguments = arguments || jsonb_build_object('watts', power_draw.watts)
  from planning.power_draw
 where power_draw.activity_id = activity.id;

drop table planning.power_draw;

call migrations.mark_migration_rolled_back('4');
