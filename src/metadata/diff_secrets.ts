/**
 * Keeps the values in Hasura's metadata that may be secrets out of what is shown of it.
 *
 * @module
 */

import type { Json } from "../json.ts";
import { isObject } from "./diff_spelling.ts";

/** What stands in place of a value that is not shown. */
export const HIDDEN = "(hidden)";

/** Keys whose values are credentials, or addresses that hold them. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  "access_key",
  "admin_secret",
  "connection_string",
  "database_url",
  "password",
  "private_key",
  "secret",
  "service_account",
  "sslpassword",
  "token",
]);

/** Where a value is: its key, and the key of what that is in. Lists have no keys of their own. */
export interface Whereabouts {
  key: string;
  parent: string;
}

/** Whether what is there may be a secret. */
export function isSecret({ key, parent }: Whereabouts): boolean {
  return SECRET_KEYS.has(key) || (key === "value" && parent === "headers") || parent === "add_headers";
}

/** Whether `value` only names the environment variable that holds the secret. */
export function namesVariable(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length === 1 && typeof value.from_env === "string";
}

/** `value` with {@linkcode HIDDEN} in place of all that may be a secret; `null` and names of variables stay. */
export function hideSecrets(value: Json, at: Whereabouts): Json {
  if (isSecret(at) && value !== null && !namesVariable(value)) return HIDDEN;
  if (typeof value === "string") return hideUserInfo(value);
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item, at));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, hideSecrets(item, { key, parent: at.key })]),
  );
}

/** The addresses in `text` without the user and password that they may begin with. */
function hideUserInfo(text: string): string {
  return text.replaceAll(/(?<=[a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*(?=@)/gi, HIDDEN);
}
