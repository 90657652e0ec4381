import assert from "node:assert/strict";
import type { HasuraClient, HasuraQuestion } from "../../src/hasura/client.ts";
import { createTrackerKeeper } from "../../src/migrations/tracker.ts";
import type { Ledger } from "../../src/migrations/types.ts";

/** A Hasura that keeps a tracker, and answers each call when the test says so. */
class TrackerServer implements HasuraClient {
  readonly endpoint = "http://h.invalid";
  readonly readTimeout = 30_000;
  state: unknown = {};
  readonly calls: string[] = [];
  failures = 0;

  ask<T>({ type, args, decode }: HasuraQuestion<T>): Promise<T> {
    this.calls.push(type);
    if (type === "get_catalog_state") return Promise.resolve(decode({ cli_state: this.state }));
    if (this.failures > 0) {
      this.failures--;
      return Promise.reject(new Error("no"));
    }
    this.state = args.state;
    return Promise.resolve(decode({ message: "success" }));
  }

  send(): never {
    throw new Error("The tracker is not written by a step");
  }

  health(): never {
    throw new Error("The tracker does not ask for health");
  }
}

function ledgerOf(...versions: number[]): Ledger {
  return versions.map((version) => ({ version, pauseAfter: false, afterDone: false }));
}

function keeperOf(server: TrackerServer) {
  const clock = { ms: 0 };
  return { clock, keeper: createTrackerKeeper({ rt: { now: () => clock.ms }, client: server, source: "Aerie" }) };
}

const marked = (...versions: number[]) => ({
  migrations: { Aerie: Object.fromEntries(versions.map((version) => [version, false])) },
  isStateCopyCompleted: true,
});

Deno.test("settle() brings the last ledger to the tracker, whatever came in between", async () => {
  const server = new TrackerServer();
  const { keeper } = keeperOf(server);
  for (let version = 1; version <= 100; version++) keeper.update(ledgerOf(0, version - 1, version));
  assert.equal(await keeper.settle(), undefined);
  assert.deepEqual(server.state, marked(99, 100));
  assert.equal(server.calls.length, 4);
});

Deno.test("update() writes at most once a second", async () => {
  const server = new TrackerServer();
  const { keeper, clock } = keeperOf(server);
  const rest = async () => {
    // Lets all that is under way come to its end.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  keeper.update(ledgerOf(0, 1));
  await rest();
  clock.ms = 999;
  keeper.update(ledgerOf(0, 1, 2));
  await rest();
  assert.deepEqual(server.state, marked(1));
  clock.ms = 1_000;
  keeper.update(ledgerOf(0, 1, 2, 3));
  await rest();
  assert.deepEqual(server.state, marked(1, 2, 3));
  assert.equal(await keeper.settle(), undefined);
});

Deno.test("settle() tries once more after a failure, and returns the second", async () => {
  const server = new TrackerServer();
  server.failures = 1;
  const once = keeperOf(server).keeper;
  once.update(ledgerOf(0, 1));
  assert.equal(await once.settle(), undefined);
  assert.deepEqual(server.state, marked(1));

  server.failures = 2;
  const twice = keeperOf(server).keeper;
  twice.update(ledgerOf(0, 1, 2));
  assert.match(String(await twice.settle()), /no/);
});

Deno.test("settle() has nothing to do where nothing was asked, and writes nothing that is there already", async () => {
  const server = new TrackerServer();
  assert.equal(await keeperOf(server).keeper.settle(), undefined);
  assert.deepEqual(server.calls, []);
  server.state = marked(1);
  const { keeper } = keeperOf(server);
  keeper.update(ledgerOf(0, 1));
  assert.equal(await keeper.settle(), undefined);
  assert.deepEqual(server.calls, ["get_catalog_state"]);
});

Deno.test("settle() tells the Hasura CLI that nothing is left to be copied, even where all is marked", async () => {
  const server = new TrackerServer();
  server.state = { migrations: marked(1).migrations };
  const { keeper } = keeperOf(server);
  keeper.update(ledgerOf(0, 1));
  assert.equal(await keeper.settle(), undefined);
  assert.deepEqual(server.state, marked(1));
});

Deno.test("settle() leaves the tracker of a database alone that has nothing to mark", async () => {
  const server = new TrackerServer();
  const { keeper } = keeperOf(server);
  keeper.update(ledgerOf(0));
  assert.equal(await keeper.settle(), undefined);
  assert.deepEqual(server.calls, ["get_catalog_state"]);
});
