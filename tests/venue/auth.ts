/**
 * Who may call: the admin secret and the role.
 *
 * @module
 */

import { HasuraError } from "./bodies.ts";

/** How a request stands to the admin secret. */
export type SecretMark = "right" | "wrong" | "none";

// Where both are sent the first one counts (Hasura source, Auth).
const SECRET_HEADERS = ["x-hasura-admin-secret", "x-hasura-access-key"];
const SECRET_NAMES = SECRET_HEADERS.map((name) => `"${name}"`).join("/");

/** What a server knows of secrets and roles. */
export interface AuthSettings {
  /** `null` for a server without one. */
  adminSecret: string | null;
  /** Others that count as much. */
  moreSecrets: readonly string[];
  /** The role of those who send no secret; `null`: they are refused. */
  unauthorizedRole: string | null;
}

/** The secrets that count. */
export type Secrets = Pick<AuthSettings, "adminSecret"> & Partial<Pick<AuthSettings, "moreSecrets">>;

/** How the secret of a request compares. A server without a secret takes any. */
export function markSecret(headers: Headers, { adminSecret, moreSecrets = [] }: Secrets): SecretMark {
  const sent = SECRET_HEADERS.map((name) => headers.get(name)).find((value) => value !== null) ?? null;
  if (sent === null) return "none";
  return adminSecret === null || [adminSecret, ...moreSecrets].some((secret) => sameBytes(sent, secret))
    ? "right"
    : "wrong";
}

/** The role of a request that may pass. @throws {HasuraError} 401 */
export function authenticate(headers: Headers, settings: AuthSettings): string {
  const mark = settings.adminSecret === null ? "right" : markSecret(headers, settings);
  if (mark === "wrong") throw wrongSecret();
  if (mark === "none" && settings.unauthorizedRole === null) throw refusal(`${SECRET_NAMES} required, but not found`);
  if (mark === "none") return settings.unauthorizedRole ?? "";
  return headers.get("x-hasura-role") || "admin";
}

/** The error for a secret that is not the server's. */
export function wrongSecret(): HasuraError {
  return refusal(`invalid ${SECRET_NAMES}`);
}

/** Lets only an admin pass. @throws {HasuraError} 400, not 401 */
export function requireAdmin(role: string, endpoint: "query" | "other"): void {
  if (role === "admin") return;
  throw endpoint === "query"
    ? new HasuraError("restricted access : admin only", { status: 400, code: "access-denied", path: "$.args" })
    : new HasuraError("You have to be an admin to access this endpoint", {
      status: 400,
      code: "access-denied",
      path: "$",
    });
}

/** Copy of the headers that is fit for a log: it tells how the secret compares, not what it is. */
export function describeHeaders(headers: Headers, settings: Secrets): Record<string, string> {
  const described = Object.fromEntries(headers);
  for (const name of SECRET_HEADERS) delete described[name];
  return { ...described, "x-hasura-admin-secret": markSecret(headers, settings) };
}

// Header values come as one character per byte; Hasura holds its secret as UTF-8.
function sameBytes(sent: string, secret: string): boolean {
  const bytes = new TextEncoder().encode(secret);
  return sent.length === bytes.length && bytes.every((byte, index) => sent.charCodeAt(index) === byte);
}

function refusal(message: string): HasuraError {
  return new HasuraError(message, { status: 401, code: "access-denied", path: "$" });
}
