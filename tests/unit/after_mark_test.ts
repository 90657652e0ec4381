/** Marking an "after" task as done: under the lock, once, and whatever becomes of the answer. */

import assert from "node:assert/strict";
import { markAfterTaskDone, runAfterTask } from "../../src/after_tasks/tasks.ts";
import { BusyError } from "../../src/errors.ts";
import { LOCK_KEYS } from "../../src/migrations/types.ts";
import { backends, exampleSchema, type FaultAction, type RequestRecord } from "../venue/mod.ts";
import { assertError, failure, MIGRATION, OPEN, RESUME, startScene, USUAL } from "./after_scene.ts";

const MARK = { type: "run_sql", readOnly: false };
const isMark = ({ type, readOnly }: RequestRecord) => type === "run_sql" && readOnly === false;
const ALL_THERE = /^All 7 files are on the workspace server; the task is not marked as done$/;

Deno.test("a task is marked once, and marking it again is harmless", async () => {
  await using scene = await startScene([]);
  await markAfterTaskDone(MIGRATION, scene.options());
  assert.equal(await scene.isDone(), true);
  assert.equal(scene.venue.log.filter(isMark).length, 1);
  await markAfterTaskDone(MIGRATION, scene.options());
  assert.equal(scene.venue.log.filter(isMark).length, 1);
  assert.deepEqual(
    await scene.venue.sql("select migration_id, pause_after, after_done from migrations.schema_migrations order by 1"),
    [["0", "f", "f"], ["25", "t", "t"]],
  );
});

Deno.test("any task can be marked, the tool need not know it", async () => {
  await using scene = await startScene([]);
  await scene.venue.sql("update migrations.schema_migrations set migration_id = 31 where migration_id = 25");
  await markAfterTaskDone({ version: 31, name: "" }, scene.options());
  assert.deepEqual(await scene.venue.sql("select after_done from migrations.schema_migrations where pause_after"), [[
    "t",
  ]]);
});

Deno.test("a migration that has no task, or is not there, is told", async (t) => {
  const bases: [name: string, sql: string, version: number, message: RegExp][] = [
    ["not there", exampleSchema("integer"), 25, /the ledger does not show migration 25_workspaces_setup$/],
    ["no task", exampleSchema("integer"), 0, /migration 0_workspaces_setup has none$/],
    ["the older shape", exampleSchema("varchar"), 0, /migration 0_workspaces_setup has none$/],
    ["the older shape, not there", exampleSchema("varchar"), 25, /the ledger does not show migration 25/],
  ];
  await using scene = await startScene([]);
  for (const [name, baseSql, version, message] of bases) {
    await t.step(name, async () => {
      await scene.venue.reset({ baseSql });
      const error = await failure(markAfterTaskDone({ ...MIGRATION, version }, scene.options()));
      assertError(error, { message, state: /^Nothing was changed$/, next: /^Look at the status/ });
      assert.deepEqual(scene.venue.writes(), []);
    });
  }
});

const LOSSES: [name: string, action: FaultAction][] = [
  ["a cut connection", "drop"],
  ["a cut answer", "truncate"],
  ["a proxy's page", { html: 504 }],
  ["an error of the server's own", {
    status: 500,
    body: { path: "$", error: "connection error", code: "postgres-error", internal: "lost\n" },
  }],
  ["an answer to something else", {
    status: 200,
    body: { result_type: "TuplesOk", result: [["proof"], ['{"version":9}']] },
  }],
];

for (const { name, database } of backends()) {
  Deno.test(`an answer that is lost does not matter: ${name}`, async (t) => {
    await using scene = await startScene([], { database });
    const { venue } = scene;
    for (const [loss, action] of LOSSES) {
      for (const when of ["before", "before-commit", "after"] as const) {
        await t.step(`${loss}, ${when}`, async () => {
          await venue.sql("update migrations.schema_migrations set after_done = false where migration_id = 25");
          venue.log.length = 0;
          venue.addFault({ match: MARK, when, do: action });
          await markAfterTaskDone(MIGRATION, scene.options());
          assert.equal(await scene.isDone(), true);
          await venue.settled();
          assert.equal(venue.log.filter(isMark).length, when === "after" ? 1 : 2);
        });
      }
    }
  });
}

Deno.test("a request that comes late does not mark a row that was made since", async () => {
  await using scene = await startScene([]);
  const { venue } = scene;
  const release = Promise.withResolvers<void>();
  venue.addFault({ match: MARK, do: { deliverAfter: release.promise } });
  await markAfterTaskDone(MIGRATION, scene.options());
  await venue.sql("delete from migrations.schema_migrations where migration_id = 25");
  await venue.sql(OPEN);
  release.resolve();
  await venue.settled();
  assert.equal(venue.log.filter(isMark).length, 2);
  assert.equal(await scene.isDone(), false);
});

Deno.test("a row that changes at the same time is looked at again", async () => {
  await using scene = await startScene([]);
  const { venue } = scene;
  const release = Promise.withResolvers<void>();
  venue.addFault({ match: MARK, do: { hold: release.promise } });
  const marking = markAfterTaskDone(MIGRATION, scene.options());
  await venue.waitForRequest(isMark);
  await venue.sql("update migrations.schema_migrations set pause_after = true where migration_id = 25");
  release.resolve();
  await marking;
  assert.equal(await scene.isDone(), true);
  assert.equal(venue.log.filter(isMark).length, 2);
});

Deno.test("a migration that is reverted at the same time is told, whether or not the answer is lost", async () => {
  await using scene = await startScene([]);
  const { venue } = scene;
  for (const isLost of [false, true]) {
    await venue.reset();
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: MARK, do: { hold: release.promise } });
    if (isLost) venue.addFault({ match: MARK, when: "after", do: "drop" });
    const marking = failure(markAfterTaskDone(MIGRATION, scene.options()));
    await venue.waitForRequest(isMark);
    await venue.sql("delete from migrations.schema_migrations where migration_id = 25");
    release.resolve();
    assertError(await marking, { message: /the ledger does not show migration 25/ });
  }
});

Deno.test("an answer that is lost for good is told as that, and the next run completes it", async () => {
  await using scene = await startScene(USUAL);
  const { venue } = scene;
  venue.addFault({ match: MARK, when: "after", do: "refuse" });
  assertError(await failure(runAfterTask(MIGRATION, scene.options())), {
    message: /^Cannot mark the "after" task of migration 25_workspaces_setup as done: the answer was lost: Connection/,
    state: /^All 7 files are on the workspace server; whether the task was marked as done could not be established$/,
    next:
      /^Look at the status once Hasura answers again; if the task is still open, run "aerie_db_migration after run"/,
  });
  venue.start();
  assert.equal(await scene.isDone(), true);
  const asked = scene.workspace.log.length;
  await runAfterTask(MIGRATION, scene.options());
  assert.equal(scene.workspace.log.length, asked);
});

Deno.test("a server that never does it is asked no longer than --timeout", async () => {
  await using scene = await startScene([]);
  scene.venue.addFault({ match: MARK, do: { html: 502 }, times: Infinity });
  const options = scene.options({ readTimeout: 1_000, lockTimeout: 0 });
  assertError(await failure(runAfterTask(MIGRATION, options)), {
    message: /^Cannot mark the "after" task of .*: The server answered 502 with an HTML page/,
    state: /^There was nothing to move; the task is not marked as done, .*what was sent may still be marked$/,
    next: RESUME,
  });
  assert.ok(scene.venue.log.filter(isMark).length > 1);
});

Deno.test("a refusal of Hasura's is told, and the files stay", async () => {
  await using scene = await startScene(USUAL);
  scene.venue.addFault({
    match: MARK,
    do: { status: 400, body: { path: "$", error: "Cannot run write queries", code: "not-supported" } },
  });
  assertError(await failure(runAfterTask(MIGRATION, scene.options())), {
    message: /^Cannot mark the "after" task .*: Hasura refused: Cannot run write queries/,
    state: ALL_THERE,
    next: RESUME,
  });
  assert.deepEqual(await runAfterTask(MIGRATION, scene.options()), { task: "workspaces", files: 7, alreadyThere: 7 });
});

const REFUSED_BY_GUARD = {
  path: "$",
  error: "query execution failed",
  code: "postgres-error",
  internal: {
    error: { exec_status: "FatalError", status_code: "AM002", message: "held", description: null, hint: null },
  },
};

Deno.test("another run that holds the lock is told", async () => {
  await using scene = await startScene(USUAL);
  scene.venue.addFault({ match: MARK, do: { status: 400, body: REFUSED_BY_GUARD } });
  const error = await failure(runAfterTask(MIGRATION, scene.options()));
  assert.ok(error instanceof BusyError);
  assert.match(error.message, /^Cannot mark the "after" task of .*: another run holds the migration lock/);
  assert.match(error.state ?? "", ALL_THERE);
  assert.match(error.next ?? "", /^Wait until the other run has ended, then run "aerie_db_migration after run"/);
});

for (const { name, database } of backends()) {
  // PGlite has one session, so that nobody else can hold a lock.
  if (name === "pglite") continue;

  Deno.test(`a lock that is held is waited for, and told when it stays: ${name}`, async () => {
    await using scene = await startScene([], { database });
    const { venue } = scene;
    await venue.sql(`select pg_advisory_lock(${LOCK_KEYS.join(", ")})`);
    const error = await failure(markAfterTaskDone(MIGRATION, scene.options({ lockTimeout: 200 })));
    assert.ok(error instanceof BusyError, error.message);
    assert.equal(error.exitCode, 6);
    const marking = markAfterTaskDone(MIGRATION, scene.options({ lockTimeout: 60_000 }));
    let marks = 0;
    await venue.waitForRequest((request) => isMark(request) && ++marks === 2);
    await venue.sql(`select pg_advisory_unlock(${LOCK_KEYS.join(", ")})`);
    await marking;
    assert.equal(await scene.isDone(), true);
  });

  Deno.test(`a ledger that is locked is told: ${name}`, async () => {
    await using scene = await startScene([], { database });
    await scene.venue.sql("begin; lock table migrations.schema_migrations in access exclusive mode");
    const error = await failure(markAfterTaskDone(MIGRATION, scene.options()));
    assert.ok(error instanceof BusyError, error.message);
    await scene.venue.sql("rollback");
  });
}
