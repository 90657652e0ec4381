/**
 * Keeps the values in Hasura's metadata that may be secrets out of what is shown of it.
 *
 * @module
 */

import { HIDDEN, hideInAddress } from "../hidden_address.ts";
import type { Json } from "../json.ts";
import { isObject } from "./diff_spelling.ts";

/** Where a value is: the keys that lead to it from the top. Lists have no keys of their own. */
export interface Whereabouts {
  keys: readonly string[];
}

const SECRET_KEY =
  /pass(?!ed)|pwd|secret|token|key|auth(?!or(?!i[sz]))|credential|signature|dsn|^(database_url|service_account|connection_string)$/i;
const NO_SECRET_KEY = /foreign_?key|primary_?key|key_constraint|field_mapping|from_env$/i;
/** Keys whose texts are the name of a server with all that it takes to enter; objects under them hold more than that. */
const CONNECTION_KEY = /conn/i;
const ADDRESS_KEY = /^(handler|webhook)$|ur[il]$|endpoint$/i;

/** Texts under the configuration of a source that hold no secret. All others may, as each kind of source has its own. */
const PLAIN_IN_CONFIGURATION: ReadonlySet<string> = new Set([
  "datasets",
  "display_name",
  "dynamic_from_file",
  "extensions_schema",
  "from_env",
  "isolation_level",
  "kind",
  "name",
  "schema",
  "schemas",
  "sslmode",
]);

/** Under these, keys are the names of columns, fields and roles, and tell nothing about the values. */
const MAPS_OF_NAMES: ReadonlySet<string> = new Set([
  "arguments",
  "check",
  "column_config",
  "column_mapping",
  "columns",
  "custom_column_names",
  "field_mapping",
  "filter",
  "mapping",
  "per_role",
  "remote_field",
  "set",
]);

/** Whether what is there may be a secret, of whatever kind it is. */
export function isSecret({ keys }: Whereabouts): boolean {
  const [key = "", parent = ""] = keys.toReversed();
  if (parent === "headers" && key !== "name" && !key.endsWith("from_env")) return true;
  return isSecretKey(key) && !keys.slice(0, -1).some((above) => MAPS_OF_NAMES.has(above));
}

function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key) && !NO_SECRET_KEY.test(key);
}

/** Whether a text that is there may be a secret as a whole. */
function isSecretText(text: string, { keys }: Whereabouts): boolean {
  const [key = "", ...above] = keys.toReversed();
  if (above.includes("request_transform") || above.includes("response_transform")) return true;
  if (keys[0] === "backend_configs" || (keys[0] === "sources" && keys[1] === "configuration")) {
    return !PLAIN_IN_CONFIGURATION.has(key) && !key.endsWith("_from_env");
  }
  const isPreset = above.includes("set") || above.includes("arguments");
  if (isPreset && isSecretKey(key)) return !/^(\$|x-hasura-)/i.test(text);
  return CONNECTION_KEY.test(key) && !above.some((name) => MAPS_OF_NAMES.has(name));
}

/** Whether `value` only names the environment variable that holds the secret. */
export function namesVariable(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length === 1 && typeof value.from_env === "string";
}

/** `value` with {@linkcode HIDDEN} in place of all that may be a secret; `null` and names of variables stay. */
export function hideSecrets(value: Json, at: Whereabouts): Json {
  if (value === null) return value;
  // Its shape is not ours: an object with `from_env` in it is what is sent.
  if (at.keys[0] === "cron_triggers" && at.keys[1] === "payload") return HIDDEN;
  if (typeof value === "boolean") return value;
  if (isSecret(at) && !namesVariable(value)) return HIDDEN;
  if (typeof value === "string") return isSecretText(value, at) ? HIDDEN : hideInText(value, at);
  if (Array.isArray(value)) {
    const shown = value.map((item) => hideSecrets(item, at));
    // Texts that look all the same would pass for a list in which nothing comes or goes.
    return value.some((item, index) => typeof item === "string" && item !== shown[index]) ? HIDDEN : shown;
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, hideSecrets(item, { keys: [...at.keys, key] })]),
  );
}

/** `text` without the secrets in its addresses, and without what it says that a password or the like is. */
function hideInText(text: string, { keys }: Whereabouts): string {
  const key = keys.at(-1) ?? "";
  const isAddress = ADDRESS_KEY.test(key) || /^\s*([a-z][a-z0-9+.:-]*:\/\/|\{\{)/i.test(text);
  const shown = isAddress
    ? hideInAddress(text, { isWebhook: key === "webhook" })
    : text.replaceAll(/:\/\/\S+/g, (address) => hideInAddress(address));
  return shown.replaceAll(
    /((?:pass(?!ed)|pwd|secret|token|credential|signature|(?:api|access|account|private)[_-]?key)[\w-]{0,40}["']?\s{0,9}(?:=\s*|:\s*(?=["'])))("[^"]*"?|'[^']*'?|[^\s&;,]+)/gi,
    `$1${HIDDEN}`,
  );
}
