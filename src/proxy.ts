/**
 * Decides which proxy a request goes through.
 *
 * Deno would do it by itself, but passes over a proxy that it cannot use, and knows of `NO_PROXY` neither `*` for
 * addresses nor ports.
 *
 * @module
 */

import { ConfigError } from "./errors.ts";
import { findInnerSetting, INNER_SETTING_ADVICE } from "./inner_setting.ts";
import { isListed } from "./no_proxy.ts";
import { quoteText } from "./quote.ts";

/** A proxy. */
export interface Proxy {
  /** Its address, with user and password. */
  url: string;
  /** The password, where there is one. */
  password: string | undefined;
  /** For messages: its address without those, and the variable that names it. */
  description: string;
}

/** Variables that name a proxy, for each kind of address; the first one that says something counts. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  "http:": ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
  "https:": ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
};

/** All variables of the environment that are about proxies. */
export const PROXY_VARIABLES: readonly string[] = [
  ...new Set([...Object.values(VARIABLES).flat(), "NO_PROXY", "no_proxy"]),
];

const PROTOCOLS = ["http:", "https:", "socks5:", "socks5h:"];

/**
 * The proxy for requests to `target`; `undefined` where they go there directly.
 *
 * @throws {ConfigError} when the variable that counts names none that can be used
 */
export function chooseProxy(target: string, env: (name: string) => string | undefined): Proxy | undefined {
  const given = (name: string) => env(name)?.trim() || undefined;
  const url = new URL(target);
  const variable = VARIABLES[url.protocol]?.find((name) => given(name) !== undefined);
  const value = variable === undefined ? undefined : given(variable);
  if (variable === undefined || value === undefined) return undefined;
  if (isListed(url, given("NO_PROXY") ?? given("no_proxy") ?? "")) return undefined;
  return readProxy(value, variable);
}

function readProxy(value: string, variable: string): Proxy {
  const inner = findInnerSetting(value);
  // A proxy without a scheme is one for HTTP, to everybody.
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = inner === undefined && !/[\s"'<>\\]/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (inner !== undefined) throw unusable(variable, `it holds another setting (${inner.name})`, INNER_SETTING_ADVICE);
  if (url === undefined || url.hostname === "") throw unusable(variable, "it is no valid address");
  if (!PROTOCOLS.includes(url.protocol)) {
    throw unusable(variable, "proxies are spoken to with http, https, socks5 or socks5h only");
  }
  return {
    url: url.href,
    password: url.password === "" ? undefined : decode(url.password),
    description: `the proxy ${quoteText(`${url.protocol}//${url.host}`)} of ${variable}`,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The value is not shown: a password is a part of it more often than not. */
function unusable(variable: string, reason: string, advice?: string): ConfigError {
  return new ConfigError(`Cannot use the proxy that the variable ${variable} names: ${reason}`, {
    state: "Nothing was sent",
    next: `${
      advice ?? "Give it as http://HOST:PORT"
    }; or name the host of the server in NO_PROXY to go without a proxy`,
  });
}
