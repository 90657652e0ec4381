// What a client sees, byte for byte, when Hasura restarts or loses its database, and what the database keeps.

import assert from "node:assert/strict";
import { callMetadata, until } from "../venue/client.ts";
import { healthBytes, jsonBytes, pageBytes } from "../venue/expected.ts";
import { backends, type FaultTime, startVenue, type Venue } from "../venue/mod.ts";
import { getBytes, runSqlBytes, type Seen, Wire } from "../venue/wire.ts";

const BASE = "create table mark (id int)";
const WRITE = "insert into mark values (7) returning id";
const TIMES: FaultTime[] = ["before", "during", "before-commit", "after"];
const CLOSED: Seen = { bytes: "", end: "closed" };
const MADE = stays(jsonBytes("200 OK", [50, '{"result_type":"TuplesOk","result":[["id"],["7"]]}']));
const HEALTHY = stays(healthBytes("200 OK", [2, "OK"]));
const BAD_GATEWAY = stays(pageBytes("502 Bad Gateway", [150, "502 Bad Gateway"]));
const NO_CONNECTION = connectionError([
  106,
  '{"error":"connection error","path":"$","code":"postgres-error","internal":"no connection to the server\\n"}',
]);

function stays(bytes: string): Seen {
  return { bytes, end: "open" };
}

function connectionError(content: [length: number, body: string]): Seen {
  return stays(jsonBytes("500 Internal Server Error", content));
}

async function marks(venue: Venue): Promise<number> {
  return Number((await venue.sql("select count(*) from mark"))[0]?.[0]);
}

/** Sends a request on a connection of its own. */
async function ask(venue: Venue, request: string): Promise<Seen> {
  await using wire = await Wire.open(venue);
  return await wire.exchange(request);
}

for (const { name, database } of backends()) {
  Deno.test(`${name}: Hasura restarts`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE });
    for (const when of TIMES) {
      await t.step(when, async () => {
        await venue.reset();
        await ask(venue, runSqlBytes(venue, "set application_name = 'leak'"));
        const { promise: restart, resolve: boot } = Promise.withResolvers<void>();
        venue.addFault({ match: { type: "run_sql" }, when, do: { restart } });
        await using other = await Wire.open(venue);
        assert.deepEqual(await other.exchange(getBytes("/healthz")), HEALTHY);
        assert.deepEqual(await ask(venue, runSqlBytes(venue, WRITE)), CLOSED);
        assert.deepEqual(await other.see(), CLOSED);
        await assert.rejects(Wire.open(venue), Deno.errors.ConnectionRefused);
        await venue.settled();
        assert.equal(await marks(venue), when === "after" ? 1 : 0);
        boot();
        await until(() => Wire.open(venue).then((wire) => wire[Symbol.asyncDispose]()).then(() => true, () => false));
        assert.deepEqual(await ask(venue, getBytes("/healthz")), HEALTHY);
        const { bytes } = await ask(venue, runSqlBytes(venue, "show application_name"));
        assert.match(bytes, /\r\n\r\n.*\[\["application_name"\],\[""\]\]/);
      });
    }
  });

  Deno.test(`${name}: Hasura restarts behind a proxy`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE });
    for (const when of TIMES) {
      await t.step(when, async () => {
        await venue.reset();
        const { promise: restart, resolve: boot } = Promise.withResolvers<void>();
        const { promise: hold, resolve: release } = Promise.withResolvers<void>();
        venue.addFault({ match: { path: "/healthz" }, do: { hold } });
        venue.addFault({ match: { type: "run_sql" }, when, do: { restart, page: 502 } });
        await using other = await Wire.open(venue);
        await other.send(getBytes("/healthz"));
        await venue.waitForRequest(({ path }) => path === "/healthz");
        assert.deepEqual(await ask(venue, runSqlBytes(venue, WRITE)), BAD_GATEWAY);
        assert.deepEqual(await other.see(), BAD_GATEWAY);
        assert.deepEqual(await ask(venue, runSqlBytes(venue, WRITE)), BAD_GATEWAY);
        await venue.settled();
        assert.equal(await marks(venue), when === "after" ? 1 : 0);
        release();
        boot();
        await until(async () => (await ask(venue, getBytes("/healthz"))).bytes === HEALTHY.bytes);
        assert.match((await ask(venue, runSqlBytes(venue, WRITE))).bytes, /^HTTP\/1\.1 200 OK/);
      });
    }
  });

  Deno.test(`${name}: the database goes away`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE });
    for (const when of TIMES) {
      await t.step(when, async () => {
        await venue.reset();
        // A session that is idle. Every second answer has its keys the other way round.
        for (let times = 0; times < 2; times++) await ask(venue, runSqlBytes(venue, "truncate mark"));
        const { promise: databaseDown, resolve: back } = Promise.withResolvers<void>();
        venue.addFault({ match: { type: "run_sql" }, when, do: { databaseDown } });
        const seen = await ask(venue, runSqlBytes(venue, WRITE));
        assert.deepEqual(seen, when === "after" ? MADE : NO_CONNECTION);
        assert.equal(await marks(venue), when === "after" ? 1 : 0);
        back();
        await until(async () => (await ask(venue, getBytes("/healthz"))).bytes === HEALTHY.bytes);
        assert.match((await ask(venue, runSqlBytes(venue, WRITE))).bytes, /^HTTP\/1\.1 200 OK/);
      });
    }
  });

  Deno.test(`${name}: what a server answers whose database is away`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    await venue.stopDatabase();
    assert.deepEqual(
      await ask(venue, getBytes("/healthz")),
      stays(healthBytes("500 Internal Server Error", [5, "ERROR"])),
    );
    // As many requests as Hasura has sessions on its own tables find one that has died.
    assert.deepEqual(await ask(venue, runSqlBytes(venue, WRITE)), NO_CONNECTION);
    let seen = await callMetadata(venue, "get_catalog_state");
    while (seen.json.internal === "no connection to the server\n") {
      seen = await callMetadata(venue, "get_catalog_state");
    }
    const internal = 'connection to server at "127.0.0.1", port 5432 failed: Connection refused\n' +
      "\tIs the server running on that host and accepting TCP/IP connections?\n";
    const json = { internal, code: "postgres-error", path: "$", error: "connection error" };
    assert.deepEqual([seen.status, seen.json], [500, json]);
    venue.startDatabase();
    assert.deepEqual(await ask(venue, getBytes("/healthz")), HEALTHY);
  });
}
