// /healthz, byte for byte, whatever becomes of other requests.

import assert from "node:assert/strict";
import { until } from "../venue/client.ts";
import { healthBytes, pageBytes } from "../venue/expected.ts";
import { backends, startVenue, type Venue } from "../venue/mod.ts";
import { getBytes, postBytes, runSqlBytes, type Seen, Wire } from "../venue/wire.ts";

const HEALTHY = stays("200 OK", [2, "OK"]);
const ERROR = stays("500 Internal Server Error", [5, "ERROR"]);

function stays(status: string, content: [length: number, body: string]): Seen {
  return { bytes: healthBytes(status, content), end: "open" };
}

async function ask(venue: Venue, request: string): Promise<Seen> {
  await using wire = await Wire.open(venue);
  return await wire.exchange(request);
}

const health = (venue: Venue, query = "") => ask(venue, getBytes(`/healthz${query}`));

for (const { name, database } of backends()) {
  Deno.test(`${name}: /healthz is answered while another request is at work`, async () => {
    await using venue = await startVenue({ database, baseSql: "create table mark (id int)" });
    for (const when of ["before", "before-commit", "after"] as const) {
      const { promise: hold, resolve: release } = Promise.withResolvers<void>();
      venue.addFault({ match: { type: "run_sql" }, when, do: { hold } });
      await using wire = await Wire.open(venue);
      await wire.send(runSqlBytes(venue, "insert into mark values (7)"));
      await venue.waitForRequest(({ type, endedAt }) => type === "run_sql" && endedAt === undefined);
      assert.deepEqual(await health(venue), HEALTHY);
      release();
      assert.match((await wire.see()).bytes, /^HTTP\/1\.1 200 OK/);
    }
  });

  Deno.test(`${name}: /healthz tells of metadata that does not fit and of a database that is away`, async () => {
    const trackedTables = [{ schema: "public", name: "mark" }];
    await using venue = await startVenue({ database, baseSql: "create table mark (id int)", trackedTables });
    assert.deepEqual([await health(venue), await health(venue, "?strict=true")], [HEALTHY, HEALTHY]);
    await venue.sql("drop table mark");
    await ask(venue, postBytes(venue, "/v1/metadata", { type: "reload_metadata", args: {} }));
    assert.deepEqual(await health(venue), stays("200 OK", [36, "WARN: inconsistent objects in schema"]));
    assert.deepEqual(await health(venue, "?strict=false"), await health(venue));
    assert.deepEqual(
      await health(venue, "?strict=true"),
      stays("500 Internal Server Error", [37, "ERROR: inconsistent objects in schema"]),
    );
    await venue.stopDatabase();
    assert.deepEqual(await health(venue), ERROR);
    venue.startDatabase();
    assert.deepEqual(await health(venue), stays("200 OK", [36, "WARN: inconsistent objects in schema"]));
  });

  Deno.test(`${name}: what is away comes back by itself`, async () => {
    await using venue = await startVenue({ database, baseSql: "" });
    venue.addFault({ match: { path: "/healthz" }, do: { databaseDownMs: 500 } });
    assert.deepEqual(await health(venue), ERROR);
    await until(async () => (await health(venue)).bytes === HEALTHY.bytes);
    venue.addFault({ match: { path: "/healthz" }, do: { restartMs: 20, page: 503 } });
    const page = pageBytes("503 Service Unavailable", [190, "503 Service Temporarily Unavailable"]);
    assert.deepEqual(await health(venue), { bytes: page, end: "open" });
    await until(async () => (await health(venue)).bytes === HEALTHY.bytes);
  });

  Deno.test(`${name}: Hasura does not start before its database can be reached`, async () => {
    await using venue = await startVenue({ database, baseSql: "" });
    await venue.stopDatabase();
    const back = venue.restart();
    await until(() => Wire.open(venue).then((wire) => wire[Symbol.asyncDispose](), () => true).then(Boolean));
    await assert.rejects(Wire.open(venue), Deno.errors.ConnectionRefused);
    venue.startDatabase();
    await back;
    assert.deepEqual(await health(venue), HEALTHY);
  });
}

Deno.test("pglite: a fault can be for /healthz alone", async () => {
  await using venue = await startVenue({ baseSql: "" });
  venue.addFault({ match: { path: "/healthz" }, do: { html: 502 } });
  assert.match((await ask(venue, runSqlBytes(venue, "select 1"))).bytes, /^HTTP\/1\.1 200 OK/);
  assert.equal((await health(venue, "?strict=true")).bytes, pageBytes("502 Bad Gateway", [150, "502 Bad Gateway"]));
  assert.deepEqual(await health(venue), HEALTHY);
});
