import assert from "node:assert/strict";
import { mayEndTransaction } from "../../src/migrations/step_error.ts";

Deno.test("mayEndTransaction() sees commands, and not what is in strings, bodies and comments", () => {
  const cases: [sql: string, expected: boolean][] = [
    ["create table a (); commit;", true],
    ["COMMIT", true],
    ["select 1; /* at last */ Rollback ;", true],
    ["end", true],
    ["select 1;\n-- then\nabort;", true],
    ["prepare transaction 'x'", true],
    ["prepare /* it */ transaction 'x'", true],
    ["rollback to savepoint a", false],
    ["rollback work to a", false],
    ["rollback and chain", true],
    ["prepare p as select 1", false],
    ["comment on table a is 'x; commit;'", false],
    ["do $$ begin commit; end $$;", false],
    ["do $a$ begin perform 1; end $a$; select 1", false],
    ['select 1 as "; commit;"', false],
    ["-- ; commit;\nselect 1", false],
    ["/* /* ; */ commit; */ select 1", false],
    ["select E'\\'; commit; '", false],
    ["select 'it''s; commit;'", false],
    ["select 1; committed", false],
    ["", false],
  ];
  for (const [sql, expected] of cases) assert.equal(mayEndTransaction(sql), expected, sql);
});

Deno.test("mayEndTransaction() takes a file of any size and shape", () => {
  const rows = `insert into a values ('${"x".repeat(30_000_000)}');`;
  assert.equal(mayEndTransaction(`${rows} commit;`), true);
  // Each of them looks for its end.
  const unclosed = Array.from({ length: 100_000 }, (_, index) => `$t${index}$ `).join("");
  assert.equal(mayEndTransaction(unclosed), false);
  assert.equal(mayEndTransaction("/* ".repeat(300_000)), false);
});
