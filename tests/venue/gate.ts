/**
 * Takes each request through the log, the faults and Hasura's endpoints.
 *
 * @module
 */

import { waitForActivity } from "./activity.ts";
import { type Answer, answer } from "./api.ts";
import type { FaultAction, FaultQueue, FaultsByTime } from "./faults.ts";
import type { Front } from "./front.ts";
import type { Hasura } from "./hasura.ts";
import type { Instance } from "./instance.ts";
import { describeRequest, type RequestRecord } from "./log.ts";
import { type Reply, write } from "./reply.ts";
import type { Stages } from "./run_sql.ts";
import type { Session } from "./session.ts";
import { needsBackend, strike, type StrikeOptions } from "./strike.ts";
import { Waits } from "./waits.ts";

/** Thrown inside a transaction to abort it and give this reply. */
class Struck extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super("Struck by a fault");
    this.reply = reply;
  }
}

/** What the gate works with. */
export interface GateParts {
  hasura: () => Hasura;
  front: () => Front;
  faults: FaultQueue;
  /** Told of each request as it comes. */
  notice: (record: RequestRecord) => void;
}

/** A request, its body read, and the way to answer it. */
interface Call {
  request: Request;
  body: Uint8Array;
  record: RequestRecord;
  /** The first reply counts. */
  sent: PromiseWithResolvers<Reply>;
}

/** The gate. */
export class Gate {
  readonly #parts: GateParts;
  readonly #running = new Set<Promise<unknown>>();
  readonly #unanswered = new Set<Call>();
  readonly #waits = new Waits();
  #answers = 0;
  /** The first error that is no answer of Hasura's: a bug of the venue. */
  crash: unknown;

  /** Creates the gate. */
  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Answers a request; `connection` is the port at the other end. */
  async handle(request: Request, connection: number): Promise<Response> {
    const body = await request.bytes().catch(() => undefined);
    // The client has left in the middle of its request.
    if (body === undefined) return new Response();
    const { page, instance } = this.#parts.hasura();
    const { settings } = instance;
    const text = new TextDecoder().decode(body);
    const record = describeRequest(request, text, { settings, inFlightWith: this.#unanswered.size });
    this.#parts.notice(record);
    const call: Call = { request, body, record, sent: Promise.withResolvers() };
    this.#unanswered.add(call);
    if (page === undefined) this.#begin(call).then(call.sent.resolve, call.sent.reject);
    else call.sent.resolve({ answer: page });
    const reply = await call.sent.promise;
    this.#unanswered.delete(call);
    record.endedAt = performance.now();
    if (typeof reply === "object") record.status = reply.answer.status;
    const reversed = typeof reply === "object" && "json" in reply.answer && this.#answers++ % 2 === 1;
    const last = this.#parts.hasura().isEnding;
    return await write(reply, { front: this.#parts.front(), connection, headers: request.headers, reversed, last });
  }

  /** Answers all requests at work that have not been answered. */
  answerAll(answer: Answer): void {
    for (const { sent } of this.#unanswered) sent.resolve({ answer });
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
    this.#waits.giveUp();
  }

  async #begin(call: Call): Promise<Reply> {
    const faults = this.#parts.faults.take(call.record);
    if (typeof faults.before === "object" && "deliverAfter" in faults.before) {
      const { deliverAfter, answer = "drop" } = faults.before;
      this.#track(this.#waits.for(deliverAfter).then((delivered) => delivered ? this.#work(call, faults) : "nothing"));
      return await this.#strike(answer, { record: call.record, when: "before" }) ?? "nothing";
    }
    const early = call.record.type === "run_sql" ? [faults.before] : [faults.before, faults["before-commit"]];
    for (const action of early) {
      // Nothing to wait for: what waits until all is settled must see the work as soon as it sees the request.
      if (action === undefined) continue;
      const reply = await this.#strike(action, { record: call.record, when: "before" });
      if (reply !== undefined) return reply;
    }
    const work = this.#work(call, faults);
    this.#track(work);
    return await work;
  }

  async #work({ request, body, record, sent }: Call, faults: FaultsByTime): Promise<Reply> {
    const { instance } = this.#parts.hasura();
    const { method, headers, url } = request;
    const path = record.path + new URL(url).search;
    const stages = this.#stages(faults, { record, sent, instance });
    try {
      const made = await answer(instance, { method, path, headers, body }, stages);
      // The process that was to answer is no more.
      if (instance.connections.abandoned) return "nothing";
      return await this.#strike(faults.after, { record, when: "after", made }) ?? { answer: made };
    } catch (error) {
      if (error instanceof Struck) return error.reply;
      this.crash ??= error;
      return { answer: { status: 500, json: { path: "$", error: "Internal Server Error", code: "unexpected" } } };
    }
  }

  #stages(
    faults: FaultsByTime,
    { record, sent, instance }: Pick<Call, "record" | "sent"> & { instance: Instance },
  ): Stages {
    const { connections, metadataPool } = instance;
    return {
      during: async (session, ended) => {
        if (needsBackend(faults.during)) await waitForActivity(metadataPool, session, { ended });
        await strikeBackend(faults.during, session);
        const reply = await this.#strike(faults.during, { record, when: "during" });
        if (reply !== undefined) sent.resolve(reply);
      },
      beforeCommit: async (session) => {
        await strikeBackend(faults["before-commit"], session);
        const reply = await this.#strike(faults["before-commit"], { record, when: "before-commit" });
        if (reply !== undefined) throw new Struck(reply);
      },
    };

    async function strikeBackend(action: FaultAction | undefined, session: Session): Promise<void> {
      if (action === "kill-backend") await connections.kill(session);
      if (action === "lose-backend") await session.abandon();
    }
  }

  #strike(action: FaultAction | undefined, options: StrikeOptions): Promise<Reply | undefined> {
    const { hasura, front } = this.#parts;
    return strike(action, { hasura, front, waits: this.#waits }, options);
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.catch((error) => this.crash ??= error).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}
