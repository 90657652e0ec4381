/**
 * The workspace server, which keeps the files of the workspaces since there are such.
 *
 * A file is only ever added: what is there is compared and never replaced, since somebody may have worked on it.
 *
 * @module
 */

import { askPatiently } from "../hasura/ask.ts";
import { namingProxy, NoAnswerError } from "../hasura/problems.ts";
import { exchange, type Reply } from "../hasura/transport.ts";
import type { Runtime } from "../runtime.ts";
import { filePath, lastPart } from "./file_names.ts";
import { errorOfReply, isPage, RefusedError, UNKNOWN_ROLE } from "./replies.ts";
import { LEGACY_USER } from "./venue_role.ts";

/** Where the workspace server is, and how it lets us in. */
export interface WorkspaceServerOptions {
  /** Root address without a trailing slash. */
  endpoint: string;
  /** The proxy that is between, for messages. */
  proxy?: string | undefined;
  /** Hasura's, which the workspace server knows, too. */
  adminSecret: string;
  /** The role to speak as. */
  role: string;
  /** Ends what changes nothing; a file that is being sent is not broken off. */
  stop: AbortSignal;
  /** Milliseconds for each file, all attempts together. */
  timeout: number;
  redact: (text: string) => string;
}

/** A file of a workspace. */
export interface WorkspaceFile {
  workspaceId: number;
  /** With its extension; a `/` separates folders. */
  name: string;
  content: Uint8Array<ArrayBuffer>;
}

/** One workspace server. */
export interface WorkspaceServer {
  readonly endpoint: string;
  /** The role that is spoken as. */
  readonly role: string;
  /** Asks whether it is there and at work. @throws {NoAnswerError | RefusedError} */
  checkHealth(): Promise<void>;
  /** Asks for a file, whatever the answer. @throws {RefusedError} when the server does not take the secret or the role */
  checkAccess(file: Pick<WorkspaceFile, "workspaceId" | "name">): Promise<void>;
  /**
   * Sees to it that the server has the file, and looks whether it has. `there`: it had it before.
   *
   * @throws {OtherContentError} when it has a file of that name with other content
   * @throws {NoAnswerError | RefusedError} when it could not be stored
   */
  store(file: WorkspaceFile): Promise<"stored" | "there">;
}

/** There is something else under the name of a file. */
export class OtherContentError extends Error {
  /** Whether it is a part of the right content, from its start: what an upload that breaks off leaves. */
  readonly isBeginning: boolean;

  /** Creates the error; `message` is what there is. */
  constructor(message: string, { isBeginning }: { isBeginning: boolean }) {
    super(message);
    this.name = "OtherContentError";
    this.isBeginning = isBeginning;
  }
}

/** Creates a client. Nothing is sent before the first call. */
export function createWorkspaceServer(
  rt: Pick<Runtime, "fetch" | "now" | "sleep" | "every">,
  options: WorkspaceServerOptions,
): WorkspaceServer {
  const { endpoint, role, timeout, redact, stop } = options;
  const headers = {
    "x-hasura-admin-secret": headerText(options.adminSecret),
    "x-hasura-role": role,
    "x-hasura-user-id": LEGACY_USER,
  };
  // Whether anybody has ever answered: until then a refused connection is most likely a wrong address.
  let isReached = false;

  async function send(path: string, init: RequestInit): Promise<Reply> {
    const reply = await exchange(rt, `${endpoint}${path}`, init);
    isReached = true;
    return reply;
  }

  function askAgain<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return askPatiently<T>(rt, {
      send: (signal) => namingProxy(work(signal), options.proxy),
      // The work itself has looked at the answer.
      decode: (answer) => answer as T,
      timeout,
      isReached: () => isReached,
      health: async (timeout) => (await send("/health", { signal: AbortSignal.timeout(timeout) })).status,
    });
  }

  async function isThere(file: WorkspaceFile, signal: AbortSignal): Promise<boolean> {
    const reply = await send(filePath(file.workspaceId, file.name), { headers, signal });
    if (reply.status === 404) return false;
    if (reply.status !== 200 || isPage(reply)) throw errorOfReply(reply, redact);
    if (!isEqual(reply.body, file.content)) throw otherContent(reply, file);
    return true;
  }

  async function put({ workspaceId, name, content }: WorkspaceFile, signal: AbortSignal): Promise<void> {
    const { type, body } = multipart(lastPart(name), content);
    const reply = await send(`${filePath(workspaceId, name)}?type=file`, {
      method: "PUT",
      headers: { ...headers, "content-type": type },
      body,
      signal,
    });
    // 409: it has come there since it was looked for, by another run or by a request of ours whose answer was lost.
    const isDone = reply.status >= 200 && reply.status < 300 && !isPage(reply);
    if (!isDone && reply.status !== 409) throw errorOfReply(reply, redact);
  }

  return {
    endpoint,
    role,
    checkHealth: () =>
      askAgain(async (signal) => {
        const reply = await send("/health", { signal: AbortSignal.any([signal, stop]) });
        if (reply.status !== 200 || isPage(reply)) throw errorOfReply(reply, redact);
      }),
    checkAccess: ({ workspaceId, name }) =>
      askAgain(async (signal) => {
        const reply = await send(filePath(workspaceId, name), { headers, signal: AbortSignal.any([signal, stop]) });
        const error = reply.status < 400 ? undefined : errorOfReply(reply, redact);
        // Before the migration it may not know the workspace, and answer with anything else.
        if (error instanceof RefusedError && ([401, 403].includes(error.status) || error.type === UNKNOWN_ROLE)) {
          throw error;
        }
      }),
    async store(file) {
      let wasSent = false;
      await askAgain(async (signal) => {
        try {
          if (await isThere(file, wasSent ? signal : AbortSignal.any([signal, stop]))) return;
          wasSent = true;
          await put(file, signal);
          if (await isThere(file, signal)) return;
        } catch (error) {
          // An upload of ours whose answer was lost may still be at work.
          if (!wasSent || !(error instanceof OtherContentError) || !error.isBeginning) throw error;
          throw new NoAnswerError(error.message, { cause: error });
        }
        throw new NoAnswerError("The server answered that it has stored the file, and does not have it");
      });
      return wasSent ? "stored" : "there";
    },
  };
}

/** A header holds bytes, which `fetch` takes as one character each. Java's servers read Latin-1, as the script sent it. */
function headerText(text: string): string {
  return /^[\0-\xff]*$/.test(text) ? text : String.fromCharCode(...new TextEncoder().encode(text));
}

/**
 * The one part of a form, as the server wants it.
 *
 * By hand, since `FormData` writes a quote in the name as `%22`, which the server holds against the name as it is. As a
 * blob, since `fetch` sends other bodies again by itself when a connection is lost.
 */
function multipart(name: string, content: Uint8Array<ArrayBuffer>): { type: string; body: Blob } {
  const boundary = `aerie-db-migration-${crypto.randomUUID()}`;
  const disposition = `form-data; name="file"; filename="${name.replaceAll(/["\\]/g, "\\$&")}"`;
  const head = `--${boundary}\r\ncontent-disposition: ${disposition}\r\ncontent-type: application/octet-stream\r\n\r\n`;
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: new Blob([head, content, `\r\n--${boundary}--\r\n`]),
  };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function otherContent({ body, contentType }: Reply, { content }: WorkspaceFile): OtherContentError {
  const isBeginning = body.length < content.length && isEqual(body, content.subarray(0, body.length));
  if (isBeginning) {
    return new OtherContentError(`The server has the first ${body.length} bytes of ${content.length} of it`, {
      isBeginning,
    });
  }
  const what = /json/i.test(contentType) ? "a folder or other content" : "other content";
  return new OtherContentError(
    `The server has ${what} under this name: ${body.length} bytes that are not the ${content.length} of the sequence`,
    { isBeginning },
  );
}
