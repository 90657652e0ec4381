/**
 * The faults of the venue, as they look at the workspace server.
 *
 * @module
 */

import type { FaultAction, FaultTime } from "../venue/mod.ts";
import type { WorkspaceFault, WorkspaceFaultAction } from "../venue/workspace_server.ts";

/** The same fault at the workspace server; `undefined` where that has none like it. */
export function atWorkspace(action: FaultAction): WorkspaceFaultAction | undefined {
  switch (action) {
    case "drop":
    case "reset":
    case "truncate":
      return action;
    case "refuse":
      return "down";
    case "unauthorized":
      return failure(401, { type: "UNAUTHORIZED", message: "Invalid Hasura admin secret" });
    case "internal-error":
      return failure(500, { type: "FILE_OPERATION_EXCEPTION", message: "Could not save file." });
  }
  if (typeof action !== "object") return undefined;
  return "html" in action || "status" in action || "delayMs" in action || "hold" in action ? action : undefined;
}

function failure(status: number, error: { type: string; message: string }): WorkspaceFaultAction {
  return { status, body: { ...error, timestamp: "2032-03-01T00:00:00Z", service: "workspace_server" } };
}

/** The same fault on requests to the workspace server. @throws {TypeError} when it has none like it, or not then */
export function workspaceFault(
  match: Pick<WorkspaceFault, "method" | "path" | "nth">,
  { action, when }: { action: FaultAction; when: FaultTime },
): WorkspaceFault {
  const same = atWorkspace(action);
  if (same === undefined || (when !== "before" && when !== "after")) {
    throw new TypeError(`Cannot have ${JSON.stringify(action)} strike the workspace server ${when} its work`);
  }
  return { ...match, when, do: same };
}
