/** What a run makes of a step whose answer was lost. */

import assert from "node:assert/strict";
import { createRuntime, type Runtime } from "../../src/runtime.ts";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { backends, type FaultAction, type RequestRecord, startVenue } from "../venue/mod.ts";

/** With the shortest time in which a step must start. */
const RUN_ALL = ["migrate", "-a", "--all", "--lock-timeout=1"];
const REVERT_ALL = ["migrate", "-r", "--all", "--lock-timeout=1"];
const STEP = { type: "run_sql", readOnly: false };
const LOOK = { type: "run_sql", readOnly: true };
const CONNECTION_ERROR = { path: "$", error: "connection error", code: "postgres-error", internal: "lost\n" };

const isStep = ({ type, readOnly }: RequestRecord) => type === "run_sql" && readOnly === false;

const LOSSES: [name: string, action: FaultAction, reason: RegExp][] = [
  ["a cut connection", "drop", /Connection closed before message completed/],
  ["a cut answer", "truncate", /.+/],
  ["a proxy's page", { html: 504 }, /The server answered 504 with an HTML page/],
  ["JSON that ends early", "half-json", /The server answered 200 with ".*" instead of JSON/],
  ["JSON of another shape", { status: 200, body: { result_type: "CommandOk", result: null } }, /another shape/],
  ["another step's proof", {
    status: 200,
    body: { result_type: "TuplesOk", result: [["proof"], ['{"version":9,"after_task_open":false}']] },
  }, /something else than the step's proof/],
  [
    "Hasura without its database",
    { status: 500, body: CONNECTION_ERROR },
    /Hasura answered 500, "connection error": lost/,
  ],
];

for (const { name, database } of backends()) {
  Deno.test(`a step that is done although its answer was lost: the run goes on, ${name}`, async (t) => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(3) });
    for (const [loss, action, reason] of LOSSES) {
      await t.step(loss, async () => {
        await venue.reset();
        venue.addFault({ match: { ...STEP, nth: 2 }, when: "after", do: action });
        const result = await runTool(RUN_ALL, { venue, path: deployment.path });
        assert.equal(result.code, 0, result.stderr);
        assert.match(
          result.stderr,
          /note: the answer to 2_step_2 was lost: .*; asking the database, for up to 10 min\nnote: the ledger shows that 2_step_2 is applied\n/,
        );
        assert.match(result.stderr, reason);
        assert.match(result.stderr, /INFO migrations applied\n/);
        assert.equal(venue.log.filter(isStep).length, 3);
        assert.deepEqual(await venue.ledger(), [0, 1, 2, 3]);
      });
    }
    await t.step("revert", async () => {
      venue.addFault({ match: { ...STEP, sql: /3_step_3/ }, when: "after", do: "drop" });
      const result = await runTool(REVERT_ALL, { venue, path: deployment.path });
      assert.equal(result.code, 0, result.stderr);
      assert.match(result.stderr, /note: the ledger shows that 3_step_3 is reverted\n/);
      assert.deepEqual(await venue.ledger(), [0]);
    });
  });

  Deno.test(`a step that is not done and whose answer was lost: the run stops, ${name}`, async (t) => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(3) });
    const [cut] = LOSSES;
    const page = LOSSES[2];
    assert.ok(cut !== undefined && page !== undefined);
    for (const when of ["before", "before-commit"] as const) {
      for (const [loss, action] of [cut, page]) {
        await t.step(`${loss}, ${when}`, async () => {
          await venue.reset();
          venue.addFault({ match: { ...STEP, nth: 2 }, when, do: action });
          const result = await runTool(RUN_ALL, { venue, path: deployment.path });
          assert.equal(result.code, 4, result.stderr);
          assert.match(
            result.stderr,
            /error\[access\]: Cannot apply 2_step_2: the answer was lost: .*\nstate: 2_step_2 was not applied: the ledger does not show it, and it can no longer start\n/,
          );
          assert.match(result.stderr, /INFO 1 of 3 migrations applied; the next one is 2_step_2\n/);
          assert.equal(venue.log.filter(isStep).length, 2);
          const again = await runTool(RUN_ALL, { venue, path: deployment.path });
          assert.equal(again.code, 0, again.stderr);
          assert.deepEqual(await venue.ledger(), [0, 1, 2, 3]);
        });
      }
    }
  });
}

Deno.test("a step that was turned away is told as that, once it is certain", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const cases: [action: FaultAction, message: RegExp][] = [
    [{ html: 413 }, /error\[access\]: Cannot apply 1_step_1 at ".*": The server answered 413 with an HTML page/],
    ["unauthorized", /error\[access\]: Hasura at ".*" refuses the admin secret/],
  ];
  for (const [action, message] of cases) {
    await t.step(String(message), async () => {
      venue.addFault({ match: STEP, do: action });
      const result = await runTool(RUN_ALL, { venue, path: deployment.path });
      assert.equal(result.code, 4, result.stderr);
      assert.match(result.stderr, message);
      assert.match(result.stderr, /\nstate: 1_step_1 was not started\n/);
      assert.deepEqual(await venue.ledger(), [0]);
    });
  }
  await t.step("and it is not certain as long as nobody can be asked", async () => {
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, do: { hold: release.promise } });
    venue.addFault({ match: STEP, when: "before-commit", do: "unauthorized" });
    const running = runTool([...RUN_ALL, "--settle-timeout=0.2"], { venue, path: deployment.path });
    let steps = 0;
    await venue.waitForRequest((request) => isStep(request) && ++steps === 3);
    venue.addFault({ match: LOOK, do: "unauthorized", times: Infinity });
    release.resolve();
    const result = await running;
    assert.equal(result.code, 4, result.stderr);
    assert.match(result.stderr, /\nstate: As far as the answer says, 1_step_1 was not started; the database could not/);
  });
});

Deno.test("a request that is delivered after it was told as not done does not start", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  // The text of the lost step, as a proxy would send it on later.
  venue.addFault({ match: STEP, do: "drop" });
  const lost = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(lost.code, 4, lost.stderr);
  const request = venue.log.find(isStep);
  const late = await fetch(`${venue.url}/v2/query`, {
    method: "POST",
    headers: { "x-hasura-admin-secret": venue.adminSecret ?? "" },
    body: JSON.stringify(request?.body),
  });
  const { internal } = await late.json();
  assert.deepEqual([late.status, internal.error.status_code], [400, "AM005"]);
  assert.deepEqual(await venue.ledger(), [0]);
});

Deno.test("a step that comes too late is sent again, with more time", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  venue.addFault({ match: STEP, do: { delayMs: 1_200 } });
  const result = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.deepEqual([result.code, venue.log.filter(isStep).length], [0, 2], result.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1]);
});

Deno.test("while nobody can be asked, the tool goes on asking", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  venue.addFault({ match: STEP, when: "after", do: "refuse" });
  let refused = 0;
  const running = runTool(RUN_ALL, {
    venue,
    path: deployment.path,
    runtime: {
      sleep() {
        // The server is back after a while.
        if (++refused === 3) venue.start();
        return Promise.resolve();
      },
    },
  });
  const result = await running;
  assert.equal(result.code, 0, result.stderr);
  assert.ok(refused >= 3);
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

Deno.test("Hasura that turns us away while it is asked does not end the asking", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  venue.addFault({ match: { ...LOOK, nth: 2 }, do: "unauthorized" });
  venue.addFault({
    match: { ...LOOK, nth: 2 },
    do: { status: 404, body: { path: "$", error: "resource does not exist", code: "not-found" } },
  });
  venue.addFault({ match: STEP, when: "after", do: "drop" });
  const result = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 0, result.stderr);
});

/** A runtime that looks at the database all the time while a step runs. */
async function watchful<T>(test: (runtime: Partial<Runtime>) => Promise<T>): Promise<T> {
  using real = createRuntime();
  return await test({ every: (ms, callback) => real.every(ms === 5_000 ? 20 : ms, callback) });
}

Deno.test("an answer that never comes is not waited for when the ledger shows the step", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const never = Promise.withResolvers<void>();
  venue.addFault({ match: STEP, when: "after", do: { hold: never.promise } });
  const result = await watchful((runtime) => runTool(RUN_ALL, { venue, path: deployment.path, runtime }));
  assert.equal(result.code, 0, result.stderr);
  assert.match(
    result.stderr,
    /note: there is no answer to 1_step_1, and the database was asked\nnote: the ledger shows that 1_step_1 is applied\n/,
  );
  never.resolve();
});

Deno.test("a request that does not arrive is sent again once it can no longer start", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const never = Promise.withResolvers<void>();
  venue.addFault({ match: STEP, do: { hold: never.promise } });
  const result = await watchful((runtime) => runTool(RUN_ALL, { venue, path: deployment.path, runtime }));
  assert.equal(result.code, 0, result.stderr);
  assert.match(
    result.stderr,
    /note: 1_step_1 did not come to the database in time and was not started; it is sent again/,
  );
  never.resolve();
  await venue.settled();
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);
});

Deno.test("requests that never arrive in time end the run", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const late = { path: "$", error: "query execution failed", code: "postgres-error" };
  const internal = {
    error: { exec_status: "FatalError", status_code: "AM005", message: "late", description: null, hint: null },
  };
  venue.addFault({ match: STEP, do: { status: 400, body: { ...late, internal } }, times: Infinity });
  const result = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 4, result.stderr);
  assert.match(
    result.stderr,
    /Cannot apply 1_step_1: its requests come to the database too late to be started\nstate: 1_step_1 was not started/,
  );
  assert.equal(venue.log.filter(isStep).length, 6);
});

Deno.test("a step is not waited for when only a proxy is left, or Hasura has no database any more", async (t) => {
  const gone: [name: string, faults: FaultAction][] = [
    ["a proxy", { html: 502 }],
    ["no such database", {
      status: 400,
      body: { path: "$", error: 'source with name "Aerie" does not exist', code: "not-exists" },
    }],
  ];
  for (const [name, action] of gone) {
    await t.step(name, async () => {
      await using venue = await startVenue();
      await using deployment = await createDeployment({ migrations: tableMigrations(1) });
      const never = Promise.withResolvers<void>();
      venue.addFault({ match: STEP, when: "after", do: { hold: never.promise } });
      const result = await watchful(async (runtime) => {
        const args = [...RUN_ALL, "--settle-timeout=0.2"];
        const running = runTool(args, { venue, path: deployment.path, runtime });
        await venue.waitForRequest(isStep);
        venue.addFault({ match: name === "a proxy" ? {} : LOOK, do: action, times: Infinity });
        return await running;
      });
      assert.equal(result.code, 9, result.stderr);
      assert.match(result.stderr, /INFO 0 of 1 migrations applied; of 1_step_1 it is not known\n/);
      never.resolve();
    });
  }
});

Deno.test("a long step is not given up because nobody can look at the database meanwhile", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const release = Promise.withResolvers<void>();
  venue.addFault({ match: STEP, when: "before-commit", do: { hold: release.promise } });
  const result = await watchful(async (runtime) => {
    const args = [...RUN_ALL, "--settle-timeout=0.1"];
    const running = runTool(args, { venue, path: deployment.path, runtime });
    await venue.waitForRequest(isStep);
    venue.addFault({ match: LOOK, do: { html: 502 }, times: 20 });
    let asked = 0;
    await venue.waitForRequest(({ path }) => path === "/healthz" && ++asked === 20);
    release.resolve();
    return await running;
  });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1]);
});

Deno.test("a step whose server is gone altogether is given up after --settle-timeout", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const never = Promise.withResolvers<void>();
  venue.addFault({ match: STEP, when: "before-commit", do: { hold: never.promise } });
  const result = await watchful(async (runtime) => {
    using real = createRuntime();
    let isGone = false;
    const fetch: Runtime["fetch"] = (url, init) =>
      isGone
        ? Promise.reject(new TypeError("client error (Connect): tcp connect error: no route"))
        : real.fetch(url, init);
    const running = runTool([...RUN_ALL, "--settle-timeout=0.2"], {
      venue,
      path: deployment.path,
      runtime: { ...runtime, fetch },
    });
    await venue.waitForRequest(isStep);
    isGone = true;
    return await running;
  });
  assert.equal(result.code, 9, result.stderr);
  assert.match(result.stderr, /no answer came; it was tried to find out for 200 ms, and the database cannot be asked/);
  never.resolve();
});

for (const { name, database } of backends()) {
  // PGlite has one session, so that nobody can look while a step runs.
  if (name === "pglite") continue;
  Deno.test(`a step that still runs is waited for: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(2) });
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, when: "during", do: { html: 504 } });
    venue.addFault({ match: STEP, when: "before-commit", do: { hold: release.promise } });
    const running = runTool(RUN_ALL, { venue, path: deployment.path });
    let looks = 0;
    await venue.waitForRequest(({ type, readOnly }) => type === "run_sql" && readOnly === true && ++looks === 5);
    release.resolve();
    const result = await running;
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(await venue.ledger(), [0, 1, 2]);
  });

  Deno.test(`a step that still runs when the time is up is told with what it does: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(1) });
    const release = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, when: "during", do: { html: 504 } });
    venue.addFault({ match: STEP, when: "before-commit", do: { hold: release.promise } });
    const env = { USER: "al ice*/", HOSTNAME: "ops-1" };
    const options = { venue, path: deployment.path, env };
    const result = await runTool([...RUN_ALL, "--settle-timeout=0.5"], options);
    assert.equal(result.code, 9, result.stderr);
    assert.match(
      result.stderr,
      /it is still running: "apply 1_step_1" by al_ice__@ops-1, since [\d:]+ UTC \(.*\), in PostgreSQL's session \d+, which comes from 127.0.0.1/,
    );
    const [, running = "", ledger = ""] =
      /Ask the database with "([^"]*);" until that is 0, and then with "([^"]*);"/.exec(result.stderr) ?? [];
    const [, command] = /Go on with "([^"]*)"/.exec(result.stderr) ?? [];
    assert.deepEqual(await venue.sql(running), [["1"]]);
    assert.equal(
      command,
      `aerie_db_migration migrate --apply --all --lock-timeout=1 --settle-timeout=0.5 --hasura-path=${deployment.path} --endpoint=${venue.url}`,
    );

    // Whoever looks now sees who is at work, and whoever starts now waits for it.
    const status = await runTool(["status"], options);
    assert.match(status.stderr, /INFO a run is at work on this database: "apply 1_step_1" by al_ice__@ops-1, since/);
    const busy = await runTool(RUN_ALL, options);
    assert.equal(busy.code, 6);
    assert.match(
      busy.stderr,
      /error\[busy\]: Cannot start: another run .*: "apply 1_step_1" by al_ice__@ops-1, since .*\nstate: Nothing was changed/,
    );
    release.resolve();
    await venue.settled();
    // As the message says: until that is 0. PostgreSQL shows a session a moment longer than it is at work.
    while ((await venue.sql(running))[0]?.[0] !== "0");
    assert.deepEqual(await venue.sql(ledger), [["1"]]);
    assert.equal((await runTool(RUN_ALL, options)).code, 0);
  });

  Deno.test(`a step that was ended while it ran, without an answer, is not started again: ${name}`, async () => {
    await using venue = await startVenue({ database, retries: 0 });
    const [first] = tableMigrations(1);
    assert.ok(first !== undefined);
    const waiting = { ...first, up: `select pg_advisory_xact_lock(42); ${first.up}` };
    await using deployment = await createDeployment({ migrations: [waiting] });
    await venue.sql("select pg_advisory_lock(42)");
    const never = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, when: "after", do: { hold: never.promise } });
    const result = await watchful(async (runtime) => {
      const running = runTool(RUN_ALL, { venue, path: deployment.path, runtime });
      let looks = 0;
      await venue.waitForRequest(({ readOnly }) => readOnly === true && ++looks === 5);
      const waiter = "select pid from pg_locks where locktype = 'advisory' and objid = 42 and not granted";
      await venue.sql(`select pg_terminate_backend((${waiter}))`);
      return await running;
    });
    assert.equal(result.code, 4, result.stderr);
    assert.match(
      result.stderr,
      /state: 1_step_1 was not applied: the ledger does not show it, and it can no longer start/,
    );
    assert.equal(venue.log.filter(isStep).length, 1);
    never.resolve();
  });

  Deno.test(`a step that starts while it is looked for is not told as one that cannot start: ${name}`, async () => {
    await using venue = await startVenue({ database });
    const [first] = tableMigrations(1);
    assert.ok(first !== undefined);
    const waiting = { ...first, up: `select nextval('attempts'); select pg_advisory_xact_lock(42); ${first.up}` };
    await using deployment = await createDeployment({ migrations: [waiting] });
    await venue.sql("create sequence attempts; select pg_advisory_lock(42)");
    const deliver = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, do: { deliverAfter: deliver.promise } });
    using real = createRuntime();
    let isSlowed = false;
    const running = runTool(RUN_ALL, {
      venue,
      path: deployment.path,
      runtime: {
        // The first look for the step comes to the ledger only after the time within which the step may start.
        fetch(url, init) {
          const text = typeof init.body === "string" ? init.body : "";
          if (isSlowed || !text.includes("as look") || !venue.log.some(isStep)) return real.fetch(url, init);
          isSlowed = true;
          const beforeLedger = "select pg_catalog.json_build_object(\\n  'clock'";
          assert.ok(text.includes(beforeLedger));
          return real.fetch(url, {
            ...init,
            body: text.replace(beforeLedger, `select pg_sleep(1.5); ${beforeLedger}`),
          });
        },
      },
    });
    const sleeping =
      "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()";
    while ((await venue.sql(sleeping))[0]?.[0] !== "1");
    deliver.resolve();
    while ((await venue.sql("select is_called from attempts"))[0]?.[0] !== "t");
    while ((await venue.sql(sleeping))[0]?.[0] !== "0");
    await venue.sql("select pg_advisory_unlock(42)");
    const result = await running;
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(await venue.ledger(), [0, 1]);
  });

  Deno.test(`Hasura that sends a step again on a new connection cannot do it twice: ${name}`, async () => {
    await using venue = await startVenue({ database });
    const [first, second] = tableMigrations(2);
    assert.ok(first !== undefined && second !== undefined);
    // A sequence keeps what a transaction that was rolled back has done to it.
    const waiting = { ...first, up: `select nextval('attempts'); select pg_advisory_xact_lock(42); ${first.up}` };
    await using deployment = await createDeployment({ migrations: [waiting, second] });
    await venue.sql("create sequence attempts; select pg_advisory_lock(42)");
    venue.addFault({ match: STEP, when: "during", do: "kill-backend" });
    const running = runTool(RUN_ALL, { venue, path: deployment.path });
    while ((await venue.sql("select last_value from attempts"))[0]?.[0] !== "2");
    await venue.sql("select pg_advisory_unlock(42)");
    const result = await running;
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(await venue.ledger(), [0, 1, 2]);
  });
}
