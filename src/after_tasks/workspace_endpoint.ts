/**
 * Where the workspace server is, when nobody says.
 *
 * @module
 */

/** The port of the workspace server in a deployment that does not change it. */
const WORKSPACE_PORT = 28000;

/** A host and a port in plain sight: behind a proxy, a path or TLS the workspace server has an address of its own. */
const PLAIN_ENDPOINT = /^http:\/\/(?<host>[a-z\d._-]+|\[[\da-f:.]+\]):\d+$/i;

/** The workspace server beside the Hasura at `http://host:port`; `undefined` for every other form of address. */
export function deriveWorkspaceEndpoint(hasuraEndpoint: string): string | undefined {
  const host = PLAIN_ENDPOINT.exec(hasuraEndpoint)?.groups?.host;
  return host === undefined || !URL.canParse(hasuraEndpoint) ? undefined : `http://${host}:${WORKSPACE_PORT}`;
}
