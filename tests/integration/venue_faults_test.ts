import assert from "node:assert/strict";
import { call, callMetadata, exchange, type Reply, runSql, until } from "../venue/client.ts";
import { backends, type Fault, type FaultAction, type FaultTime, startVenue, type Venue } from "../venue/mod.ts";

const BASE = "create table mark (id int)";
const WRITE = "insert into mark values (1)";
const TIMES: FaultTime[] = ["before", "during", "before-commit", "after"];

/** What a client sees: `cut` when `fetch` fails. */
async function seen(reply: Promise<Reply>): Promise<Reply | "cut"> {
  try {
    return await reply;
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    return "cut";
  }
}

async function marks(venue: Venue): Promise<number> {
  return Number((await venue.sql("select count(*) from mark"))[0]?.[0]);
}

function is(status: number, type: string, test: (text: string) => boolean): (reply: Reply | "cut") => void {
  return (reply) => {
    assert.ok(reply !== "cut");
    assert.deepEqual([reply.status, reply.headers.get("content-type")], [status, type]);
    assert.ok(test(reply.text), reply.text);
  };
}

const JSON_TYPE = "application/json; charset=utf-8";
const CUT = (reply: Reply | "cut") => assert.equal(reply, "cut");
const WRONG_SECRET = {
  path: "$",
  error: 'invalid "x-hasura-admin-secret"/"x-hasura-access-key"',
  code: "access-denied",
};

const CASES: { title: string; action: FaultAction; check: (reply: Reply | "cut") => void }[] = [
  { title: "drop", action: "drop", check: CUT },
  { title: "truncate", action: "truncate", check: CUT },
  {
    title: "unauthorized",
    action: "unauthorized",
    check: is(401, JSON_TYPE, (text) => {
      assert.deepEqual(JSON.parse(text), WRONG_SECRET);
      return true;
    }),
  },
  ...([413, 502, 503, 504] as const).map((html) => ({
    title: `HTML ${html}`,
    action: { html },
    check: is(html, "text/html", (text) => text.startsWith(`<html>\r\n<head><title>${html} `)),
  })),
  {
    title: "plain text",
    action: { status: 500, body: "upstream error", contentType: "text/plain" },
    check: is(500, "text/plain", (text) => text === "upstream error"),
  },
  {
    title: "JSON of another shape",
    action: { status: 200, body: [] },
    check: is(200, JSON_TYPE, (text) => text === "[]"),
  },
  {
    title: "JSON that stops in the middle",
    action: "half-json",
    check: is(200, JSON_TYPE, (text) => text.startsWith("{") && !text.endsWith("}")),
  },
];

for (const { name, database } of backends()) {
  for (const when of TIMES) {
    Deno.test(`${name}: faults in place of an answer, ${when}`, async (t) => {
      await using venue = await startVenue({ database, baseSql: BASE });
      for (const { title, action, check } of CASES) {
        await t.step(title, async () => {
          await venue.sql("truncate mark");
          venue.log.length = 0;
          venue.addFault({ match: { type: "run_sql" }, when, do: action });
          check(await seen(runSql(venue, WRITE)));
          await venue.settled();
          assert.equal(await marks(venue), when === "during" || when === "after" ? 1 : 0);
          assert.equal(venue.log.length, 1, "the client or the venue has repeated the request");
          assert.equal((await runSql(venue, "select 1")).status, 200);
        });
      }
    });
  }

  Deno.test(`${name}: a request is held before, within and after its transaction`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE });
    for (const when of ["before", "before-commit", "after"] as const) {
      await t.step(when, async () => {
        await venue.sql("truncate mark");
        const { promise: hold, resolve: release } = Promise.withResolvers<void>();
        venue.addFault({ match: { type: "run_sql" }, when, do: { hold } });
        const reply = runSql(venue, WRITE);
        // Answered while the other is held: the venue still serves.
        assert.equal((await call(venue, "/v1/version", { method: "GET" })).status, 200);
        if (name === "postgres" || when === "before") assert.ok(await marks(venue) === 0 || when === "after");
        release();
        assert.equal((await reply).status, 200);
        assert.equal(await marks(venue), 1);
      });
    }
  });

  Deno.test(`${name}: a delay ends by itself`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    venue.addFault({ match: { path: "/v2/query" }, do: { delayMs: 30 } });
    assert.equal((await runSql(venue, WRITE)).status, 200);
    const [record] = venue.log;
    assert.ok(record?.endedAt !== undefined && record.endedAt - record.startedAt >= 29);
  });

  Deno.test(`${name}: an answer sent early leaves the text at work`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    const { promise: hold, resolve: release } = Promise.withResolvers<void>();
    venue.addFault({ match: { type: "run_sql" }, when: "during", do: { html: 504 } });
    venue.addFault({ match: { type: "run_sql" }, when: "before-commit", do: { hold } });
    assert.equal((await runSql(venue, WRITE)).status, 504);
    if (name === "postgres") assert.equal(await marks(venue), 0);
    release();
    await venue.settled();
    assert.equal(await marks(venue), 1);
  });

  Deno.test(`${name}: a killed backend before COMMIT is answered with 200 and nothing is kept`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE });
    venue.addFault({ match: { type: "run_sql" }, when: "before-commit", do: "kill-backend" });
    const { status, json } = await runSql(venue, WRITE);
    assert.deepEqual([status, json], [200, { result_type: "CommandOk", result: null }]);
    assert.equal(await marks(venue), 0);
    assert.equal((await runSql(venue, WRITE)).status, 200);
    assert.equal(await marks(venue), 1);
  });

  Deno.test(`${name}: without retries a killed backend is a connection error`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE, retries: 0 });
    venue.addFault({ match: { type: "run_sql" }, when: "before-commit", do: "kill-backend" });
    const { status, json } = await runSql(venue, WRITE);
    assert.equal(status, 500);
    assert.deepEqual([json.path, json.error, json.code], ["$", "connection error", "postgres-error"]);
    assert.equal(typeof json.internal, "string");
    assert.equal(await marks(venue), 0);
    assert.equal((await runSql(venue, WRITE)).status, 200);
  });
}

Deno.test("pglite: which requests a fault strikes", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  const script: { send: () => Promise<Reply> }[] = [
    { send: () => runSql(venue, "select 1 as first", { read_only: true }) },
    { send: () => runSql(venue, "insert into mark values (2)") },
    { send: () => runSql(venue, "insert into mark values (3)") },
    { send: () => callMetadata(venue, "get_catalog_state") },
    { send: () => callMetadata(venue, "reload_metadata") },
  ];
  const failing: FaultAction = { status: 599, body: {} };
  const cases: { title: string; fault: Omit<Fault, "do">; struck: number[] }[] = [
    { title: "the first", fault: { match: {} }, struck: [0] },
    { title: "as often as asked", fault: { match: {}, times: 3 }, struck: [0, 1, 2] },
    { title: "always", fault: { match: {}, times: Infinity }, struck: [0, 1, 2, 3, 4] },
    { title: "the nth", fault: { match: { nth: 4 } }, struck: [3] },
    { title: "by path", fault: { match: { path: "/v1/metadata" } }, struck: [3] },
    { title: "by path, the nth that fits", fault: { match: { path: "/v1/metadata", nth: 2 } }, struck: [4] },
    { title: "by type", fault: { match: { type: "reload_metadata" } }, struck: [4] },
    { title: "reading SQL", fault: { match: { readOnly: true }, times: 9 }, struck: [0] },
    { title: "writing SQL", fault: { match: { readOnly: false }, times: 9 }, struck: [1, 2] },
    { title: "by text", fault: { match: { sql: /\(3\)/ } }, struck: [2] },
    {
      title: "before-commit of what has no transaction",
      fault: { match: { path: "/v1/metadata" }, when: "before-commit" },
      struck: [3],
    },
  ];
  for (const { title, fault, struck } of cases) {
    await t.step(title, async () => {
      await venue.reset();
      venue.addFault({ ...fault, do: failing });
      const statuses: number[] = [];
      for (const { send } of script) statuses.push((await send()).status);
      assert.deepEqual(statuses, script.map((_, index) => struck.includes(index) ? 599 : 200));
      assert.deepEqual(venue.log.map(({ status }) => status), statuses);
    });
  }
  await t.step("a fault that cannot strike at its time is refused", () => {
    assert.throws(() => venue.addFault({ match: {}, when: "during", do: { delayMs: 1 } }), TypeError);
    assert.throws(() => venue.addFault({ match: {}, when: "after", do: "kill-backend" }), TypeError);
  });
});

Deno.test("pglite: what the log calls a write", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  await call(venue, "/v1/version", { method: "GET" });
  await runSql(venue, "select 1", { read_only: true });
  await runSql(venue, "select 2");
  for (const type of ["get_catalog_state", "get_inconsistent_metadata", "export_metadata"]) {
    await callMetadata(venue, type);
  }
  await callMetadata(venue, "set_catalog_state", { type: "cli", state: {} });
  await callMetadata(venue, "reload_metadata");
  await callMetadata(venue, "unheard_of");
  await call(venue, "/v2/query", { body: "no JSON" });
  assert.deepEqual(venue.writes().map(({ type, sql, body }) => sql ?? type ?? body), [
    "select 2",
    "set_catalog_state",
    "reload_metadata",
    "unheard_of",
    "no JSON",
  ]);
});

Deno.test("pglite: a server that is gone refuses connections until it is back", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  venue.addFault({ match: { type: "run_sql" }, when: "after", do: "refuse" });
  assert.equal(await seen(runSql(venue, WRITE)), "cut");
  await assert.rejects(runSql(venue, WRITE), /refused/);
  assert.equal(venue.log.length, 1);
  venue.start();
  assert.equal(await marks(venue), 1);
  assert.equal((await runSql(venue, WRITE)).status, 200);
  venue.stop();
  // The client may still have an idle connection, and learns only by using it that it is closed.
  await assert.rejects(runSql(venue, WRITE), /refused|closed before/);
  await venue.reset();
  assert.equal((await runSql(venue, WRITE)).status, 200);
});

Deno.test("pglite: what is on the wire", async (t) => {
  await using venue = await startVenue({ baseSql: BASE });
  const body = JSON.stringify({ type: "run_sql", args: { source: "Aerie", sql: "select 1 as a" } });
  const request = `POST /v2/query HTTP/1.1\r\nhost: venue\r\nx-hasura-admin-secret: ${venue.adminSecret}\r\n` +
    `x-request-id: r\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const cases: { title: string; action: FaultAction; when: FaultTime; head: RegExp | undefined; content: string }[] = [
    { title: "drop: not one byte", action: "drop", when: "after", head: undefined, content: "" },
    {
      title: "truncate: half of the body, then the end",
      action: "truncate",
      when: "after",
      head: /^HTTP\/1\.1 200 OK\r\n.*content-length: 49\r\n/s,
      content: '{"result_type":"TuplesOk',
    },
    {
      title: "a cut answer that was never made",
      action: "truncate",
      when: "before",
      head: /content-length: 41\r\n/,
      content: '{"result_type":"Comm',
    },
    {
      title: "HTML",
      action: { html: 502 },
      when: "before",
      head: /^HTTP\/1\.1 502 Bad Gateway\r\n.*content-type: text\/html\r\n/s,
      content: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
        "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
    },
  ];
  for (const { title, action, when, head, content } of cases) {
    await t.step(title, async () => {
      await venue.reset();
      venue.addFault({ match: {}, when, do: action });
      const closing = request.replace("\r\nx-request", "\r\nconnection: close\r\nx-request");
      const answer = await exchange(venue, closing);
      if (head === undefined) return assert.equal(answer, "");
      const end = answer.indexOf("\r\n\r\n");
      assert.match(answer.slice(0, end + 2), head);
      assert.equal(answer.slice(end + 4), content);
    });
  }
});

Deno.test("pglite: a venue that is closed lets go of held requests", async () => {
  const held = Promise.withResolvers<void>();
  let reply: Promise<Reply | "cut">;
  {
    await using venue = await startVenue({ baseSql: BASE });
    venue.addFault({ match: { type: "run_sql" }, when: "before-commit", do: { hold: held.promise } });
    reply = seen(runSql(venue, WRITE));
    await until(() => venue.log.length > 0);
  }
  assert.equal(await reply, "cut");
  held.resolve();
});
