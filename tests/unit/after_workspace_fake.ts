/**
 * A small workspace server for the tests of the "after" tasks, as strict as the real one about what it is sent, and a
 * `fetch` that loses connections where a test asks for it.
 *
 * @module
 */

import type { Runtime } from "../../src/runtime.ts";

/** What becomes of a request. */
export type WorkspaceFault =
  /** There is no connection to be had. */
  | "refuse"
  /** The connection is lost before the server has the request. */
  | "drop"
  /** The server has done it all, and the connection is lost. */
  | "drop-after"
  /** Nothing comes back until the client gives up. */
  | "hang"
  /** The answer ends in the middle. */
  | "truncate"
  /** The server stores or shows the first half only. */
  | "half"
  /** An answer in place of the right one. */
  | { status: number; body: string; type?: string; location?: string };

/** A request that the server has received. */
export interface WorkspaceRequest {
  method: string;
  /** As it was sent, with the query. */
  target: string;
  headers: Headers;
}

/** A running server. */
export interface FakeWorkspace extends AsyncDisposable {
  readonly url: string;
  /** Content by `<workspace>/<path>`. */
  readonly files: Map<string, Uint8Array>;
  readonly log: WorkspaceRequest[];
  /** Decides on the fault for a request, before it is worked on; `index` counts from 1. */
  strike: (request: WorkspaceRequest, index: number) => WorkspaceFault | undefined;
  /** Whether a file that is there is replaced, as older servers do, in place of a 409. */
  overwrites: boolean;
  /** The one role that is let in. */
  adminRole: string;
  /** Those that exist. */
  workspaces: number[];
  /** To be used in place of the runtime's: connections are lost in it. */
  fetch(real: Runtime["fetch"]): Runtime["fetch"];
  /** Paths of the files that were sent, in order. */
  puts(): string[];
}

const LOST = () => new TypeError("error sending request: client error (SendRequest): connection closed");

const REFUSED = () =>
  new TypeError("error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)");

/** Starts a server that lets in who has `secret`. */
export function startFakeWorkspace(secret: string): FakeWorkspace {
  const files = new Map<string, Uint8Array>();
  const log: WorkspaceRequest[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { method, headers } = request;
    const fault = JSON.parse(decodeURIComponent(headers.get("x-test-fault") ?? "null")) as WorkspaceFault | null;
    if (fault === "hang") {
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      return new Response();
    }
    const url = new URL(request.url);
    const answer = fault !== null && typeof fault === "object" ? given(fault) : await answerTo(method, url, {
      headers,
      body: new Uint8Array(await request.arrayBuffer()),
      isHalf: fault === "half",
    });
    if (fault !== "truncate") return answer;
    const body = new Uint8Array(await answer.arrayBuffer());
    const cut = new ReadableStream({
      pull(controller) {
        controller.enqueue(body.subarray(0, body.length >> 1));
        controller.error(new Error("cut"));
      },
    });
    return new Response(cut, { status: answer.status, headers: { "content-length": String(body.length) } });
  });

  async function answerTo(
    method: string,
    url: URL,
    { headers, body, isHalf }: { headers: Headers; body: Uint8Array; isHalf: boolean },
  ): Promise<Response> {
    if (method === "GET" && url.pathname === "/health") return new Response(null);
    const [, id, path] = /^\/ws\/(\d+)\/(.+)$/.exec(url.pathname) ?? [];
    if (id === undefined || path === undefined) return json(404, "Not found");
    if (headers.get("x-hasura-admin-secret") !== secret) return json(401, "Invalid Hasura admin secret");
    if (headers.get("x-hasura-role") === null || headers.get("x-hasura-user-id") === null) {
      return json(401, "x-hasura-user-id header is required when x-hasura-admin-secret is set");
    }
    if (headers.get("x-hasura-role") !== fake.adminRole) return json(500, "Could not check permissions.");
    if (!fake.workspaces.includes(Number(id))) return json(404, `Workspace ${id} does not exist`);
    const key = `${id}/${path.split("/").map(decodeURIComponent).join("/")}`;
    const name = key.slice(key.lastIndexOf("/") + 1);
    const half = (bytes: Uint8Array) => isHalf ? bytes.slice(0, bytes.length >> 1) : bytes;
    if (method === "GET") {
      const file = files.get(key);
      const isFolder = [...files.keys()].some((other) => other.startsWith(`${key}/`));
      if (isFolder) return Response.json([{ name: "inside" }]);
      if (file === undefined) return json(404, "No such file exists in the workspace");
      return new Response(half(file).slice(), { headers: { "content-type": "application/octet-stream" } });
    }
    if (method !== "PUT" || url.search !== "?type=file") return json(400, "'type' must be provided.");
    const part = parsePart(headers.get("content-type") ?? "", body);
    if (part?.name !== "file" || part.fileName !== name) return json(400, `No file provided with the name ${name}`);
    if (name.endsWith(".aerie")) return json(405, "Metadata files may not be uploaded via the file API.");
    if (/[|<>:?*%#"]/.test(name) && !fake.overwrites) return json(400, `Path segment '${name}' has illegal characters`);
    if (files.has(key) && !fake.overwrites) return json(409, `${name} already exists.`);
    files.set(key, half(part.content));
    return await Promise.resolve(new Response(`File ${name} uploaded to ${path}`));
  }

  const fake: FakeWorkspace = {
    url: `http://127.0.0.1:${server.addr.port}`,
    files,
    log,
    strike: () => undefined,
    overwrites: true,
    adminRole: "aerie_admin",
    workspaces: [1, 2, 3],
    fetch(real) {
      return async (url, init) => {
        if (!url.startsWith(fake.url)) return await real(url, init);
        const headers = new Headers(init.headers);
        const request = { method: init.method ?? "GET", target: url.slice(fake.url.length), headers };
        log.push(request);
        const fault = fake.strike(request, log.length);
        if (fault === undefined) return await real(url, init);
        if (fault === "refuse") throw REFUSED();
        if (fault === "drop") throw LOST();
        if (fault !== "drop-after") headers.set("x-test-fault", encodeURIComponent(JSON.stringify(fault)));
        const response = await real(url, { ...init, headers });
        if (fault !== "drop-after") return response;
        await response.arrayBuffer();
        throw LOST();
      };
    },
    puts: () => log.filter(({ method }) => method === "PUT").map(({ target }) => target),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return fake;
}

function given({ status, body, type, location }: WorkspaceFault & object): Response {
  const headers = new Headers({ "content-type": type ?? "text/plain" });
  if (location !== undefined) headers.set("location", location);
  return new Response(body, { status, headers });
}

function json(status: number, message: string): Response {
  return Response.json({ type: "INTERNAL_ERROR", message, timestamp: "2032-01-11T00:00:00Z" }, { status });
}

/** The one part of a form as Jetty reads it, which takes `\"` for a quote, and nothing else for one. */
function parsePart(
  contentType: string,
  body: Uint8Array,
): { name: string; fileName: string; content: Uint8Array } | undefined {
  const boundary = /^multipart\/form-data; boundary=([\w-]+)$/.exec(contentType)?.[1];
  // One character for each byte.
  const text = new TextDecoder("latin1").decode(body);
  const headEnd = text.indexOf("\r\n\r\n");
  const end = text.lastIndexOf(`\r\n--${boundary}--\r\n`);
  if (boundary === undefined || !text.startsWith(`--${boundary}\r\n`) || headEnd < 0 || end < headEnd) return undefined;
  const head = new TextDecoder().decode(body.subarray(0, headEnd));
  const [, name, fileName] =
    /^content-disposition: form-data; name="([^"]*)"; filename="((?:[^"\\]|\\.)*)"$/im.exec(head) ?? [];
  if (name === undefined || fileName === undefined) return undefined;
  return { name, fileName: fileName.replaceAll(/\\(["\\])/g, "$1"), content: body.slice(headEnd + 4, end) };
}
