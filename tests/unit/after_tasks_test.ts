/** The "after" task of migration 25 against a venue and a workspace server, which may fail at any request. */

import assert from "node:assert/strict";
import { type AfterTaskResult, checkAfterTask, runAfterTask } from "../../src/after_tasks/tasks.ts";
import { InterruptedError } from "../../src/errors.ts";
import { assertError, failure, MIGRATION, RESUME, startScene, TEXTS, USUAL } from "./after_scene.ts";
import { backends } from "../venue/mod.ts";
import type { WorkspaceFault } from "./after_workspace_fake.ts";

for (const { name, database } of backends()) {
  Deno.test(`all sequences are moved, byte for byte, and the task is marked: ${name}`, async () => {
    await using scene = await startScene(USUAL, { database });
    const { workspace, told } = scene;
    const result: AfterTaskResult = await runAfterTask(MIGRATION, scene.options());
    assert.deepEqual(result, { task: "workspaces", files: 7, alreadyThere: 0 });
    assert.deepEqual(scene.texts(), TEXTS);
    assert.equal(await scene.isDone(), true);
    assert.deepEqual(workspace.puts(), [
      "/ws/1/burn.seq?type=file",
      "/ws/1/burn.seq.json?type=file",
      "/ws/1/burn_2.seq?type=file",
      "/ws/2/sub/turn.seq?type=file",
      "/ws/2/sub/turn.seq.json?type=file",
      "/ws/2/burn.seq?type=file",
      "/ws/2/burn.seq.json?type=file",
    ]);
    assert.deepEqual(
      told.progress.filter((text) => /^moving/.test(text)),
      [1, 2, 3, 4, 5, 6, 7].map((count) => `moving sequences to the workspace server: ${count} of 7 files`),
    );
    assert.deepEqual(told.notes, []);
    const [first] = workspace.log;
    assert.deepEqual([first?.method, first?.target, first?.headers.get("x-hasura-admin-secret")], [
      "GET",
      "/health",
      null,
    ]);
  });
}

Deno.test("a task that is done already is not run again, however it was done", async () => {
  await using scene = await startScene(USUAL);
  await runAfterTask(MIGRATION, scene.options());
  const before = scene.workspace.log.length;
  assert.deepEqual(await runAfterTask(MIGRATION, scene.options()), { task: "workspaces", files: 0, alreadyThere: 0 });
  assert.equal(scene.workspace.log.length, before);
  assert.match(scene.told.notes.at(-1) ?? "", /the "after" task of migration 25_workspaces_setup is done already/);
});

Deno.test("files are moved as the role that the venue has, under either name of the product", async (t) => {
  await using scene = await startScene(USUAL.slice(0, 1), { sources: ["Aerie", "PlanDev"] });
  const { venue, workspace } = scene;
  const cases: [roles: string[] | undefined, role: string | undefined][] = [
    // Without a list the server is the one who says.
    [undefined, "aerie_admin"],
    [["aerie_admin", "user", "viewer"], "aerie_admin"],
    [["aerie_admin", "plandev_admin", "mission_admin"], "aerie_admin"],
    [["plandev_admin", "user"], "plandev_admin"],
    [["a_admin", "b_admin"], undefined],
    [["user", "viewer", "admin\n_admin"], undefined],
    [[], undefined],
  ];
  for (const source of ["Aerie", "PlanDev"]) {
    for (const [roles, role] of cases) {
      await t.step(`${source}: ${roles?.join(", ") ?? "no list"}`, async () => {
        const values = (roles ?? []).map((name) => `('${name}')`).join(", ");
        await venue.sql(`drop schema if exists permissions cascade;
          ${roles === undefined ? "" : "create schema permissions; create table permissions.user_roles (role text);"}
          ${values === "" ? "" : `insert into permissions.user_roles values ${values};`}
          update migrations.schema_migrations set after_done = false where migration_id = 25;`);
        workspace.files.clear();
        workspace.log.length = 0;
        if (role === undefined) {
          for (const isRun of [true, false]) {
            const options = scene.options({ source });
            const error = await failure(isRun ? runAfterTask(MIGRATION, options) : checkAfterTask(MIGRATION, options));
            assertError(error, {
              message: /^Cannot move the sequences .*permissions\.user_roles lacks role "aerie_admin": it /,
              state: isRun ? /; no file was moved by this run; / : /^Nothing was changed$/,
              next: /"insert into permissions\.user_roles \(role\) values \('aerie_admin'\);"; then run /,
            });
            for (const name of (roles ?? []).filter((name) => /^\w+$/.test(name))) {
              assert.ok(error.message.includes(`"${name}"`), error.message);
            }
          }
          assert.deepEqual(workspace.log, []);
          return;
        }
        workspace.adminRole = role;
        await runAfterTask(MIGRATION, scene.options({ source }));
        const seen = workspace.log.filter(({ target }) => target !== "/health")
          .map(({ headers }) => [headers.get("x-hasura-role"), headers.get("x-hasura-user-id")]);
        assert.deepEqual(seen, Array.from({ length: 6 }, () => [role, "Aerie Legacy"]));
      });
    }
  }
});

Deno.test("names are sent as the server takes them", async () => {
  const names = ["a b", "a#b", "what?", "100%", "%41", "ü€🚀", `it's "x"`, "a;b", "a+b&c=d", "x/y z/w", "...", "a."];
  await using scene = await startScene(names.map((name, index) => ({ id: index + 1, name, json: "{}" })));
  await runAfterTask(MIGRATION, scene.options());
  assert.deepEqual(
    Object.keys(scene.texts()),
    names.flatMap((name) => [`1/${name}.seq`, `1/${name}.seq.json`]),
  );
});

const PUTS = Object.keys(TEXTS).length;
const ONCE_FOR_GOOD: [name: string, fault: WorkspaceFault, reason: RegExp][] = [
  ["a lost connection", "drop", /connection closed/i],
  ["500", { status: 500, body: '{"message": "Could not save file.", "cause": "No space left"}' }, /No space left/],
  [
    "a proxy's page",
    { status: 502, body: "<html><title>502 Bad Gateway</title>", type: "text/html" },
    /answered 502 with an HTML page \("502 Bad Gateway"\)/,
  ],
  ["a page of success", { status: 200, body: "<html>", type: "text/html" }, /answered 200 with an HTML page$/],
];

Deno.test("a server that fails at any file for good: the next run completes it", async (t) => {
  await using scene = await startScene(USUAL);
  const { workspace, venue } = scene;
  for (const [name, fault, reason] of ONCE_FOR_GOOD) {
    await t.step(name, async () => {
      for (let k = 1; k <= PUTS; k++) {
        workspace.files.clear();
        workspace.log.length = 0;
        await venue.sql("update migrations.schema_migrations set after_done = false where migration_id = 25");
        let puts = 0;
        workspace.strike = ({ method }) => {
          if (method === "PUT") puts++;
          return puts >= k ? fault : undefined;
        };
        const error = await failure(runAfterTask(MIGRATION, scene.options()));
        assert.equal(error.exitCode, 8);
        const path = Object.keys(TEXTS)[k - 1] ?? "";
        const [, id, file] = /^(\d)\/(.*)$/.exec(path) ?? [];
        assertError(error, {
          message: new RegExp(
            `^Cannot move "${file}" of workspace ${id} \\(file ${k} of 7\\) to the workspace server at "http://.*": `,
          ),
          state: new RegExp(
            `^Migration 25_workspaces_setup is applied; ${
              k - 1
            } of 7 files are known to be on the workspace server; no further ` +
              "migration is possible until the task is done$",
          ),
          next: RESUME,
        });
        assert.match(error.message, reason);
        assert.equal(await scene.isDone(), false);
        assert.equal(workspace.files.size, k - 1);

        workspace.strike = () => undefined;
        workspace.log.length = 0;
        const result = await runAfterTask(MIGRATION, scene.options());
        assert.deepEqual(result, { task: "workspaces", files: 7, alreadyThere: k - 1 });
        assert.deepEqual(scene.texts(), TEXTS);
        assert.equal(workspace.puts().length, PUTS - k + 1);
        assert.equal(await scene.isDone(), true);
      }
    });
  }
});

Deno.test("a server that refuses connections for a moment is waited for, unless it never was there", async () => {
  await using scene = await startScene(USUAL.slice(0, 1));
  const { workspace } = scene;
  for (let first = 2; first <= 7; first++) {
    await scene.venue.sql("update migrations.schema_migrations set after_done = false where migration_id = 25");
    workspace.files.clear();
    workspace.log.length = 0;
    workspace.strike = (_, index) => index >= first && index < first + 3 ? "refuse" : undefined;
    assert.equal((await runAfterTask(MIGRATION, scene.options())).files, 2);
    assert.ok(workspace.log.length > 8);
  }
  await scene.venue.sql("update migrations.schema_migrations set after_done = false where migration_id = 25");
  workspace.log.length = 0;
  workspace.strike = (_, index) => index === 1 ? "refuse" : undefined;
  assertError(await failure(runAfterTask(MIGRATION, scene.options())), { message: /Connection refused$/ });
});

const PASSING: [name: string, fault: WorkspaceFault][] = [
  ["a lost connection", "drop"],
  ["a lost answer", "drop-after"],
  ["half an answer", "truncate"],
  ["500", { status: 500, body: "{}" }],
  ["a proxy's page", { status: 504, body: "<html>", type: "text/html" }],
  ["too many requests", { status: 429, body: "" }],
  ["a page in place of the answer", { status: 200, body: "<html>please wait", type: "text/html" }],
];

Deno.test("each request may fail once, and nothing is sent twice that arrived", async (t) => {
  await using scene = await startScene(USUAL.slice(0, 2));
  const { workspace, venue } = scene;
  await runAfterTask(MIGRATION, scene.options());
  const requests = workspace.log.length;
  assert.equal(requests, 1 + 3 * 3);
  for (const [name, fault] of PASSING) {
    for (const overwrites of [true, false]) {
      await t.step(`${name}, ${overwrites ? "older" : "newer"} server`, async () => {
        workspace.overwrites = overwrites;
        for (let k = 1; k <= requests; k++) {
          await venue.sql("update migrations.schema_migrations set after_done = false where migration_id = 25");
          workspace.files.clear();
          workspace.log.length = 0;
          const stored: string[] = [];
          let struck = 0;
          workspace.strike = ({ method, target }, index) => {
            const strikes = index === k;
            if (strikes) struck++;
            if (method === "PUT" && (!strikes || fault === "drop-after" || fault === "truncate")) stored.push(target);
            return strikes ? fault : undefined;
          };
          const result = await runAfterTask(MIGRATION, scene.options());
          assert.deepEqual(result, { task: "workspaces", files: 3, alreadyThere: 0 });
          assert.deepEqual(stored, [...new Set(stored)], `request ${k}`);
          assert.equal(workspace.files.size, 3);
          assert.equal(struck, 1);
        }
      });
    }
  }
});

Deno.test("a server that is too slow ends the task after --timeout", async () => {
  await using scene = await startScene(USUAL);
  let puts = 0;
  scene.workspace.strike = ({ method }) => method === "PUT" && ++puts === 2 ? "hang" : undefined;
  assertError(await failure(runAfterTask(MIGRATION, scene.options({ readTimeout: 500 }))), {
    message: /^Cannot move "burn.seq.json" .*\(file 2 of 7\).*: The server did not answer in time$/,
    state: /; 1 of 7 files are/,
    next: /more time with --timeout/,
  });
});

Deno.test("an upload that is still being written is waited for", async () => {
  await using scene = await startScene(USUAL.slice(0, 1));
  const { workspace } = scene;
  let gets = 0;
  workspace.strike = ({ method, target }) => {
    if (target.includes("seq.json") || target === "/health") return undefined;
    if (method === "PUT") return "drop-after";
    return ++gets < 4 ? "half" : undefined;
  };
  assert.equal((await runAfterTask(MIGRATION, scene.options())).files, 2);
  assert.equal(workspace.puts().length, 2);
});

Deno.test("without sequences there is nothing to do, and no workspace server is needed", async () => {
  await using scene = await startScene([]);
  assert.deepEqual(await runAfterTask(MIGRATION, scene.options({ workspace: () => undefined })), {
    task: "workspaces",
    files: 0,
    alreadyThere: 0,
  });
  assert.deepEqual(scene.told.notes, ["there are no sequences to move to a workspace server"]);
  assert.deepEqual(scene.workspace.log, []);
  assert.equal(await scene.isDone(), true);
});

Deno.test("a stop between two files is obeyed, and the next run goes on from there", async () => {
  await using scene = await startScene(USUAL);
  const stop = new AbortController();
  scene.workspace.strike = ({ method }) => {
    if (method === "PUT" && scene.workspace.puts().length === 3) {
      stop.abort(new InterruptedError("SIGTERM", { state: "stopped", next: "go on" }));
    }
    return undefined;
  };
  const error = await failure(runAfterTask(MIGRATION, scene.options({ stop: stop.signal })));
  assert.equal(error.exitCode, 143);
  assert.equal(scene.workspace.files.size, 3);
  assert.deepEqual(await runAfterTask(MIGRATION, scene.options()), { task: "workspaces", files: 7, alreadyThere: 3 });
});

Deno.test("a large definition is moved as it is", async () => {
  const line = "C IMAGE 'frame ü' 0x00FF; -- \"quoted\" \\n\r\n";
  const definition = line.repeat(Math.ceil(5_000_000 / line.length));
  await using scene = await startScene([{ id: 1, name: "large", definition, json: "[]" }]);
  await runAfterTask(MIGRATION, scene.options());
  assert.equal(scene.texts()["1/large.seq"], definition);
});

Deno.test("Hasura that fails in between ends the task, and the next run completes it", async () => {
  await using scene = await startScene(USUAL);
  const { venue } = scene;
  venue.addFault({ match: { sql: /'definition'/, nth: 3 }, do: { html: 413 } });
  assertError(await failure(runAfterTask(MIGRATION, scene.options())), {
    message: /^Cannot read sequence 3, "sub\/turn" at "http.*: The server answered 413 with an HTML page/,
    state: /; 3 of 7 files are known to be on the workspace server/,
    next: RESUME,
  });
  // Passing ones are not noticed.
  venue.addFault({ match: { sql: /user_sequence/, nth: 1 }, do: { html: 502 } });
  venue.addFault({ match: { sql: /'definition'/, nth: 2 }, do: "drop" });
  assert.equal((await runAfterTask(MIGRATION, scene.options())).alreadyThere, 3);
});
