import assert from "node:assert/strict";
import { AccessError, FailedError, type ToolError } from "../../src/errors.ts";
import { createHasuraClient } from "../../src/hasura/client.ts";
import { explainCallError } from "../../src/hasura/explain.ts";
import { inconsistentObjects, reloadMetadata, sourceNames } from "../../src/hasura/metadata.ts";
import { HasuraError, NoAnswerError } from "../../src/hasura/problems.ts";
import { executeSql, querySql } from "../../src/hasura/sql.ts";
import { FakeRuntime } from "../support/fake_runtime.ts";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

function clientOf(fetch: Fetch, adminSecret = "a-secret-of-tests", rt = new FakeRuntime({ fetch })) {
  return createHasuraClient(rt, {
    endpoint: "http://h.invalid/base",
    adminSecret,
    adminSecretFrom: "a test",
    readTimeout: 30_000,
    redact: (text) => text.replaceAll(adminSecret, "****"),
  });
}

function answering(body: unknown, init: ResponseInit = {}): Fetch {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return () => Promise.resolve(new Response(text, init));
}

const SQL = { source: "Aerie", sql: "select 1", decode: (value: unknown) => value };
const TUPLES = { result_type: "TuplesOk", result: [["x"], ['{"a":1}']] };

Deno.test("call() posts type and args with the secret as UTF-8 bytes", async () => {
  const seen: { url: string; init: RequestInit }[] = [];
  const client = clientOf((url, init) => (seen.push({ url, init }), answering(TUPLES)(url, init)), "ä€");
  assert.deepEqual(await querySql(client, SQL), { a: 1 });
  const [{ url, init }] = seen as [typeof seen[0]];
  assert.equal(url, "http://h.invalid/base/v2/query");
  const { type, args } = JSON.parse(String(init.body));
  assert.deepEqual([init.method, type, args.read_only, args.check_metadata_consistency], [
    "POST",
    "run_sql",
    true,
    false,
  ]);
  const header = new Headers(init.headers).get("x-hasura-admin-secret") ?? "";
  assert.deepEqual([...header].map((char) => char.charCodeAt(0)), [0xc3, 0xa4, 0xe2, 0x82, 0xac]);
});

Deno.test("executeSql() sends a body that fetch cannot send a second time, and has no time limit", async () => {
  let init: RequestInit | undefined;
  await executeSql(clientOf((url, given) => (init = given, answering(TUPLES)(url, given))), SQL);
  assert.ok(init?.body instanceof Blob);
  assert.equal(init.signal, undefined);
});

Deno.test("reading calls give up after a time", async () => {
  let signal: AbortSignal | null | undefined;
  await querySql(clientOf((url, init) => (signal = init.signal, answering(TUPLES)(url, init))), SQL);
  assert.ok(signal instanceof AbortSignal);
  const timedOut: Fetch = () => Promise.reject(new DOMException("Signal timed out.", "TimeoutError"));
  await assert.rejects(querySql(clientOf(timedOut), SQL), /The server did not answer in time/);
});

/** Answers with each of `answers` in turn, and with the last one from then on. */
function inTurn(...answers: Fetch[]): { fetch: Fetch; urls: string[] } {
  const urls: string[] = [];
  const fetch: Fetch = (url, init) => {
    urls.push(url);
    return (answers[urls.length - 1] ?? answers.at(-1) ?? answering(""))(url, init);
  };
  return { fetch, urls };
}

const REFUSED: Fetch = () =>
  Promise.reject(new TypeError("error sending request: client error (Connect): tcp connect error: refused"));
const RESET: Fetch = () => Promise.reject(new TypeError("client error (SendRequest): connection closed"));
const hasuraError = (status: number) =>
  answering({ path: "$", error: "connection error", code: "postgres-error" }, { status });

Deno.test("a question is asked again as long as that can help, and no more often than five times", async () => {
  const page = answering("<html>", { status: 502 });
  const cases: [name: string, failure: Fetch, attempts: number][] = [
    ["a lost connection", RESET, 5],
    ["a proxy's page", page, 5],
    ["JSON of another shape", answering([]), 5],
    ["an error of Hasura's about itself", hasuraError(500), 5],
    ["an error of Hasura's about the question", hasuraError(400), 1],
    ["no connection, before any answer", REFUSED, 1],
    [
      "a certificate",
      () => Promise.reject(new TypeError("client error (Connect): invalid peer certificate: Expired")),
      1,
    ],
    ["a redirect", answering("", { status: 302, headers: { location: "/x" } }), 1],
    ["turned away", answering("<html>", { status: 403 }), 1],
    ["too many requests", answering("<html>", { status: 429 }), 5],
  ];
  for (const [name, failure, attempts] of cases) {
    const failing = inTurn(failure);
    await assert.rejects(querySql(clientOf(failing.fetch), SQL), name);
    assert.equal(failing.urls.length, attempts, name);
    if (attempts === 1) continue;
    const passing = inTurn(failure, failure, answering(TUPLES));
    assert.deepEqual(await querySql(clientOf(passing.fetch), SQL), { a: 1 }, name);
  }
});

Deno.test("a connection that is refused after there was an answer is tried again", async () => {
  const { fetch, urls } = inTurn(answering(TUPLES), REFUSED, answering(TUPLES));
  const client = clientOf(fetch);
  await querySql(client, SQL);
  assert.deepEqual(await querySql(client, SQL), { a: 1 });
  assert.equal(urls.length, 3);
});

Deno.test("a step is sent once, whatever comes of it", async () => {
  for (const failure of [RESET, answering("<html>", { status: 502 }), hasuraError(500), answering([])]) {
    const { fetch, urls } = inTurn(answering(TUPLES), failure);
    const client = clientOf(fetch);
    await querySql(client, SQL);
    await assert.rejects(executeSql(client, SQL));
    assert.equal(urls.length, 2);
  }
});

Deno.test("questions end when their time is up, all attempts together", async () => {
  const rt: FakeRuntime = new FakeRuntime({
    fetch: () => (rt.clock += 20_000, answering("<html>", { status: 502 })("", {})),
  });
  let count = 0;
  const counting: Fetch = (url, init) => (count++, rt.fetch(url, init));
  const client = createHasuraClient({ ...rtOf(rt), fetch: counting }, {
    endpoint: "http://h.invalid",
    adminSecret: "a-secret",
    adminSecretFrom: "a test",
    readTimeout: 30_000,
    redact: (text) => text,
  });
  await assert.rejects(querySql(client, SQL), /502/);
  assert.equal(count, 2);
});

function rtOf(rt: FakeRuntime) {
  return {
    now: () => rt.now(),
    sleep: (ms: number) => rt.sleep(ms),
    every: (ms: number, callback: () => void) => rt.every(ms, callback),
  };
}

Deno.test("a server that swallows what is sent to it is given up after 10 s; a slow one is not", async () => {
  const silent = (init: RequestInit) => {
    const { promise, reject } = Promise.withResolvers<Response>();
    init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    return promise;
  };
  for (const isThere of [false, true]) {
    const answer = Promise.withResolvers<Response>();
    const asked = Promise.withResolvers<void>();
    const rt = new FakeRuntime({
      fetch(url, init) {
        if (!url.endsWith("/healthz")) return Promise.race([silent(init), answer.promise]);
        asked.resolve();
        return isThere ? answering("OK")(url, init) : Promise.reject(new DOMException("", "TimeoutError"));
      },
    });
    const result = querySql(clientOf(rt.fetch.bind(rt), "a-secret", rt), SQL);
    rt.advance(5_000);
    await asked.promise;
    if (isThere) answer.resolve(await answering(TUPLES)("", {}));
    if (isThere) assert.deepEqual(await result, { a: 1 });
    else await assert.rejects(result, /There was no sign of a server within 10 s/);
  }
});

Deno.test("an error of Hasura's becomes a HasuraError with PostgreSQL's words", async () => {
  const internal = {
    statement: "select",
    prepared: false,
    error: {
      exec_status: "FatalError",
      status_code: "42P01",
      message: "no such table",
      description: null,
      hint: "look",
    },
    arguments: [],
  };
  const cases: [internal: unknown, expected: unknown][] = [
    [internal, { sqlState: "42P01", message: "no such table", detail: undefined, hint: "look" }],
    [{ ...internal, error: "Unexpected execStatus: CopyIn" }, {
      sqlState: undefined,
      message: "Unexpected execStatus: CopyIn",
      detail: undefined,
      hint: undefined,
    }],
    ["no connection to the server\n", {
      sqlState: undefined,
      message: "no connection to the server",
      detail: undefined,
      hint: undefined,
    }],
    [{ error: { exec_status: "EmptyQuery", status_code: null, message: null } }, {
      sqlState: undefined,
      message: "EmptyQuery",
      detail: undefined,
      hint: undefined,
    }],
    [undefined, undefined],
  ];
  for (const [given, expected] of cases) {
    const body = { path: "$", error: "query execution failed", code: "postgres-error", internal: given };
    await assert.rejects(querySql(clientOf(answering(body, { status: 400 })), SQL), (error) => {
      assert.ok(error instanceof HasuraError);
      assert.deepEqual([error.status, error.code, error.message], [400, "postgres-error", "query execution failed"]);
      assert.deepEqual(error.postgres, expected);
      return true;
    });
  }
});

Deno.test("only a connection that was never made is known to have sent nothing", async () => {
  const cases: [message: string, notSent: boolean, shown: string][] = [
    [
      "error sending request for url (http://h:1/v2/query): client error (Connect): tcp connect error: Connection refused (os error 111)",
      true,
      "Connection refused",
    ],
    [
      "error sending request from 127.0.0.1:2 for http://h:1/v2/query (127.0.0.1:1): client error (SendRequest): connection closed before message completed",
      false,
      "Connection closed before message completed",
    ],
    [
      "error sending request for url (http://h:1/v2/query): client error (SendRequest): connection error: Connection reset by peer (os error 104): Connection reset by peer (os error 104)",
      false,
      "Connection reset by peer",
    ],
    [
      "error sending request from 127.0.0.1:2 for http://h:1/v2/query (127.0.0.1:1): client error (SendRequest): connection error: Connection reset by peer (os error 104)",
      false,
      "Connection reset by peer",
    ],
    [
      "error sending request for url (http://h:1/v2/query): client error (Connect): dns error: failed to lookup address information: Name or service not known",
      true,
      "Failed to lookup address information: Name or service not known",
    ],
    ["error decoding response body", false, "Error decoding response body"],
  ];
  for (const [message, notSent, shown] of cases) {
    // The last message of the chain is the cause of the error, too.
    const cause = new Error(message.split(": ").at(-1));
    await assert.rejects(
      executeSql(clientOf(() => Promise.reject(new TypeError(message, { cause }))), SQL),
      (error) => {
        assert.ok(error instanceof NoAnswerError);
        assert.deepEqual([error.notSent, error.message], [notSent, shown]);
        return true;
      },
    );
  }
});

Deno.test("what a server says is redacted before it is shortened", async () => {
  const text = `${"x".repeat(190)} a-secret-of-tests`;
  await assert.rejects(querySql(clientOf(answering(text)), SQL), (error) => {
    assert.ok(error instanceof NoAnswerError);
    assert.match(error.message, /x \*\*\*\*"/);
    return true;
  });
});

Deno.test("a proxy that says that it turned a request away is told from one that lost it", async () => {
  const page = (status: number) => clientOf(answering("<html></html>", { status }));
  for (const [status, turnedAway] of [[413, true], [429, true], [502, false], [504, false]] as const) {
    await assert.rejects(executeSql(page(status), SQL), (error) => {
      assert.ok(error instanceof NoAnswerError);
      assert.deepEqual([error.notSent, error.turnedAway], [false, turnedAway], String(status));
      return true;
    });
  }
});

Deno.test("redirects are not followed", async () => {
  const init = { status: 302, headers: { location: "http://elsewhere.invalid/login" } };
  await assert.rejects(
    querySql(clientOf(answering("", init)), SQL),
    /redirects to "http:\/\/elsewhere.invalid\/login"/,
  );
});

Deno.test("answers of another shape are no answers", async () => {
  const wrong: [name: string, call: (fetch: Fetch) => Promise<unknown>, bodies: unknown[]][] = [
    ["run_sql", (fetch) => querySql(clientOf(fetch), SQL), [
      {},
      { result_type: "CommandOk", result: null },
      { result_type: "TuplesOk", result: [["x"]] },
      { result_type: "TuplesOk", result: [["x"], [1]] },
      { result_type: "TuplesOk", result: [["x"], ["not json"]] },
      { result_type: "TuplesOk", result: [["x", "y"], ["1", "2"]] },
    ]],
    ["get_inconsistent_metadata", (fetch) => inconsistentObjects(clientOf(fetch)), [{}, { is_consistent: false }, []]],
    ["export_metadata", (fetch) => sourceNames(clientOf(fetch)), [{}, { sources: {} }]],
    ["reload_metadata", (fetch) => reloadMetadata(clientOf(fetch)), [{}, { message: "hello" }, null]],
  ];
  for (const [name, call, bodies] of wrong) {
    for (const body of bodies) {
      await assert.rejects(
        call(answering(body)),
        (error) => error instanceof NoAnswerError,
        `${name} ${JSON.stringify(body)}`,
      );
    }
  }
});

Deno.test("explainCallError() gives each failure its kind and a next step", () => {
  const hasura = (message: string, code: string, status = 400) =>
    new HasuraError(message, { status, code, path: undefined, postgres: undefined });
  const cases: [error: Error, kind: new (message: string) => ToolError, next: RegExp][] = [
    [new NoAnswerError("Connection refused", { notSent: true }), AccessError, /HTTP_PROXY/],
    [new NoAnswerError("Invalid peer certificate: UnknownIssuer", { notSent: true }), AccessError, /DENO_CERT/],
    [new NoAnswerError("Invalid peer certificate: Expired", { notSent: true }), AccessError, /name and time/],
    [
      new NoAnswerError("The server answered 502 with an HTML page instead of JSON"),
      AccessError,
      /root of a Hasura server/,
    ],
    [
      new NoAnswerError("Connection reset by peer", { cause: new TypeError("reset") }),
      AccessError,
      /root of a Hasura server/,
    ],
    [hasura('source with name "Aerie" does not exist', "not-exists"), AccessError, /metadata reload may be all/],
    [hasura('source with name "Aerie" is inconsistent', "unexpected"), AccessError, /database server runs/],
    [hasura("connection error", "postgres-error", 500), AccessError, /database server runs/],
    [hasura("something else", "unexpected", 500), FailedError, /log of Hasura/],
  ];
  for (const [error, kind, next] of cases) {
    const explained = explainCallError(error, { action: "read the ledger", endpoint: "http://h", source: "Aerie" });
    assert.ok(explained instanceof kind, error.message);
    assert.match(explained.message, /^Cannot read the ledger/);
    assert.match(explained.next ?? "", next);
  }
  const bug = new TypeError("x is undefined");
  assert.equal(explainCallError(bug, { action: "x", endpoint: "y" }), bug);
});

Deno.test("an answer that ends in the middle is told as that", async () => {
  const body = new ReadableStream({ pull: (controller) => controller.error(new TypeError("error reading a body")) });
  await assert.rejects(executeSql(clientOf(() => Promise.resolve(new Response(body))), SQL), {
    name: "NoAnswerError",
    message: "The connection ended in the middle of the answer (HTTP 200)",
  });
});

Deno.test("an answer without an end is not read to its end", async () => {
  const part = new Uint8Array(50_000_000);
  let parts = 0;
  const body = new ReadableStream({ pull: (controller) => (parts++, controller.enqueue(part)) }, { highWaterMark: 0 });
  await assert.rejects(executeSql(clientOf(() => Promise.resolve(new Response(body))), SQL), {
    name: "NoAnswerError",
    message: "The server answers with more than 200 MB",
  });
  assert.equal(parts, 5);
});
