/** What the "after" tasks work out without a server: names, addresses, and whether there will be a task at all. */

import assert from "node:assert/strict";
import { assignFileNames, filePath, findBadNames, lastPart } from "../../src/after_tasks/file_names.ts";
import { leavesAfterTask } from "../../src/after_tasks/hint.ts";
import { deriveWorkspaceEndpoint } from "../../src/after_tasks/workspace_endpoint.ts";

const named = (rows: [id: number, name: string, workspaceId?: number][]) =>
  assignFileNames(rows.map(([id, name, workspaceId = 1]) => ({ id, name, workspaceId })));

const NAMES: [what: string, rows: [id: number, name: string, workspaceId?: number][], names: string[]][] = [
  ["a name of its own", [[1, "a"], [2, "b"]], ["a", "b"]],
  ["the same name twice", [[1, "a"], [2, "a"]], ["a", "a_2"]],
  ["in another workspace it is free", [[1, "a", 1], [2, "a", 2], [3, "a", 2]], ["a", "a", "a_3"]],
  ["the order is that of the numbers", [[9, "a"], [3, "a"]], ["a", "a_9"]],
  ["the next best name is taken", [[1, "a_3"], [2, "a"], [3, "a"]], ["a_3", "a", "a_3_1"]],
  ["and those with a count, too", [[1, "a_5_1"], [2, "a_5"], [4, "a"], [5, "a"]], ["a_5_1", "a_5", "a", "a_5_2"]],
  ["a later one gives way to a made one", [[1, "a"], [2, "a"], [3, "a_2"]], ["a", "a_2", "a_2_3"]],
  ["names differ in case and in blanks", [[1, "a"], [2, "A"], [3, "a "]], ["a", "A", "a "]],
  ["the name of an object's part", [[1, "__proto__"], [2, "__proto__"]], ["__proto__", "__proto___2"]],
];

for (const [what, rows, names] of NAMES) {
  Deno.test(`file names: ${what}`, () => {
    assert.deepEqual(named(rows).map(({ fileName }) => fileName), names);
  });
}

const PATHS: [name: string, path: string][] = [
  ["plain.seq", "/ws/3/plain.seq"],
  ["a b", "/ws/3/a%20b"],
  ["a#b?c=d&e", "/ws/3/a%23b%3Fc%3Dd%26e"],
  ["100%", "/ws/3/100%25"],
  ["%2e%2e", "/ws/3/%252e%252e"],
  ["ü€🚀", "/ws/3/%C3%BC%E2%82%AC%F0%9F%9A%80"],
  [`it's "x"`, "/ws/3/it's%20%22x%22"],
  ["a;b:c@d+e", "/ws/3/a%3Bb%3Ac%40d%2Be"],
  ["sub/folder/x y", "/ws/3/sub/folder/x%20y"],
  ["...", "/ws/3/..."],
  // With its extension it is another name than the one that is reserved.
  [".git", "/ws/3/.git"],
  ["a/.seqdev", "/ws/3/a/.seqdev"],
  [".github/x", "/ws/3/.github/x"],
];

for (const [name, path] of PATHS) {
  Deno.test(`path of ${name}`, () => {
    assert.equal(filePath(3, name), path);
    assert.equal(new URL(`http://h:1/base${path}`).pathname, `/base${path}`);
    assert.deepEqual(findBadNames(named([[1, name]])), []);
  });
}

Deno.test("lastPart() is what follows the last slash", () => {
  assert.deepEqual(["a", "b/a", "c/b/a.seq"].map(lastPart), ["a", "a", "a.seq"]);
});

const BAD: [name: string, reason: RegExp][] = [
  ["", /^is empty$/],
  ["/a", /empty part/],
  ["a/", /empty part/],
  ["a//b", /empty part/],
  [".", /"\." or "\.\."/],
  ["..", /"\." or "\.\."/],
  ["a/../b", /"\." or "\.\."/],
  ["../etc/passwd", /"\." or "\.\."/],
  ["./a", /"\." or "\.\."/],
  ["a\\b", /backslash/],
  ["a\nb", /control character/],
  ["a\u007f", /control character/],
  ["a\u0085b", /control character/],
  ["\ud800", /no valid text/],
  [".git/a", /^has a part "\.git", which is reserved from PlanDev 4\.5 on$/],
  ["a/.GIT/b", /"\.GIT", which is reserved/],
  [".gitignore/a", /reserved/],
  [".gitattributes/a", /reserved/],
  [".GitModules/a", /reserved/],
  ["a/b/.seqdev/c", /reserved/],
];

for (const [name, reason] of BAD) {
  Deno.test(`no file can be called ${JSON.stringify(name)}`, () => {
    const [bad, ...others] = findBadNames(named([[1, "good"], [7, name], [8, "good, too"]]));
    assert.equal(others.length, 0);
    assert.equal(bad?.sequence.id, 7);
    assert.match(bad?.reason ?? "", reason);
  });
}

Deno.test("a file cannot be where another sequence needs a folder", () => {
  for (const folder of ["a.seq", "a.seq.json"]) {
    const rows = named([[1, "a"], [2, `${folder}/b`], [3, "a", 2]]);
    const bad = findBadNames(rows);
    assert.deepEqual(bad.map(({ sequence }) => sequence.id), [1]);
    assert.match(bad[0]?.reason ?? "", new RegExp(`needs the folder "${folder}"$`));
  }
  assert.deepEqual(findBadNames(named([[1, "a"], [2, "a/b"], [3, "x.seq/b", 2], [4, "x", 1]])), []);
});

const ENDPOINTS: [hasura: string, workspace: string | undefined][] = [
  ["http://localhost:8080", "http://localhost:28000"],
  ["http://venue-1.example.org:8080", "http://venue-1.example.org:28000"],
  ["http://aerie_hasura:8080", "http://aerie_hasura:28000"],
  ["HTTP://Host:80", "http://Host:28000"],
  ["http://10.0.0.7:9000", "http://10.0.0.7:28000"],
  ["http://[::1]:8080", "http://[::1]:28000"],
  ["https://venue.example.org", undefined],
  ["https://venue.example.org:8080", undefined],
  ["http://venue.example.org", undefined],
  ["http://venue.example.org:8080/hasura", undefined],
  ["http://user:word@host:8080", undefined],
  ["http://host:99999", undefined],
  ["http://::1:8080", undefined],
  ["", undefined],
];

for (const [hasura, workspace] of ENDPOINTS) {
  Deno.test(`the workspace server beside ${hasura || "nothing"}`, () => {
    assert.equal(deriveWorkspaceEndpoint(hasura), workspace);
  });
}

const LEAVES = [
  "call migrations.mark_migration_applied(25, true);",
  "CALL Migrations.Mark_Migration_Applied( '25' , TRUE )",
  "call migrations.mark_migration_applied(25, 't'::boolean);",
  `call "migrations" . "mark_migration_applied"(25,true)`,
  "call mark_migration_applied(25, _pause_after => true);",
  "call migrations.mark_migration_applied(_pause_after := 'yes', _migration_id := 25);",
  "call migrations.mark_migration_applied(\n  25, -- the number\n  /* a /* nested */ comment */ true\n);",
  "do $$ begin call migrations.mark_migration_applied(25, true); end $$;",
  "comment on table a is $x$the operator's$x$;\ncall migrations.mark_migration_applied(25, true);",
  "comment on table a is e'it\\'s';\ncall migrations.mark_migration_applied(25, true);",
  "comment on table a is e'\\\\';\ncall migrations.mark_migration_applied(25, true);",
  "comment on table a is 'a\\';\ncall migrations.mark_migration_applied(25, true);",
  "comment on table a is 'it''s';\ncall migrations.mark_migration_applied(25, true);",
  "select $1 -- $$\n;call migrations.mark_migration_applied(25, true);",
  "call migrations.mark_migration_applied(1); call migrations.mark_migration_applied(25, true);",
];

const LEAVES_NOT = [
  "call migrations.mark_migration_applied(25);",
  "call migrations.mark_migration_applied('25');",
  "call migrations.mark_migration_applied(25, false);",
  "call migrations.mark_migration_applied(25, _pause_after => false);",
  "-- call migrations.mark_migration_applied(25, true);",
  "/* call /* x */ migrations.mark_migration_applied(25, true); */",
  "/* call migrations.mark_migration_applied(25, true);",
  "comment on table a is 'call migrations.mark_migration_applied(25, true);';",
  "comment on table a is 'it''s: call migrations.mark_migration_applied(25, true);';",
  "comment on table a is e'it\\'s: call migrations.mark_migration_applied(25, true);';",
  "create procedure migrations.mark_migration_applied(_migration_id integer, _pause_after boolean default false)",
  "call other.mark_migration_rolled_back(25, true);",
  "call migrations.mark_migration_applied(25 /* , true */);",
  "call migrations.mark_migration_applied(true);",
  "",
];

for (const [sqls, expected] of [[LEAVES, true], [LEAVES_NOT, false]] as const) {
  for (const sql of sqls) {
    Deno.test(`${expected ? "leaves" : "does not leave"} a task: ${JSON.stringify(sql)}`, () => {
      assert.equal(leavesAfterTask(sql), expected);
    });
  }
}

Deno.test("leavesAfterTask() takes a file of any shape", () => {
  const tags = Array.from({ length: 100_000 }, (_, index) => `$t${index}$`);
  assert.equal(leavesAfterTask(tags.join(" ")), false);
  assert.equal(leavesAfterTask([...tags, ...tags.toReversed()].join(" ")), false);
  const call = "call migrations.mark_migration_applied('2', true);";
  assert.equal(leavesAfterTask(`do $a$ begin execute $b$ ${call} $b$; end $a$;`), true);
});
