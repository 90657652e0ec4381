/**
 * The check of a migration's file before it is sent: what is refused, with its line and words, and what is let through.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ConfigError } from "../../src/errors.ts";
import { checkSqlFile } from "../../src/migrations/file_check.ts";

const PATH = "migrations/Aerie/3_parcel/up.sql";

/** The error of `sql`; `undefined` where there is none. */
async function errorOf(sql: string): Promise<ConfigError | undefined> {
  try {
    await checkSqlFile(sql, { path: PATH });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
}

async function messageOf(sql: string): Promise<string | undefined> {
  const error = await errorOf(sql);
  const [, message] = /^Cannot use "migrations\/Aerie\/3_parcel\/up\.sql" (.+)$/.exec(error?.message ?? "") ?? [];
  assert.equal(message === undefined, error === undefined, error?.message);
  return message;
}

const IN_ONE = "cannot run inside of a transaction, and the whole file runs in one";
const COMMIT = "would end the transaction of the step: what stands before it would be kept even if the rest fails";
const ROLLBACK = "would undo all that stands before it, and the rest would run outside of the step's transaction";
const BEGIN = "opens no transaction, since the whole file runs in one";
const TOO_LATE = "belongs at the start of a transaction, and that of the step has begun before the file";
const NOT_SENT = "COPY … FROM STDIN reads data that follow the statement, which only psql can send";

/** Statements that are refused: each stands on line 2 of a file. */
const REFUSED: readonly [sql: string, message: string, advice: string][] = [
  ["begin", `BEGIN ${BEGIN}`, "Leave BEGIN, COMMIT, ROLLBACK and the like out"],
  ["begin work isolation level serializable", `BEGIN ${BEGIN}`, "Leave BEGIN"],
  ["start transaction", `START TRANSACTION ${BEGIN}`, "Leave BEGIN"],
  ["commit", `COMMIT ${COMMIT}`, "the tool commits each file as a whole, or nothing of it"],
  ["Commit and chain", `COMMIT ${COMMIT}`, "Leave BEGIN"],
  ["end", `END ${COMMIT}`, "Leave BEGIN"],
  ["rollback", `ROLLBACK ${ROLLBACK}`, "Leave BEGIN"],
  ["abort work", `ABORT ${ROLLBACK}`, "Leave BEGIN"],
  [
    "prepare transaction 'x'",
    "PREPARE TRANSACTION would end the transaction of the step and leave it open, with its locks, for somebody else",
    "Leave BEGIN",
  ],
  ["commit prepared 'x'", `COMMIT PREPARED ${IN_ONE}`, "run it by hand, with psql"],
  ["rollback prepared 'x'", `ROLLBACK PREPARED ${IN_ONE}`, "run it by hand, with psql"],
  ["set transaction isolation level serializable", `SET TRANSACTION ${TOO_LATE}`, "Leave SET TRANSACTION out"],
  ["set local transaction read only", `SET TRANSACTION ${TOO_LATE}`, "READ COMMITTED"],
  ["set transaction snapshot '1-1'", `SET TRANSACTION SNAPSHOT ${TOO_LATE}`, "Leave SET TRANSACTION SNAPSHOT out"],
  [
    "set session characteristics as transaction read only",
    "SET SESSION CHARACTERISTICS would change the transactions of all that Hasura does later in the same session",
    "Leave SET SESSION CHARACTERISTICS out",
  ],
  [
    "create index concurrently on a (b)",
    `CREATE INDEX CONCURRENTLY ${IN_ONE}`,
    "Write CREATE INDEX without CONCURRENTLY",
  ],
  ["create unique index concurrently if not exists i on a (b)", `CREATE INDEX CONCURRENTLY ${IN_ONE}`, "without"],
  ["drop index concurrently if exists i", `DROP INDEX CONCURRENTLY ${IN_ONE}`, "Write DROP INDEX without"],
  ["reindex table concurrently a", `REINDEX CONCURRENTLY ${IN_ONE}`, "Write REINDEX without CONCURRENTLY"],
  ["reindex (verbose, concurrently) index i", `REINDEX CONCURRENTLY ${IN_ONE}`, "without CONCURRENTLY"],
  ["reindex (concurrently true) index i", `REINDEX CONCURRENTLY ${IN_ONE}`, "without CONCURRENTLY"],
  ["reindex schema a", `REINDEX SCHEMA ${IN_ONE}`, "Write REINDEX TABLE for each table"],
  ["reindex database a", `REINDEX DATABASE ${IN_ONE}`, "Write REINDEX TABLE for each table"],
  ["reindex system a", `REINDEX SYSTEM ${IN_ONE}`, "Write REINDEX TABLE for each table"],
  [
    "alter table a detach partition b concurrently",
    `ALTER TABLE … DETACH PARTITION CONCURRENTLY ${IN_ONE}`,
    "without CONCURRENTLY",
  ],
  ["vacuum", `VACUUM ${IN_ONE}`, "ANALYZE works"],
  ["vacuum (full, analyze) a", `VACUUM ${IN_ONE}`, "run it by hand when the migrations are done"],
  ["cluster", `CLUSTER of all tables ${IN_ONE}`, "the name of each table"],
  ["create database a", `CREATE DATABASE ${IN_ONE}`, "Take CREATE DATABASE out and run it by hand"],
  ["drop database if exists a", `DROP DATABASE ${IN_ONE}`, "by hand"],
  ["alter database a set tablespace b", `ALTER DATABASE … SET TABLESPACE ${IN_ONE}`, "by hand"],
  ["create tablespace a location '/a'", `CREATE TABLESPACE ${IN_ONE}`, "by hand"],
  ["drop tablespace a", `DROP TABLESPACE ${IN_ONE}`, "by hand"],
  ["alter system set work_mem = '4MB'", `ALTER SYSTEM ${IN_ONE}`, "by hand"],
  ["alter system reset all", `ALTER SYSTEM ${IN_ONE}`, "by hand"],
  [
    "create subscription s connection 'c' publication p",
    `CREATE SUBSCRIPTION with a slot ${IN_ONE}`,
    "create_slot = false",
  ],
  [
    "create subscription s connection 'c' publication p with (create_slot)",
    `CREATE SUBSCRIPTION with a slot ${IN_ONE}`,
    "create_slot = false",
  ],
  ["alter subscription s refresh publication", `ALTER SUBSCRIPTION … REFRESH PUBLICATION ${IN_ONE}`, "by hand"],
  ["alter subscription s set publication p", `ALTER SUBSCRIPTION with a refresh ${IN_ONE}`, "refresh = false"],
  ["alter subscription s add publication p", `ALTER SUBSCRIPTION with a refresh ${IN_ONE}`, "refresh = false"],
  ["discard all", `DISCARD ALL ${IN_ONE}`, "Leave DISCARD ALL out"],
  ["copy a from stdin", NOT_SENT, "Write the data as INSERT … VALUES"],
  ["copy a (b, c) from stdin with (format csv)", NOT_SENT, "COPY them from a file"],
  ["copy a to stdout", "COPY … TO STDOUT has no reader here", "copy to a file on the database's host"],
  ["copy (select 1) to stdout", "COPY … TO STDOUT has no reader here", "Leave COPY … TO STDOUT out"],
  [
    "prepare q as select 1",
    "PREPARE would stay in Hasura's session, where the next PREPARE of the same name fails",
    "Write the statement itself in place of PREPARE and EXECUTE",
  ],
  ["deallocate q", "DEALLOCATE would take away what Hasura itself has prepared in its session", "Leave DEALLOCATE out"],
  [
    "deallocate all",
    "DEALLOCATE would take away what Hasura itself has prepared in its session",
    "Leave DEALLOCATE out",
  ],
  ...["pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared"].map(
    (name): [string, string, string] => [
      `with a as (insert into b values (pg_catalog.${name}(1, 2)) returning c) select count(*) from a`,
      `${name}() would keep its lock in Hasura's session if the step fails, and the next step would wait for it`,
      `Call ${name.replace("lock", "xact_lock")}() instead`,
    ],
  ),
];

for (const [sql, message, advice] of REFUSED) {
  Deno.test(`refused: ${sql}`, async () => {
    // Behind other characters than ASCII, which the parser counts in bytes; before a statement that is fine.
    const error = await errorOf(`select 'é€😀'; /* ü */\n${sql};\nselect 1;\n`);
    assert.equal(error?.message, `Cannot use "${PATH}" line 2: ${message}`);
    assert.ok(error?.next?.includes(advice), error?.next);
    assert.match(error?.next ?? "", /[^.]\. Then run the same command again$/);
    assert.doesNotMatch(error?.next ?? "", /--no-file-check/);
    assert.equal(error?.state, undefined);
  });
}

/** Files that may look as if they had to be refused. */
const ALLOWED: Readonly<Record<string, string>> = {
  "savepoints": "savepoint a; rollback to savepoint a; rollback work to a; release a;",
  "a new enum value": "alter type t add value if not exists 'x' after 'y';",
  "indexes":
    "create index on a (b); drop index i; reindex table a; reindex (concurrently off) table a; reindex (concurrently 0) index i;",
  "what is called concurrently and need not be alone": "refresh materialized view concurrently v;",
  "partitions": "alter table a detach partition b; alter table a detach partition b finalize;",
  "maintenance of a table": "analyze; analyze a; cluster a using i; truncate a; checkpoint; lock table a;",
  "settings of a database": "alter database a set work_mem = '4MB'; alter database a connection limit 5;",
  "tablespaces": "alter tablespace a reset (seq_page_cost); alter table a set tablespace b;",
  "subscriptions without a slot": "create subscription s connection 'c' publication p with (create_slot = false);" +
    "create subscription s connection 'c' publication p with (connect = off);" +
    "alter subscription s set publication p with (refresh = false); alter subscription s disable; drop subscription s;",
  "settings, which the step undoes":
    "set x.y = 1; set local work_mem = '4MB'; set role a; reset all; set time zone 'UTC';",
  "temporary things, which the step undoes":
    "create temp table a (); declare c cursor with hold for select 1; listen x;",
  "constraints": "set constraints all deferred;",
  "discarding parts": "discard plans; discard sequences; discard temp;",
  "notifications": "notify x, 'y'; unlisten *;",
  "files of the database's host": "copy a from '/a.csv' csv; copy a to program 'cat'; copy a from program 'date';",
  "locks for the transaction": "select pg_advisory_xact_lock(1); select pg_advisory_unlock_all();",
  "a function that locks when it is called":
    "create function f() returns void begin atomic select pg_advisory_lock(1); end; create view v as select pg_advisory_lock(1);",
  "words in strings, names, bodies and comments":
    `select 'a; commit; \\i x', "commit;" from "a\\b" /* ; commit; /* vacuum; */ \\i */ where b = $x$; commit; $y$ '$x$; -- ; commit;
     comment on table a is E'it\\'s; commit; ''x'' \\\\';`,
  "dollar signs in names": "select a$b$ from c$b$; select $1;",
  "slices, casts and named arguments": "select a[1:b], c[:d], e::text, f(g := 1, h => 2);",
  "nothing but comments": "-- nothing to do\n/* here /* nor */ here */\n",
  "nothing at all": "",
  "semicolons": "\n;; ; select 1;;",
  "an old line end": "select 1;\rselect 2;\r",
  "a form feed and a vertical tab in a comment": "-- a\f\v\tb\nselect 1;\r\n",
  "letters above U+007F": "select 'Ã\u0085 \u0080' as größe, \u00a0 from b;",
};

for (const [name, sql] of Object.entries(ALLOWED)) {
  Deno.test(`allowed: ${name}`, async () => assert.equal(await messageOf(sql), undefined));
}

/** What cannot be parsed, with the message behind the path. */
const UNREADABLE: readonly [sql: string, message: string][] = [
  ["-- é\nselect 'é€😀', \"ü\"; selct 1;", 'line 2: syntax error at or near "selct"'],
  [
    `select '${"é€😀".repeat(9)}',\n2 3,\n4;`,
    'line 2: syntax error at or near "3" (in the statement that starts on line 1)',
  ],
  ["select 1;\r\n\r\nselct 2;\r\n", 'line 3: syntax error at or near "selct"'],
  [
    "/* the\nhead */\n\nselect\n  a b\n  c;",
    'line 6: syntax error at or near "c" (in the statement that starts on line 4)',
  ],
  ["select 1;\n\n select 'abc\n;\nselect 1;\n", 'line 3: unterminated quoted string at or near "\'abc…"'],
  ["select 'it's ok';\nselect 'x';", 'line 1: syntax error at or near "ok"'],
  ["\nselect E'a\\';", "line 2: unterminated quoted string at or near \"E'a\\';\""],
  ['\nselect "a;\n', 'line 2: unterminated quoted identifier at or near ""a;…"'],
  [
    `do $body$ begin\n${"perform 1;\n".repeat(9)}end $$;\nselect 1;`,
    'line 1: unterminated dollar-quoted string at or near "$body$ begin…"',
  ],
  ["select 1;\n/* a /* b */\n\nselect 2;", 'line 2: unterminated /* comment at or near "/* a /* b */…"'],
  [
    "create table a (\n  b int,\n  c numeric(3\n);\nselect 1;",
    'line 4: syntax error at or near ";" (in the statement that starts on line 1; the parenthesis of line 1 is not closed)',
  ],
  [
    "create table a (\n  b numeric(3,\n  c int\n);",
    'line 3: syntax error at or near "int" (in the statement that starts on line 1)',
  ],
  [
    "select f(\ng(\n1;",
    'line 3: syntax error at or near ";" (in the statement that starts on line 1; the parenthesis of line 2 is not closed)',
  ],
  [
    "select f(\ng(\n1",
    "line 3: syntax error at end of input (in the statement that starts on line 1; the parenthesis of line 2 is not closed)",
  ],
  [
    "\nselect f(1,\n(2)",
    "line 3: syntax error at end of input (in the statement that starts on line 2; the parenthesis of line 2 is not closed)",
  ],
  ["select (1 2;", 'line 1: syntax error at or near "2"'],
  ["select (1));", 'line 1: syntax error at or near ")"'],
  [
    "create function f() returns int begin atomic\n  select 1;\n  select 2;\n",
    "line 4: syntax error at end of input (in the statement that starts on line 1)",
  ],
  [`select ${"long_".repeat(20)} ${"longer_".repeat(20)} x;`, `line 1: syntax error at or near "x"`],
  [`select 1 ${"ö".repeat(50)} ${"ü".repeat(50)};`, `line 1: syntax error at or near "${"ü".repeat(40)}…"`],
  ["select 1 a\u00a0b \u200bc;", String.raw`line 1: syntax error at or near "\u{200b}c"`],
  ["select 1;\n-- c\n select E'\\000';", 'line 3: invalid byte sequence for encoding "UTF8": 0x00'],
];

for (const [sql, message] of UNREADABLE) {
  Deno.test(`unreadable: ${JSON.stringify(sql.slice(0, 50))}`, async () => {
    const error = await errorOf(sql);
    assert.equal(error?.message, `Cannot use "${PATH}" ${message}`);
    assert.match(error?.next ?? "", /^Correct the file\. [^]*PostgreSQL 18[^]*--no-file-check\. Then run the same/);
  });
}

/** What is written for psql or cannot be seen, with the message behind the path and what to do. */
const OTHERS: readonly [sql: string, message: string, advice: RegExp][] = [
  [
    "select 1;\n\\i other.sql\n",
    'line 2: "\\i" is a command of psql, and PostgreSQL does not know it',
    /not through psql/,
  ],
  ["\\connect a\nselect it's;", 'line 1: "\\connect" is a command of psql, and PostgreSQL does not know it', /as SQL/],
  ["  \\copy a from 'b.csv' csv", 'line 1: "\\copy" is a command of psql, and PostgreSQL does not know it', /as SQL/],
  ["select 1 \\gset\nselect :x;", 'line 1: "\\gset" is a command of psql, and PostgreSQL does not know it', /as SQL/],
  ["select a$b$ from c;\n\\d", 'line 2: "\\d" is a command of psql, and PostgreSQL does not know it', /as SQL/],
  ["select e'a''\\'b';\n\\d", 'line 2: "\\d" is a command of psql, and PostgreSQL does not know it', /as SQL/],
  ["select e'a'\n'\\'b';\n\\d", 'line 3: "\\d" is a command of psql, and PostgreSQL does not know it', /as SQL/],
  ["create table a (\n\\i b.sql\n);", 'line 2: "\\i" is a command of psql, and PostgreSQL does not know it', /as SQL/],
  ["select 1;\n  \\", 'line 2: "\\" is a command of psql, and PostgreSQL does not know it', /as SQL/],
  ["select\n :name;", 'line 2: ":name" is a variable of psql, and nothing fills it in here', /^Write the value itself/],
  ["select :'na me';", "line 1: \":'na me'\" is a variable of psql, and nothing fills it in here", /not through psql/],
  ['drop table :"a";', 'line 1: :"a" is a variable of psql, and nothing fills it in here', /not through psql/],
  [
    "select 'a';\nselect '\u001b[1m';",
    "line 2: the control character U+001B, which most editors do not show",
    /E'\\x1b'/,
  ],
  ["select 1; \u007f", "line 1: the control character U+007F, which most editors do not show", /^Take control char/],
  ["-- \u0000", "line 1: the control character U+0000, which most editors do not show", /^Take control char/],
];

for (const [sql, message, advice] of OTHERS) {
  Deno.test(`not SQL: ${JSON.stringify(sql)}`, async () => {
    const error = await errorOf(sql);
    assert.equal(error?.message, `Cannot use "${PATH}" ${message}`);
    assert.match(error?.next ?? "", advice);
    assert.doesNotMatch(error?.next ?? "", /--no-file-check/);
  });
}

Deno.test("all problems of a file are told at once, in their order, up to five", async () => {
  const error = await errorOf("begin;\n\\set x 1\nselect '\u0007';\nvacuum;\n\u0007\nvacuum;\nselect 1;\ncommit;\n");
  assert.equal(
    error?.message,
    `Cannot use "${PATH}" line 1: BEGIN ${BEGIN}; ` +
      'line 2: "\\set" is a command of psql, and PostgreSQL does not know it; ' +
      `lines 3, 5: the control character U+0007, which most editors do not show; line 4: VACUUM ${IN_ONE}`,
  );
  assert.equal(
    await messageOf(`${"commit;\n".repeat(3)}commit; select 1; commit;\nvacuum;\nselct 1;\nvacuum;`),
    `lines 1, 2, 3, 4: COMMIT ${COMMIT}; and 2 more`,
  );
  assert.equal(
    await messageOf("vacuum;\nselct 1;\nvacuum;"),
    `line 1: VACUUM ${IN_ONE}; line 2: syntax error at or near "selct"`,
  );
});

Deno.test("each advice is given once", async () => {
  assert.equal(
    (await errorOf("begin;\nvacuum;\ncommit;"))?.next,
    "Leave BEGIN, COMMIT, ROLLBACK and the like out: the tool commits each file as a whole, or nothing of it. Leave " +
      "VACUUM out and run it by hand when the migrations are done; ANALYZE works. Then run the same command again",
  );
});

Deno.test("data behind COPY … FROM STDIN are no SQL, and what follows them is", async () => {
  const data = "copy a (b, c) from stdin;\n1\tit's\n2\t$$ commit; \\N (\n\\.\n";
  assert.equal(await messageOf(`${data}\nselect 1;\nvacuum;`), `line 1: ${NOT_SENT}; line 7: VACUUM ${IN_ONE}`);
  const windows = `${data}vacuum;`.replaceAll("\n", "\r\n");
  assert.equal(await messageOf(windows), `line 1: ${NOT_SENT}; line 5: VACUUM ${IN_ONE}`);
  assert.equal(await messageOf("copy a from stdin;\n1\tit's\n"), `line 1: ${NOT_SENT}`);
});

Deno.test("a comment ends where PostgreSQL says so", async () => {
  assert.equal(await messageOf("-- a\rvacuum;"), `line 1: VACUUM ${IN_ONE}`);
  assert.equal(await messageOf("select 1; -- it's\r\nvacuum /* ; /* */ -- */;"), `line 2: VACUUM ${IN_ONE}`);
});

Deno.test("statements are told apart where they have semicolons of their own", async () => {
  const sql = `create function f(a int) returns int language sql
begin atomic
  select 'é;€😀€€€€€€€€';
  select case when a > 1 then 2 end;
end;
cluster;
create rule r as on insert to t do also (insert into a values (1); delete from b; notify x;);
create procedure p() begin atomic select 1; end; vacuum;
commit`;
  assert.equal(
    await messageOf(sql),
    `line 6: CLUSTER of all tables ${IN_ONE}; line 8: VACUUM ${IN_ONE}; line 9: COMMIT ${COMMIT}`,
  );
});

Deno.test("the parser goes on after a statement that is too deep for it, which is PostgreSQL's to judge", async () => {
  const deep = `select ${"1+".repeat(20_000)}1;\n`;
  for (let round = 0; round < 3; round++) {
    assert.equal(await messageOf(`${deep}vacuum;`), `line 2: VACUUM ${IN_ONE}`);
    assert.equal(await messageOf("selct"), 'line 1: syntax error at or near "selct"');
  }
});

Deno.test("large files are checked to their end", async () => {
  const row = "insert into a (b, c, d) values (1, 'some text é', 2.5);\n";
  const count = 20_000;
  assert.equal(await messageOf(`${row.repeat(count)}vacuum;`), `line ${count + 1}: VACUUM ${IN_ONE}`);
  const rows = `insert into a values\n${"(1, 'x;', 2.5),\n".repeat(200_000)}`;
  // Too long to be parsed; what is behind it is read all the same.
  assert.equal(await messageOf(`${rows}(1);\nvacuum;`), `line 200003: VACUUM ${IN_ONE}`);
  const bad = `insert into a values\n${"(1, 2.5),\n".repeat(100_000)}(1 2);`;
  assert.equal(
    await messageOf(bad),
    'line 100002: syntax error at or near "2" (in the statement that starts on line 1)',
  );
  const body = "  -- it's a body; commit;\n".repeat(100_000);
  assert.equal(await messageOf(`do $$ begin\n${body}end $$;\nvacuum;`), `line 100003: VACUUM ${IN_ONE}`);
  assert.equal(
    await messageOf(`select 1;\ndo $$ begin\n${body}`),
    'line 2: unterminated dollar-quoted string at or near "$$ begin…"',
  );
  assert.equal(await messageOf(`/*\n${body}*/ selct`), 'line 100002: syntax error at or near "selct"');
});

Deno.test("a tree of any size is read", async () => {
  // About as large as what is looked at, with characters of two bytes.
  for (const length of [100, 400_000, 499_500, 500_500, 999_500, 1_000_500]) {
    assert.equal(await messageOf(`select '${"é".repeat(length)}'; vacuum;`), `line 1: VACUUM ${IN_ONE}`);
  }
});

Deno.test("the example migrations are fine", async () => {
  const folder = new URL("../../examples/hasura/migrations/Aerie/", import.meta.url);
  let count = 0;
  for await (const entry of Deno.readDir(folder)) {
    for (const name of ["up.sql", "down.sql"]) {
      const sql = await Deno.readTextFile(new URL(`${entry.name}/${name}`, folder));
      for (const text of [sql, sql.replaceAll("\n", "\r\n")]) {
        assert.equal(await messageOf(text), undefined, entry.name);
      }
      count++;
    }
  }
  assert.ok(count >= 14);
});

Deno.test("a migration with all that releases use is fine", async () => {
  const sql = `/* Nested: /* comments */ are fine; even with it's */
create schema if not exists merlin;
create type merlin.status as enum ('pending', 'it''s done');
create table merlin.span (
  id integer generated always as identity primary key check (id > 0),
  arguments jsonb not null default '{"a;": [1, 2]}'::jsonb,
  path ltree, during tstzrange, exclude using gist (during with &&)
);
comment on table merlin.span is e''
  'A span; with a quote: \\'x\\', and a\\n'
  'second line.';
create or replace function merlin.touch() returns trigger security definer language plpgsql as $$begin
  if new.id is distinct from old.id then raise exception using message = 'no; commit;'; end if;
  execute format($sql$ update %I set "when" = now() $sql$, tg_table_name);
  return new;
end$$;
create trigger touch before insert or update on merlin.span for each row execute function merlin.touch();
do $block$ declare r record; begin for r in select 1 loop perform $1$x$1$; end loop; end $block$;
alter table merlin.span add column "order" text collate "C", alter column path drop default;
insert into merlin.span (arguments) select '{}' from generate_series(1, 3) on conflict (id) do nothing;
merge into merlin.span s using (values (1)) v (id) on s.id = v.id when matched then delete;
create policy p on merlin.span for select to public using (id % 2 = 0 and arguments ->> 'a' !~~* '%b%');
grant select on merlin.span to "aerie-user";
update pg_catalog.pg_class set relname = relname where oid = 'merlin.span'::regclass;
call migrations.mark_migration_applied('12')`;
  for (const text of [sql, `${sql};`, `${sql}; -- end`, sql.replaceAll("\n", "\r\n")]) {
    assert.equal(await messageOf(text), undefined);
  }
});
