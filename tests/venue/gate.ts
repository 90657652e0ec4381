/**
 * Takes each request through the log, the faults and Hasura's endpoints.
 *
 * @module
 */

import { type Answer, answer, errorAnswer } from "./api.ts";
import { wrongSecret } from "./auth.ts";
import { encode } from "./bodies.ts";
import type { FaultAction, FaultQueue } from "./faults.ts";
import type { Front } from "./front.ts";
import type { Instance } from "./instance.ts";
import { describeRequest, type RequestRecord } from "./log.ts";
import { proxyPage } from "./proxy_page.ts";
import type { Stages } from "./run_sql.ts";
import { waitForActivity } from "./activity.ts";

/** What a request gets: nothing, or an answer that may be cut. */
type Reply = "nothing" | { answer: Answer; cut?: "body" | "json" };

/** Thrown inside a transaction to abort it and give this reply. */
class Struck extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super("Struck by a fault");
    this.reply = reply;
  }
}

// Stands for the answer where a fault wants to cut one and there is none yet.
const SOME_ANSWER: Answer = { status: 200, json: { result_type: "CommandOk", result: null } };

/** What the gate works with. */
export interface GateParts {
  instance: () => Instance;
  front: () => Front;
  faults: FaultQueue;
  /** Told of each request as it comes. */
  notice: (record: RequestRecord) => void;
}

/** The gate. */
export class Gate {
  readonly #parts: GateParts;
  readonly #running = new Set<Promise<unknown>>();
  readonly #closing = Promise.withResolvers<"closing">();
  #open = 0;
  #answers = 0;
  /** The first error that is no answer of Hasura's: a bug of the venue. */
  crash: unknown;

  /** Creates the gate. */
  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Answers a request; `connection` is the port at the other end. */
  async handle(request: Request, connection: number): Promise<Response> {
    const body = await request.text();
    const { adminSecret } = this.#parts.instance().settings;
    const record = describeRequest(request, body, { adminSecret, inFlightWith: this.#open });
    this.#parts.notice(record);
    this.#open++;
    const reply = await this.#reply(request, body, { record });
    this.#open--;
    record.endedAt = performance.now();
    return this.#respond(reply, { record, connection, requestId: request.headers.get("x-request-id") });
  }

  /** Resolves when no request is at work any more, those that were answered early included. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Forgets how many answers were given, on which the order of keys depends. */
  reset(): void {
    this.#answers = 0;
  }

  /** Lets go of all requests that a fault holds. */
  close(): void {
    this.#closing.resolve("closing");
  }

  async #reply(request: Request, body: string, { record }: { record: RequestRecord }): Promise<Reply> {
    const faults = this.#parts.faults.take(record);
    const early = record.type === "run_sql" ? [faults.before] : [faults.before, faults["before-commit"]];
    for (const action of early) {
      const reply = await this.#strike(action, SOME_ANSWER);
      if (reply !== undefined) return reply;
    }
    const sent = Promise.withResolvers<Reply>();
    const work = this.#work(request, body, { record, stages: this.#stages(faults, sent), after: faults.after });
    this.#track(work);
    return await Promise.race([sent.promise, work]);
  }

  #stages(faults: Partial<Record<"during" | "before-commit", FaultAction>>, sent: PromiseWithResolvers<Reply>): Stages {
    const { sourcePool: pool, metadataPool } = this.#parts.instance();
    return {
      during: async (session, ended) => {
        if (faults.during === "kill-backend") {
          await waitForActivity(metadataPool, session, { ended });
          return await pool.kill(session);
        }
        const reply = await this.#strike(faults.during, SOME_ANSWER);
        if (reply !== undefined) sent.resolve(reply);
      },
      beforeCommit: async (session) => {
        if (faults["before-commit"] === "kill-backend") return await pool.kill(session);
        const reply = await this.#strike(faults["before-commit"], SOME_ANSWER);
        if (reply !== undefined) throw new Struck(reply);
      },
    };
  }

  async #work(
    request: Request,
    body: string,
    { record, stages, after }: { record: RequestRecord; stages: Stages; after: FaultAction | undefined },
  ): Promise<Reply> {
    try {
      const { method, headers } = request;
      const made = await answer(this.#parts.instance(), { method, path: record.path, headers, body }, stages);
      return await this.#strike(after, made) ?? { answer: made };
    } catch (error) {
      if (error instanceof Struck) return error.reply;
      this.crash ??= error;
      return { answer: { status: 500, json: { path: "$", error: "Internal Server Error", code: "unexpected" } } };
    }
  }

  /** Does what a fault says; `undefined` when the request goes on. */
  async #strike(action: FaultAction | undefined, made: Answer): Promise<Reply | undefined> {
    switch (action) {
      case undefined:
      case "kill-backend":
        return undefined;
      case "refuse":
        this.#parts.front().stop();
        return "nothing";
      case "drop":
        return "nothing";
      case "unauthorized":
        return { answer: errorAnswer(this.#parts.instance(), wrongSecret(), "/") };
      case "truncate":
        return { answer: made, cut: "body" };
      case "half-json":
        return { answer: made, cut: "json" };
    }
    if ("html" in action) return { answer: proxyPage(action.html) };
    if ("status" in action) return { answer: custom(action) };
    return await this.#wait(action);
  }

  async #wait(action: { delayMs: number } | { hold: Promise<unknown> }): Promise<Reply | undefined> {
    if ("hold" in action) {
      const first = await Promise.race([action.hold.then(() => "released"), this.#closing.promise]);
      return first === "closing" ? "nothing" : undefined;
    }
    const elapsed = Promise.withResolvers<void>();
    const timer = setTimeout(elapsed.resolve, action.delayMs);
    await Promise.race([elapsed.promise, this.#closing.promise]);
    clearTimeout(timer);
    return undefined;
  }

  #respond(
    reply: Reply,
    { record, connection, requestId }: { record: RequestRecord; connection: number; requestId: string | null },
  ): Response {
    if (reply === "nothing") {
      this.#parts.front().cut(connection);
      return new Response();
    }
    if (reply.cut === "body") this.#parts.front().truncate(connection);
    const { answer } = reply;
    record.status = answer.status;
    const text = "text" in answer ? answer.text : encode(answer.json, this.#answers++ % 2 === 1);
    const headers = new Headers({
      // Keeps Deno from compressing, so that an answer can be cut at a known place.
      "cache-control": "no-transform",
      "content-type": "text" in answer ? answer.contentType : "application/json; charset=utf-8",
    });
    if (answer.status === 200) headers.set("x-request-id", requestId ?? crypto.randomUUID());
    const body = reply.cut === "json" ? text.slice(0, Math.floor(text.length / 2)) : text;
    return new Response(body, { status: answer.status, headers });
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.catch((error) => this.crash ??= error).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}

function custom({ status, body, contentType }: { status: number; body: unknown; contentType?: string }): Answer {
  if (typeof body !== "string") return { status, text: JSON.stringify(body), contentType: contentType ?? JSON_TYPE };
  return { status, text: body, contentType: contentType ?? JSON_TYPE };
}

const JSON_TYPE = "application/json; charset=utf-8";
