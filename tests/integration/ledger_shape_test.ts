/** The ledger's change of shape in the middle of a run, up and down, as migration 25 of a release makes it. */

import assert from "node:assert/strict";
import { createRuntime } from "../../src/runtime.ts";
import { type CliResult, runTool } from "../support/cli.ts";
import { fingerprint } from "../support/fingerprint.ts";
import { alignedTracker, createRelease, markAfterDone, type Release } from "../support/plandev.ts";
import { backends, type RequestRecord, startVenue, type Venue } from "../venue/mod.ts";

/** The "after" task is left to the operator, and its place is taken by {@linkcode markAfterDone}. */
const UP = ["migrate", "-a", "--skip-after"];
const UP_ALL = [...UP, "--all"];
const DOWN = ["migrate", "-r"];
const DOWN_ALL = [...DOWN, "--all"];
/** With the shortest time in which a step must start, and no long wait for what will not come. */
const SOON = ["--lock-timeout=1", "--settle-timeout=20"];

const VARCHAR = [["migration_id", "character varying"]];
const INTEGER = [["after_done", "boolean"], ["migration_id", "integer"], ["pause_after", "boolean"]];
const OPEN = /error\[after-task\]: The "after" task of migration 25_workspaces_setup is open\n/;

const STEP = { type: "run_sql", readOnly: false };
const LOOK = { type: "run_sql", readOnly: true };
/** What Hasura answers when PostgreSQL has waited for a table for too long. */
const LOCKED = {
  path: "$",
  error: "query execution failed",
  code: "postgres-error",
  internal: {
    error: {
      exec_status: "FatalError",
      status_code: "55P03",
      message: "canceling statement due to lock timeout",
      description: null,
      hint: null,
    },
  },
};
const isStep = ({ type, readOnly }: RequestRecord) => type === "run_sql" && readOnly === false;

/** 0 to `newest`. */
function upTo(newest: number): number[] {
  return Array.from({ length: newest + 1 }, (_, version) => version);
}

/** Columns of the ledger and their types. */
async function shapeOf(venue: Venue): Promise<(string | null)[][]> {
  return await venue.sql(
    "select column_name, data_type from information_schema.columns " +
      "where table_schema = 'migrations' and table_name = 'schema_migrations' order by 1",
  );
}

/** What stands in the tables that migrations change, as far as version 0 has it. */
async function dataOf(venue: Venue): Promise<(string | null)[][]> {
  return await venue.sql(`select 'sequence', to_jsonb(s) - 'origin' from sequencing.user_sequence s
    union all select 'workspace', to_jsonb(w) from sequencing.workspace w
    union all select 'view', to_jsonb(v) from ui.view v
    union all select 'plan', to_jsonb(p) from merlin.plan p order by 1, 2`);
}

/** Holds that ledger, its shape, and Hasura's tracker are those of `version`. */
async function assertAt(venue: Venue, version: number): Promise<void> {
  assert.deepEqual(await venue.ledger(), upTo(version));
  assert.deepEqual(await shapeOf(venue), version < 25 ? VARCHAR : INTEGER);
  assert.deepEqual(await venue.tracker(), alignedTracker(version, "Aerie"));
}

/** Resolves when a step comes to the venue, which a run that goes on must send. */
async function stepSent(venue: Venue, running: Promise<CliResult>): Promise<void> {
  const ended = await Promise.race([venue.waitForRequest(isStep).then(() => undefined), running]);
  assert.equal(ended, undefined, "the run ended without sending a step");
}

/** What a test has. */
interface Scene {
  t: Deno.TestContext;
  venue: Venue;
  release: Release;
  run(args: string[], stdin?: string): Promise<CliResult>;
  /** A fresh venue at a version. */
  start(...at: Parameters<Release["at"]>): Promise<void>;
}

const TESTS: { name: string; on: "any" | "postgres"; test: (scene: Scene) => Promise<void> }[] = [];

/** Adds a test. PGlite has one session, so that nobody can be at work beside a step there. */
function shapeTest(name: string, on: "any" | "postgres", test: (scene: Scene) => Promise<void>): void {
  TESTS.push({ name, on, test });
}

for (const backend of backends()) {
  Deno.test(`the ledger's change of shape: ${backend.name}`, async (top) => {
    await using release = await createRelease({ product: "Aerie" });
    await using venue = await startVenue({ database: backend.database, baseSql: release.at(0) });
    for (const { name, on, test } of TESTS) {
      if (on === "postgres" && backend.name === "pglite") continue;
      await top.step(name, async (t) => {
        await test({
          t,
          venue,
          release,
          run: (args, stdin = "") => runTool(args, { venue, path: release.path, stdin }),
          async start(version, options) {
            await venue.reset({ baseSql: release.at(version, options) });
            await venue.setTracker(alignedTracker(version, "Aerie"));
          },
        });
      });
    }
  });
}

shapeTest("in bulk, up from 0 and down to 0, twice", "any", async ({ venue, run, start }) => {
  await start(0);
  const [before, data] = [await fingerprint(venue), await dataOf(venue)];
  const tops: string[] = [];
  for (const round of [1, 2]) {
    venue.log.length = 0;
    const first = await run(UP_ALL);
    assert.equal(first.code, 8, first.stderr);
    assert.match(first.stderr, OPEN);
    assert.match(first.stderr, /\nstate: 25_workspaces_setup is applied; the database takes no further migration/);
    assert.match(first.stderr, /INFO 25 of 28 migrations applied; the next one is 26_workspace_events\n/);
    assert.match(first.stdout, /\n24 +touch_sequencing +Present +Present\n25 +workspaces_setup +Present +Present\n26 /);
    assert.match(first.stdout, /\n26 +workspace_events +Present +Not Present\n/);
    assert.equal(venue.log.filter(isStep).length, 25);
    await assertAt(venue, 25);

    venue.log.length = 0;
    const refused = await run(UP_ALL);
    assert.equal(refused.code, 8, refused.stderr);
    assert.match(refused.stderr, OPEN);
    assert.equal(venue.log.filter(isStep).length, 0);
    await assertAt(venue, 25);

    await venue.sql(markAfterDone(25));
    const rest = await run(UP_ALL);
    assert.equal(rest.code, 0, rest.stderr);
    assert.match(
      rest.stderr,
      /INFO migrations applied\nINFO Metadata reloaded\n(?:note: .*\nINFO Metadata applied\n)?INFO Metadata is consistent\n/,
    );
    await assertAt(venue, 28);
    tops.push(await fingerprint(venue));

    const down = await run(DOWN_ALL);
    assert.equal(down.code, 0, down.stderr);
    assert.match(down.stderr, /INFO migrations reverted\n/);
    await assertAt(venue, 0);
    assert.equal(await fingerprint(venue), before, `round ${round}`);
    assert.deepEqual(await dataOf(venue), data);
  }
  assert.equal(tops[0], tops[1]);
});

shapeTest("whatever the isolation level of Hasura's database is", "any", async ({ t, venue, release, run }) => {
  for (const isolationLevel of ["repeatable-read", "serializable"] as const) {
    await t.step(isolationLevel, async () => {
      await venue.reset({ baseSql: release.at(23), isolationLevel });
      assert.equal((await run(UP_ALL)).code, 8);
      await assertAt(venue, 25);
      await venue.sql(markAfterDone(25));
      const rest = await run(UP_ALL);
      assert.equal(rest.code, 0, rest.stderr);
      const down = await run(DOWN_ALL);
      assert.equal(down.code, 0, down.stderr);
      await assertAt(venue, 0);
    });
  }
});

shapeTest("step by step, up across the change and down again", "any", async ({ venue, run, start }) => {
  await start(23);
  const up = await run(UP, "y\ny\ny\n");
  assert.equal(up.code, 8, up.stderr);
  assert.match(up.stderr, /Apply 24_touch_sequencing\? .*\nINFO 24_touch_sequencing applied\n/);
  assert.match(up.stderr, /Apply 25_workspaces_setup\? .*\nINFO 25_workspaces_setup applied\n/);
  assert.match(up.stderr, OPEN);
  assert.match(up.stderr, /INFO 2 of 5 migrations applied; the next one is 26_workspace_events\n/);
  assert.doesNotMatch(up.stderr, /Apply 26/);
  await assertAt(venue, 25);

  await venue.sql(markAfterDone(25));
  const rest = await run(UP, "y\ny\ny\n");
  assert.equal(rest.code, 0, rest.stderr);
  await assertAt(venue, 28);

  const down = await run(DOWN, "y\ny\ny\ny\ny\nq\n");
  assert.equal(down.code, 0, down.stderr);
  assert.match(down.stderr, /INFO 25_workspaces_setup reverted\n/);
  assert.match(down.stderr, /INFO 24_touch_sequencing reverted\n/);
  assert.match(down.stderr, /INFO 5 of 28 migrations reverted; the next one is 23_plans_of\n/);
  await assertAt(venue, 23);
});

shapeTest("every version up, down and up again leaves what it was", "any", async ({ venue, release, run, start }) => {
  await start(0);
  for (let version = 1; version <= release.newest; version++) {
    const [below, data] = [await fingerprint(venue), await dataOf(venue)];
    const first = await run(UP, "y\nq\n");
    assert.equal(first.code, version === 25 ? 8 : 0, first.stderr);
    const above = await fingerprint(venue);
    assert.ok(above !== below, `${version} changes nothing`);
    const back = await run(DOWN, "y\nq\n");
    assert.equal(back.code, 0, back.stderr);
    assert.equal(await fingerprint(venue), below, `${version} down`);
    assert.deepEqual(await dataOf(venue), data);
    await run(UP, "y\nq\n");
    assert.equal(await fingerprint(venue), above, `${version} up again`);
    await assertAt(venue, version);
    if (version === 25) await venue.sql(markAfterDone(25));
  }
  const byTool = await fingerprint(venue);
  await start(28);
  assert.equal(await fingerprint(venue), byTool, "the files, run one after the other by hand");
});

shapeTest("a lost answer to the step that changes the shape", "any", async ({ t, venue, run, start }) => {
  const up25 = { type: "run_sql", sql: /mark_migration_applied\(25, true\)/ };
  const down25 = { type: "run_sql", sql: /mark_migration_rolled_back\('25'\)/ };
  const sent = ({ sql }: typeof up25) => venue.log.filter((request) => sql.test(request.sql ?? "")).length;

  await t.step("up, done", async () => {
    await start(23);
    venue.addFault({ match: up25, when: "after", do: "drop" });
    const result = await run([...UP_ALL, ...SOON]);
    assert.equal(result.code, 8, result.stderr);
    assert.match(
      result.stderr,
      /note: the answer to 25_workspaces_setup was lost: .*\nnote: the ledger shows that 25_workspaces_setup is applied\n/,
    );
    assert.match(result.stderr, OPEN);
    assert.equal(sent(up25), 1);
    await assertAt(venue, 25);
  });
  await t.step("up, not done", async () => {
    await start(23);
    venue.addFault({ match: up25, when: "before-commit", do: "drop" });
    const result = await run([...UP_ALL, ...SOON]);
    assert.equal(result.code, 4, result.stderr);
    assert.match(result.stderr, /state: 25_workspaces_setup was not applied: the ledger does not show it/);
    assert.match(result.stderr, /INFO 1 of 5 migrations applied; the next one is 25_workspaces_setup\n/);
    assert.equal(sent(up25), 1);
    await assertAt(venue, 24);
    assert.equal((await run(UP_ALL)).code, 8);
    await assertAt(venue, 25);
  });
  await t.step("down, done", async () => {
    await start(28);
    venue.addFault({ match: down25, when: "after", do: "drop" });
    const result = await run([...DOWN_ALL, ...SOON]);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stderr, /note: the ledger shows that 25_workspaces_setup is reverted\n/);
    assert.equal(sent(down25), 1);
    await assertAt(venue, 0);
  });
  await t.step("down, not done", async () => {
    await start(28);
    venue.addFault({ match: down25, when: "before-commit", do: "drop" });
    const result = await run([...DOWN_ALL, ...SOON]);
    assert.equal(result.code, 4, result.stderr);
    assert.match(result.stderr, /state: 25_workspaces_setup was not reverted: the ledger does not show it/);
    assert.equal(sent(down25), 1);
    await assertAt(venue, 25);
    const row = await venue.sql(
      "select pause_after, after_done from migrations.schema_migrations where migration_id = 25",
    );
    assert.deepEqual(row, [["t", "t"]]);
    const again = await run(DOWN_ALL);
    assert.equal(again.code, 0, again.stderr);
    await assertAt(venue, 0);
  });
});

shapeTest("a step whose fate is found out only when the run is confirmed", "any", async ({ venue, release, start }) => {
  await start(24);
  using real = createRuntime();
  venue.addFault({ match: STEP, when: "after", do: "drop" });
  const running = runTool([...UP_ALL, "--settle-timeout=0.2"], {
    venue,
    path: release.path,
    // After the first question the time is up; the second one is the last.
    runtime: { sleep: () => real.sleep(250) },
  });
  await stepSent(venue, running);
  venue.addFault({ match: LOOK, do: { html: 502 }, times: 2 });
  const result = await running;
  assert.equal(result.code, 8, result.stderr);
  assert.match(result.stderr, OPEN);
  assert.match(result.stderr, /\nstate: The ledger shows that 25_workspaces_setup is applied; the database takes no/);
  assert.match(result.stderr, /INFO 1 of 4 migrations applied; the next one is 26_workspace_events\n/);
  await assertAt(venue, 25);
});

shapeTest("a ledger that stays locked tells that the step still runs", "any", async ({ venue, run, start }) => {
  await start(24);
  venue.addFault({ match: STEP, when: "after", do: "drop" });
  const running = run([...UP_ALL, "--settle-timeout=0.2"]);
  await stepSent(venue, running);
  venue.addFault({ match: LOOK, do: { status: 400, body: LOCKED }, times: Infinity });
  const result = await running;
  assert.equal(result.code, 9, result.stderr);
  assert.match(
    result.stderr,
    /error\[unknown\]: It is not known whether 25_workspaces_setup was applied: .*still running/,
  );
  const [, ledger = ""] = /until that is 0, and then with "([^"]*);"/.exec(result.stderr) ?? [];
  assert.deepEqual(await venue.sql(ledger), [["25"]]);
});

shapeTest("a task that is open again when the next step comes", "any", async ({ venue, run, start }) => {
  await start(25, { afterDone: true });
  const release = Promise.withResolvers<void>();
  venue.addFault({ match: STEP, do: { hold: release.promise } });
  const running = run(UP_ALL);
  await stepSent(venue, running);
  await venue.sql("update migrations.schema_migrations set after_done = false where migration_id = 25");
  release.resolve();
  const result = await running;
  assert.equal(result.code, 8, result.stderr);
  assert.match(result.stderr, /error\[after-task\]: The "after" task of migration 25 is open/);
  assert.match(result.stderr, /\nstate: 26_workspace_events was not applied/);
  await assertAt(venue, 25);
});

shapeTest("status before, at, and after the change", "any", async ({ t, venue, release, run, start }) => {
  const cases: [name: string, at: Parameters<Release["at"]>, open: number[]][] = [
    ["24", [24], []],
    ["25, its task open", [25], [25]],
    ["25, its task done", [25, { afterDone: true }], []],
    ["28", [28], []],
  ];
  for (const [name, at, open] of cases) {
    await t.step(name, async () => {
      const [version] = at;
      const pending = upTo(release.newest).filter((one) => one > version);
      await start(...at);
      const plain = await run(["status"]);
      assert.equal(plain.code, 0, plain.stderr);
      const rows = plain.stdout.split("\n").filter((line) => /^\d/.test(line));
      assert.deepEqual(
        rows.map((row) => row.replaceAll(/ {2,}/g, "|").split("|").slice(2).join("|")),
        upTo(27).map((index) => index < version ? "Present|Present" : "Present|Not Present"),
      );
      const warning = /^WARN the "after" task of migration 25 is open/m;
      assert.equal(warning.test(plain.stderr), open.length > 0, plain.stderr);
      assert.doesNotMatch(plain.stderr, /tracker/);

      const isPending = pending.length + open.length > 0;
      const checked = await run(["status", "--check", "--json"]);
      assert.equal(checked.code, isPending ? 10 : 0, checked.stderr);
      const document = JSON.parse(checked.stdout);
      assert.deepEqual(
        [document.currentVersion, document.pending, document.openAfterTasks, document.tracker, document.error?.code],
        [version, pending, open, { toMark: [], toUnmark: [] }, isPending ? "pending" : undefined],
      );
      if (open.length > 0) assert.match(document.error.message, /3 migrations and 1 "after" task pending/);
      assert.deepEqual(venue.writes(), []);
    });
  }
});

shapeTest("a release that ends with the task", "any", async ({ venue, start }) => {
  await using release = await createRelease({ product: "Aerie", newest: 25 });
  const run = (args: string[]) => runTool(args, { venue, path: release.path });
  await start(24);
  const applied = await run(UP_ALL);
  assert.equal(applied.code, 8, applied.stderr);
  assert.match(applied.stderr, OPEN);
  assert.match(applied.stderr, /INFO 1 of 1 migrations applied\n/);
  const nothingToApply = await run(UP_ALL);
  assert.equal(nothingToApply.code, 8, nothingToApply.stderr);
  assert.match(nothingToApply.stderr, OPEN);
  const open = await run(["status", "--check", "--json"]);
  assert.equal(open.code, 10, open.stderr);
  const { pending, openAfterTasks, error } = JSON.parse(open.stdout);
  assert.deepEqual([pending, openAfterTasks], [[], [25]]);
  assert.match(error.message, /: 1 "after" task pending$/);

  await venue.sql(markAfterDone(25));
  const done = await run(UP_ALL);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stderr, /INFO nothing to apply on database: Aerie\n/);
  assert.equal((await run(["status", "--check"])).code, 0);
  await assertAt(venue, 25);
});

shapeTest("down while the task is still open", "any", async ({ t, venue, run, start }) => {
  await t.step("step by step", async () => {
    await start(25);
    const result = await run(DOWN, "y\nq\n");
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stderr, /INFO 25_workspaces_setup reverted\n/);
    await assertAt(venue, 24);
    assert.equal((await run(UP, "y\n")).code, 8);
    await assertAt(venue, 25);
  });
  await t.step("in bulk", async () => {
    const result = await run(DOWN_ALL);
    assert.equal(result.code, 0, result.stderr);
    await assertAt(venue, 0);
  });
});

shapeTest("rows that come out of order, in both shapes, are no gap", "any", async ({ t, venue, run, start }) => {
  const cases: [version: number, change: string][] = [
    [24, "update migrations.schema_migrations set migration_id = migration_id where migration_id in ('0', '7')"],
    [28, markAfterDone(25)],
  ];
  for (const [version, change] of cases) {
    await t.step(`at ${version}`, async () => {
      await start(version);
      await venue.sql(change);
      const rows = await venue.sql("select migration_id::integer from migrations.schema_migrations");
      assert.notDeepEqual(rows.map(([id]) => Number(id)), upTo(version));
      const status = await run(["status", "--json"]);
      assert.equal(status.code, 0, status.stderr);
      assert.equal(JSON.parse(status.stdout).currentVersion, version);
      const down = await run(DOWN, "y\nq\n");
      assert.equal(down.code, 0, down.stderr);
      await assertAt(venue, version - 1);
    });
  }
});

shapeTest("another run changes the shape while a step is on its way", "any", async ({ t, venue, run, start }) => {
  const cases: [name: string, version: number, mine: string[], theirs: string[], after: number][] = [
    ["up", 24, UP_ALL, UP_ALL, 25],
    ["down", 28, DOWN_ALL, DOWN_ALL, 0],
  ];
  for (const [name, version, mine, theirs, after] of cases) {
    await t.step(name, async () => {
      await start(version);
      const release = Promise.withResolvers<void>();
      venue.addFault({ match: STEP, do: { hold: release.promise } });
      const running = run(mine);
      await stepSent(venue, running);
      const other = await run(theirs);
      assert.equal(other.code, after === 25 ? 8 : 0, other.stderr);
      release.resolve();
      const result = await running;
      assert.equal(result.code, 6, result.stderr);
      assert.match(result.stderr, /another run changed the ledger in the meantime/);
      assert.match(result.stderr, new RegExp(`the database is now at ${after}\\n`));
      await assertAt(venue, after);
    });
  }
});

/** Resolves when the database has a lock that fits the condition, which a run that goes on must come to. */
async function lockSeen(venue: Venue, running: Promise<CliResult>, condition: string): Promise<void> {
  const here = "database = (select oid from pg_database where datname = current_database())";
  let ended: CliResult | undefined;
  running.then((result) => ended = result);
  while ((await venue.sql(`select count(*) from pg_locks where ${here} and ${condition}`))[0]?.[0] === "0") {
    assert.equal(ended, undefined, "the run ended without that");
  }
}

/** A step has the ledger for itself. */
const TABLE_HELD =
  "granted and mode = 'AccessExclusiveLock' and relation = to_regclass('migrations.schema_migrations')";
/** Somebody waits for it. */
const TABLE_AWAITED = "not granted and relation = to_regclass('migrations.schema_migrations')";
/** Somebody waits for the lock that all runs share. */
const LOCK_AWAITED = "not granted and locktype = 'advisory'";

shapeTest("who waits for the step that changes the shape sees the new one", "postgres", async (scene) => {
  const { t, venue, run, start } = scene;

  await t.step("the run itself, when its answer was lost", async () => {
    await start(24);
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, when: "during", do: { html: 504 } });
    venue.addFault({ match: STEP, when: "before-commit", do: { hold: release.promise } });
    const running = run(UP_ALL);
    await lockSeen(venue, running, TABLE_AWAITED);
    release.resolve();
    const result = await running;
    assert.equal(result.code, 8, result.stderr);
    assert.match(result.stderr, /note: the ledger shows that 25_workspaces_setup is applied\n/);
    await assertAt(venue, 25);
  });
  await t.step("a run that starts meanwhile", async () => {
    await start(24);
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, when: "before-commit", do: { hold: release.promise } });
    const first = run(UP_ALL);
    await lockSeen(venue, first, TABLE_HELD);
    const second = run([...UP_ALL, "--lock-timeout=60"]);
    await lockSeen(venue, second, TABLE_AWAITED);
    release.resolve();
    assert.equal((await first).code, 8);
    const result = await second;
    assert.equal(result.code, 8, result.stderr);
    assert.match(result.stderr, /error\[after-task\]: .*25_workspaces_setup is open\nstate: Nothing was changed/);
    assert.equal(venue.log.filter(isStep).length, 1);
    await assertAt(venue, 25);
  });
  await t.step("a step that has come to the lock", async () => {
    await start(24);
    const [mine, theirs] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    venue.addFault({ match: STEP, do: { hold: mine.promise } });
    const waiting = run([...UP_ALL, "--lock-timeout=60"]);
    await stepSent(venue, waiting);
    venue.addFault({ match: STEP, when: "before-commit", do: { hold: theirs.promise } });
    const working = run(UP_ALL);
    await lockSeen(venue, working, TABLE_HELD);
    mine.resolve();
    await lockSeen(venue, waiting, LOCK_AWAITED);
    theirs.resolve();
    assert.equal((await working).code, 8);
    const result = await waiting;
    assert.equal(result.code, 6, result.stderr);
    assert.match(result.stderr, /another run changed the ledger in the meantime/);
    await assertAt(venue, 25);
  });
});
