/** What a run does besides its steps: requests, tracker, JSON, answers from a pipe. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigration, tableMigrations } from "../support/deployment.ts";
import { backends, startVenue } from "../venue/mod.ts";

const RUN_ALL = ["migrate", "-a", "--all"];

for (const { name, database } of backends()) {
  for (const shape of ["varchar", "integer"]) {
    Deno.test(`the example deployment goes up, down and up again: ${name}, ${shape} ledger`, async () => {
      const baseSql = await Deno.readTextFile(new URL(`../../examples/schema/ledger_${shape}.sql`, import.meta.url));
      await using venue = await startVenue({ database, baseSql });
      const path = `${import.meta.dirname}/../../examples/hasura`;
      const all = [0, 1, 2, 3, 4, 5, 6, 7];
      for (const [args, ledger] of [[RUN_ALL, all], [["migrate", "-r", "--all"], [0]], [RUN_ALL, all]] as const) {
        const result = await runTool([...args], { venue, path });
        assert.equal(result.code, 0, result.stderr);
        assert.deepEqual(await venue.ledger(), ledger);
        const marked = Object.fromEntries(ledger.filter((version) => version !== 0).map((version) => [version, false]));
        assert.deepEqual(await venue.tracker(), { migrations: { Aerie: marked }, isStateCopyCompleted: true });
      }
    });
  }
}

Deno.test("status sends three requests, side by side", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const release = Promise.withResolvers<void>();
  for (const type of ["run_sql", "get_catalog_state", "get_inconsistent_metadata"]) {
    venue.addFault({ match: { type }, when: "before", do: { hold: release.promise } });
  }
  const running = runTool(["status"], { venue, path: deployment.path });
  for (const type of ["run_sql", "get_catalog_state", "get_inconsistent_metadata"]) {
    await venue.waitForRequest((request) => request.type === type);
  }
  release.resolve();
  assert.equal((await running).code, 0);
  assert.equal(venue.log.length, 3);
});

Deno.test("each step is one request, sent once", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(5) });
  assert.equal((await runTool(RUN_ALL, { venue, path: deployment.path })).code, 0);
  const steps = venue.log.filter((request) => request.type === "run_sql" && request.readOnly === false);
  assert.equal(steps.length, 5);
  for (const [index, request] of steps.entries()) {
    assert.match(request.sql ?? "", new RegExp(`mark_migration_applied\\('${index + 1}'\\)`));
  }
});

Deno.test("the tracker is brought in step before anything is applied, and with nothing to apply", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  await using nothing = await createDeployment({ migrations: tableMigrations(2) });
  await venue.sql(`create table public.step_1 (); call migrations.mark_migration_applied('1');
    create table public.step_2 (); call migrations.mark_migration_applied('2')`);
  const kept = { settings: { migration_mode: "true" }, isStateCopyCompleted: true, future: { key: [1] } };
  const cases: [name: string, tracker: Record<string, unknown>][] = [
    ["empty", {}],
    ["behind", { migrations: { Aerie: { "1": false } } }],
    ["ahead", { migrations: { Aerie: { "1": false, "2": false, "3": false, "1620000000000": false } } }],
    ["dirty", { migrations: { Aerie: { "1": true, "2": false } } }],
  ];
  for (const [name, tracker] of cases) {
    await t.step(name, async () => {
      await venue.setTracker({ ...kept, ...tracker });
      const before = await venue.tracker();
      const declined = await runTool(["migrate", "-a"], { venue, path: deployment.path, stdin: "n\n" });
      assert.equal(declined.code, 0, declined.stderr);
      assert.doesNotMatch(declined.stderr, /brought in step/);
      assert.deepEqual(await venue.tracker(), before);
      const { stderr } = await runTool(["migrate", "-a"], { venue, path: nothing.path });
      assert.match(stderr, /^INFO Hasura's tracker differs from the database: .*it is brought in step$/m);
      assert.deepEqual(await venue.tracker(), { ...kept, migrations: { Aerie: { "1": false, "2": false } } });
    });
  }
});

Deno.test("answers from a pipe are taken line by line", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  const result = await runTool(["migrate", "-a"], { venue, path: deployment.path, stdin: "y\n what?\n\nY\r\nq\n" });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
  assert.equal(result.stderr.match(/Answer y, n or quit\n/g)?.length, 2);
  const last = await runTool(["migrate", "-a"], { venue, path: deployment.path, stdin: "yes" });
  assert.equal(last.code, 0, last.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1, 2, 3]);
});

Deno.test("reverting step by step goes down from the newest", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  assert.equal((await runTool(RUN_ALL, { venue, path: deployment.path })).code, 0);
  const result = await runTool(["migrate", "-r"], { venue, path: deployment.path, stdin: "y\nquit\n" });
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /MIGRATION STEPS AVAILABLE:\nVERSION .*\n3 .*\n2 .*\n1 .*\n/);
  assert.match(
    result.stderr,
    /Revert 3_step_3\? \(y\/n\/quit\): y\nINFO 3_step_3 reverted\nRevert 2_step_2\? \(y\/n\/quit\): quit\n/,
  );
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

Deno.test("a failure leaves what came before it, and the next run continues there", async () => {
  await using venue = await startVenue();
  const broken = { folder: "2_b", up: "create table public.b (i integer); select 1 / 0;" };
  {
    await using deployment = await createDeployment({
      migrations: [tableMigration(1, "a"), broken, tableMigration(3, "c")],
    });
    const result = await runTool(RUN_ALL, { venue, path: deployment.path });
    assert.equal(result.code, 1);
    assert.match(result.stderr, /INFO 1 of 3 migrations applied; the next one is 2_b\nINFO Metadata reloaded\n/);
    assert.deepEqual(await venue.ledger(), [0, 1]);
  }
  await using deployment = await createDeployment({
    migrations: [tableMigration(1, "a"), tableMigration(2, "b"), tableMigration(3, "c")],
  });
  const result = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1, 2, 3]);
});

Deno.test("the source is the one that has a folder and that Hasura knows", async (t) => {
  await using venue = await startVenue({ sources: ["PlanDev"] });
  await using both = await createDeployment({
    source: "PlanDev",
    migrations: tableMigrations(1),
    files: { "migrations/Aerie/1_x/up.sql": "select 1" },
  });
  await t.step("both folders, one source", async () => {
    const result = await runTool(["status"], { venue, path: both.path });
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /^#{33}\nPLANDEV DATABASE MIGRATION STATUS\n#{33}\n/);
  });
  await t.step("named", async () => {
    const result = await runTool(["status", "--database-name", "PlanDev"], { venue, path: both.path });
    assert.equal(result.code, 0, result.stderr);
  });
  await t.step("no match", async () => {
    await using neither = await createDeployment({
      source: "One",
      migrations: tableMigrations(1),
      files: { "migrations/Two/1_x/up.sql": "select 1" },
    });
    const result = await runTool(["status"], { venue, path: neither.path });
    assert.equal(result.code, 3);
    assert.match(result.stderr, /has the folders "One", "Two", and Hasura has the databases "PlanDev"\n/);
  });
});

for (const { name, database } of backends()) {
  // PGlite has no backend to lose.
  if (name === "pglite") continue;
  for (const [command, before, args] of [["apply", [0], ["-a"]], ["revert", [0, 1], ["-r"]]] as const) {
    Deno.test(`a commit that Hasura says was done, and was not, is noticed: ${command}, ${name}`, async () => {
      await using venue = await startVenue({ database });
      await using deployment = await createDeployment({ migrations: tableMigrations(1) });
      if (command === "revert") await runTool(RUN_ALL, { venue, path: deployment.path });
      venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before-commit", do: "kill-backend" });
      const result = await runTool(["migrate", ...args, "--all"], { venue, path: deployment.path });
      assert.equal(result.code, 1, result.stderr);
      assert.match(
        result.stderr,
        /error\[failed\]: Hasura answered that 1_step_1 was (applied|reverted), but the ledger/,
      );
      assert.doesNotMatch(result.stderr, /INFO migrations (applied|reverted)/);
      assert.deepEqual(await venue.ledger(), before);
      const again = await runTool(["migrate", ...args, "--all"], { venue, path: deployment.path });
      assert.equal(again.code, 0, again.stderr);
    });
  }
}

Deno.test("a run that cannot be confirmed has not ended well", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const release = Promise.withResolvers<void>();
  venue.addFault({ match: { type: "run_sql", readOnly: false }, do: { hold: release.promise } });
  const running = runTool(RUN_ALL, { venue, path: deployment.path });
  await venue.waitForRequest(({ readOnly }) => readOnly === false);
  venue.addFault({ match: { type: "run_sql", readOnly: true }, do: { html: 502 }, times: Infinity });
  release.resolve();
  const result = await running;
  assert.equal(result.code, 4, result.stderr);
  assert.match(
    result.stderr,
    /error\[access\]: Cannot read the ledger at [^]*state: Hasura answered that 1_step_1 was applied; the ledger could not/,
  );
  assert.match(result.stderr, /INFO 0 of 1 migrations applied; of 1_step_1 it is not known\n/);
  assert.match(result.stderr, /note: Hasura's metadata was not reloaded/);
  assert.deepEqual(await venue.ledger(), [0, 1]);
});

Deno.test("where Hasura hides what PostgreSQL says, nothing is claimed that is not known", async (t) => {
  await using venue = await startVenue({ internalErrors: false });
  await using failing = await createDeployment({ migrations: [{ folder: "1_a", up: "select 1 / 0;" }] });
  await t.step("a migration that fails", async () => {
    const result = await runTool(RUN_ALL, { venue, path: failing.path });
    assert.equal(result.code, 1);
    assert.match(
      result.stderr,
      /1_a\/up.sql" failed or was not started, and Hasura does not say why\nstate: The ledger does not show 1_a as applied\n/,
    );
    assert.match(result.stderr, /HASURA_GRAPHQL_ADMIN_INTERNAL_ERRORS/);
  });
  await t.step("a migration that commits by itself", async () => {
    await using committing = await createDeployment({
      migrations: [{ folder: "1_a", up: "call migrations.mark_migration_applied('1'); commit;" }],
    });
    const result = await runTool([...RUN_ALL, "--no-file-check"], { venue, path: committing.path });
    assert.equal(result.code, 1);
    assert.match(
      result.stderr,
      /state: The ledger shows that 1_a is applied: the file has ended the transaction that it ran in, so .* or another run/,
    );
    assert.doesNotMatch(result.stderr, /rolled back/);
    assert.deepEqual(await venue.ledger(), [0, 1]);
  });
});

Deno.test("an answer of Hasura's about its database is no unknown outcome, and says what was done before it", async () => {
  await using venue = await startVenue();
  const answers = [
    [{ code: "not-exists", error: 'source with name "Aerie" does not exist' }, 4, /cannot use its database "Aerie"/],
    [{ code: "unexpected", error: 'source with name "Aerie" is inconsistent' }, 4, /cannot use its database/],
    [
      { code: "postgres-max-connections-error", error: "max connections reached on postgres" },
      4,
      /cannot use its database/,
    ],
  ] as const;
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  for (const [body, code, message] of answers) {
    await venue.reset();
    venue.addFault({
      match: { type: "run_sql", readOnly: false, nth: 2 },
      do: { status: 400, body: { path: "$", ...body } },
    });
    const result = await runTool(RUN_ALL, { venue, path: deployment.path });
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, message);
    assert.match(result.stderr, /state: 2_step_2 was not started\n[^]*INFO 1 of 2 migrations applied/);
  }
});

Deno.test("a file that commits before it fails is not said to be rolled back", async (t) => {
  await using venue = await startVenue();
  const cases = [
    [
      "create table public.a (); commit; select 1 / 0;",
      /state: What stands before a COMMIT in the file may be committed/,
    ],
    [
      "call migrations.mark_migration_applied('1'); commit; select 1 / 0;",
      /state: The ledger shows that 1_a is applied: the file has ended the transaction that it ran in/,
    ],
    [
      "do $$ begin perform 1; end $$; -- commit;\nselect ';commit;'; select 1 / 0;",
      /state: All that 1_a changed was rolled back/,
    ],
  ] as const;
  for (const [up, state] of cases) {
    await t.step(up, async () => {
      await venue.reset();
      await using deployment = await createDeployment({ migrations: [{ folder: "1_a", up }] });
      const result = await runTool([...RUN_ALL, "--no-file-check"], { venue, path: deployment.path });
      assert.equal(result.code, 1);
      assert.match(result.stderr, state);
    });
  }
});

Deno.test("what another run does meanwhile is not counted as done by this one", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Uint8Array>();
  const declining = runTool(["migrate", "-a"], {
    venue,
    path: deployment.path,
    runtime: {
      stdin: {
        isTerminal: false,
        setRaw() {},
        async read(buffer) {
          asked.resolve();
          const bytes = await answer.promise;
          buffer.set(bytes);
          return bytes.length;
        },
      },
    },
  });
  await asked.promise;
  assert.equal((await runTool(RUN_ALL, { venue, path: deployment.path })).code, 0);
  answer.resolve(new TextEncoder().encode("n\n"));
  const declined = await declining;
  assert.equal(declined.code, 0);
  assert.match(declined.stderr, /INFO 0 of 3 migrations applied/);
});

Deno.test("a role or search_path that a file leaves does not reach the next one", async () => {
  await using venue = await startVenue();
  const [first, second] = tableMigrations(2);
  assert.ok(first !== undefined && second !== undefined);
  const up = `${first.up} create role venue_guest; set role venue_guest; select set_config('search_path', '', false);`;
  await using deployment = await createDeployment({ migrations: [{ ...first, up }, second] });
  const result = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

Deno.test("a tracker that is null counts as empty", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  await venue.setTracker(null);
  const result = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await venue.tracker(), { migrations: { Aerie: { "1": false } }, isStateCopyCompleted: true });
});

Deno.test("step by step, a step that cannot be confirmed ends the run, and nothing is claimed of it", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  const release = Promise.withResolvers<void>();
  venue.addFault({ match: { type: "run_sql", readOnly: false }, do: { hold: release.promise } });
  const running = runTool(["migrate", "-a"], { venue, path: deployment.path, stdin: "y\ny\n" });
  await venue.waitForRequest(({ readOnly }) => readOnly === false);
  venue.addFault({ match: { type: "run_sql", readOnly: true }, do: { html: 502 }, times: Infinity });
  release.resolve();
  const result = await running;
  assert.equal(result.code, 4, result.stderr);
  assert.match(
    result.stderr,
    /error\[access\]: Cannot read the ledger at .*\nstate: Hasura answered that 1_step_1 was applied; the ledger could not be asked\n/,
  );
  assert.match(result.stderr, /INFO 0 of 3 migrations applied; of 1_step_1 it is not known\n/);
  assert.doesNotMatch(result.stderr, /INFO 1_step_1 applied/);
});

Deno.test("step by step, a step is told as done only when the ledger shows it", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  venue.addFault({ match: { type: "run_sql", readOnly: false }, when: "before-commit", do: "kill-backend" });
  const result = await runTool(["migrate", "-a"], { venue, path: deployment.path, stdin: "y\ny\n" });
  assert.equal(result.code, 1, result.stderr);
  assert.match(result.stderr, /Hasura answered that 1_step_1 was applied, but the ledger does not show it/);
  assert.match(result.stderr, /INFO 0 of 3 migrations applied/);
  assert.doesNotMatch(result.stderr, /INFO 1_step_1 applied/);
});

Deno.test("step by step, a file that changed after the check is checked again", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const file = `${deployment.path}/migrations/Aerie/1_step_1/up.sql`;
  const result = await runTool(["migrate", "-a"], {
    venue,
    path: deployment.path,
    runtime: {
      stdin: {
        isTerminal: false,
        setRaw() {},
        async read(buffer) {
          await Deno.writeTextFile(file, "create table public.half (); commit; select 1 / 0;");
          buffer.set(new TextEncoder().encode("y\n"));
          return 2;
        },
      },
    },
  });
  assert.equal(result.code, 3, result.stderr);
  assert.match(result.stderr, /Cannot use ".*" line 1: COMMIT would .*\nstate: 1_step_1 was not started\n/);
  assert.deepEqual(await venue.sql("select to_regclass('public.half')"), [[null]]);
});
