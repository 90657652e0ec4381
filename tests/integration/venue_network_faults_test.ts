// What a client sees, byte for byte, when the network or Hasura goes away, and what reaches the database.

import assert from "node:assert/strict";
import { until } from "../venue/client.ts";
import { healthBytes, jsonBytes, pageBytes } from "../venue/expected.ts";
import { type AnswerFault, backends, type FaultTime, startVenue, type Venue } from "../venue/mod.ts";
import { getBytes, runSqlBytes, type Seen, Wire } from "../venue/wire.ts";

const BASE = "create table mark (id int)";
const WRITE = "insert into mark values (7) returning id";
const TIMES: FaultTime[] = ["before", "during", "before-commit", "after"];
const NOTHING = { bytes: "", end: undefined };
const CLOSED: Seen = { bytes: "", end: "closed" };
const RESET: Seen = { bytes: "", end: Deno.build.os === "linux" ? "reset" : "closed" };
const MADE: Seen = {
  bytes: jsonBytes("200 OK", [50, '{"result_type":"TuplesOk","result":[["id"],["7"]]}']),
  end: "open",
};
const HEALTHY: Seen = { bytes: healthBytes("200 OK", [2, "OK"]), end: "open" };
const UNAVAILABLE: Seen = {
  bytes: pageBytes("503 Service Unavailable", [190, "503 Service Temporarily Unavailable"]),
  end: "open",
};

async function marks(venue: Venue): Promise<number> {
  return Number((await venue.sql("select count(*) from mark"))[0]?.[0]);
}

/** Sends a request on a connection of its own. */
async function ask(venue: Venue, request: string): Promise<Seen> {
  await using wire = await Wire.open(venue);
  return await wire.exchange(request);
}

/** Gives bytes that are on their way more than the time that they need to arrive. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve));
}

Deno.test("pglite: a frozen network", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  for (const [when, how] of TIMES.flatMap((when) => [[when, "deliver"], [when, "reset"]] as const)) {
    await t.step(`${when}, then ${how}`, async () => {
      await venue.reset();
      await using old = await Wire.open(venue);
      assert.deepEqual(await old.exchange(getBytes("/healthz")), HEALTHY);
      venue.addFault({ match: { type: "run_sql" }, when, do: "freeze" });
      await using struck = await Wire.open(venue);
      await struck.send(runSqlBytes(venue, WRITE));
      await venue.waitForRequest(({ type }) => type === "run_sql");
      const kept = when === "before" ? 0 : 1;
      await until(async () => await marks(venue) === kept);
      const requests = venue.log.length;

      await old.send(getBytes("/healthz"));
      await using fresh = await Wire.open(venue);
      await fresh.send(getBytes("/healthz"));
      await turns();
      assert.deepEqual([struck.now, old.now, fresh.now], [NOTHING, NOTHING, NOTHING]);
      assert.deepEqual([venue.log.length, await marks(venue)], [requests, kept]);

      if (how === "deliver") venue.thaw();
      else venue.thaw("reset");
      const seen = await Promise.all([struck, old, fresh].map((wire) => wire.see()));
      assert.deepEqual(seen, how === "deliver" ? [MADE, HEALTHY, HEALTHY] : [RESET, RESET, RESET]);
      await venue.settled();
      assert.equal(await marks(venue), when === "before" && how === "reset" ? 0 : 1);
      assert.deepEqual(await ask(venue, getBytes("/healthz")), HEALTHY);
    });
  }
});

Deno.test("pglite: in a frozen network a cut or a client that leaves is seen by nobody", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  const { promise: hold, resolve: release } = Promise.withResolvers<void>();
  venue.addFault({ match: { path: "/healthz" }, do: { hold } });
  venue.addFault({ match: { path: "/healthz" }, when: "after", do: "drop" });
  await using cut = await Wire.open(venue);
  await cut.send(getBytes("/healthz"));
  await venue.waitForRequest(({ path }) => path === "/healthz");
  venue.freeze();
  {
    await using leaving = await Wire.open(venue);
    await leaving.send(runSqlBytes(venue, WRITE));
  }
  release();
  await venue.settled();
  await turns();
  assert.deepEqual([cut.now, venue.log.length], [NOTHING, 1]);
  venue.thaw();
  assert.deepEqual(await cut.see(), CLOSED);
  // What was sent before the client left arrives after all.
  await venue.waitForRequest(({ type }) => type === "run_sql");
  await venue.settled();
  assert.equal(await marks(venue), 1);
});

Deno.test("pglite: a venue can be closed, stopped and made fresh while it is frozen", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  for (const end of [() => venue.stop(), () => venue.reset()]) {
    venue.addFault({ match: {}, do: "freeze" });
    await using wire = await Wire.open(venue);
    await wire.send(runSqlBytes(venue, WRITE));
    await venue.waitForRequest(({ type }) => type === "run_sql");
    await end();
    assert.equal((await wire.see()).bytes, "");
    await venue.reset();
    assert.deepEqual([await ask(venue, getBytes("/healthz")), await marks(venue)], [HEALTHY, 0]);
  }
  venue.freeze();
});

Deno.test("pglite: a server that is gone refuses connections until it is back", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  for (const when of TIMES) {
    await t.step(when, async () => {
      await venue.reset();
      venue.addFault({ match: { type: "run_sql" }, when, do: "refuse" });
      await using other = await Wire.open(venue);
      assert.deepEqual(await other.exchange(getBytes("/healthz")), HEALTHY);
      assert.deepEqual(await ask(venue, runSqlBytes(venue, WRITE)), CLOSED);
      assert.deepEqual(await other.see(), CLOSED);
      await assert.rejects(Wire.open(venue), Deno.errors.ConnectionRefused);
      await venue.settled();
      assert.equal(await marks(venue), when === "during" || when === "after" ? 1 : 0);
      venue.start();
      assert.deepEqual(await ask(venue, getBytes("/healthz")), HEALTHY);
    });
  }
});

const ANSWERS: { title: string; answer: AnswerFault | undefined; seen: Seen }[] = [
  { title: "drop", answer: undefined, seen: CLOSED },
  { title: "reset", answer: "reset", seen: RESET },
  { title: "page", answer: { html: 503 }, seen: UNAVAILABLE },
];

for (const { name, database } of backends()) {
  Deno.test(`${name}: a request that is delivered late`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE });
    for (
      const { title, answer, seen } of ANSWERS.filter(({ title }) => title !== "reset" || Deno.build.os === "linux")
    ) {
      await t.step(title, async () => {
        await venue.reset();
        const { promise: deliverAfter, resolve: deliver } = Promise.withResolvers<void>();
        venue.addFault({ match: {}, do: { deliverAfter, ...(answer === undefined ? {} : { answer }) } });
        assert.deepEqual(await ask(venue, runSqlBytes(venue, WRITE)), seen);
        assert.deepEqual([await ask(venue, getBytes("/healthz")), await marks(venue)], [HEALTHY, 0]);
        deliver();
        await venue.settled();
        assert.equal(await marks(venue), 1);
      });
    }
  });

  Deno.test(`${name}: a request that waits for its delivery is forgotten when the venue is closed`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    venue.addFault({ match: {}, do: { deliverAfter: new Promise(() => {}) } });
    assert.deepEqual(await ask(venue, runSqlBytes(venue, WRITE)), CLOSED);
  });
}
