/**
 * Finds the workspace server, before anything is done with it.
 *
 * @module
 */

import { ToolError } from "../errors.ts";
import { NoAnswerError } from "../hasura/problems.ts";
import { quoteText } from "../quote.ts";
import type { Nameable } from "./file_names.ts";
import { withStoppedPauses } from "./stop.ts";
import type { AfterTaskOptions } from "./types.ts";
import { findAdminRole } from "./venue_role.ts";
import { explainServer, noEndpointError } from "./workspace_errors.ts";
import { createWorkspaceServer, type WorkspaceServer } from "./workspace_server.ts";

/** What its errors say. */
export interface ReachWords {
  state: string;
  /** How to go on. */
  resume: string;
}

/**
 * The server, once it says that it is healthy.
 *
 * @throws {AfterTaskError} when it does not, or nobody says where it is, or the venue has no role to speak as
 * @throws {ConfigError} when what is said cannot be used
 * @throws what the run is stopped with, at once
 */
export async function reachServer(
  options: AfterTaskOptions,
  { state, resume }: ReachWords,
): Promise<WorkspaceServer> {
  const { adminSecret, readTimeout, redact, stop } = options;
  const workspace = whereabouts(options, state);
  if (workspace === undefined) throw noEndpointError({ state, resume });
  const role = await findAdminRole(options, { state, resume });
  const { endpoint, proxy } = workspace;
  const rt = withStoppedPauses(options);
  const server = createWorkspaceServer(rt, { endpoint, proxy, adminSecret, role, stop, timeout: readTimeout, redact });
  try {
    await untilHealthy(server, { ...options, rt });
  } catch (error) {
    throw explainServer(error, { action: "use the workspace server", workspace, state, resume });
  }
  return server;
}

/**
 * Whether the server takes the secret and the role, which its health does not tell. Looks for a file that need not be
 * there.
 *
 * @throws {AfterTaskError} when it does not
 */
export async function checkAccess(
  server: WorkspaceServer,
  options: AfterTaskOptions,
  { file, state, resume }: ReachWords & { file: { sequence: Nameable; name: string } },
): Promise<void> {
  try {
    await server.checkAccess({ workspaceId: file.sequence.workspaceId, name: file.name });
  } catch (error) {
    const workspace = { ...options.workspace(), endpoint: server.endpoint, role: server.role };
    const action = `look for ${quoteText(file.name)} on the workspace server`;
    throw explainServer(error, { action, workspace, state, resume, file });
  }
}

function whereabouts(options: AfterTaskOptions, state: string): ReturnType<AfterTaskOptions["workspace"]> {
  try {
    return options.workspace();
  } catch (error) {
    if (error instanceof ToolError) error.state = state;
    throw error;
  }
}

/** Milliseconds between two attempts. */
const INTERVAL = 1_000;

/** After the containers were started, the workspace server is among the last to listen. */
async function untilHealthy(server: WorkspaceServer, { rt, wait, onProgress }: AfterTaskOptions): Promise<void> {
  const deadline = rt.now() + (wait ?? 0);
  while (true) {
    try {
      return await server.checkHealth();
    } catch (error) {
      if (!(error instanceof NoAnswerError) || error.lasting || rt.now() + INTERVAL >= deadline) throw error;
      onProgress(`waiting for the workspace server: ${error.message}`);
      await rt.sleep(INTERVAL);
    }
  }
}
