import assert from "node:assert/strict";
import { createWaiting, type Waiting } from "../../src/waiting.ts";
import { FakeRuntime } from "../support/fake_runtime.ts";

interface World extends Disposable {
  rt: FakeRuntime;
  waiting: Waiting;
  /** What was shown since the last call, as `what seconds`, or `ended`. */
  take(): string[];
}

function createWorld(): World {
  const rt = new FakeRuntime();
  let shown: string[] = [];
  const waiting = createWaiting(rt, (now) => {
    shown.push(now === undefined ? "ended" : `${now.what} ${now.elapsed / 1_000}`);
  });
  return {
    rt,
    waiting,
    take() {
      const before = shown;
      shown = [];
      return before;
    },
    [Symbol.dispose]() {
      // Fails where a timer is left.
      rt[Symbol.dispose]();
      assert.deepEqual(shown, [], "shown, but not looked at");
    },
  };
}

/** Work that goes on until it is told to end. */
function start(waiting: Waiting, what: string): () => Promise<void> {
  const work = Promise.withResolvers<void>();
  const done = waiting.during(what, () => work.promise);
  return () => {
    work.resolve();
    return done;
  };
}

Deno.test("what ends within two seconds is never told", async () => {
  using world = createWorld();
  const end = start(world.waiting, "a");
  world.rt.advance(1_999);
  await end();
  world.rt.advance(10_000);
  assert.deepEqual(world.take(), []);
});

Deno.test("what takes longer is told once a second until it ends", async () => {
  using world = createWorld();
  const end = start(world.waiting, "a");
  world.rt.advance(1_999);
  assert.deepEqual(world.take(), []);
  world.rt.advance(1);
  assert.deepEqual(world.take(), ["a 2"]);
  world.rt.advance(3_500);
  assert.deepEqual(world.take(), ["a 3", "a 4", "a 5"]);
  await end();
  assert.deepEqual(world.take(), ["ended"]);
  world.rt.advance(10_000);
  assert.deepEqual(world.take(), []);
});

Deno.test("the result of the work is handed on, and its failure too", async () => {
  using world = createWorld();
  assert.equal(await world.waiting.during("a", () => Promise.resolve(7)), 7);
  const failure = new Error("no");
  await assert.rejects(
    world.waiting.during("a", async () => {
      await world.rt.sleep(2_000);
      throw failure;
    }),
    failure,
  );
  assert.deepEqual(world.take(), ["a 2", "ended"]);
  const throwsAtOnce = () => {
    throw failure;
  };
  await assert.rejects(world.waiting.during("a", throwsAtOnce), failure);
});

Deno.test("say() changes the words and leaves the clock alone", async () => {
  using world = createWorld();
  const end = start(world.waiting, "applying");
  world.rt.advance(1_000);
  world.waiting.say("applying: the answer was lost");
  assert.deepEqual(world.take(), []);
  world.rt.advance(1_000);
  assert.deepEqual(world.take(), ["applying: the answer was lost 2"]);
  world.rt.advance(500);
  world.waiting.say("asking");
  world.waiting.say("asking");
  assert.deepEqual(world.take(), ["asking 2.5"]);
  world.rt.advance(500);
  assert.deepEqual(world.take(), ["asking 3"]);
  await end();
  world.waiting.say("nothing goes on");
  assert.deepEqual(world.take(), ["ended"]);
});

Deno.test("inner work is told once it takes long itself, and gives back to the outer", async () => {
  using world = createWorld();
  const endOuter = start(world.waiting, "outer");
  world.rt.advance(2_000);
  const endShort = start(world.waiting, "short");
  world.rt.advance(1_000);
  await endShort();
  assert.deepEqual(world.take(), ["outer 2", "outer 3"]);
  const endInner = start(world.waiting, "inner");
  world.rt.advance(3_000);
  assert.deepEqual(world.take(), ["outer 4", "inner 2", "inner 3"]);
  await endInner();
  assert.deepEqual(world.take(), ["outer 6"]);
  world.rt.advance(1_000);
  assert.deepEqual(world.take(), ["outer 7"]);
  await endOuter();
  assert.deepEqual(world.take(), ["ended"]);
});

Deno.test("of works that overlap, the one that began last is told, whichever ends first", async () => {
  using world = createWorld();
  const endFirst = start(world.waiting, "first");
  world.rt.advance(1_000);
  const endSecond = start(world.waiting, "second");
  world.rt.advance(2_000);
  assert.deepEqual(world.take(), ["first 2", "second 2"]);
  await endFirst();
  world.rt.advance(1_000);
  assert.deepEqual(world.take(), ["second 3"]);
  const endThird = start(world.waiting, "third");
  await endSecond();
  assert.deepEqual(world.take(), ["ended"], "the third is not long enough at it");
  world.rt.advance(2_000);
  assert.deepEqual(world.take(), ["third 2"]);
  await endThird();
  assert.deepEqual(world.take(), ["ended"]);
});
