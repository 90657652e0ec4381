/** Servers and databases that are not as they should be: a clear message, the right code, and nothing changed. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { fingerprint } from "../support/fingerprint.ts";
import { startVenue } from "../venue/mod.ts";

const COMMANDS = [["status"], ["migrate", "-a", "--all"], ["migrate", "-r", "--all"]];

Deno.test("databases that are not as they should be", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const cases: [name: string, sql: string, message: RegExp][] = [
    ["a gap in the ledger", "insert into migrations.schema_migrations values ('2')", /gap between migrations 0 and 2/],
    ["no row 0", "delete from migrations.schema_migrations", /it is empty, and row 0.*is missing/],
    [
      "a ledger that starts with 1",
      "update migrations.schema_migrations set migration_id = '1'",
      /it starts with 1, and row 0/,
    ],
    [
      "a database that is newer than the folder",
      "insert into migrations.schema_migrations values ('1'), ('2'), ('3')",
      /The database has migration 3, which the migrations folder lacks/,
    ],
    [
      "a row that is no number",
      "insert into migrations.schema_migrations values ('one')",
      /has the row "one", which is not a plain whole number/,
    ],
    [
      "no ledger",
      "drop schema migrations cascade",
      /database "Aerie" has no usable table migrations.schema_migrations/,
    ],
  ];
  for (const [name, sql, message] of cases) {
    for (const command of COMMANDS) {
      await t.step(`${name}: ${command.join(" ")}`, async () => {
        await venue.reset();
        await venue.sql(sql);
        const before = await fingerprint(venue);
        const result = await runTool(command, { venue, path: deployment.path });
        assert.match(result.stderr, message);
        assert.match(result.stderr, /^next: /m);
        assert.equal(result.code, 5, result.stderr);
        assert.equal(await fingerprint(venue), before);
        assert.deepEqual(venue.writes(), []);
      });
    }
  }
});

Deno.test("a ledger whose rows were updated is no gap", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  assert.equal((await runTool(["migrate", "-a", "--all"], { venue, path: deployment.path })).code, 0);
  // PostgreSQL moves an updated row to the end of the table.
  await venue.sql("update migrations.schema_migrations set migration_id = migration_id where migration_id = '0'");
  const result = await runTool(["status"], { venue, path: deployment.path });
  assert.deepEqual([result.code, result.stderr], [0, ""]);
});

Deno.test("answers that are not Hasura's", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const json = (body: string) => ({ status: 200, body, contentType: "application/json; charset=utf-8" });
  const answers: [name: string, answer: { status: number; body: string; contentType: string }, message: RegExp][] = [
    [
      "an HTML page",
      { status: 502, body: "<html><head><title>502 Bad Gateway</title></head></html>", contentType: "text/html" },
      /The server answered 502 with an HTML page \("502 Bad Gateway"\) instead of JSON/,
    ],
    [
      "an HTML page with 200",
      { status: 200, body: "<html>hello</html>", contentType: "text/html" },
      /answered 200 with an HTML page/,
    ],
    [
      "plain text",
      { status: 200, body: "hello", contentType: "text/plain" },
      /answered 200 with "hello" instead of JSON/,
    ],
    [
      "nothing",
      { status: 200, body: "", contentType: "application/json" },
      /answered 200 with an empty body instead of JSON/,
    ],
    ["truncated JSON", json('{"result_type":"TuplesOk","resu'), /instead of JSON/],
    ["JSON of another shape", json('{"data":{}}'), /another shape than Hasura's/],
    ["null", json("null"), /another shape than Hasura's/],
    ["a list", json("[]"), /another shape than Hasura's/],
    [
      "JSON of somebody else with an error",
      { ...json('{"message":"no Route matched"}'), status: 404 },
      /answered 404 with JSON that is not Hasura's/,
    ],
  ];
  for (const [name, answer, message] of answers) {
    for (const command of COMMANDS) {
      await t.step(`${name}: ${command.join(" ")}`, async () => {
        await venue.reset();
        const before = await fingerprint(venue);
        venue.addFault({ match: {}, do: answer, times: Infinity });
        const result = await runTool(command, { venue, path: deployment.path });
        assert.match(result.stderr, message);
        assert.equal(result.code, 4, result.stderr);
        assert.equal(await fingerprint(venue), before);
      });
    }
  }
});

Deno.test("a server that is down", async () => {
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const venue = { url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`, adminSecret: "some-admin-secret" };
  listener.close();
  for (const command of COMMANDS) {
    const result = await runTool(command, { venue, path: deployment.path });
    assert.match(result.stderr, /Cannot read the ledger at "http:\/\/127.0.0.1:\d+": .*refused/i);
    assert.equal(result.code, 4, result.stderr);
  }
});

Deno.test("a wrong path behind the endpoint", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  for (const command of COMMANDS) {
    const result = await runTool(command, {
      venue: { url: `${venue.url}/elsewhere`, adminSecret: venue.adminSecret },
      path: deployment.path,
    });
    assert.match(result.stderr, /has no "\/v2\/query"/);
    assert.equal(result.code, 4, result.stderr);
  }
});

Deno.test("a wrong secret", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  for (const command of COMMANDS) {
    const result = await runTool(command, {
      venue: { url: venue.url, adminSecret: "not-the-secret" },
      path: deployment.path,
    });
    assert.match(result.stderr, /refuses the admin secret from option --admin-secret: invalid "x-hasura-admin-secret"/);
    assert.equal(result.code, 4, result.stderr);
    assert.deepEqual(venue.writes(), []);
  }
});
