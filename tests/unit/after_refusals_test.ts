/** What the "after" task of migration 25 does not do, and what it says then. */

import assert from "node:assert/strict";
import { runAfterTask } from "../../src/after_tasks/tasks.ts";
import { assertNoSecret } from "../support/secrets.ts";
import { assertError, failure, MIGRATION, RESUME, startScene, TEXTS, USUAL } from "./after_scene.ts";
import type { WorkspaceFault } from "./after_workspace_fake.ts";

Deno.test("a file that has other content is never replaced", async (t) => {
  await using scene = await startScene(USUAL);
  const { workspace } = scene;
  const mine = new TextEncoder().encode("C BURN 2, as somebody has written since\n");
  const cases: [name: string, content: Uint8Array, message: RegExp, next: RegExp][] = [
    [
      "edited",
      mine,
      /other content under this name: 40 bytes that are not the 9 of the sequence$/,
      /"select definition.*or complete the move by hand.*after done/,
    ],
    ["a start of it", mine.slice(0, 4), /the first 4 bytes of 9 of it$/, /upload that broke off.*remove the file/],
    ["nothing", new Uint8Array(), /the first 0 bytes of 9 of it$/, /upload that broke off/],
    ["as long", new TextEncoder().encode("C BURN 9\n"), /9 bytes that are not the 9/, /from sequencing.user_sequence/],
  ];
  for (const [name, content, message, next] of cases) {
    for (const overwrites of [true, false]) {
      await t.step(`${name}, ${overwrites ? "older" : "newer"} server`, async () => {
        workspace.overwrites = overwrites;
        workspace.files.clear();
        workspace.files.set("1/burn.seq", content);
        workspace.log.length = 0;
        const error = await failure(runAfterTask(MIGRATION, scene.options()));
        assertError(error, { message: /^Cannot move "burn.seq" of workspace 1 \(file 1 of 7\)/, next });
        assert.match(error.message, message);
        assert.match(error.next ?? "", RESUME);
        assert.deepEqual(workspace.files.get("1/burn.seq"), content);
        assert.deepEqual(workspace.log.map(({ method, target }) => `${method} ${target}`), [
          "GET /health",
          "GET /ws/1/burn.seq",
        ]);
      });
    }
  }
  await t.step("a folder", async () => {
    workspace.files.clear();
    workspace.files.set("1/burn.seq/inside", mine);
    const error = await failure(runAfterTask(MIGRATION, scene.options()));
    assertError(error, { message: /a folder or other content under this name/ });
    assert.deepEqual(workspace.puts(), []);
  });
});

Deno.test("a file that comes there between looking and sending is compared and not replaced", async () => {
  await using scene = await startScene(USUAL.slice(0, 1));
  const { workspace } = scene;
  workspace.overwrites = false;
  for (const text of [TEXTS["1/burn.seq"] ?? "", "other"]) {
    workspace.files.clear();
    workspace.strike = ({ method, target }) => {
      if (method === "PUT" && target.includes("burn.seq?")) {
        workspace.files.set("1/burn.seq", new TextEncoder().encode(text));
      }
      return undefined;
    };
    const running = runAfterTask(MIGRATION, scene.options());
    if (text === "other") assertError(await failure(running), { message: /other content/ });
    else assert.equal((await running).files, 2);
    assert.equal(scene.texts()["1/burn.seq"], text);
    await scene.venue.sql("update migrations.schema_migrations set after_done = false where migration_id = 25");
  }
});

Deno.test("a success that is none is told as what it is", async () => {
  await using scene = await startScene(USUAL.slice(0, 1));
  const cases: [type: string, message: RegExp][] = [
    ["text/html", /: The server answered 200 with an HTML page$/],
    ["text/plain", /: The server answered that it has stored the file, and does not have it$/],
  ];
  for (const [type, message] of cases) {
    scene.workspace.log.length = 0;
    scene.workspace.strike = ({ method }) => method === "PUT" ? { status: 200, body: "<p>", type } : undefined;
    assertError(await failure(runAfterTask(MIGRATION, scene.options())), { message, state: /; 0 of 2 files/ });
    assert.equal(scene.workspace.puts().length, 5);
  }
});

Deno.test("a file that the server does not store whole is noticed at once", async () => {
  await using scene = await startScene(USUAL);
  scene.workspace.strike = ({ method }) => method === "PUT" ? "half" : undefined;
  assertError(await failure(runAfterTask(MIGRATION, scene.options())), {
    message: /"burn.seq".*: The server has the first 4 bytes of 9 of it$/,
    state: /; 0 of 7 files are/,
    next: /broke off.*remove the file/,
  });
  assert.equal(scene.workspace.puts().length, 1);
});

const REFUSALS: [name: string, status: number, body: string, next: RegExp][] = [
  ["another secret", 401, '{"message": "Invalid Hasura admin secret"}', /the same HASURA_GRAPHQL_ADMIN_SECRET/],
  ["no permission", 403, '{"message": "FORBIDDEN"}', /permissions/],
  [
    "a bad name",
    400,
    `{"message": "Path segment 'a' has illegal characters"}`,
    /update sequencing.user_sequence set name/,
  ],
  [
    "a part that is reserved",
    400,
    '{"type": "RESERVED_PATH", "message": "Path \'.x/a.seq\' is not allowed: \'.x\' is reserved for internal use."}',
    /such as \.git; rename it with .* where id = 1;/,
  ],
  ["a reserved name", 405, '{"message": "Could not save file.", "cause": "Metadata"}', /where id = 1;/],
  ["too large", 413, "<html>", /size of a file/],
  ["locked", 423, '{"message": "Cannot update file", "cause": "File is locked"}', /Unlock the file/],
  ["something else", 418, "teapot", /look into its log/],
];

Deno.test("a file that the server refuses is told with what to do", async (t) => {
  await using scene = await startScene(USUAL.slice(0, 1));
  for (const [name, status, body, next] of REFUSALS) {
    await t.step(name, async () => {
      scene.workspace.log.length = 0;
      scene.workspace.strike = ({ method }) => method === "PUT" ? { status, body } : undefined;
      const error = await failure(runAfterTask(MIGRATION, scene.options()));
      assertError(error, { message: new RegExp(`file 1 of 2.*: The server answered ${status} with `), next });
      assert.match(error.next ?? "", RESUME);
      assert.equal(scene.workspace.puts().length, 1);
    });
  }
});

Deno.test("a role whose rights cannot be checked is named", async (t) => {
  await using scene = await startScene(USUAL.slice(0, 1));
  const { workspace } = scene;
  const body = (type: string) => JSON.stringify({ type, message: "Could not check permissions.", cause: "no answer" });
  // Hasura that cannot be reached is there again a little later; a role that it does not know is not.
  for (const [type, attempts] of [["PERMISSIONS_SERVICE_EXCEPTION", 5], ["GRAPHQL_SERVICE_EXCEPTION", 1]] as const) {
    await t.step(type, async () => {
      workspace.log.length = 0;
      workspace.strike = ({ method }) => method === "PUT" ? { status: 500, body: body(type) } : undefined;
      assertError(await failure(runAfterTask(MIGRATION, scene.options())), {
        message:
          /: The rights of role "aerie_admin" could not be checked: the server answered 500 with "Could not check .*: no/,
        state: /; 0 of 2 files are/,
        next:
          /^Check that the workspace server .* this Hasura; .*permissions\.user_roles has role "aerie_admin"; then run/,
      });
      assert.equal(workspace.puts().length, attempts);
    });
  }
});

Deno.test("a workspace that the server does not know is told as that", async () => {
  await using scene = await startScene([{ id: 1, name: "a", workspace: 4 }]);
  assertError(await failure(runAfterTask(MIGRATION, scene.options())), {
    message: /^Cannot move "a.seq" of workspace 4 .* 404 with "Workspace 4 does not exist"$/,
    next: /does not know workspace 4: check that --workspace-endpoint.*the same database as this Hasura/,
  });
});

Deno.test("the secret is in nothing that is told, whatever the server says", async () => {
  await using scene = await startScene(USUAL);
  const secret = scene.venue.adminSecret ?? "";
  const bodies = [
    secret,
    `{"message": "wrong secret ${secret}", "cause": "${secret}"}`,
    `<title>${secret}</title>`,
    `${"x".repeat(195)}${secret}`,
  ];
  for (const body of bodies) {
    for (const status of [401, 500]) {
      scene.workspace.strike = () => ({ status, body });
      const error = await failure(runAfterTask(MIGRATION, scene.options()));
      assert.match(error.message, /\*\*\*\*|HTML|x…/);
      assertNoSecret(secret.slice(0, 8), { message: error.message });
    }
  }
  scene.workspace.strike = () => ({ status: 302, body: "", location: `http://elsewhere/?${secret}` });
  const error = await failure(runAfterTask(MIGRATION, scene.options()));
  assertError(error, { message: /redirects to "http:\/\/elsewhere\/\?\*\*\*\*"/ });
  assert.equal(scene.workspace.log.length, 2 * 4 * 1 + 4 * 4 + 1);
});

Deno.test("a wrong secret is told with what to do", async () => {
  await using scene = await startScene(USUAL);
  assertError(await failure(runAfterTask(MIGRATION, scene.options({ adminSecret: "wrong-one" }))), {
    message: /^Cannot move "burn.seq" .*answered 401 with "Invalid Hasura admin secret"$/,
    next: /^Start the workspace server with the same HASURA_GRAPHQL_ADMIN_SECRET as Hasura; then run/,
  });
});

Deno.test("text of a server is one short line", async () => {
  await using scene = await startScene(USUAL);
  const body = JSON.stringify({ message: `a\nb\u001b[31m\u202ec${"x".repeat(400)}` });
  scene.workspace.strike = ({ method }) => method === "PUT" ? { status: 423, body } : undefined;
  const error = await failure(runAfterTask(MIGRATION, scene.options()));
  assert.match(error.message, /with "a b \[31m cx{100,190}…"$/);
});

Deno.test("names that no file can have stop the task before anything is sent", async () => {
  const bad = ["../x", "a\\b", "", "line\nbreak"];
  await using scene = await startScene(["good", ...bad].map((name, index) => ({ id: index + 1, name })));
  assertError(await failure(runAfterTask(MIGRATION, scene.options())), {
    message:
      /4 sequences have names that no file can have: 2 of workspace 1, "\.\.\/x", has .*; 3 .*"a\\\\b".*; 4 .*; 5 /,
    state: /no file was moved by this run/,
    next: /"update sequencing.user_sequence set name = 'NEW NAME' where id = 2;"/,
  });
  assert.deepEqual(scene.workspace.log, []);
  await scene.venue.sql("update sequencing.user_sequence set name = 'good' where id between 2 and 5");
  assert.equal((await runAfterTask(MIGRATION, scene.options())).files, 5);
});

Deno.test("of very many bad names some are shown", async () => {
  await using scene = await startScene(Array.from({ length: 14 }, (_, index) => ({ id: index + 1, name: "/" })));
  const error = await failure(runAfterTask(MIGRATION, scene.options()));
  assert.match(error.message, /14 sequences .*; 10 of workspace 1, "\/", [^;]*; and 4 more$/);
});

Deno.test("a workspace server that cannot be used is told before anything is sent", async (t) => {
  await using scene = await startScene(USUAL);
  const { workspace } = scene;
  const cases: [name: string, fault: WorkspaceFault, requests: number, message: RegExp][] = [
    ["not there", "drop", 5, /connection closed/i],
    ["starting", { status: 503, body: "" }, 5, /answered 503 with an empty body/],
    ["another server", { status: 404, body: "nope" }, 1, /answered 404 with "nope"/],
    ["a web application", { status: 200, body: "<html>", type: "text/html" }, 5, /answered 200 with an HTML page/],
    ["a redirect", { status: 301, body: "", location: "/login" }, 1, /redirects to "\/login"/],
  ];
  for (const [name, fault, requests, message] of cases) {
    await t.step(name, async () => {
      workspace.log.length = 0;
      workspace.strike = () => fault;
      const error = await failure(runAfterTask(MIGRATION, scene.options()));
      assertError(error, {
        message: /^Cannot use the workspace server at "http:/,
        state: /no file was moved by this run/,
        next: RESUME,
      });
      assert.match(error.message, message);
      assert.equal(workspace.log.length, requests);
    });
  }
  await t.step("nobody listens", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const endpoint = `http://127.0.0.1:${listener.addr.port}`;
    listener.close();
    const options = scene.options({ workspace: () => ({ endpoint, derivedFrom: "http://hasura:8080" }) });
    assertError(await failure(runAfterTask(MIGRATION, options)), {
      message: new RegExp(
        `at "${endpoint}", which follows from Hasura's address "http://hasura:8080": Connection refused`,
      ),
      next: /--workspace-endpoint.*HTTP_PROXY/,
    });
    assert.match(scene.told.notes.at(-1) ?? "", /^taking "http.*" for the workspace server, as follows from Hasura's/);
  });
  await t.step("not known", async () => {
    assertError(await failure(runAfterTask(MIGRATION, scene.options({ workspace: () => undefined }))), {
      message: /the address of the workspace server is not known/,
      next: /--workspace-endpoint.*WORKSPACE_SERVER_ENDPOINT/,
    });
  });
  assert.equal(await scene.isDone(), false);
});

Deno.test("sequences that change meanwhile are not lost", async (t) => {
  const changes: [name: string, sql: string, message: RegExp, moved: number][] = [
    [
      "edited later",
      "update sequencing.user_sequence set definition = 'new' where id = 1",
      /sequence 1, "burn" has changed/,
      7,
    ],
    ["added", "insert into sequencing.user_sequence values (9, 'new', 1, '', null)", /sequence 9 has changed/, 7],
    ["removed", "delete from sequencing.user_sequence where id = 2", /sequence 2, "burn" has changed/, 7],
    [
      "edited before its turn",
      "update sequencing.user_sequence set definition = 'new' where id = 4",
      /sequence 4, "burn" has changed/,
      5,
    ],
  ];
  await using scene = await startScene(USUAL);
  for (const [name, sql, message, moved] of changes) {
    await t.step(name, async () => {
      await scene.venue.reset();
      scene.workspace.files.clear();
      let files = 0;
      let changed: Promise<unknown> | undefined;
      scene.workspace.strike = ({ method }) => {
        if (method === "PUT" && ++files === 3) changed = scene.venue.sql(sql);
        return undefined;
      };
      assertError(await failure(runAfterTask(MIGRATION, scene.options())), {
        message,
        state: new RegExp(`; (?:${moved} of 7 files are known to be|all 7 files are) on the workspace server;`),
        next: RESUME,
      });
      await changed;
      assert.equal(await scene.isDone(), false);
    });
  }
});

Deno.test("a database that does not have what the task moves", async (t) => {
  const cases: [name: string, sql: string, message: RegExp][] = [
    ["no table", "drop table sequencing.user_sequence", /database "Aerie" has no table sequencing.user_sequence$/],
    ["no schema", "drop schema sequencing cascade", /has no table sequencing.user_sequence$/],
    [
      "no columns",
      "alter table sequencing.user_sequence drop workspace_id, drop seq_json",
      /no workspace_id, seq_json in/,
    ],
  ];
  await using scene = await startScene(USUAL);
  for (const [name, sql, message] of cases) {
    await t.step(name, async () => {
      await scene.venue.reset({ internalErrors: false });
      await scene.venue.sql(sql);
      assertError(await failure(runAfterTask(MIGRATION, scene.options())), { message, next: /after done/ });
      assert.deepEqual(scene.workspace.log, []);
    });
  }
});
