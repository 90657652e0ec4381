import assert from "node:assert/strict";
import { call, callMetadata, type CallOptions, exchange, runSql } from "../venue/client.ts";
import { startVenue, type VenueOptions } from "../venue/mod.ts";

const NOT_FOUND = { path: "$", error: "resource does not exist", code: "not-found" };
const MISSING = {
  path: "$",
  error: '"x-hasura-admin-secret"/"x-hasura-access-key" required, but not found',
  code: "access-denied",
};
const INVALID = { path: "$", error: 'invalid "x-hasura-admin-secret"/"x-hasura-access-key"', code: "access-denied" };
const ADMIN_ONLY = { path: "$.args", error: "restricted access : admin only", code: "access-denied" };
const ADMIN_ENDPOINT = {
  path: "$",
  error: "You have to be an admin to access this endpoint",
  code: "access-denied",
};
const CRASHED = { path: "$", error: "Internal Server Error", code: "unexpected" };
const ONE = { result_type: "TuplesOk", result: [["?column?"], ["1"]] };
const SELECT = { type: "run_sql", args: { source: "Aerie", sql: "select 1" } };
const SECRET = "pä'\"$w# rd €";

/** A header value as it travels: one character per byte. */
function bytes(value: string): string {
  return String.fromCharCode(...new TextEncoder().encode(value));
}

Deno.test("pglite: who may call", async (t) => {
  await using venue = await startVenue({ baseSql: "", adminSecret: SECRET });
  const secret = { "x-hasura-admin-secret": bytes(SECRET) };
  const cases: { title: string; path?: string; headers: Record<string, string>; expected: [number, unknown] | 200 }[] =
    [
      { title: "no secret", headers: {}, expected: [401, MISSING] },
      { title: "no secret for metadata", path: "/v1/metadata", headers: {}, expected: [401, MISSING] },
      { title: "no secret for the configuration", path: "/v1alpha1/config", headers: {}, expected: [401, MISSING] },
      { title: "an empty secret", headers: { "x-hasura-admin-secret": "" }, expected: [401, INVALID] },
      { title: "a wrong secret", headers: { "x-hasura-admin-secret": "other" }, expected: [401, INVALID] },
      {
        title: "the secret in Latin-1",
        headers: { "x-hasura-admin-secret": "pä'\"$w# rd ?" },
        expected: [401, INVALID],
      },
      { title: "the secret in UTF-8", headers: secret, expected: 200 },
      { title: "the older header", headers: { "x-hasura-access-key": bytes(SECRET) }, expected: 200 },
      {
        title: "both headers: the newer one counts",
        headers: { ...secret, "x-hasura-access-key": "other" },
        expected: 200,
      },
      { title: "another role", headers: { ...secret, "x-hasura-role": "user" }, expected: [400, ADMIN_ONLY] },
      {
        title: "another role for metadata",
        path: "/v1/metadata",
        headers: { ...secret, "x-hasura-role": "user" },
        expected: [400, ADMIN_ONLY],
      },
      {
        title: "another role for the configuration",
        path: "/v1alpha1/config",
        headers: { ...secret, "x-hasura-role": "user" },
        expected: [400, ADMIN_ENDPOINT],
      },
      { title: "the admin role by name", headers: { ...secret, "x-hasura-role": "admin" }, expected: 200 },
    ];
  for (const { title, path = "/v2/query", headers, expected } of cases) {
    await t.step(title, async () => {
      const body = path === "/v2/query" ? SELECT : { type: "export_metadata", args: {} };
      const config = path === "/v1alpha1/config";
      const reply = await call(venue, path, config ? { method: "GET", headers } : { body, headers });
      if (expected === 200) assert.equal(reply.status, 200);
      else assert.deepEqual([reply.status, reply.json], expected);
    });
  }
  await t.step("the log tells how the secret compares, and not what it is", () => {
    const seen = venue.log.map(({ headers }) => headers["x-hasura-admin-secret"]);
    assert.deepEqual(seen, [...Array(3).fill("none"), ...Array(3).fill("wrong"), ...Array(7).fill("right")]);
    assert.ok(!JSON.stringify(venue.log).includes(bytes(SECRET)));
  });
});

Deno.test("pglite: a server without a secret takes any", async () => {
  await using venue = await startVenue({ baseSql: "", adminSecret: null });
  assert.equal((await call(venue, "/v2/query", { body: SELECT, headers: {} })).status, 200);
  const wrong = { "x-hasura-admin-secret": "any" };
  assert.equal((await call(venue, "/v2/query", { body: SELECT, headers: wrong })).status, 200);
  const user = { "x-hasura-role": "user" };
  assert.deepEqual((await call(venue, "/v2/query", { body: SELECT, headers: user })).json, ADMIN_ONLY);
});

Deno.test("pglite: requests that Hasura cannot use", async (t) => {
  await using venue = await startVenue({ baseSql: "" });
  const failed = (path: string, error: string) => ({ path, error, code: "parse-failed" });
  const text = "parsing Text failed, expected String, but encountered";
  const cases: { path: string; options: CallOptions; status: number; expected: unknown }[] = [
    { path: "/", options: { method: "GET" }, status: 404, expected: NOT_FOUND },
    { path: "/v2/query", options: { method: "GET" }, status: 404, expected: NOT_FOUND },
    { path: "/v1/metadata", options: { method: "GET" }, status: 404, expected: NOT_FOUND },
    { path: "/hasura/v2/query", options: { body: SELECT }, status: 404, expected: NOT_FOUND },
    { path: "/v1/graphql", options: { body: {} }, status: 404, expected: NOT_FOUND },
    { path: "/v2/query", options: { method: "DELETE" }, status: 500, expected: CRASHED },
    { path: "/v2/query/", options: { body: SELECT }, status: 200, expected: ONE },
    { path: "//v2/query", options: { body: SELECT }, status: 200, expected: ONE },
    { path: "/v2/query", options: { body: { ...SELECT, type: "pg_run_sql" } }, status: 200, expected: ONE },
    {
      path: "/v2/query",
      options: { body: { ...SELECT, type: "citus_run_sql" } },
      status: 400,
      expected: { path: "$", error: 'source with name "Aerie" is inconsistent', code: "unexpected" },
    },
    {
      path: "/v2/query",
      options: { body: [] },
      status: 400,
      expected: failed("$", "parsing RQLQuery failed, expected Object, but encountered Array"),
    },
    { path: "/v2/query", options: { body: {} }, status: 400, expected: failed("$", 'key "type" not found') },
    {
      path: "/v2/query",
      options: { body: { type: "run_sql" } },
      status: 400,
      expected: failed("$", 'key "args" not found'),
    },
    {
      path: "/v2/query",
      options: { body: { type: "run_sql", args: {} } },
      status: 400,
      expected: failed("$.args", 'key "sql" not found'),
    },
    {
      path: "/v2/query",
      options: { body: { type: "run_sql", args: { sql: 1 } } },
      status: 400,
      expected: failed("$.args.sql", `${text} Number`),
    },
    {
      path: "/v2/query",
      options: { body: { type: "run_sql", args: { sql: "select 1", read_only: "yes" } } },
      status: 400,
      expected: failed("$.args.read_only", "expected Bool, but encountered String"),
    },
    {
      path: "/v2/query",
      options: { body: { type: "foo", args: {} } },
      status: 400,
      expected: failed("$", "Unrecognised RQLQuery type: foo"),
    },
    {
      path: "/v1/metadata",
      options: { body: { type: "run_sql", args: { sql: "select 1" } } },
      status: 400,
      expected: failed("$", 'unknown metadata command "sql" for backend run'),
    },
    {
      path: "/v1/metadata",
      options: { body: { type: "foo_bar", args: {} } },
      status: 400,
      expected: failed("$", 'unknown metadata command "bar" for backend foo'),
    },
    {
      path: "/v1/metadata",
      options: { body: { type: "pg_nope", args: {} } },
      status: 400,
      expected: failed("$", 'unknown metadata command "nope" for backend postgres'),
    },
    {
      path: "/v1/metadata",
      options: { body: { type: "reload_metadata" } },
      status: 400,
      expected: failed("$", 'key "args" not found'),
    },
    {
      path: "/v1/metadata",
      options: { body: { type: "set_catalog_state", args: { type: "cli" } } },
      status: 400,
      expected: failed(
        "$.args",
        'parsing Hasura.RQL.Types.Metadata.Common.SetCatalogState(SetCatalogState) failed, key "state" not found',
      ),
    },
    {
      path: "/v2/query",
      options: { body: { type: "run_sql", args: { sql: "select 1" } } },
      status: 400,
      expected: { path: "$", error: 'source with name "default" does not exist', code: "not-exists" },
    },
  ];
  for (const { path, options, status, expected } of cases) {
    await t.step(`${options.method ?? "POST"} ${path} ${JSON.stringify(options.body)}`, async () => {
      const reply = await call(venue, path, options);
      assert.deepEqual([reply.status, reply.json], [status, expected]);
    });
  }
  await t.step("no JSON", async () => {
    const { status, json } = await call(venue, "/v2/query", { body: "{" });
    const error = "Unexpected end-of-input, expecting record key literal or }";
    assert.deepEqual([status, json], [400, { path: "$", error, code: "invalid-json" }]);
  });
  await t.step("the secret is looked at before the body", async () => {
    assert.equal((await call(venue, "/v2/query", { body: "{", headers: {} })).status, 401);
  });
  await t.step("unknown keys, null for a default and other content types are fine", async () => {
    const args = { source: "Aerie", sql: "select 1", cascade: null, no_transaction: true, x: 1 };
    const headers = { "x-hasura-admin-secret": venue.adminSecret ?? "", "content-type": "text/plain" };
    assert.equal(
      (await call(venue, "/v2/query", { body: { type: "run_sql", version: 1, args }, headers })).status,
      200,
    );
  });
});

Deno.test("pglite: open endpoints, headers and key order", async (t) => {
  await using venue = await startVenue({ baseSql: "", version: "v2.48.5" });
  await t.step("health and version need no secret", async () => {
    const health = await call(venue, "/healthz", { method: "GET", headers: {} });
    assert.deepEqual([health.status, health.text], [200, "OK"]);
    assert.equal(health.headers.get("content-type"), "text/plain; charset=utf-8");
    const version = await call(venue, "/v1/version", { method: "GET", headers: {} });
    assert.deepEqual(version.json, { version: "v2.48.5", server_type: "ce" });
  });
  await t.step("x-request-id comes back, or is made", async () => {
    const headers = { "x-hasura-admin-secret": venue.adminSecret ?? "", "x-request-id": "mine" };
    assert.equal((await call(venue, "/v2/query", { body: SELECT, headers })).headers.get("x-request-id"), "mine");
    assert.match((await runSql(venue, "select 1")).headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  });
  await t.step("the order of keys changes from answer to answer", async () => {
    const first = await runSql(venue, "select 1");
    const second = await runSql(venue, "select 1");
    assert.deepEqual(first.json, second.json);
    assert.notEqual(first.text, second.text);
  });
  await t.step("an answer has its length, and is compressed where that is asked for and worth it", async () => {
    const sent = async (sql: string, accepted: string) => {
      const head = `POST /v2/query HTTP/1.1\r\nhost: x\r\n${accepted}connection: close\r\n`;
      const body = JSON.stringify({ type: "run_sql", args: { source: "Aerie", sql } });
      const secret = `x-hasura-admin-secret: ${venue.adminSecret}\r\ncontent-length: ${body.length}\r\n\r\n`;
      return await exchange(venue, head + secret + body);
    };
    const gzip = "accept-encoding: gzip, br\r\n";
    const big = "select repeat('x', 1000)";
    for (const answer of [await sent("select 1", gzip), await sent(big, "")]) {
      const [headers = "", content = ""] = answer.split("\r\n\r\n");
      assert.ok(headers.includes(`content-length: ${content.length}`) && !headers.includes("content-encoding"));
    }
    assert.match(await sent(big, gzip), /\r\ncontent-encoding: gzip\r\n/);
    assert.ok(!(await sent(big, "accept-encoding: gzip;q=0\r\n")).includes("content-encoding"));
    // Deno's own client asks for it and takes it back.
    assert.deepEqual((await runSql(venue, big)).json.result[1], ["x".repeat(1000)]);
  });
});

Deno.test("pglite: servers that are set up in another way", async (t) => {
  const write = "create table mark ()";
  await using venue = await startVenue({ baseSql: "" });
  const marked = async () => (await venue.sql("select to_regclass('mark') is not null"))[0]?.[0] === "t";
  const setUp = async (options: VenueOptions) => await venue.reset({ baseSql: "", ...options });

  await t.step("internal errors off", async () => {
    await setUp({ internalErrors: false });
    const { json } = await runSql(venue, "nonsense");
    assert.deepEqual(json, { path: "$", error: "query execution failed", code: "postgres-error" });
  });
  await t.step("dev mode shows what the server's own setting hides", async () => {
    await setUp({ internalErrors: false, devMode: true });
    assert.equal((await runSql(venue, "nonsense")).json.internal.error.status_code, "42601");
  });
  await t.step("several secrets", async () => {
    await setUp({ adminSecret: "first", moreSecrets: ["second"] });
    for (const [secret, status] of [["first", 200], ["second", 200], ["third", 401]] as const) {
      const headers = { "x-hasura-admin-secret": secret };
      assert.equal((await call(venue, "/v2/query", { body: SELECT, headers })).status, status);
    }
  });
  await t.step("a role for those without a secret", async () => {
    await setUp({ unauthorizedRole: "anonymous" });
    assert.deepEqual((await call(venue, "/v2/query", { body: SELECT, headers: {} })).json, ADMIN_ONLY);
    assert.equal((await runSql(venue, "select 1")).status, 200);
  });
  await t.step("metadata API off", async () => {
    await setUp({ enabledApis: [] });
    assert.deepEqual((await runSql(venue, write)).json, NOT_FOUND);
    assert.equal((await call(venue, "/v1alpha1/config", { method: "GET" })).status, 404);
    assert.equal(await marked(), false);
  });
  await t.step("read-only mode", async () => {
    await setUp({ readOnlyMode: true });
    const refused = await runSql(venue, write);
    assert.deepEqual([refused.status, refused.json], [400, {
      path: "$",
      error: "Cannot run write queries when read-only mode is enabled",
      code: "not-supported",
    }]);
    assert.equal(await marked(), false);
    assert.equal((await runSql(venue, "select 1", { read_only: true })).status, 200);
    const reload = await callMetadata(venue, "reload_metadata");
    assert.deepEqual([reload.status, reload.json.error], [400, "metadata cannot be modified in read-only mode"]);
    assert.equal((await callMetadata(venue, "set_catalog_state", { type: "cli", state: {} })).status, 200);
  });
  await t.step("maintenance mode: checked SQL fails after its commit", async () => {
    await setUp({ maintenanceMode: true });
    const refusal = { path: "$", error: "metadata cannot be modified in maintenance mode", code: "unexpected" };
    const reload = await callMetadata(venue, "reload_metadata");
    assert.deepEqual([reload.status, reload.json], [500, refusal]);
    const checked = await runSql(venue, write, { check_metadata_consistency: true });
    assert.deepEqual([checked.status, checked.json], [500, refusal]);
    assert.equal(await marked(), true);
    assert.equal((await runSql(venue, "drop table mark", { check_metadata_consistency: false })).status, 200);
  });
  await t.step("several sources, none of them called default", async () => {
    await setUp({ sources: ["Aerie", "PlanDev"] });
    assert.equal((await runSql(venue, "select 1", { source: "PlanDev" })).status, 200);
    const { status, json } = await runSql(venue, "select 1", { source: "aerie" });
    assert.deepEqual([status, json.error], [400, 'source with name "aerie" does not exist']);
  });
});
