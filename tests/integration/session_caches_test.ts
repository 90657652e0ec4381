/** What a session of Hasura's pool keeps from one text to the next reaches no migration. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, type TestMigration } from "../support/deployment.ts";
import { runSql } from "../venue/client.ts";
import { backends, startVenue } from "../venue/mod.ts";

/** A migration, without the calls that mark it. */
function migration(version: number, up: string, down = "select 1"): TestMigration {
  return {
    folder: `${version}_step_${version}`,
    up: `${up};\ncall migrations.mark_migration_applied('${version}');\n`,
    down: `${down};\ncall migrations.mark_migration_rolled_back('${version}');\n`,
  };
}

/** Each goes up, down and up again. */
const PAIRS: [name: string, migrations: TestMigration[]][] = [
  [
    // As migrations 22 and 23 of PlanDev.
    "a trigger's plan that names an enum which is made anew",
    [
      migration(
        1,
        `create type mood as enum ('good', 'bad');
create table plan (id integer, mood mood, note text);
create function plan_note() returns trigger language plpgsql as $$
begin
  if new.mood = 'good'::mood then new.note := 'fine'; end if;
  return new;
end $$;
create trigger plan_note before insert or update on plan for each row execute function plan_note();
insert into plan values (1, 'good')`,
        "update plan set note = 'gone'; drop table plan; drop function plan_note(); drop type mood",
      ),
      migration(
        2,
        `alter table plan alter mood type text; drop type mood; create type mood as enum ('good', 'bad', 'new');
alter table plan alter mood type mood using mood::mood; update plan set note = 'up'`,
        `update plan set note = 'before'; alter table plan alter mood type text; drop type mood;
create type mood as enum ('good', 'bad'); alter table plan alter mood type mood using mood::mood`,
      ),
    ],
  ],
  [
    "a temporary table that a function leaves",
    [
      migration(
        1,
        "create function fill() returns void language plpgsql as $$ begin execute 'create te' || 'mp table f (id integer)'; end $$; select fill()",
        "select fill(); drop function fill()",
      ),
      migration(2, "select fill()", "select fill()"),
    ],
  ],
  [
    "a type of another shape with the same name",
    [
      migration(
        1,
        `create type pair as (a integer, b integer);
create function sum_of(p pair) returns integer language plpgsql as $$ declare q pair := p; begin return q.a + q.b; end $$;
do $$ begin assert sum_of(row(1, 2)) = 3; end $$`,
        "do $$ begin assert sum_of(row(1, 2)) = 3; end $$; drop function sum_of(pair); drop type pair",
      ),
      migration(
        2,
        "alter type pair add attribute c text; do $$ begin assert sum_of(row(1, 2, 'x')) = 3; end $$",
        "alter type pair drop attribute c",
      ),
    ],
  ],
];

interface Leftover {
  name: string;
  /** The database before it. */
  base?: string;
  /** What somebody has run through Hasura. */
  left: string;
  /** Past Hasura, where there is another session. */
  past?: string;
  up: string;
}

const LEFTOVERS: Leftover[] = [
  {
    name: "search_path",
    base: "create schema other",
    left: "set search_path to other",
    up: "create table public_one ()",
  },
  {
    name: "a role",
    base: "create role venue_guest_of_caches",
    left: "set role venue_guest_of_caches",
    up: "create table public_one ()",
  },
  {
    name: "a time limit",
    left: "set statement_timeout = '50ms'",
    up: "create table public_one (); select pg_sleep(0.2)",
  },
  {
    name: "triggers that are off",
    base: "create table t (id integer); create function no() returns trigger language plpgsql as " +
      "'begin return null; end'; create trigger no before insert on t for each row execute function no()",
    left: "set session_replication_role = replica",
    up: "create table public_one (); insert into t values (1); do $$ begin assert (select count(*) from t) = 0; end $$",
  },
  {
    name: "a temporary table that hides another one",
    base: "create table t (id integer)",
    left: "create temp table t (id integer)",
    up: "create table public_one (); alter table t add more text; select more from public.t",
  },
  {
    name: "a cursor that is held",
    base: "create table t (id integer); insert into t values (1), (2)",
    left: "declare kept cursor with hold for select * from t",
    up: "create table public_one (); alter table t add more text",
  },
  {
    name: "numbers of a sequence that were fetched ahead",
    base: "create sequence s cache 20; create table t (id integer)",
    left: "select nextval('s')",
    past: "select setval('s', 100)",
    up: "create table public_one (); do $$ begin assert nextval('s') = 101; end $$",
  },
];

for (const { name: backend, database } of backends()) {
  Deno.test(`what a session has cached keeps no migration from going up and down: ${backend}`, async (t) => {
    await using venue = await startVenue({ database, poolSize: 1 });
    for (const [name, migrations] of PAIRS) {
      await t.step(name, async () => {
        await venue.reset();
        await using deployment = await createDeployment({ migrations });
        for (const [direction, ledger] of [["-a", [0, 1, 2]], ["-r", [0]], ["-a", [0, 1, 2]]] as const) {
          const { code, stderr } = await runTool(["migrate", direction, "--all"], { venue, path: deployment.path });
          assert.equal(code, 0, stderr);
          assert.deepEqual(await venue.ledger(), ledger);
        }
      });
    }
  });

  Deno.test(`what others have left in the session is not there for a migration: ${backend}`, async (t) => {
    await using venue = await startVenue({ database, poolSize: 1 });
    for (const { name, base, left, past, up } of LEFTOVERS) {
      // PGlite has one session, in which all of it is seen at once.
      if (past !== undefined && backend === "pglite") continue;
      await t.step(name, async () => {
        await venue.reset();
        await venue.sql(base ?? "select 1");
        await using deployment = await createDeployment({ migrations: [migration(1, up)] });
        assert.equal((await runSql(venue, left)).status, 200);
        if (past !== undefined) await venue.sql(past);
        const { code, stderr } = await runTool(["migrate", "-a", "--all"], { venue, path: deployment.path });
        await venue.sql("reset role; reset all; drop role if exists venue_guest_of_caches");
        assert.equal(code, 0, stderr);
        assert.deepEqual(await venue.sql("select schemaname from pg_tables where tablename = 'public_one'"), [[
          "public",
        ]]);
      });
    }
  });

  Deno.test(`what a migration has cached is not there for others: ${backend}`, async () => {
    await using venue = await startVenue({ database, poolSize: 1 });
    const up = "create sequence s; select nextval('s'); do $$ begin execute 'create te' || 'mp table f ()'; end $$";
    await using deployment = await createDeployment({ migrations: [migration(1, up)] });
    assert.equal((await runTool(["migrate", "-a", "--all"], { venue, path: deployment.path })).code, 0);
    const { json } = await runSql(venue, "select lastval()");
    assert.match(json.internal.error.message, /lastval is not yet defined/);
    assert.equal((await runSql(venue, "select from f")).status, 400);
  });

  // PGlite's one session outlives Hasura.
  if (backend === "pglite") continue;

  Deno.test(`what no session can be made to forget, the message tells how to go on: ${backend}`, async () => {
    await using venue = await startVenue({ database, poolSize: 1 });
    const make = (labels: string) => `create type mood as enum (${labels})`;
    const first = `${make("'good'")}; create function f() returns text language plpgsql as
      $$ declare m mood := 'good'; begin return m; end $$; select f()`;
    await using deployment = await createDeployment({
      migrations: [migration(1, first), migration(2, `drop type mood; ${make("'good', 'bad'")}; select f()`)],
    });
    const result = await runTool(["migrate", "-a", "--all"], { venue, path: deployment.path });
    assert.equal(result.code, 1, result.stderr);
    assert.match(
      result.stderr,
      /cache lookup failed for type \d+ [^]*next: A function in Hasura's session [^]*restart/,
    );
    await venue.restart();
    const again = await runTool(["migrate", "-a", "--all"], { venue, path: deployment.path });
    assert.equal(again.code, 0, again.stderr);
  });
}
