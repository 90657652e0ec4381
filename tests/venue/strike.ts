/**
 * Does what faults say.
 *
 * @module
 */

import { type Answer, errorAnswer } from "./api.ts";
import { wrongSecret } from "./auth.ts";
import { isCommitFault } from "./commit_faults.ts";
import type { FaultAction, FaultTime } from "./faults.ts";
import type { Front } from "./front.ts";
import type { Hasura } from "./hasura.ts";
import type { RequestRecord } from "./log.ts";
import { namedError } from "./named_errors.ts";
import { proxyPage } from "./proxy_page.ts";
import type { Reply } from "./reply.ts";
import type { Waits } from "./waits.ts";

/** What faults strike. */
export interface Targets {
  hasura: () => Hasura;
  front: () => Front;
  /** Given up when the venue is closed. */
  waits: Waits;
}

/** What is struck. */
export interface StrikeOptions {
  record: RequestRecord;
  when: FaultTime;
  /** The answer that Hasura gave. Where there is none yet, one stands for it that a fault can cut. */
  made?: Answer;
}

const SOME_ANSWER: Answer = { status: 200, json: { result_type: "CommandOk", result: null } };
const JSON_TYPE = "application/json; charset=utf-8";

/** Does what a fault says; `undefined` when the request goes on. */
export async function strike(
  action: FaultAction | undefined,
  targets: Targets,
  { record, when, made = SOME_ANSWER }: StrikeOptions,
): Promise<Reply | undefined> {
  const { instance } = targets.hasura();
  switch (action) {
    case undefined:
    case "kill-backend":
    case "lose-backend":
      return undefined;
    case "refuse":
      await targets.front().leave();
      return "nothing";
    case "freeze":
      targets.front().freeze();
      return when === "before" && await targets.front().thawed() === "reset" ? "nothing" : undefined;
    case "drop":
      return "nothing";
    case "reset":
      return "reset";
    case "unauthorized":
      return { answer: errorAnswer(instance, wrongSecret(), "/") };
    case "truncate":
      return { answer: made, cut: "body" };
    case "half-json":
      return { answer: made, cut: "json" };
  }
  if (typeof action === "string") {
    return { answer: errorAnswer(instance, namedError(action, sourceOf(record)), record.path) };
  }
  if ("html" in action) return { answer: proxyPage(action.html) };
  if ("status" in action) return { answer: custom(action) };
  if ("restart" in action) return await restart(action.restart, action.page);
  if ("restartMs" in action) return await restart(action.restartMs, action.page);
  if ("databaseDown" in action) return void await targets.hasura().loseDatabase(action.databaseDown);
  if ("databaseDownMs" in action) return void await targets.hasura().loseDatabase(action.databaseDownMs);
  if ("deliverAfter" in action || "repeat" in action || isCommitFault(action)) return undefined;
  return await targets.waits.for("hold" in action ? action.hold : action.delayMs) ? undefined : "nothing";

  async function restart(until: number | Promise<unknown>, page: 502 | 503 | undefined): Promise<Reply> {
    await targets.hasura().restart(until, page);
    return page === undefined ? "nothing" : { answer: proxyPage(page) };
  }
}

/** Whether a fault strikes the backend that runs a text, which must be at work then. */
export function needsBackend(action: FaultAction | undefined): boolean {
  if (typeof action !== "object") return action === "kill-backend" || action === "lose-backend";
  return ["restart", "restartMs", "databaseDown", "databaseDownMs"].some((key) => key in action);
}

function sourceOf({ body }: RequestRecord): string {
  const { args } = (body ?? {}) as { args?: { source?: unknown } };
  return typeof args?.source === "string" ? args.source : "default";
}

function custom(
  { status, body, contentType = JSON_TYPE }: { status: number; body: unknown; contentType?: string },
): Answer {
  return { status, text: typeof body === "string" ? body : JSON.stringify(body), contentType };
}
