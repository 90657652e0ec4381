/** What a migration's file leaves in Hasura's session, which lives on: nothing. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigration } from "../support/deployment.ts";
import { runSql } from "../venue/client.ts";
import { backends, startVenue, type Venue } from "../venue/mod.ts";

/** What the session is like, as a request of somebody else finds it. */
const SESSION_SQL = `select json_build_object(
  'settings', (select json_object_agg(name, setting order by name) from pg_settings
    where name !~ '^(hasura|transaction_|aerie_db_migration|plpgsql)' and (name !~ '[.]' or setting <> '')),
  'own', concat(current_setting('my.setting', true), current_setting('my.other', true), current_setting('my.third', true)),
  'user', current_user, 'session_user', session_user, 'path', current_schemas(false)::text,
  'cursors', (select count(*) from pg_cursors where name = 'kept'),
  'channels', (select count(*) from pg_listening_channels()),
  'locks', (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
  'temporary', (select count(*) from pg_class where relpersistence = 't'))::text`;

async function describeSession(venue: Venue): Promise<unknown> {
  const { json } = await runSql(venue, SESSION_SQL, { read_only: true });
  return JSON.parse(json.result[1][0]);
}

const FILES: [name: string, sql: string][] = [
  ["search_path", "set search_path to planning, public;"],
  ["search_path by function, as pg_dump does", "select pg_catalog.set_config('search_path', '', false);"],
  ["settings of all kinds", "set statement_timeout = '7h'; set client_min_messages = error; set DateStyle = 'German';"],
  [
    "words in comments and columns that look like settings",
    "-- set table.column to null, set user.name = 1\n" +
    "create type pair as (a int, b int); create table pairs (p pair); update pairs set p.a = 1;",
  ],
  ["the time zone", "set time zone 'Asia/Tokyo'; SET SESSION work_mem = '77MB';"],
  ["a setting of its own", "set my.setting to 'x y''z'; select set_config('my.other', 'x', false); set my.third = 1;"],
  ["a setting that is put back to its default", "reset client_min_messages; reset all;"],
  ["a local setting that Hasura has set for the session", "set local client_min_messages = debug1;"],
  [
    "a role",
    "create role venue_guest_of_test; grant all on schema public, migrations to venue_guest_of_test; " +
    "grant all on all tables in schema migrations to venue_guest_of_test; set role venue_guest_of_test; reset role; " +
    "set session authorization default;",
  ],
  [
    "a temporary table",
    "create temp table x (id integer primary key deferrable initially deferred); insert into x values (1);",
  ],
  ["a cursor that is held", "declare kept cursor with hold for select 1;"],
  ["listening", "listen something;"],
  ["a lock of the session", "do $$ begin perform pg_advisory_lock(7); end $$;"],
  [
    "settings set within a function",
    "do $$ begin perform set_config('lock_timeout', '5s', false); set jit = off; end $$;",
  ],
];

for (const { name, database } of backends()) {
  Deno.test(`a file leaves nothing in Hasura's session: ${name}`, async (t) => {
    await using venue = await startVenue({ database, poolSize: 1 });
    for (const [what, sql] of FILES) {
      await t.step(what, async () => {
        await venue.reset();
        const before = await describeSession(venue);
        const migration = tableMigration(1, "a");
        await using deployment = await createDeployment({
          migrations: [{ ...migration, up: `${sql}\n${migration.up}` }, tableMigration(2, "b")],
        });
        const result = await runTool(["migrate", "-a", "--all"], { venue, path: deployment.path });
        assert.equal(result.code, 0, result.stderr);
        assert.deepEqual(await describeSession(venue), before);
        await venue.sql("drop role if exists venue_guest_of_test; reset all").catch(() => {});
        await venue.sql("drop owned by venue_guest_of_test; drop role venue_guest_of_test").catch(() => {});
      });
    }
  });
}
