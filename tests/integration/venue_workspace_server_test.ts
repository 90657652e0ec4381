import assert from "node:assert/strict";
import { CAN_RESET } from "../venue/tcp_reset.ts";
import {
  startWorkspaceServer,
  type WorkspaceFaultAction,
  type WorkspaceServer,
  type WorkspaceServerOptions,
} from "../venue/workspace_server.ts";

interface Reply {
  status: number;
  type: string;
  text: string;
  // deno-lint-ignore no-explicit-any
  json: any;
}

interface PutOptions {
  /** After the path. */
  query?: string;
  headers?: Record<string, string>;
  /** Of the part; default: the last segment of the path, decoded. */
  filename?: string;
  part?: string;
}

const right = (server: WorkspaceServer, rest: Record<string, string> = {}) => ({
  "x-hasura-admin-secret": server.adminSecret,
  "x-hasura-user-id": "Aerie Legacy",
  ...rest,
});
const without = (headers: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));

async function ask(server: WorkspaceServer, target: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(server.url + target, { headers: right(server), ...init });
  const text = await response.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    // A page or a plain text.
  }
  return { status: response.status, type: response.headers.get("content-type") ?? "", text, json };
}

/** Uploads a file; `path` as it stands in the address, as in `1/a.seq`. */
function put(server: WorkspaceServer, path: string, content: string, options: PutOptions = {}): Promise<Reply> {
  const { query = "?type=file", headers = right(server), part = "file" } = options;
  const body = new FormData();
  body.append(part, new Blob([content]), options.filename ?? decodeURIComponent(path.split("/").at(-1) ?? ""));
  return ask(server, `/ws/${path}${query}`, { method: "PUT", headers, body });
}

/** Sends a target that `fetch` would tidy up first; the first line of the answer and its body. */
async function raw(server: WorkspaceServer, target: string): Promise<[status: string, body: string]> {
  const { hostname, port } = new URL(server.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const lines = Object.entries({ host: hostname, connection: "close", ...right(server) }).map((line) =>
    line.join(": ")
  );
  await connection.write(new TextEncoder().encode(`GET ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`));
  const answer = await new Response(connection.readable).text();
  return [answer.split("\r\n", 1)[0] ?? "", answer.slice(answer.indexOf("\r\n\r\n") + 4)];
}

function stored({ files }: WorkspaceServer): Record<string, string> {
  return Object.fromEntries([...files].map(([key, content]) => [key, new TextDecoder().decode(content)]));
}

const NEWER: WorkspaceServerOptions = { workspaces: [1, 2] };

Deno.test("a file comes back as it was sent", async () => {
  await using server = startWorkspaceServer(NEWER);
  const content = "C BEGIN\r\n\r\n--x\u0000\u0080é\r\n";
  const { status, text } = await put(server, "2/day%201/caf%C3%A9%23.seq", content, { filename: "café#.seq" });
  // A newer server takes no "#".
  assert.deepEqual([status, JSON.parse(text).type], [500, "FILE_OPERATION_EXCEPTION"]);
  const fine = await put(server, "2/day%201/caf%C3%A9.seq", content);
  assert.deepEqual([fine.status, fine.text], [200, "File café.seq uploaded to day 1/café.seq"]);
  assert.deepEqual(stored(server), { "2/day 1/café.seq": content });
  const back = await ask(server, "/ws/2/day%201/caf%C3%A9.seq");
  assert.deepEqual([back.status, back.type, back.text], [200, "application/octet-stream", content]);
  const missing = await ask(server, "/ws/1/caf%C3%A9.seq");
  assert.deepEqual([missing.status, missing.json.type, missing.json.service], [
    404,
    "NO_SUCH_FILE",
    "aerie_workspace",
  ]);
});

Deno.test("anybody may ask for the health, and nothing else", async (t) => {
  await using server = startWorkspaceServer();
  const bare = await ask(server, "/health", { headers: {} });
  assert.deepEqual([bare.status, bare.text], [200, ""]);
  const headers = right(server);
  const cases: [title: string, headers: Record<string, string>, status: number, message: RegExp][] = [
    ["no secret", without(headers, "x-hasura-admin-secret"), 401, /./],
    [
      "the secret by its other name only",
      { "x-hasura-access-key": server.adminSecret, "x-hasura-user-id": "u" },
      401,
      /valid/,
    ],
    ["another secret", { ...headers, "x-hasura-admin-secret": "guess" }, 401, /^Invalid Hasura admin secret$/],
    ["no user", without(headers, "x-hasura-user-id"), 401, /^x-hasura-user-id header is required/],
    [
      "a role without the right",
      { ...headers, "x-hasura-role": "viewer" },
      403,
      /^Role 'viewer' is not allowed to perform action 'write_file_directory'$/,
    ],
    // The name that a draft of the renaming had.
    ["an unknown role", { ...headers, "x-hasura-role": "plandev_admin" }, 500, /^Could not check permissions\.$/],
  ];
  for (const [title, headers, status, message] of cases) {
    await t.step(title, async () => {
      const reply = await put(server, "1/a.seq", "x", { headers });
      assert.equal(reply.status, status);
      assert.match(reply.json.message, message);
    });
  }
  assert.equal(server.files.size, 0);
  for (const role of [undefined, "aerie_admin"]) {
    const given = role === undefined ? headers : { ...headers, "x-hasura-role": role };
    assert.equal((await put(server, `1/${role}.seq`, "x", { headers: given })).status, 200);
  }
  const unknown = await put(server, "1/a.seq", "x", { headers: { ...headers, "x-hasura-role": "plandev_admin" } });
  const { type, service, cause } = unknown.json;
  assert.deepEqual([type, service], ["GRAPHQL_SERVICE_EXCEPTION", "aerie_permissions"]);
  assert.match(cause, /'aerie_admin', 'user', 'viewer'\] for type 'user_roles_enum', but found 'plandev_admin'/);
  assert.deepEqual(server.log.map(({ headers }) => headers["x-hasura-admin-secret"]), [
    "none",
    "none",
    "right",
    "wrong",
    ...Array.from({ length: 6 }, () => "right"),
  ]);
});

Deno.test("an upload that is not exactly right is refused, and nothing is stored", async (t) => {
  await using server = startWorkspaceServer({ ...NEWER, locked: ["1/locked.seq"], maxFileBytes: 20 });
  server.files.set("1/old.seq", new TextEncoder().encode("old"));
  const cases: [path: string, options: PutOptions, status: number, said: string][] = [
    ["1/a.seq", { query: "" }, 400, "'type' must be provided."],
    ["1/a.seq", { query: "?type=folder" }, 400, "ILLEGAL_ARGUMENT"],
    ["1/a.seq", { filename: "b.seq" }, 400, "No file provided with the name a.seq"],
    ["1/a.seq", { part: "content" }, 400, "No file provided with the name a.seq"],
    // What a browser does with quotes in names is not undone.
    ["1/a%22b.seq", {}, 400, 'No file provided with the name a\\"b.seq'],
    ["1/a.seq.aerie", {}, 405, "MALFORMED_REQUEST"],
    ["1/old.seq", {}, 409, "old.seq already exists."],
    ["1/old.seq", { query: "?type=file&overwrite=false" }, 409, "old.seq already exists."],
    ["1/locked.seq", {}, 423, "FILE_LOCKED"],
    ["3/a.seq", {}, 404, "NO_SUCH_WORKSPACE"],
    ["one/a.seq", {}, 400, "NUMBER_PARSING_EXCEPTION"],
    ["1/a%3Ab.seq", {}, 500, "has illegal characters: :"],
    ["1/a./b.seq", {}, 500, "cannot end in a period"],
    ["1/a%20/b.seq", {}, 500, "cannot end in a space"],
    ["1/NUL.seq", {}, 500, "contains reserved name: NUL"],
    ["1/a%2Fb.seq", { filename: "b.seq" }, 400, "HTTP ERROR 400 Ambiguous URI path separator"],
    ["1/50%25.seq", {}, 400, "HTTP ERROR 400 Ambiguous URI path encoding"],
    ["1//a.seq", {}, 400, "HTTP ERROR 400 Ambiguous URI empty segment"],
    ["1/a%5Cb.seq", {}, 400, "HTTP ERROR 400 Ambiguous URI"],
  ];
  for (const [path, options, status, said] of cases) {
    await t.step(`${path} ${JSON.stringify(options)}`, async () => {
      const reply = await put(server, path, "new", options);
      assert.deepEqual([reply.status, reply.text.includes(said)], [status, true], reply.text);
    });
  }
  await t.step("too large", async () => {
    const reply = await put(server, "1/a.seq", "x".repeat(21));
    assert.deepEqual([reply.status, reply.json.type], [500, "UNKNOWN_ERROR"]);
  });
  await t.step("no form at all", async () => {
    const reply = await ask(server, "/ws/1/a.seq?type=file", { method: "PUT", body: "new" });
    assert.deepEqual([reply.status, reply.json.message], [400, "No file provided with the name a.seq"]);
  });
  assert.deepEqual(stored(server), { "1/old.seq": "old" });
});

Deno.test("parts of a path that servers keep for themselves from 4.5 on", async () => {
  await using server = startWorkspaceServer({ reservesPaths: true });
  for (const part of [".git", ".gitignore", ".gitattributes", ".gitmodules", ".seqdev", ".GIT", ".SeqDev"]) {
    for (const path of [`${part}/a.seq`, `day 1/${part}/a.seq`, `day 1/${part}`]) {
      const reply = await put(server, `1/${path.replaceAll(" ", "%20")}`, "x");
      assert.deepEqual(
        [reply.status, reply.json.type, reply.json.message],
        [400, "RESERVED_PATH", `Path '${path}' is not allowed: '${part}' is reserved for internal use.`],
      );
    }
    const read = await ask(server, `/ws/1/${part}/a.seq`);
    assert.deepEqual([read.status, read.json.type], [400, "RESERVED_PATH"]);
    assert.equal((await put(server, `1/${part}.seq`, "x")).status, 200);
  }
  server.reset({ reservesPaths: false });
  assert.equal((await put(server, "1/.git/a.seq", "x")).status, 200);
  assert.deepEqual(stored(server), { "1/.git/a.seq": "x" });
});

Deno.test("what fetch would tidy up", async () => {
  await using server = startWorkspaceServer();
  server.files.set("1/a.seq", new TextEncoder().encode("content"));
  const cases: [target: string, status: string, said: string][] = [
    ["/ws/1/b/../a.seq", "HTTP/1.1 200 OK", "content"],
    ["/ws/1/../../etc/passwd", "HTTP/1.1 500 Internal Server Error", "Path traversal attempt detected"],
    ["/ws/1/%2e%2e/a.seq", "HTTP/1.1 400 Bad Request", "Ambiguous URI path segment"],
    ["/ws/1/.%2E/a.seq", "HTTP/1.1 400 Bad Request", "Ambiguous URI path segment"],
    ["/ws/1/%zz", "HTTP/1.1 400 Bad Request", "HTTP ERROR 400 Bad Request"],
  ];
  for (const [target, status, said] of cases) {
    const [line, body] = await raw(server, target);
    assert.deepEqual([line, body.includes(said)], [status, true], `${target}: ${body}`);
  }
});

Deno.test("a file that is there: newer servers ask for overwrite=true, older ones replace it", async () => {
  await using server = startWorkspaceServer();
  await put(server, "1/a.seq", "one");
  assert.equal((await put(server, "1/a.seq", "two", { query: "?type=file&overwrite=true" })).status, 200);
  assert.deepEqual(stored(server), { "1/a.seq": "two" });
  server.reset({ overwrites: true });
  assert.deepEqual([stored(server), server.log], [{}, []]);
  await put(server, "1/a.seq", "one");
  assert.equal((await put(server, "1/a.seq", "two")).status, 200);
  // Older servers take any name that the file system takes.
  assert.equal((await put(server, "1/a%3A.seq", "three")).status, 200);
  assert.deepEqual(stored(server), { "1/a.seq": "two", "1/a:.seq": "three" });
});

Deno.test("the workspaces that there are can be asked for anew with each request", async () => {
  const workspaces = [1];
  await using server = startWorkspaceServer({ workspaces: () => Promise.resolve(workspaces) });
  assert.equal((await put(server, "7/a.seq", "x")).status, 404);
  workspaces.push(7);
  assert.equal((await put(server, "7/a.seq", "x")).status, 200);
});

Deno.test("faults before and after the work", async (t) => {
  await using server = startWorkspaceServer();
  const cases: [title: string, action: WorkspaceFaultAction, seen: number | RegExp][] = [
    ["drop", "drop", /closed before message completed/],
    ["reset", "reset", /reset by peer/],
    ["truncate", "truncate", /body/],
    ["page", { html: 502 }, 502],
    ["status", { status: 500, body: { message: "full", type: "IO_EXCEPTION" } }, 500],
  ];
  for (const [title, action, seen] of cases.filter(([, action]) => action !== "reset" || CAN_RESET)) {
    for (const when of ["before", "after"] as const) {
      await t.step(`${title} ${when}`, async () => {
        server.reset();
        server.addFault({ when, do: action });
        const upload = put(server, "1/a.seq", "x");
        if (typeof seen === "number") assert.equal((await upload).status, seen);
        else await assert.rejects(upload, seen);
        assert.deepEqual(stored(server), when === "after" ? { "1/a.seq": "x" } : {});
        assert.equal((await put(server, "1/b.seq", "x")).status, 200);
      });
    }
  }
});

Deno.test("a fault can be for one request of many", async () => {
  await using server = startWorkspaceServer();
  server.addFault({ method: "PUT", path: /\.seq$/, nth: 2, times: 1, do: { status: 503, body: "busy" } });
  server.addFault({ method: "GET", path: /^\/health$/, times: 2, do: { html: 503 } });
  const statuses = [];
  for (const path of ["a.json", "a.seq", "b.json"]) statuses.push((await put(server, `1/${path}`, "x")).status);
  statuses.push((await ask(server, "/ws/1/a.seq")).status);
  for (const path of ["b.seq", "c.seq"]) statuses.push((await put(server, `1/${path}`, "x")).status);
  for (let count = 0; count < 3; count++) statuses.push((await ask(server, "/health")).status);
  assert.deepEqual(statuses, [200, 200, 200, 200, 503, 200, 503, 503, 200]);
  assert.deepEqual(server.log.map(({ status }) => status), statuses);
  assert.deepEqual(Object.keys(stored(server)), ["1/a.json", "1/a.seq", "1/b.json", "1/c.seq"]);
});

Deno.test("a request can be held, and delayed", async () => {
  await using server = startWorkspaceServer();
  const { promise: hold, resolve: release } = Promise.withResolvers<void>();
  server.addFault({ when: "after", do: { hold } });
  const upload = put(server, "1/a.seq", "x");
  const seen = await server.waitForRequest(({ path }) => path === "/ws/1/a.seq");
  assert.equal(seen.status, undefined);
  release();
  assert.equal((await upload).status, 200);
  assert.deepEqual([seen.method, seen.target, seen.status], ["PUT", "/ws/1/a.seq?type=file", 200]);
  server.addFault({ do: { delayMs: 20 } });
  await put(server, "1/b.seq", "x");
  const { startedAt, endedAt = 0 } = server.log[1] ?? assert.fail();
  // Timers may fire a little early.
  assert.ok(endedAt - startedAt >= 19);
});

Deno.test("a server that is down refuses to connect until it is started", async () => {
  await using server = startWorkspaceServer();
  server.addFault({ when: "after", do: "down" });
  await assert.rejects(put(server, "1/a.seq", "x"), TypeError);
  await assert.rejects(ask(server, "/health"), /[Cc]onnection refused/);
  server.start();
  assert.equal((await ask(server, "/health")).status, 200);
  server.stop();
  await assert.rejects(ask(server, "/health"), TypeError);
  await assert.rejects(ask(server, "/health"), /[Cc]onnection refused/);
  server.start();
  assert.equal((await ask(server, "/ws/1/a.seq")).text, "x");
});
