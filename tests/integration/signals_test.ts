/** Signals at the various moments of a run. */

import assert from "node:assert/strict";
import { LOCK_KEYS } from "../../src/migrations/types.ts";
import type { Runtime, StopSignal } from "../../src/runtime.ts";
import { type CliResult, runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { backends, type Fault, type RequestRecord, startVenue, type Venue } from "../venue/mod.ts";

const RUN_ALL = ["migrate", "-a", "--all", "--lock-timeout=1"];
const STEP = { type: "run_sql", readOnly: false };
const isStep = ({ type, readOnly }: RequestRecord) => type === "run_sql" && readOnly === false;

/** A run that is held at a moment, and its signals. */
interface HeldRun {
  venue: Venue;
  send(signal: StopSignal): void;
  /** Lets it go on. */
  release(): void;
  result: Promise<CliResult>;
}

/** Starts a run of two migrations, and waits until the request that `fault` is for has come. */
async function heldRun(
  { when, match, runtime }: Pick<Fault, "when" | "match"> & { runtime?: Partial<Runtime> },
  test: (run: HeldRun) => Promise<void>,
): Promise<void> {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const hold = Promise.withResolvers<void>();
  const signals = Promise.withResolvers<(signal: StopSignal) => void>();
  venue.addFault({ match, do: { hold: hold.promise }, ...(when === undefined ? {} : { when }) });
  const result = runTool(RUN_ALL, {
    venue,
    path: deployment.path,
    onSignalHandler: signals.resolve,
    ...(runtime === undefined ? {} : { runtime }),
  });
  let seen = 0;
  await venue.waitForRequest((request) =>
    request.type === match.type && (match.readOnly === undefined || request.readOnly === match.readOnly) &&
    ++seen === (match.nth ?? 1)
  );
  const send = await signals.promise;
  await test({ venue, send, release: hold.resolve, result });
}

Deno.test("a signal before the first step: nothing is changed, at once", async () => {
  // What is under way at the end of the run would end with the process. Here it is waited for, or the next test has it.
  const underWay: Promise<unknown>[] = [];
  const tracked: Runtime["fetch"] = (url, init) => {
    const request = fetch(url, init).then(async (response) => new Response(await response.arrayBuffer(), response));
    underWay.push(request);
    return request;
  };
  const fault = { match: { type: "run_sql", readOnly: true } };
  await heldRun({ ...fault, runtime: { fetch: tracked } }, async ({ venue, send, release, result }) => {
    send("SIGINT");
    const { code, stderr } = await result;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /error\[interrupted\]: Stopped by SIGINT\nstate: Nothing was changed\n/);
    release();
    while (underWay.length > 0) await Promise.allSettled(underWay.splice(0));
    assert.deepEqual(venue.writes(), []);
  });
});

Deno.test("a signal during a step: it is finished, no other is started, the metadata is reloaded", async () => {
  await heldRun({ match: STEP }, async ({ venue, send, release, result }) => {
    send("SIGTERM");
    release();
    const { code, stdout, stderr } = await result;
    assert.equal(code, 143, stderr);
    assert.match(
      stderr,
      /SIGTERM received: [^]*error\[interrupted\]: Stopped by SIGTERM[^]*INFO 1 of 2 migrations applied; the next one is 2_step_2[^]*INFO Metadata reloaded/,
    );
    assert.match(stdout, /Database Status/);
    assert.deepEqual(await venue.ledger(), [0, 1]);
  });
});

Deno.test("a signal during the last step: it is finished, and the exit code tells of the signal", async () => {
  await heldRun({ match: { ...STEP, nth: 2 } }, async ({ venue, send, release, result }) => {
    send("SIGINT");
    release();
    const { code, stderr } = await result;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /INFO 2 of 2 migrations applied\n[^]*INFO Metadata is consistent/);
    assert.match(stderr, /error\[interrupted\]: Stopped by SIGINT\nstate: .*all steps were done/i);
    assert.deepEqual(await venue.ledger(), [0, 1, 2]);
  });
});

Deno.test("a signal while the metadata is reloaded: that is completed", async () => {
  await heldRun({ match: { type: "reload_metadata" } }, async ({ venue, send, release, result }) => {
    send("SIGINT");
    release();
    const { code, stderr } = await result;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /INFO Metadata reloaded\n[^]*error\[interrupted\]/);
    assert.deepEqual(await venue.ledger(), [0, 1, 2]);
  });
});

Deno.test("a signal while a lost answer is settled: it is settled first", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const hold = Promise.withResolvers<void>();
  venue.addFault({ match: STEP, when: "after", do: "drop" });
  venue.addFault({ match: { type: "run_sql", readOnly: true, nth: 2 }, do: { hold: hold.promise } });
  const signals = Promise.withResolvers<(signal: StopSignal) => void>();
  const running = runTool(RUN_ALL, { venue, path: deployment.path, onSignalHandler: signals.resolve });
  await venue.waitForRequest(({ readOnly }) => readOnly === false);
  let looks = 0;
  await venue.waitForRequest(({ readOnly }) => readOnly === true && ++looks === 2);
  (await signals.promise)("SIGINT");
  hold.resolve();
  const { code, stderr } = await running;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /note: the ledger shows that 1_step_1 is applied\n[^]*INFO 1 of 2 migrations applied/);
  assert.deepEqual(await venue.ledger(), [0, 1]);
});

Deno.test("a terminal that goes away is no second signal, whichever came first", async () => {
  for (const [first, code] of [["SIGHUP", 129], ["SIGINT", 130]] as const) {
    await heldRun({ match: STEP }, async ({ venue, send, release, result }) => {
      send(first);
      send("SIGHUP");
      send("SIGHUP");
      release();
      const { code: actual, stderr } = await result;
      assert.equal(actual, code, stderr);
      assert.match(stderr, /INFO 1 of 2 migrations applied; the next one is 2_step_2[^]*INFO Metadata reloaded/);
      assert.deepEqual(await venue.ledger(), [0, 1]);
    });
  }
});

for (const json of [false, true]) {
  Deno.test(`a second signal ends at once and says what is not settled${json ? ", as JSON" : ""}`, async () => {
    const args = json ? [...RUN_ALL, "--json"] : RUN_ALL;
    await using venue = await startVenue();
    await using deployment = await createDeployment({ migrations: tableMigrations(2) });
    const hold = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, do: { hold: hold.promise } });
    const signals = Promise.withResolvers<(signal: StopSignal) => void>();
    const stderr: string[] = [];
    let exitCode: number | undefined;
    const running = runTool(args, {
      venue,
      path: deployment.path,
      onSignalHandler: signals.resolve,
      runtime: {
        stderr: {
          isTerminal: false,
          problem: undefined,
          columns: () => undefined,
          write: (text) => void stderr.push(text),
        },
        exit(code) {
          exitCode ??= code;
          throw new Error("the process has ended");
        },
      },
    }).catch(() => undefined);
    await venue.waitForRequest(isStep);
    const send = await signals.promise;
    send("SIGTERM");
    assert.throws(() => send("SIGINT"), /the process has ended/);
    assert.equal(exitCode, 143);
    const said = stderr.join("");
    const state = "1_step_1 was sent; it may still be running, and may still be committed";
    if (json) assert.equal(JSON.parse(said).error.state, state);
    else {assert.ok(
        said.includes(`error[interrupted]: Stopped by SIGTERM\nstate: ${state}\nnext: Look at the status`),
        said,
      );}
    hold.resolve();
    await running;
  });
}

for (const { name, database } of backends()) {
  if (name === "pglite") continue;
  Deno.test(`a signal while another run is waited for: the step is not started, ${name}`, async () => {
    await using venue = await startVenue({ database });
    await using deployment = await createDeployment({ migrations: tableMigrations(1) });
    const hold = Promise.withResolvers<void>();
    venue.addFault({ match: STEP, do: { hold: hold.promise } });
    const signals = Promise.withResolvers<(signal: StopSignal) => void>();
    const running = runTool(["migrate", "-a", "--all", "--lock-timeout=60"], {
      venue,
      path: deployment.path,
      onSignalHandler: signals.resolve,
    });
    await venue.waitForRequest(isStep);
    await venue.sql(`select pg_advisory_lock(${LOCK_KEYS.join(", ")})`);
    hold.resolve();
    let steps = 0;
    await venue.waitForRequest((request) => isStep(request) && ++steps === 2);
    (await signals.promise)("SIGINT");
    const { code, stderr } = await running;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /INFO 0 of 1 migrations applied; the next one is 1_step_1/);
    assert.deepEqual(await venue.ledger(), [0]);
  });
}
