/**
 * The workspace server of Aerie and PlanDev, which keeps the files of sequences, for tests and the demo.
 *
 * @module
 */

import { describeHeaders } from "./auth.ts";
import { Front } from "./front.ts";
import { DEFAULT_SECRET } from "./options.ts";
import { proxyPage } from "./proxy_page.ts";
import { RequestLog } from "./request_log.ts";
import { Waits } from "./waits.ts";
import { type WorkspaceFault, type WorkspaceFaultAction, WorkspaceFaults } from "./workspace_faults.ts";
import {
  answerWorkspace,
  type WorkspaceAnswer,
  type WorkspaceCall,
  type WorkspaceSettings,
} from "./workspace_files.ts";
import { targetOf } from "./workspace_paths.ts";

export type { WorkspaceFault, WorkspaceFaultAction } from "./workspace_faults.ts";
export type { WorkspaceSettings } from "./workspace_files.ts";

/** Options of a workspace server; everything has a default. */
export interface WorkspaceServerOptions extends Partial<WorkspaceSettings> {
  /** Default: any free one. */
  port?: number;
}

/** One request. */
export interface WorkspaceRequest {
  method: string;
  /** Decoded, without the query; as it was sent where it cannot be decoded. */
  path: string;
  /** As it was sent, with the query. */
  target: string;
  /** `x-hasura-admin-secret` is `right`, `wrong` or `none` here. */
  headers: Record<string, string>;
  /** Bytes of the body. */
  size: number;
  /** What was answered; missing while the request runs and where the connection was cut. */
  status?: number;
  /** Milliseconds on the clock of `performance.now()`. */
  startedAt: number;
  endedAt?: number;
}

/** A running workspace server. */
export interface WorkspaceServer extends AsyncDisposable {
  /** As in `http://127.0.0.1:28000`. */
  readonly url: string;
  readonly adminSecret: string;
  /** Contents by `<workspace>/<path>`, the path decoded. Tests may change it. */
  readonly files: Map<string, Uint8Array>;
  /** Every request so far, in the order in which they came. */
  readonly log: WorkspaceRequest[];
  /** Resolves with the first request so far, or else to come, that fits. */
  waitForRequest(fits: (request: WorkspaceRequest) => boolean): Promise<WorkspaceRequest>;
  /** Adds a fault; the oldest fault that fits a request strikes it. @throws {TypeError} */
  addFault(fault: WorkspaceFault): void;
  /** Stops listening: connecting is refused until {@linkcode start}. Requests at work go on, unanswered. */
  stop(): void;
  /** Listens again. */
  start(): void;
  /** Back to a fresh server, with other options if given (not `port`). */
  reset(options?: WorkspaceServerOptions): void;
}

type Struck = "drop" | "reset" | { answer: WorkspaceAnswer; cut?: true };

const SOME_ANSWER: WorkspaceAnswer = { status: 200, contentType: "text/plain", body: "File uploaded" };

/** Starts a workspace server. */
export function startWorkspaceServer(options: WorkspaceServerOptions = {}): WorkspaceServer {
  let settings = withDefaults(options);
  const files = new Map<string, Uint8Array>();
  const faults = new WorkspaceFaults();
  const requests = new RequestLog<WorkspaceRequest>();
  const waits = new Waits();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request, { remoteAddr }) => {
    return handle(request, (remoteAddr as Deno.NetAddr).port);
  });
  const front = new Front(options.port ?? 0, server.addr.port);

  async function handle(request: Request, connection: number): Promise<Response> {
    const body = await request.bytes().catch(() => undefined);
    // The client has left in the middle of its request.
    if (body === undefined) return new Response();
    const { method, url, headers } = request;
    const record = describe({ method, url, headers, body }, settings);
    requests.add(record);
    const struck = await work({ method, url, headers, body }, record);
    record.endedAt = performance.now();
    if (typeof struck !== "object") {
      front.cut(connection, struck === "reset" ? "reset" : "close");
      return new Response();
    }
    record.status = struck.answer.status;
    if (struck.cut) front.truncate(connection);
    const { answer } = struck;
    // Keeps Deno from compressing, so that an answer can be cut at a known place.
    const sent = { "cache-control": "no-transform", "content-type": answer.contentType };
    return new Response(answer.body, { status: answer.status, headers: sent });
  }

  async function work(call: WorkspaceCall, record: WorkspaceRequest): Promise<Struck> {
    const { before, after } = faults.take(record);
    const early = await strike(before, SOME_ANSWER);
    if (early !== undefined) return early;
    const answer = await answerWorkspace(call, { settings, files });
    return await strike(after, answer) ?? { answer };
  }

  /** Does what a fault says; `undefined` when the request goes on. */
  async function strike(action: WorkspaceFaultAction | undefined, made: WorkspaceAnswer): Promise<Struck | undefined> {
    if (action === undefined || action === "drop" || action === "reset") return action;
    if (action === "truncate") return { answer: made, cut: true };
    if (action === "down") {
      await front.leave();
      return "drop";
    }
    if ("html" in action) return { answer: page(action.html) };
    if ("status" in action) return { answer: custom(action) };
    return await waits.for("hold" in action ? action.hold : action.delayMs) ? undefined : "drop";
  }

  return {
    url: `http://127.0.0.1:${front.port}`,
    get adminSecret() {
      return settings.adminSecret;
    },
    files,
    log: requests.all,
    waitForRequest: (fits) => requests.waitFor(fits),
    addFault: (fault) => faults.add(fault),
    stop: () => front.stop(),
    start: () => front.start(),
    reset(changes = {}) {
      waits.giveUp();
      settings = withDefaults({ ...options, ...changes });
      files.clear();
      faults.clear();
      requests.all.length = 0;
      front.start();
    },
    async [Symbol.asyncDispose]() {
      waits.giveUp();
      await front.close();
      await server.shutdown();
    },
  };
}

function withDefaults(options: WorkspaceServerOptions): WorkspaceSettings {
  return {
    adminSecret: DEFAULT_SECRET,
    roles: ["aerie_admin", "plandev_admin"],
    workspaces: [1],
    overwrites: false,
    checksNames: options.overwrites !== true,
    locked: [],
    maxFileBytes: 10 * 1024 * 1024,
    ...options,
  };
}

function describe({ method, url, headers, body }: WorkspaceCall, { adminSecret }: WorkspaceSettings): WorkspaceRequest {
  const { path } = targetOf(url);
  const target = url.slice(url.indexOf(path, url.indexOf("//") + 2));
  const described = describeHeaders(headers, { adminSecret });
  return { method, path: decoded(path), target, headers: described, size: body.length, startedAt: performance.now() };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function page(status: Parameters<typeof proxyPage>[0]): WorkspaceAnswer {
  const answer = proxyPage(status);
  return { status, contentType: "text/html", body: "text" in answer ? answer.text : "" };
}

function custom(action: { status: number; body: unknown; contentType?: string }): WorkspaceAnswer {
  const { status, body, contentType = "application/json" } = action;
  return { status, contentType, body: typeof body === "string" ? body : JSON.stringify(body) };
}
