/** "After" tasks in runs of `migrate`, and by themselves: `after run`, `after done`. */

import assert from "node:assert/strict";
import { createRuntime, type Runtime } from "../../src/runtime.ts";
import { type CliOptions, type CliResult, runTool } from "../support/cli.ts";
import { createRelease, DEFAULT_SEQUENCES, type Release } from "../support/plandev.ts";
import { backends, startVenue, type Venue } from "../venue/mod.ts";
import { startWorkspaceServer, type WorkspaceServer } from "../venue/workspace_server.ts";

const UP_ALL = ["migrate", "-a", "--all"];
const SOURCE = {
  sources: ["PlanDev"],
  environment: {
    AERIE_DATABASE_URL: "postgres://db",
    PLANDEV_DATABASE_URL: "postgres://db",
    PLANDEV_GATEWAY_URL: "http://g",
    PLANDEV_WORKSPACE_URL: "http://w",
  },
};
/** As of the release with this task: newer ones refuse the name with the #. */
const SERVER = { workspaces: [1, 2], checksNames: false };

/** Numbers from 0 to `newest`. */
function upTo(newest: number): number[] {
  return Array.from({ length: newest + 1 }, (_, version) => version);
}

/** What the workspace server is to have in the end. */
const FILES: Record<string, string> = {
  "1/wake up.seq": DEFAULT_SEQUENCES[0]?.definition ?? "",
  "1/wake up_2.seq": DEFAULT_SEQUENCES[1]?.definition ?? "",
  "1/wake up_2_3.seq": DEFAULT_SEQUENCES[2]?.definition ?? "",
  "1/heater #2.seq": "NULL",
  "1/tests/spin up.seq": "C SPIN 'left'\n",
  "2/wake up.seq": "C WAKE 100%\n",
  "2/Kühlung prüfen.seq": "C KÜHLUNG\n",
};

/** Those that have JSON beside them: the others are NULL in the database. */
const WITH_JSON = ["1/wake up", "1/wake up_2", "1/heater #2", "1/tests/spin up", "2/Kühlung prüfen"];

const COUNT = Object.keys(FILES).length + WITH_JSON.length;

function assertAllThere(server: WorkspaceServer): void {
  const texts = new Map([...server.files].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]));
  for (const [name, text] of Object.entries(FILES)) assert.equal(texts.get(name), text, name);
  for (const name of WITH_JSON) JSON.parse(texts.get(`${name}.seq.json`) ?? "");
  assert.equal(texts.size, COUNT);
}

const uploads = ({ log }: WorkspaceServer) => log.filter(({ method, status }) => method === "PUT" && status === 200);

/** Runs the tool on a release, with the workspace server unless `args` say otherwise. */
function runner(venue: Venue, release: Release, server: WorkspaceServer) {
  return (args: string[], options: CliOptions = {}): Promise<CliResult> => {
    const given = args.some((word) => word.startsWith("--workspace")) || args[1] === "done" || args[0] === "status";
    const extra = given || options.env !== undefined ? [] : [`--workspace-endpoint=${server.url}`];
    return runTool([...args, ...extra], { venue, path: release.path, ...options });
  };
}

for (const { name, database } of backends()) {
  Deno.test(`a release with an "after" task goes up, down and up again: ${name}`, async () => {
    await using release = await createRelease();
    await using server = startWorkspaceServer(SERVER);
    await using venue = await startVenue({ ...SOURCE, database, baseSql: release.at(0) });
    const run = runner(venue, release, server);
    const up = await run(UP_ALL);
    assert.equal(up.code, 0, up.stderr);
    assert.match(up.stdout, /^25 {7}up {5}workspaces_setup\n25 {7}after {2}workspaces_setup\n26 {7}up /m);
    assert.match(up.stderr, /^INFO running the "after" task of 25_workspaces_setup: move the sequences/m);
    assert.match(up.stderr, new RegExp(`^INFO the "after" task of 25_workspaces_setup is done: ${COUNT} files$`, "m"));
    assert.match(up.stderr, /^INFO Metadata applied\nINFO Metadata is consistent$/m);
    assert.deepEqual(await venue.ledger(), upTo(28));
    assertAllThere(server);

    const down = await run(["migrate", "-r", "--all", "--allow-inconsistent-metadata"]);
    assert.equal(down.code, 0, down.stderr);
    assert.deepEqual(await venue.ledger(), [0]);

    // What is on the workspace server stays there, and is found there.
    const again = await run(UP_ALL);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, new RegExp(`is done: ${COUNT} files, ${COUNT} of them were there already$`, "m"));
    assert.equal(uploads(server).length, COUNT);
    assert.deepEqual(await venue.ledger(), upTo(28));
  });
}

Deno.test("a task that fails at any file is gone on with by the same command", async (t) => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(24) });
  const run = runner(venue, release, server);
  for (let nth = 1; nth <= COUNT; nth++) {
    await t.step(`file ${nth} of ${COUNT}`, async () => {
      await venue.reset({ baseSql: release.at(24) });
      server.reset();
      server.addFault({ method: "PUT", nth, times: 99, do: { status: 423, body: { message: "The file is locked" } } });
      const first = await run(UP_ALL);
      assert.equal(first.code, 8, first.stderr);
      assert.match(first.stderr, new RegExp(`^error\\[after-task\\]: .*\\(file ${nth} of ${COUNT}\\).*locked`, "m"));
      assert.match(
        first.stderr,
        new RegExp(`^state: .*${nth - 1} of ${COUNT} files are known to be on the workspace server`, "m"),
      );
      assert.deepEqual(await venue.ledger(), upTo(25));
      assert.equal(server.files.size, nth - 1);

      const status = await run(["status", "--check", "--json"]);
      assert.equal(status.code, 10);
      const { openAfterTasks, pending } = JSON.parse(status.stdout);
      assert.deepEqual([openAfterTasks, pending], [[25], [26, 27, 28]]);

      server.reset();
      for (const [file, text] of Object.entries(FILES).slice(0, nth - 1)) {
        server.files.set(file, new TextEncoder().encode(text));
      }
      const second = await run(UP_ALL);
      assert.equal(second.code, 0, second.stderr);
      assertAllThere(server);
      assert.deepEqual(await venue.ledger(), upTo(28));
    });
  }
});

Deno.test("what is known to fail is told before anything is migrated", async (t) => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(23) });
  const run = runner(venue, release, server);
  const unused = "http://127.0.0.1:9";
  using real = createRuntime();
  // The port is fixed, and may be taken on this machine.
  const fetch: Runtime["fetch"] = (url, init) => real.fetch(url.replace("127.0.0.1:28000", "127.0.0.1:9"), init);
  const cases: [name: string, args: string[], env: Record<string, string> | undefined, message: RegExp][] = [
    ["nothing listens", [`--workspace-endpoint=${unused}`], undefined, /127\.0\.0\.1:9.*refused/i],
    ["a wrong address in the environment", [], { WORKSPACE_SERVER_ENDPOINT: unused }, /127\.0\.0\.1:9/],
    ["nobody at the address that follows from Hasura's", [], {}, /127\.0\.0\.1:28000/],
  ];
  for (const [what, args, env, message] of cases) {
    await t.step(what, async () => {
      venue.log.length = 0;
      const { code, stderr } = await run([...UP_ALL, ...args], {
        ...(env === undefined ? {} : { env }),
        runtime: { fetch },
      });
      assert.equal(code, 8, stderr);
      assert.match(stderr, message);
      assert.match(stderr, /^state: Nothing was changed$/m);
      assert.match(stderr, /--skip-after/);
      assert.deepEqual(await venue.ledger(), upTo(23));
      assert.deepEqual(venue.writes(), []);
    });
  }
  await t.step("an address that is none is a setting that cannot be used", async () => {
    const { code, stderr } = await run([...UP_ALL, "--workspace-endpoint=workspace:28000"]);
    assert.equal(code, 3);
    assert.match(stderr, /--workspace-endpoint/);
  });
  await t.step("which stops nothing that does not need it", async () => {
    const noSteps = ["migrate", "-r", "--metadata=none"];
    for (const args of [["status"], ["metadata", "status"], ["after", "run"], ["after", "done"], noSteps]) {
      const env = { WORKSPACE_SERVER_ENDPOINT: "nonsense" };
      const { code, stderr } = await runTool(args, { venue, path: release.path, env, stdin: "n\n" });
      assert.equal(code, 0, stderr);
    }
  });
  await t.step("but a run that does", async () => {
    const { code, stderr } = await run(UP_ALL, { env: { WORKSPACE_SERVER_ENDPOINT: "nonsense" } });
    assert.equal(code, 3);
    assert.match(
      stderr,
      /variable WORKSPACE_SERVER_ENDPOINT.*\nstate: Nothing was changed\nnext: Give it as http:\/\/HOST:28000/,
    );
  });
  await t.step("another secret", async () => {
    await using other = startWorkspaceServer({ ...SERVER, adminSecret: "another one" });
    const { code, stderr } = await run([...UP_ALL, `--workspace-endpoint=${other.url}`]);
    assert.equal(code, 8);
    assert.match(stderr, /answered 401.*\nstate: Nothing was changed\nnext: Start the workspace server with the same/);
    assert.deepEqual(await venue.ledger(), upTo(23));
  });
  await t.step("a role that the workspace server does not know", async () => {
    await using other = startWorkspaceServer({ ...SERVER, adminRole: "plandev_admin", roles: ["plandev_admin"] });
    const { code, stderr } = await run([...UP_ALL, `--workspace-endpoint=${other.url}`]);
    assert.equal(code, 8);
    assert.match(
      stderr,
      /: The rights of role "aerie_admin" could not be checked: the server answered 500 with "Could not .* 'aerie_admin'/,
    );
    assert.match(stderr, /^state: Nothing was changed\nnext: Check that the workspace server is of a release/m);
    assert.doesNotMatch(stderr, /WorkspaceBindings/);
    assert.deepEqual(await venue.ledger(), upTo(23));
    assert.equal(other.log.length, 2, "it is not asked again");
  });
  await t.step("a role that may not", async () => {
    const roles = ["aerie_admin", "viewer"];
    await using other = startWorkspaceServer({ ...SERVER, adminRole: "plandev_admin", roles });
    const { code, stderr } = await run([...UP_ALL, `--workspace-endpoint=${other.url}`]);
    assert.equal(code, 8);
    assert.match(stderr, /: The server answered 403 with "Role 'aerie_admin' is not allowed to perform action/);
    assert.match(stderr, /^state: Nothing was changed\nnext: Let role "aerie_admin" write files/m);
  });
  await t.step("a venue without a role of administrators", async () => {
    await venue.sql("delete from permissions.user_roles where role = 'aerie_admin'");
    const { code, stderr } = await run(UP_ALL);
    assert.equal(code, 8);
    assert.match(stderr, /permissions\.user_roles lacks role "aerie_admin": it has "user", "viewer"$/m);
    assert.match(stderr, /^state: Nothing was changed$/m);
    await venue.sql("insert into permissions.user_roles (role) values ('aerie_admin')");
    assert.deepEqual(await venue.ledger(), upTo(23));
  });
  await t.step("an option comes before the environment", async () => {
    const env = { WORKSPACE_SERVER_ENDPOINT: unused };
    const { code, stderr } = await run([...UP_ALL, `--workspace-endpoint=${server.url}/`], { env });
    assert.equal(code, 0, stderr);
    assertAllThere(server);
  });
});

Deno.test("step by step, the task is looked at before its migration, and run with it", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(23) });
  const run = runner(venue, release, server);
  server.stop();
  const stopped = await run(["migrate", "-a"], { stdin: "y\ny\ny\n" });
  assert.equal(stopped.code, 8, stopped.stderr);
  assert.match(stopped.stderr, /^state: 25_workspaces_setup was not started$/m);
  assert.match(stopped.stderr, /^INFO 1 of 5 migrations applied; the next one is 25_workspaces_setup$/m);
  assert.deepEqual(await venue.ledger(), upTo(24));
  server.start();
  const { code, stderr } = await run(["migrate", "-a"], { stdin: "y\ny\nn\n" });
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^INFO 25_workspaces_setup applied\nINFO running .*\n(?:note: .*\n)*INFO the "after" task of 25/m,
  );
  assert.match(stderr, /^Apply 26_\w+\? \(y\/n\/quit\): y$[^]*^Apply 27_/m, "the task takes no answer");
  assert.deepEqual(await venue.ledger(), upTo(26));
  assertAllThere(server);
});

Deno.test("--skip-after leaves the task to the operator, who runs it or says that it is done", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(24) });
  const run = runner(venue, release, server);
  server.stop();
  const nothingOpen = await run(["after", "run"]);
  assert.equal(nothingOpen.code, 0, nothingOpen.stderr);
  assert.match(nothingOpen.stderr, /^INFO no "after" task is open on database: PlanDev$/m);

  const skipped = await run([...UP_ALL, "--skip-after"]);
  assert.equal(skipped.code, 8);
  assert.doesNotMatch(skipped.stdout, /^25 {7}after/m);
  assert.match(skipped.stderr, /^error\[after-task\]: The "after" task of migration 25_workspaces_setup is open$/m);
  assert.match(skipped.stderr, /^WARN the "after" task of migration 25 is open/m);
  assert.deepEqual(await venue.ledger(), upTo(25));
  const twice = await run([...UP_ALL, "--skip-after"]);
  assert.equal(twice.code, 8);
  assert.match(twice.stderr, /^state: Nothing was changed/m);

  const down = await run(["after", "run"]);
  assert.equal(down.code, 8);
  assert.match(down.stderr, /^state: .*25_workspaces_setup is applied/m);
  server.start();
  const done = await run(["after", "run", "--json"]);
  assert.equal(done.code, 0, done.stderr);
  const { command, afterTasks, openAfterTasks, error } = JSON.parse(done.stdout);
  assert.deepEqual([command, openAfterTasks, error], ["after run", [], null]);
  assert.deepEqual(afterTasks, [
    { version: 25, name: "workspaces_setup", task: "workspaces", files: COUNT, alreadyThere: 0 },
  ]);
  assertAllThere(server);
  assert.equal((await run(UP_ALL)).code, 0);
  assert.deepEqual(await venue.ledger(), upTo(28));

  await venue.reset({ baseSql: release.at(25) });
  server.reset();
  const marked = await run(["after", "done"]);
  assert.equal(marked.code, 0, marked.stderr);
  assert.match(marked.stderr, /^INFO the "after" task of 25_workspaces_setup is marked as done$/m);
  assert.equal(server.log.length, 0, "nothing is run");
  const rest = await run(UP_ALL);
  assert.equal(rest.code, 0, rest.stderr);
  assert.deepEqual(await venue.ledger(), upTo(28));
});

Deno.test("a task that is open at the start is done first", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(25) });
  const run = runner(venue, release, server);
  const { code, stdout, stderr } = await run([...UP_ALL, "--json"]);
  assert.equal(code, 0, stderr);
  const { done, afterTasks } = JSON.parse(stdout);
  assert.deepEqual(done.map(({ version }: { version: number }) => version), [26, 27, 28]);
  assert.equal(afterTasks[0].files, COUNT);

  await venue.reset({ baseSql: release.at(25) });
  const stepwise = await run(["migrate", "-a"], { stdin: "n\n" });
  assert.equal(stepwise.code, 0, stepwise.stderr);
  assert.match(stepwise.stderr, /^INFO the "after" task of 25_workspaces_setup is done: .* there already$/m);
  assert.deepEqual(await venue.ledger(), upTo(25));
});

Deno.test("a task that is opened again while a run goes on stops it", async (t) => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue(SOURCE);
  for (const internalErrors of [true, false]) {
    await t.step(`Hasura ${internalErrors ? "shows" : "hides"} what PostgreSQL says`, async () => {
      await venue.reset({ baseSql: release.at(25, { afterDone: true }), internalErrors });
      const held = Promise.withResolvers<void>();
      venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before", do: { hold: held.promise } });
      const running = runner(venue, release, server)(UP_ALL);
      await venue.waitForRequest(({ type, readOnly }) => type === "run_sql" && readOnly === false);
      await venue.sql("update migrations.schema_migrations set after_done = false where migration_id = 25");
      held.resolve();
      const { code, stderr } = await running;
      assert.equal(code, 8, stderr);
      assert.match(stderr, /^error\[after-task\]: The "after" task of migration 25 is open$/m);
      assert.match(stderr, /^state: 26_workspace_events was not applied; /m);
      assert.deepEqual(await venue.ledger(), upTo(25));
    });
  }
});

Deno.test("names that newer workspace servers refuse are told before, and with what to do after", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer({ ...SERVER, checksNames: true });
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(24) });
  const run = runner(venue, release, server);
  const first = await run(UP_ALL);
  assert.equal(first.code, 8, first.stderr);
  assert.match(
    first.stderr,
    /^note: newer workspace servers do not take the names of these sequences.*: "heater #2" \(4\)$/m,
  );
  assert.match(first.stderr, /^error\[after-task\]: .*illegal characters: #/m);
  assert.match(first.stderr, /^next: .*update sequencing\.user_sequence set name = 'NEW NAME' where id = 4;/m);
  await venue.sql("update sequencing.user_sequence set name = 'heater no 2' where id = 4");
  const second = await run(UP_ALL);
  assert.equal(second.code, 0, second.stderr);
  assert.ok(server.files.has("1/heater no 2.seq"));
});

Deno.test("names in folders that servers keep for themselves from 4.5 on are told before anything is moved", async (t) => {
  const names = [".git/hooks", "day 1/.SeqDev/state", ".gitignore", ".git"];
  const sequences = names.map((name) => ({ name, definition: "C NOTHING\n", seqJson: null, workspaceId: 1 }));
  await using release = await createRelease({ withMetadata: false, sequences });
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(24) });
  // None says which release it is of, and older ones take them.
  for (const reservesPaths of [true, false]) {
    await t.step(reservesPaths ? "4.5" : "an older server", async () => {
      await using server = startWorkspaceServer({ ...SERVER, reservesPaths });
      await venue.reset();
      const run = runner(venue, release, server);
      const first = await run(UP_ALL);
      assert.equal(first.code, 8, first.stderr);
      assert.match(
        first.stderr,
        /: 2 sequences have names that no file can have: 1 of workspace 1, "\.git\/hooks", has a/,
      );
      assert.match(
        first.stderr,
        /; 2 of workspace 1, "day 1\/\.SeqDev\/state", has a part "\.SeqDev", which is reserved from PlanDev 4\.5 on$/m,
      );
      assert.match(
        first.stderr,
        /^state: Nothing was changed\nnext: Rename each with "update sequencing\.user_sequence set name = 'NEW NAME' where id = 1;"/m,
      );
      assert.deepEqual([await venue.ledger(), server.log], [upTo(24), []]);
      // The same for a task that is open: not one file before it is put right.
      assert.equal((await run([...UP_ALL, "--skip-after"])).code, 8);
      const open = await run(["after", "run"]);
      assert.equal(open.code, 8);
      assert.match(open.stderr, /"\.git\/hooks".*\nstate: .*; no file was moved by this run; /);
      assert.deepEqual(server.log, []);
      await venue.sql("update sequencing.user_sequence set name = 'hooks' where id = 1");
      await venue.sql("update sequencing.user_sequence set name = 'day 1/state' where id = 2");
      const second = await run(UP_ALL);
      assert.equal(second.code, 0, second.stderr);
      assert.deepEqual([...server.files.keys()], [
        "1/hooks.seq",
        "1/day 1/state.seq",
        "1/.gitignore.seq",
        "1/.git.seq",
      ]);
    });
  }
});

Deno.test("--wait waits for the workspace server, too", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(25) });
  server.stop();
  using real = createRuntime();
  let failures = 0;
  const { code, stderr } = await runner(venue, release, server)(["after", "run", "--wait=60"], {
    runtime: {
      async fetch(url, init) {
        try {
          return await real.fetch(url, init);
        } catch (error) {
          if (++failures === 3) server.start();
          throw error;
        }
      },
    },
  });
  assert.equal(code, 0, stderr);
  assert.equal(failures, 3);
  assertAllThere(server);
});

for (const { name, database } of backends()) {
  Deno.test(`sequences that change until the task is marked are not lost: ${name}`, async (t) => {
    await using release = await createRelease({ withMetadata: false });
    await using server = startWorkspaceServer(SERVER);
    await using venue = await startVenue({ ...SOURCE, database });
    const changes = {
      edited: "update sequencing.user_sequence set definition = 'EDITED' where id = 3",
      added: "insert into sequencing.user_sequence (name, definition, workspace_id, parcel_id) " +
        "select 'new', 'C NEW', workspace_id, parcel_id from sequencing.user_sequence where id = 1",
      removed: "delete from sequencing.user_sequence where id = 7",
    };
    for (const [what, sql] of Object.entries(changes)) {
      await t.step(what, async () => {
        await venue.reset({ baseSql: release.at(25) });
        server.reset();
        const held = Promise.withResolvers<void>();
        // All has been looked at once more by then.
        venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before", do: { hold: held.promise } });
        const running = runner(venue, release, server)(["after", "run"]);
        await venue.waitForRequest(({ type, readOnly }) => type === "run_sql" && readOnly === false);
        await venue.sql(sql);
        held.resolve();
        const { code, stderr } = await running;
        assert.equal(code, 8, stderr);
        assert.match(stderr, /^error\[after-task\]: Cannot complete the move of the sequences: .* changed meanwhile$/m);
        const [[done] = []] = await venue.sql(
          "select after_done from migrations.schema_migrations where migration_id = 25",
        );
        assert.match(String(done), /^f/);
      });
    }
  });
}

Deno.test("a task that somebody else marks in the middle of it is told as that", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(25) });
  const run = runner(venue, release, server);
  const held = Promise.withResolvers<void>();
  server.addFault({ method: "PUT", nth: 3, do: { hold: held.promise } });
  const running = run(["after", "run"]);
  await server.waitForRequest(() => server.log.filter(({ method }) => method === "PUT").length === 3);
  const done = await run(["after", "done"]);
  assert.equal(done.code, 0, done.stderr);
  assert.match(
    done.stderr,
    /^note: 7 sequences are in the database; whether the workspace server has them is not looked at$/m,
  );
  await venue.sql("drop table sequencing.user_sequence");
  held.resolve();
  const { code, stderr } = await running;
  assert.equal(code, 6, stderr);
  assert.match(
    stderr,
    /^state: Somebody else has marked the "after" task of migration 25_workspaces_setup as done meanwhile/m,
  );
  assert.doesNotMatch(stderr, /goes on from there/);
});

Deno.test("a signal while a task is marked is told, and the task is done", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue(SOURCE);
  for (const action of ["run", "done"]) {
    await venue.reset({ baseSql: release.at(25) });
    let send: ((signal: "SIGINT") => void) | undefined;
    const held = Promise.withResolvers<void>();
    venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before", do: { hold: held.promise } });
    const running = runner(venue, release, server)(["after", action, "--json"], {
      onSignalHandler: (handler) => void (send = handler),
    });
    await venue.waitForRequest(({ type, readOnly }) => type === "run_sql" && readOnly === false);
    send?.("SIGINT");
    held.resolve();
    const { code, stdout, stderr } = await running;
    assert.equal(code, 130, stderr);
    const { openAfterTasks, error } = JSON.parse(stdout);
    assert.deepEqual([openAfterTasks, error.exitCode], [[], 130]);
    assert.equal(JSON.parse(stderr).error.exitCode, 130);
  }
});

Deno.test("a revert asks nothing of an open task", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(25) });
  const { code, stderr } = await runner(venue, release, server)(["migrate", "-r"], { stdin: "y\nn\n" });
  assert.equal(code, 0, stderr);
  assert.deepEqual(await venue.ledger(), upTo(24));
  assert.equal(server.log.length, 0);
});

Deno.test("without sequences no workspace server is needed", async () => {
  await using release = await createRelease({ withMetadata: false, sequences: [] });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(20) });
  server.stop();
  const { code, stderr } = await runner(venue, release, server)(UP_ALL);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^INFO the "after" task of 25_workspaces_setup is done: there was nothing to move$/m);
  assert.deepEqual(await venue.ledger(), upTo(28));
});

Deno.test("a signal ends a task between two files", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(24) });
  const run = runner(venue, release, server);
  let send: ((signal: "SIGTERM") => void) | undefined;
  const held = Promise.withResolvers<void>();
  server.addFault({ method: "PUT", nth: 5, do: { hold: held.promise } });
  const running = run(UP_ALL, { onSignalHandler: (handler) => void (send = handler) });
  await server.waitForRequest(() => server.log.filter(({ method }) => method === "PUT").length === 5);
  send?.("SIGTERM");
  held.resolve();
  const { code, stderr } = await running;
  assert.equal(code, 143, stderr);
  assert.match(stderr, /^state: 25_workspaces_setup is applied, and its "after" task is not complete/m);
  assert.match(stderr, /^WARN the "after" task of migration 25 is open/m);
  assert.equal(server.files.size, 5);
  assert.equal((await run(UP_ALL)).code, 0);
  assertAllThere(server);
});

Deno.test("a signal ends the wait for the workspace server at once", async (t) => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(24) });
  const commands: [args: string[], at: number, stdin: string, state: RegExp][] = [
    [UP_ALL, 24, "", /^state: Nothing was changed$/m],
    [["migrate", "-a"], 24, "y\n", /^state: 25_workspaces_setup was not started$/m],
    [UP_ALL, 25, "", /^state: 25_workspaces_setup is applied, and its "after" task is not complete; /m],
    [["after", "run"], 25, "", /^state: 25_workspaces_setup is applied, and its "after" task is not complete; /m],
  ];
  using real = createRuntime();
  for (const [args, at, stdin, state] of commands) {
    for (const way of ["refuses", "does not answer", "pauses"]) {
      await t.step(`${args.join(" ")} at ${at}, which ${way}`, async () => {
        await venue.reset({ baseSql: release.at(at) });
        server.reset();
        const never = Promise.withResolvers<void>();
        if (way === "refuses") server.stop();
        else if (way === "pauses") server.addFault({ path: /health/, times: 99, do: { html: 503 } });
        else server.addFault({ path: /health/, times: 99, do: { hold: never.promise } });
        const asked = Promise.withResolvers<void>();
        let send: ((signal: "SIGINT") => void) | undefined;
        const started = performance.now();
        const running = runner(venue, release, server)([...args, "--wait=300"], {
          stdin,
          onSignalHandler: (handler) => void (send = handler),
          runtime: {
            // As long as they are: a pause must not be sat through.
            sleep: (ms) => way === "pauses" ? new Promise(() => {}) : real.sleep(Math.min(ms, 20)),
            async fetch(url, init) {
              const answer = real.fetch(url, init);
              if (!url.startsWith(server.url)) return await answer;
              // The one that has been sent is waited for, or the pause after it.
              const came = way === "does not answer" ? server.waitForRequest(() => true) : answer;
              came.catch(() => {}).then(() => setTimeout(() => asked.resolve(), 0));
              return await answer;
            },
          },
        });
        await Promise.race([asked.promise, running]);
        send?.("SIGINT");
        const { code, stderr } = await running;
        never.resolve();
        assert.equal(code, 130, stderr);
        assert.match(stderr, state);
        assert.ok(performance.now() - started < 20_000);
        assert.deepEqual(await venue.ledger(), upTo(at));
        assert.equal(server.files.size, 0);
      });
    }
  }
});

Deno.test("a task that fails after a signal ends with the signal's code, and says why", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(25) });
  let send: ((signal: "SIGINT") => void) | undefined;
  const held = Promise.withResolvers<void>();
  const locked = { status: 423, body: { message: "The file is locked" } };
  server.addFault({ method: "PUT", nth: 2, when: "before", do: { hold: held.promise } });
  server.addFault({ method: "PUT", nth: 2, when: "after", do: locked });
  const running = runner(venue, release, server)(["after", "run"], {
    onSignalHandler: (handler) => void (send = handler),
  });
  await server.waitForRequest(() => server.log.filter(({ method }) => method === "PUT").length === 2);
  send?.("SIGINT");
  held.resolve();
  const { code, stderr } = await running;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /^state: 25_workspaces_setup is applied, .* not complete: Cannot move .* locked"; what it has/m);
});

Deno.test("a task that cannot be marked after a signal ends with the signal's code, and says why", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(25) });
  let send: ((signal: "SIGTERM") => void) | undefined;
  const held = Promise.withResolvers<void>();
  venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before", do: { hold: held.promise } });
  const running = runner(venue, release, server)(["after", "done"], {
    onSignalHandler: (handler) => void (send = handler),
  });
  await venue.waitForRequest(({ type, readOnly }) => type === "run_sql" && readOnly === false);
  await venue.sql("delete from migrations.schema_migrations where migration_id = 25");
  send?.("SIGTERM");
  held.resolve();
  const { code, stderr } = await running;
  assert.equal(code, 143, stderr);
  assert.match(stderr, /^state: Cannot complete .*: the ledger does not show migration 25_.*; Nothing was changed$/m);
});

Deno.test("two runs at once move each file once, and one of them goes on", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(25) });
  const run = runner(venue, release, server);
  const codes = (await Promise.all([run(UP_ALL), run(UP_ALL)])).map(({ code }) => code).sort();
  assert.ok(codes[0] === 0 && [0, 6].includes(codes[1] ?? -1), codes.join());
  assertAllThere(server);
  assert.equal(uploads(server).length, COUNT);
  assert.deepEqual(await venue.ledger(), upTo(28));
});

Deno.test("an address that follows from Hasura's is said", async () => {
  await using release = await createRelease({ withMetadata: false });
  await using server = startWorkspaceServer(SERVER);
  await using venue = await startVenue({ ...SOURCE, baseSql: release.at(25) });
  using real = createRuntime();
  const { code, stderr } = await runTool(["after", "run"], {
    venue,
    path: release.path,
    runtime: {
      // The port is fixed, and may be taken on this machine.
      fetch: (url, init) => real.fetch(url.replace("http://127.0.0.1:28000", server.url), init),
    },
  });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^note: .*"http:\/\/127\.0\.0\.1:28000".*--workspace-endpoint names another one$/m);
  assertAllThere(server);
});
