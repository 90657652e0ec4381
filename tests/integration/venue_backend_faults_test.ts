// What a client sees, byte for byte, when Hasura loses a backend, and what becomes of that backend.

import assert from "node:assert/strict";
import { until } from "../venue/client.ts";
import { jsonBytes } from "../venue/expected.ts";
import { backends, type FaultAction, type FaultTime, startVenue, type Venue } from "../venue/mod.ts";
import { getBytes, runSqlBytes, type Seen, Wire } from "../venue/wire.ts";

const BASE = "create table mark (id int, who text)";
const WRITE = "insert into mark values (7, current_setting('hasura.user', true)) returning id";
const BLOCKED = `select pg_advisory_xact_lock(7); ${WRITE}`;
const MADE = stays(jsonBytes("200 OK", [50, '{"result_type":"TuplesOk","result":[["id"],["7"]]}']));
const CLOSED_UNEXPECTEDLY =
  "server closed the connection unexpectedly\\n\\tThis probably means the server terminated " +
  "abnormally\\n\\tbefore or while processing the request.\\n";

function stays(bytes: string): Seen {
  return { bytes, end: "open" };
}

function connectionError(length: number, internal: string): Seen {
  const body = `{"error":"connection error","path":"$","code":"postgres-error","internal":"${internal}"}`;
  return stays(jsonBytes("500 Internal Server Error", [length, body]));
}

/** Sends a request on a connection of its own. */
async function ask(venue: Venue, request: string): Promise<Seen> {
  await using wire = await Wire.open(venue);
  return await wire.exchange(request);
}

/** Process ids of the backends that wait for the lock which {@linkcode BLOCKED} asks for. */
async function waiting(venue: Venue): Promise<(string | null)[]> {
  const text =
    "select pid from pg_stat_activity where datname = current_database() and wait_event = 'advisory' order by 1";
  return (await venue.sql(text)).flat();
}

interface Finding {
  action: FaultAction;
  when: FaultTime;
  /** How often Hasura sends again. */
  retries: number;
  seen: Seen;
  /** Default: both. */
  only?: "pglite" | "postgres";
}

// In none of these is anything kept.
const FINDINGS: Finding[] = [
  // COMMIT is sent again on a fresh connection, where it does nothing, well.
  { action: "lose-backend", when: "before-commit", retries: 1, seen: MADE, only: "postgres" },
  { action: "kill-backend", when: "before-commit", retries: 1, seen: MADE },
  // PGlite does nothing beside a text, and so has only COMMIT to send again.
  { action: "kill-backend", when: "during", retries: 1, seen: MADE, only: "pglite" },
  {
    action: "lose-backend",
    when: "before-commit",
    retries: 0,
    seen: connectionError(106, "no connection to the server\\n"),
    only: "postgres",
  },
  {
    action: "lose-backend",
    when: "during",
    retries: 0,
    seen: connectionError(219, CLOSED_UNEXPECTEDLY),
    only: "postgres",
  },
  {
    action: "kill-backend",
    when: "during",
    retries: 0,
    seen: connectionError(280, `FATAL:  terminating connection due to administrator command\\n${CLOSED_UNEXPECTEDLY}`),
    only: "postgres",
  },
];

for (const { name, database } of backends()) {
  Deno.test(`${name}: a backend that is lost or killed`, async (t) => {
    for (const { action, when, retries, seen, only = name } of FINDINGS) {
      if (only !== name) continue;
      const blocked = name === "postgres" && when === "during";
      await t.step(`${action} ${when}, ${retries} retries`, async () => {
        await using venue = await startVenue({ database, baseSql: BASE, retries });
        if (blocked) await venue.sql("select pg_advisory_lock(7)");
        venue.addFault({ match: { type: "run_sql" }, when, do: action });
        assert.deepEqual(await ask(venue, runSqlBytes(venue, blocked ? BLOCKED : WRITE)), seen);
        if (blocked) await venue.sql("select pg_advisory_unlock(7)");
        await venue.settled();
        assert.deepEqual(await venue.sql("select id, who from mark"), []);
      });
    }
  });
}

for (const { name, database } of backends().filter((backend) => backend.name === "postgres")) {
  Deno.test(`${name}: a backend that Hasura lost goes on beside the text that is sent again`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    await venue.sql("select pg_advisory_lock(7)");
    venue.addFault({ match: { type: "run_sql" }, when: "during", do: "lose-backend" });
    await using wire = await Wire.open(venue);
    await wire.send(runSqlBytes(venue, BLOCKED));
    await until(async () => (await waiting(venue)).length === 2);
    await venue.sql("select pg_advisory_unlock(7)");
    assert.deepEqual(await wire.see(), MADE);
    await venue.settled();
    // The first backend has aborted; the second text ran without Hasura's BEGIN, and so without its settings.
    assert.deepEqual(await venue.sql("select id, who from mark"), [["7", null]]);
  });

  Deno.test(`${name}: a text goes on when Hasura restarts, keeps its locks, and is not committed`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    await venue.sql("select pg_advisory_lock(7)");
    const { promise: restart, resolve: boot } = Promise.withResolvers<void>();
    venue.addFault({ match: { type: "run_sql" }, when: "during", do: { restart } });
    // It is at work for a while after it has the lock, and settled() waits for it.
    const text = `lock table mark; ${BLOCKED}; select pg_sleep(0.3)`;
    assert.deepEqual(await ask(venue, runSqlBytes(venue, text)), { bytes: "", end: "closed" });
    boot();
    await venue.restart();
    const [backend, ...others] = await waiting(venue);
    assert.ok(backend !== undefined && others.length === 0);
    const locked = "select count(*) from pg_locks where relation = 'mark'::regclass and granted";
    assert.deepEqual(await venue.sql(locked), [["1"]]);
    await venue.sql("select pg_advisory_unlock(7)");
    await venue.settled();
    assert.deepEqual(await venue.sql(`select from pg_stat_activity where pid = ${backend}`), []);
    assert.deepEqual(await venue.sql("select id from mark"), []);
  });

  Deno.test(`${name}: a venue is made fresh although a lost backend is still at work`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE, retries: 0 });
    venue.addFault({ match: { type: "run_sql" }, when: "during", do: "lose-backend" });
    await ask(venue, runSqlBytes(venue, "lock table mark; select pg_sleep(600)"));
    const locked = "select count(*) from pg_locks where relation = 'mark'::regclass and granted";
    assert.deepEqual(await venue.sql(locked), [["1"]]);
    await venue.reset();
    assert.deepEqual(await venue.sql("select id from mark"), []);
  });
}

Deno.test("pglite: the request of a client that leaves at once is worked off, if it has come whole", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  const whole = runSqlBytes(venue, WRITE);
  {
    await using wire = await Wire.open(venue);
    await wire.send(whole.slice(0, -20));
    await wire.finish();
    assert.deepEqual(await wire.see(), { bytes: "", end: "closed" });
  }
  {
    await using wire = await Wire.open(venue);
    await wire.send(whole);
  }
  await venue.waitForRequest(({ type }) => type === "run_sql");
  await venue.settled();
  assert.equal((await ask(venue, getBytes("/healthz"))).end, "open");
  assert.deepEqual(await venue.sql("select id from mark"), [["7"]]);
});

Deno.test("faults that cannot strike at their time, or not here, are refused", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  const ALL: FaultTime[] = ["before", "during", "before-commit", "after"];
  const later = Promise.resolve();
  const cases: { action: FaultAction; times: FaultTime[] }[] = [
    { action: "kill-backend", times: ["during", "before-commit"] },
    { action: "lose-backend", times: [] },
    { action: "tx-error", times: ["before-commit"] },
    { action: "max-connections", times: ["before"] },
    { action: "source-inconsistent", times: ["before"] },
    { action: { deliverAfter: later }, times: ["before"] },
    { action: { deliverAfter: later, answer: "tx-error" }, times: [] },
    { action: { delayMs: 1 }, times: ["before", "before-commit", "after"] },
    { action: { hold: later }, times: ["before", "before-commit", "after"] },
    { action: { restart: later }, times: ALL },
    { action: { databaseDownMs: 1 }, times: ALL },
    { action: "freeze", times: ALL },
    { action: "reset", times: Deno.build.os === "linux" ? ALL : [] },
    { action: { deliverAfter: later, answer: "reset" }, times: Deno.build.os === "linux" ? ["before"] : [] },
  ];
  for (const { action, times } of cases) {
    for (const when of ALL) {
      const add = () => venue.addFault({ match: { nth: Infinity }, when, do: action });
      if (times.includes(when)) add();
      else assert.throws(add, TypeError, `${JSON.stringify(action)} ${when}`);
    }
  }
});
