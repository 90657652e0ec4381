/**
 * What the workspace server does with a request.
 *
 * @module
 */

import { markSecret } from "./auth.ts";
import { parseMultipart } from "./multipart.ts";
import { decodePath, nameProblem, PathError, targetOf } from "./workspace_paths.ts";

/** An answer. */
export interface WorkspaceAnswer {
  status: number;
  contentType: string;
  body: string | Uint8Array<ArrayBuffer>;
}

/** What the server is started with. */
export interface WorkspaceSettings {
  adminSecret: string;
  /** Roles that may read and write. */
  roles: readonly string[];
  /** Numbers of the workspaces that there are. */
  workspaces: readonly number[] | (() => Promise<readonly number[]>);
  /** Older servers replace a file that is there; newer ones answer 409 unless `overwrite=true` is in the query. */
  overwrites: boolean;
  /** Whether a name that Windows could not hold, or with `%` or `#`, is refused, as newer servers do. */
  checksNames: boolean;
  /** Files that cannot be written, as in `1/locked.seq`. */
  locked: readonly string[];
  /** Size of the largest file that is taken. */
  maxFileBytes: number;
}

/** A request, its body read. */
export interface WorkspaceCall {
  method: string;
  url: string;
  headers: Headers;
  body: Uint8Array;
}

/** An answer that is not what was asked for. */
class Refusal extends Error {
  readonly answer: WorkspaceAnswer;

  constructor(status: number, type: string, message: string, cause?: string) {
    super(message);
    const timestamp = new Date().toISOString();
    this.answer = json(status, { type, message, timestamp, service: "workspace_server", ...(cause ? { cause } : {}) });
  }
}

/** Answers a request. `files` are the contents, by `<workspace>/<path>`. */
export async function answerWorkspace(
  call: WorkspaceCall,
  { settings, files }: { settings: WorkspaceSettings; files: Map<string, Uint8Array> },
): Promise<WorkspaceAnswer> {
  try {
    const { path } = targetOf(call.url);
    if (path === "/health" && call.method === "GET") return text(200, "");
    const [, workspace, rest] = /^\/ws\/([^/]+)\/(.+)$/s.exec(path) ?? [];
    // Jetty looks at the address before anybody asks who is there.
    const file = decodePath(rest ?? path.slice(1));
    if (path.startsWith("/ws/")) authorize(call.headers, settings);
    if (workspace === undefined) {
      throw new Refusal(404, "HTTP_RESPONSE_EXCEPTION", `Endpoint ${call.method} ${path} not found`);
    }
    const place = await findPlace(workspace, { file, settings });
    if (call.method === "GET") return read(place, files);
    if (call.method === "PUT") return write(call, place, { settings, files });
    throw new Refusal(405, "HTTP_RESPONSE_EXCEPTION", "Method not allowed");
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    if (!(error instanceof PathError)) throw error;
    if (error.kind === "escapes") return new Refusal(500, "SECURITY_EXCEPTION", error.message).answer;
    const page = `<html>\n<head>\n<title>Error 400 ${error.message}</title>\n</head>\n` +
      `<body><h2>HTTP ERROR 400 ${error.message}</h2>\n</body>\n</html>\n`;
    return { status: 400, contentType: "text/html;charset=iso-8859-1", body: page };
  }
}

/** A file, there or not. */
interface Place {
  workspace: string;
  path: string;
  name: string;
  key: string;
}

function authorize(headers: Headers, { adminSecret, roles }: WorkspaceSettings): void {
  const refuse = (message: string) => new Refusal(401, "UNAUTHORIZED", message);
  // The other name of this header is Hasura's alone.
  if (!headers.has("x-hasura-admin-secret")) throw refuse("The input is not a valid base 64 encoded string.");
  if (!headers.get("x-hasura-user-id")) {
    throw refuse("x-hasura-user-id header is required when x-hasura-admin-secret is set");
  }
  if (markSecret(headers, { adminSecret }) !== "right") throw refuse("Invalid Hasura admin secret");
  const role = headers.get("x-hasura-role") ?? "aerie_admin";
  if (!roles.includes(role)) {
    throw new Refusal(403, "FORBIDDEN", `User with role '${role}' cannot perform 'write_file_directory'`);
  }
}

async function findPlace(
  workspace: string,
  { file, settings }: { file: string; settings: WorkspaceSettings },
): Promise<Place> {
  if (!/^-?\d+$/.test(workspace)) {
    throw new Refusal(400, "NUMBER_PARSING_EXCEPTION", `For input string: "${workspace}"`);
  }
  const { workspaces } = settings;
  const known = typeof workspaces === "function" ? await workspaces() : workspaces;
  if (!known.includes(Number(workspace))) {
    throw new Refusal(404, "NO_SUCH_WORKSPACE", `No such workspace exists with id ${workspace}.`);
  }
  return { workspace, path: file, name: file.split("/").at(-1) ?? "", key: `${Number(workspace)}/${file}` };
}

function read({ key, workspace, path }: Place, files: Map<string, Uint8Array>): WorkspaceAnswer {
  const content = files.get(key);
  if (content !== undefined) {
    return { status: 200, contentType: "application/octet-stream", body: new Uint8Array(content) };
  }
  throw new Refusal(404, "NO_SUCH_FILE", `No such file ${path} exists in workspace ${workspace}.`);
}

function write(
  call: WorkspaceCall,
  { path, name, key }: Place,
  { settings, files }: { settings: WorkspaceSettings; files: Map<string, Uint8Array> },
): WorkspaceAnswer {
  const { query } = targetOf(call.url);
  const type = query.get("type");
  if (type === null) throw new Refusal(400, "ENDPOINT_VALIDATION_EXCEPTION", "'type' must be provided.");
  if (type !== "file") throw new Refusal(400, "ILLEGAL_ARGUMENT", `Query param 'type' has invalid value ${type}`);
  const part = parseMultipart(call.headers.get("content-type"), call.body)?.find(({ name }) => name === "file");
  if (part !== undefined && part.content.length > settings.maxFileBytes) {
    throw new Refusal(500, "UNKNOWN_ERROR", "Multipart Mime part file exceeds max filesize");
  }
  if (part?.filename !== name) {
    throw new Refusal(400, "INTERNAL_ERROR", `No file provided with the name ${name}`);
  }
  if (name.endsWith(".aerie")) {
    const cause = "Metadata files may not be uploaded via the file API.";
    throw new Refusal(405, "MALFORMED_REQUEST", "Could not save file.", cause);
  }
  if (files.has(key) && !settings.overwrites && query.get("overwrite") !== "true") {
    throw new Refusal(409, "INTERNAL_ERROR", `${path} already exists.`);
  }
  if (settings.locked.includes(key)) throw new Refusal(423, "FILE_LOCKED", `Cannot update file at ${path}`);
  const problem = settings.checksNames ? nameProblem(path) : undefined;
  if (problem !== undefined) throw new Refusal(500, "FILE_OPERATION_EXCEPTION", "Could not save file.", problem);
  files.set(key, part.content);
  return text(200, `File ${name} uploaded to ${path}`);
}

function text(status: number, body: string): WorkspaceAnswer {
  return { status, contentType: "text/plain", body };
}

function json(status: number, value: Record<string, string>): WorkspaceAnswer {
  return { status, contentType: "application/json", body: JSON.stringify(value) };
}
