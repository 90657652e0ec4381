/** Whether an "after" task could be run, which is asked before its migration is applied. */

import assert from "node:assert/strict";
import { type AfterTaskOptions, checkAfterTask, knownAfterTask, runAfterTask } from "../../src/after_tasks/tasks.ts";
import { assertError, failure, startScene, USUAL } from "./after_scene.ts";

Deno.test("the task of another migration is not known", async () => {
  assert.equal(knownAfterTask(26), undefined);
  assert.deepEqual(knownAfterTask(25), {
    name: "workspaces",
    description: "move the sequences of the users to the workspace server",
  });
  await using scene = await startScene([]);
  const next = /^Get a newer version of aerie_db_migration, .* "aerie_db_migration after done"/;
  assertError(await failure(runAfterTask({ version: 26, name: "more" }, scene.options())), {
    message: /^Cannot run the "after" task of migration 26_more: this version of the tool does not know it$/,
    state: /^Migration 26_more is applied/,
    next,
  });
  assertError(await failure(checkAfterTask({ version: 26, name: "more" }, scene.options())), {
    message: /26/,
    state: /^Nothing was changed$/,
    next: /^Get a newer version of .*, or use --skip-after, do it by hand .* "aerie_db_migration after done"$/,
  });
  assert.deepEqual(scene.venue.log, []);
});

Deno.test("before the migration: whether the task could be run", async (t) => {
  const NOTHING = /^Nothing was changed$/;
  await using scene = await startScene(USUAL);
  const { workspace, venue } = scene;
  const check = (changes: Partial<AfterTaskOptions> = {}) =>
    checkAfterTask({ version: 25, name: "workspaces_setup" }, scene.options(changes));
  await t.step("yes", async () => {
    await check();
    // The second tells whether the secret is right; there need be no such file.
    assert.deepEqual(workspace.log.map(({ target }) => target), ["/health", "/ws/1/burn.seq"]);
  });
  await t.step("the server is down", async () => {
    workspace.strike = () => "drop";
    assertError(await failure(check()), {
      message: /^Cannot use the workspace server/,
      state: NOTHING,
      next: /--skip-after/,
    });
    workspace.strike = () => undefined;
  });
  await t.step("the server is not known", async () => {
    assertError(await failure(check({ workspace: () => undefined })), {
      message: /not known/,
      state: NOTHING,
      next: /--workspace-endpoint.*--skip-after/,
    });
  });
  await t.step("a name that no file can have", async () => {
    await venue.sql("update sequencing.user_sequence set name = 'a//b' where id = 3");
    assertError(await failure(check()), { message: /"a\/\/b"/, state: NOTHING, next: /where id = 3;/ });
  });
  await t.step("an older shape of the table", async () => {
    await venue.sql("alter table sequencing.user_sequence drop workspace_id");
    workspace.log.length = 0;
    await check();
    assert.equal(workspace.log.length, 1);
  });
  for (const sql of ["delete from sequencing.user_sequence", "drop schema sequencing cascade"]) {
    await t.step(`nothing to move: ${sql}`, async () => {
      await venue.sql(sql);
      workspace.log.length = 0;
      await check({ workspace: () => undefined });
      assert.deepEqual(workspace.log, []);
    });
  }
  await t.step("Hasura does not answer", async () => {
    venue.addFault({ match: {}, do: { html: 413 } });
    assertError(await failure(check()), {
      message: /^Cannot count the sequences/,
      state: NOTHING,
      next: /--skip-after/,
    });
  });
  assert.deepEqual(venue.writes(), []);
  assert.equal(await scene.isDone(), false);
});
