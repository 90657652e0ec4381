/**
 * Checks the addresses of Hasura and of the workspace server.
 *
 * @module
 */

import { ConfigError } from "./errors.ts";
import { quoteText } from "./quote.ts";

/** A kind of server. */
export interface ServerKind {
  name: string;
  /** Addresses of it, for advice. */
  example: string;
  /** Ends of addresses that belong to one of its services and not to its root. */
  services: RegExp;
}

/** Hasura. */
export const HASURA: ServerKind = {
  name: "Hasura",
  example: "http://HOST:8080 or https://HOST",
  services: /\/(?:v\d+(?:alpha\d+|beta\d+)?\/[a-z_]+|console(?:\/.*)?|healthz)$/i,
};

/** The workspace server. */
export const WORKSPACE_SERVER: ServerKind = {
  name: "the workspace server",
  example: "http://HOST:28000 or https://HOST",
  services: /\/(?:ws(?:\/.*)?|health)$/i,
};

/** A secret below this length may be part of an address by chance. */
const SHORT = 8;

/** A host that is plainly one: a base64 secret has letters, digits, `/`, `+` and `=`, others have dots. */
const PLAIN_HOST = /^(?:(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:]+\])(?::\d{1,5})?|[a-z\d.-]+:\d{1,5})(?=\/|$)/i;

/** More about an endpoint, for messages. */
export interface NormalizeEndpointOptions {
  /** Where it was found. */
  origin: string;
  of: ServerKind;
  /** The admin secrets that were found; an endpoint that is one of them was given in the wrong place. */
  secrets: readonly string[];
}

/**
 * The root address of a server, without slashes at its end; its path is kept.
 *
 * @throws {ConfigError} when it is no `http:` or `https:` address, or more than that.
 */
export function normalizeEndpoint(value: string, { origin, secrets, of }: NormalizeEndpointOptions): string {
  const endpoint = value.trim().replace(/\/+$/, "");
  const problem = findProblem(endpoint, of);
  if (problem === undefined) return endpoint;
  throw new ConfigError(`Cannot use endpoint ${showEndpoint(value, secrets)} from ${origin}: ${problem.reason}`, {
    next: problem.next,
  });
}

function findProblem(
  endpoint: string,
  { name, example, services }: ServerKind,
): { reason: string; next: string } | undefined {
  if (/[\s\p{Cc}\\]/u.test(endpoint)) {
    return { reason: "it holds a blank, a backslash or a control character", next: "Give it without them" };
  }
  if (!/^https?:\/\/[^/]/i.test(endpoint)) {
    const next = `Give it as ${example}`;
    return { reason: "it does not start with http:// or https:// and a host", next };
  }
  if (!URL.canParse(endpoint)) return { reason: "it is no valid address", next: "Check the host and the port" };
  const url = new URL(endpoint);
  if (url.username !== "" || url.password !== "") {
    return { reason: "it holds a user name or a password", next: "Give it without what stands before the @" };
  }
  if (/[?#]/.test(endpoint)) {
    return { reason: "it holds a query or a fragment", next: "Give it without the part from ? or # on" };
  }
  const service = services.exec(endpoint);
  if (!service) return undefined;
  const root = quoteText(endpoint.slice(0, service.index));
  return { reason: `${service[0]} is one of its services`, next: `Give the root address of ${name}: ${root}` };
}

/**
 * `value` for a message, without a user name, a password, a query or a fragment: any of them may be a secret. What is no
 * address may be the admin secret itself, given in the wrong place.
 */
function showEndpoint(value: string, secrets: readonly string[]): string {
  const bare = withoutScheme(value);
  const isSecret = secrets.map((secret) => secret.trim()).some((secret) => {
    return secret !== "" && (withoutScheme(secret) === bare || (secret.length >= SHORT && value.includes(secret)));
  });
  if (isSecret) return HIDDEN;
  const url = /^\s*https?:/i.test(value) && URL.canParse(value) ? new URL(value) : undefined;
  const mayHoldUser = url === undefined || url.username !== "" || url.password !== "";
  // A password may hold any character, so everything before the last @ goes.
  const withoutUser = mayHoldUser ? value.replace(/^(\s*[a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1") : value;
  const shown = withoutUser.replace(/[?#].*$/s, "");
  if (/^\s*(?:https?:|[a-z][a-z0-9+.-]*:\/\/)/i.test(shown)) return quoteText(shown);
  const host = PLAIN_HOST.exec(shown.trim())?.[0];
  if (host === undefined) return HIDDEN;
  return quoteText(host === shown.trim() ? host : `${host}/…`);
}

const HIDDEN = "(not shown)";

function withoutScheme(text: string): string {
  return text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/\/+$/, "");
}
