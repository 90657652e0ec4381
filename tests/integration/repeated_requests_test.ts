/** A step that a proxy passes on twice: the run knows its own copy from another run's work. */

import assert from "node:assert/strict";
import { createRuntime, type Runtime } from "../../src/runtime.ts";
import { type CliResult, runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { backends, type RequestRecord, startVenue, type Venue, type VenueOptions } from "../venue/mod.ts";

const STEP = { type: "run_sql", readOnly: false };
const isStep = ({ type, readOnly }: RequestRecord) => type === "run_sql" && readOnly === false;

const RUNS: [name: string, args: string[], direction: "apply" | "revert", nth: number][] = [
  ["in between", ["migrate", "-a", "--all"], "apply", 2],
  ["the last one", ["migrate", "-a", "--all"], "apply", 3],
  ["in between, reverted", ["migrate", "-r", "--all"], "revert", 2],
  ["step by step", ["migrate", "-a"], "apply", 1],
];

/** Waits until so many sessions hold or wait for the lock of runs. */
async function whenLocked(venue: Venue, count: number): Promise<void> {
  const sql = "select count(*) from pg_locks where locktype = 'advisory' and classid = 1634038377 and database = " +
    "(select oid from pg_database where datname = current_database())";
  while (Number((await venue.sql(sql))[0]?.[0]) < count);
}

async function prepared(venue: Venue, path: string, direction: "apply" | "revert"): Promise<void> {
  await venue.reset();
  if (direction === "revert") assert.equal((await runTool(["migrate", "-a", "--all"], { venue, path })).code, 0);
  venue.log.length = 0;
}

function assertWhole(result: CliResult, direction: "apply" | "revert"): void {
  assert.equal(result.code, 0, result.stderr);
  assert.doesNotMatch(result.stderr, /another run|somebody else/);
  if (result.stderr.includes("y/n")) return;
  assert.match(result.stderr, direction === "apply" ? /INFO migrations applied\n/ : /INFO migrations reverted\n/);
}

for (const { name: backend, database } of backends()) {
  const settings: [name: string, options: VenueOptions][] = [
    ["", {}],
    [", errors hidden", { internalErrors: false }],
  ];
  for (const [how, options] of settings) {
    Deno.test(`a copy that comes after the first one was committed: ${backend}${how}`, async (t) => {
      // The session that has committed it knows so; with several it may be another one that is asked.
      await using venue = await startVenue({ database, poolSize: 1, ...options });
      await using deployment = await createDeployment({ migrations: tableMigrations(3) });
      for (const [name, args, direction, nth] of RUNS) {
        await t.step(name, async () => {
          await prepared(venue, deployment.path, direction);
          const isDone = Promise.withResolvers<void>();
          venue.addFault({ match: { ...STEP, nth }, do: { repeat: isDone.promise } });
          const run = runTool(args, { venue, path: deployment.path, stdin: "y\ny\ny\n" });
          let steps = 0;
          await venue.waitForRequest((request) => isStep(request) && ++steps >= nth);
          const goal = direction === "apply" ? nth : 3 - nth;
          while ((await venue.ledger()).length !== goal + 1);
          isDone.resolve();
          const result = await run;
          assertWhole(result, direction);
          assert.match(
            result.stderr,
            /note: \d_step_\d was sent twice on its way; the first copy of this run's request has/,
          );
          assert.deepEqual(await venue.ledger(), direction === "apply" ? [0, 1, 2, 3] : [0]);
        });
      }
    });

    // PGlite has one session, so that the second copy comes only after the first.
    if (backend === "pglite") continue;

    Deno.test(`a copy that comes while the first one is at work: ${backend}${how}`, async (t) => {
      await using venue = await startVenue({ database, ...options });
      await using deployment = await createDeployment({ migrations: tableMigrations(3) });
      for (const [name, args, direction, nth] of RUNS) {
        for (const patience of ["--lock-timeout=60", "--lock-timeout=0.5"]) {
          await t.step(`${name}, ${patience}`, async () => {
            await prepared(venue, deployment.path, direction);
            const release = Promise.withResolvers<void>();
            const again = Promise.withResolvers<void>();
            venue.addFault({ match: { ...STEP, nth }, do: { repeat: again.promise } });
            venue.addFault({ match: { ...STEP, nth }, when: "before-commit", do: { hold: release.promise } });
            using real = createRuntime();
            // Where errors are hidden, it has to be seen at work, as it is when that takes some seconds.
            const every: Runtime["every"] = (ms, call) => real.every(ms === 5_000 && how !== "" ? 20 : ms, call);
            const stdin = "y\ny\ny\n";
            const run = runTool([...args, patience], { venue, path: deployment.path, stdin, runtime: { every } });
            let steps = 0;
            await venue.waitForRequest((request) => isStep(request) && ++steps >= nth);
            await whenLocked(venue, 1);
            if (how !== "") await whenLookedAt(venue);
            again.resolve();
            await whenLocked(venue, 2);
            // With little patience the second copy is refused while the first one holds the lock.
            if (patience.endsWith("0.5")) { while ((await whenLocked(venue, 1), await lockWaiters(venue)) > 0); }
            release.resolve();
            const result = await run;
            assertWhole(result, direction);
            await venue.settled();
            assert.deepEqual(await venue.ledger(), direction === "apply" ? [0, 1, 2, 3] : [0]);
          });
        }
      }
    });
  }
}

Deno.test("what another run has done in between is told as another's", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const all = ["migrate", "-a", "--all", "--json"];
  await t.step("a step in between ends the run", async () => {
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, do: { hold: release.promise } });
    const ours = runTool(all, { venue, path: deployment.path });
    await venue.waitForRequest(isStep);
    const other = await runTool(["migrate", "-a"], { venue, path: deployment.path, stdin: "y\nn\n" });
    assert.equal(other.code, 0, other.stderr);
    release.resolve();
    const { code, stderr, stdout } = await ours;
    assert.equal(code, 6, stderr);
    assert.match(stderr, /1 was applied by somebody else, or by a copy of this request that a proxy has made/);
    assert.deepEqual(JSON.parse(stdout).done, []);
    assert.deepEqual(await venue.ledger(), [0, 1]);
  });
  await t.step("after the last one nothing is left to do", async () => {
    venue.log.length = 0;
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, do: { hold: release.promise } });
    const ours = runTool(all, { venue, path: deployment.path });
    await venue.waitForRequest(isStep);
    const other = await runTool(all, { venue, path: deployment.path });
    assert.equal(other.code, 0, other.stderr);
    release.resolve();
    const { code, stderr, stdout } = await ours;
    assert.equal(code, 0, stderr);
    const { done, remaining, migrations } = JSON.parse(stdout);
    assert.deepEqual([done, remaining, migrations.length], [[], [], 2]);
    assert.deepEqual(await venue.ledger(), [0, 1, 2]);
  });
});

/** Waits for two looks from now on: the first may have begun before. */
async function whenLookedAt(venue: Venue): Promise<void> {
  const isOver = ({ readOnly, endedAt }: RequestRecord) => readOnly === true && endedAt !== undefined;
  const wanted = venue.log.filter(isOver).length + 2;
  while (venue.log.filter(isOver).length < wanted) await venue.sql("select pg_sleep(0.01)");
}

async function lockWaiters(venue: Venue): Promise<number> {
  const sql = "select count(*) from pg_locks where locktype = 'advisory' and classid = 1634038377 and not granted";
  return Number((await venue.sql(sql))[0]?.[0]);
}
