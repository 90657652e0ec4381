/**
 * Checks the addresses of Hasura and of the workspace server.
 *
 * @module
 */

import { ConfigError } from "./errors.ts";
import { findInnerSetting, INNER_SETTING_ADVICE } from "./inner_setting.ts";
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
  const problem = findProblem(endpoint, of) ?? findSecret(endpoint, { secrets, of });
  if (problem === undefined) return endpoint;
  throw new ConfigError(`Cannot use endpoint ${showEndpoint(value, secrets)} from ${origin}: ${problem.reason}`, {
    next: problem.next,
  });
}

interface Problem {
  reason: string;
  next: string;
}

function findProblem(endpoint: string, { name, example, services }: ServerKind): Problem | undefined {
  const inner = findInnerSetting(endpoint);
  if (inner !== undefined) {
    return { reason: `it holds another setting (${inner.name})`, next: INNER_SETTING_ADVICE };
  }
  if (/^["']|["']$/.test(endpoint)) {
    const next = "Give it without quotes, which an env file of docker's and some others keep";
    return { reason: "it begins or ends with a quote", next };
  }
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
  // URLs may have most of them. Servers do not, and what is glued to an address begins with one.
  if (/[^\p{L}\p{M}\p{N}._~%:/[\]+@&$!-]/u.test(endpoint)) {
    return { reason: "it holds a character that addresses of servers do not have", next: `Give it as ${example}` };
  }
  const service = services.exec(endpoint);
  if (!service) return undefined;
  const ending = /^\/(?:console|ws)\b/i.exec(service[0])?.[0] ?? service[0];
  const root = endpoint.slice(0, service.index);
  const isPlain = /^https?:\/\/[^/]*$/i.test(root);
  return {
    reason: `${ending} is one of its services`,
    next: `Give the root address of ${name}${isPlain ? `: ${quoteText(root)}` : `, without ${ending} at its end`}`,
  };
}

/** A path that is the secret: it would be sent, and shown in the logs of all servers on the way. */
function findSecret(
  endpoint: string,
  { secrets, of }: Pick<NormalizeEndpointOptions, "secrets" | "of">,
): Problem | undefined {
  const parts = new URL(endpoint).pathname.split("/").flatMap((part) => [part, decodePart(part)]);
  if (!secrets.some((secret) => secret.length >= SHORT && parts.includes(secret))) return undefined;
  return { reason: "its path is the admin secret", next: `Give it as ${of.example}, and the secret by itself` };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Schemes that tell the operator something. What else stands before `://` may be anything. */
const SCHEME = /^(?:https?|wss?|ftp|postgres(?:ql)?):\/\//i;

/** A host that is plainly one: a base64 secret has letters, digits, `/`, `+` and `=`, others have dots. */
const PLAIN_HOST = /^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]|[a-z\d.-]+(?=:\d{1,5}(?!\d)))/i;

const HOST = /^(?:[\p{L}\p{M}\p{N}._-]+|\[[\da-f:.]+\])/iu;

/** What may come after a host or a port; what comes right behind them may belong to something else. */
const END = /^(?:$|[/?#\s,;"'\\|&<>])/;

/**
 * Scheme, host and port of `value` for a message: anything else in it may be a secret. What is no address may be the
 * admin secret itself, given in the wrong place.
 */
export function showEndpoint(value: string, secrets: readonly string[] = []): string {
  const inner = findInnerSetting(value);
  const text = (inner === undefined ? value : value.slice(0, inner.index)).replace(/^["'\s]+/, "").trimEnd();
  const shown = readAuthority(text);
  const bare = withoutScheme(value);
  const isSecret = secrets.map((secret) => secret.trim()).some((secret) => {
    if (secret === "") return false;
    return withoutScheme(secret) === bare || (secret.length >= SHORT && shown?.includes(secret) === true);
  });
  return shown === undefined || isSecret ? HIDDEN : quoteText(shown);
}

/** Scheme, host and port at the start of `text`, as far as it is certain that they are that. */
function readAuthority(text: string): string | undefined {
  const scheme = SCHEME.exec(text)?.[0] ?? "";
  const rest = text.slice(scheme.length);
  const end = /[/?#\s,;"'\\]/.exec(rest)?.index ?? rest.length;
  const after = rest.slice(end);
  // A password may hold any character, also one that would end the authority.
  const mayHoldUser = after.includes("@") && !(URL.canParse(text) && new URL(text).username === "");
  if (mayHoldUser) return scheme === "" ? undefined : `${scheme}…`;
  const at = rest.slice(0, end).lastIndexOf("@");
  // A user and a password, or a host and a port with a secret behind them that has an @ in it.
  if (/^[^:@]+:\d{2,5}/.test(rest.slice(0, Math.max(at, 0)))) return scheme === "" ? undefined : `${scheme}…`;
  const authority = rest.slice(at + 1);
  const host = (scheme === "" ? PLAIN_HOST : HOST).exec(authority)?.[0];
  if (host === undefined) return scheme === "" ? undefined : `${scheme}…`;
  const behind = authority.slice(host.length);
  const port = /^:(\d{1,5})(?!\d)/.exec(behind);
  const isPort = port !== null && Number(port[1]) <= 65_535 && END.test(behind.slice(port[0].length));
  if (scheme === "" && !isPort && !END.test(behind)) return undefined;
  return `${scheme}${host}${isPort ? port[0] : ""}`;
}

const HIDDEN = "(not shown)";

function withoutScheme(text: string): string {
  return text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/\/+$/, "");
}
