/**
 * Finds the workspace server, before anything is done with it.
 *
 * @module
 */

import { NoAnswerError } from "../hasura/problems.ts";
import type { AfterTaskOptions } from "./types.ts";
import { explainServer, noEndpointError } from "./workspace_errors.ts";
import { createWorkspaceServer, type WorkspaceServer } from "./workspace_server.ts";

/** The server, once it says that it is healthy. @throws {AfterTaskError} when it does not, or nobody says where it is */
export async function reachServer(
  options: AfterTaskOptions,
  { state, resume }: { state: string; resume: string },
): Promise<WorkspaceServer> {
  const { rt, workspace, adminSecret, source, readTimeout, redact } = options;
  if (workspace === undefined) throw noEndpointError({ state, resume });
  const { endpoint } = workspace;
  const server = createWorkspaceServer(rt, { endpoint, adminSecret, source, timeout: readTimeout, redact });
  try {
    await untilHealthy(server, options);
  } catch (error) {
    throw explainServer(error, { action: "use the workspace server", workspace, state, resume });
  }
  return server;
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
