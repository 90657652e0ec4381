import assert from "node:assert/strict";
import { ConfigError } from "../../src/errors.ts";
import { isListed } from "../../src/no_proxy.ts";
import { chooseProxy } from "../../src/proxy.ts";

Deno.test("isListed() reads NO_PROXY as curl and Go do", () => {
  const cases: [target: string, list: string, expected: boolean][] = [
    ["http://h:8080", "", false],
    ["http://h:8080", " , ", false],
    ["http://h:8080", "*", true],
    ["http://10.0.0.7:8080", "*", true],
    ["http://[::1]:8080", "other, *", true],
    ["http://h:8080", "h", true],
    ["http://H.Example:8080", "h.eXample", true],
    ["http://h.example.:8080", "h.example", true],
    ["http://h.example:8080", "h.example.", true],
    ["http://a.h.example", "h.example", true],
    ["http://a.h.example", ".h.example", true],
    ["http://a.h.example", "*.h.example", true],
    ["http://h.example", ".h.example", true],
    ["http://ah.example", "h.example", false],
    ["http://h.example", "a.h.example", false],
    ["http://h:8080", "h:8080", true],
    ["http://h:8080", "h:8081", false],
    ["http://h", "h:80", true],
    ["https://h", "h:443", true],
    ["https://h", "h:80", false],
    ["http://10.0.0.7:8080", "10.0.0.7", true],
    ["http://10.0.0.7:8080", "10.0.0.7:8080", true],
    ["http://10.0.0.7:8080", "10.0.0.7:80", false],
    ["http://10.0.0.7:8080", "10.0.0.8", false],
    ["http://10.0.0.7:8080", "0.0.7", false],
    ["http://10.0.0.7:8080", "10.0.0.0/8", true],
    ["http://10.0.0.7:8080", "10.0.0.0/29", true],
    ["http://10.0.0.9:8080", "10.0.0.0/29", false],
    ["http://10.0.0.9:8080", "0.0.0.0/0", true],
    ["http://10.0.0.9:8080", "10.0.0.9/33", false],
    ["http://10.0.0.9:8080", "10.0.0.0/x", false],
    ["http://10.0.0.9:8080", "11.0.0.0/", false],
    ["http://127.1:8080", "127.0.0.1", true],
    ["http://[::1]:8080", "::1", true],
    ["http://[::1]:8080", "[::1]", true],
    ["http://[::1]:8080", "[::1]:8080", true],
    ["http://[::1]:8080", "[::1]:80", false],
    ["http://[::1]:8080", "0:0::1", true],
    ["http://[fd00::7]", "fd00::/8", true],
    ["http://[fe80::7]", "fd00::/8", false],
    ["http://[fd00::7]", "10.0.0.0/0", false],
    ["http://localhost:8080", "127.0.0.1", false],
    ["http://h:8080", "a b\th", true],
  ];
  for (const [target, list, expected] of cases) {
    assert.equal(isListed(new URL(target), list), expected, `${target} in "${list}"`);
  }
});

function choose(target: string, env: Record<string, string>) {
  return chooseProxy(target, (name) => env[name]);
}

Deno.test("chooseProxy() takes the variable of the scheme, then the one for all", () => {
  const cases: [target: string, env: Record<string, string>, url: string | undefined, description?: string][] = [
    ["http://h", {}, undefined],
    ["http://h", { HTTP_PROXY: " " }, undefined],
    ["http://h", { HTTPS_PROXY: "http://p" }, undefined],
    ["http://h", { HTTP_PROXY: "http://p:3128" }, "http://p:3128/", 'the proxy "http://p:3128" of HTTP_PROXY'],
    ["http://h", { http_proxy: "p:3128" }, "http://p:3128/", 'the proxy "http://p:3128" of http_proxy'],
    ["http://h", { HTTP_PROXY: "http://a", http_proxy: "http://b" }, "http://a/"],
    ["http://h", { HTTP_PROXY: "", http_proxy: "http://b" }, "http://b/"],
    ["http://h", { ALL_PROXY: "http://a", HTTP_PROXY: "http://b" }, "http://b/"],
    ["http://h", { ALL_PROXY: "http://a", HTTPS_PROXY: "http://b" }, "http://a/"],
    ["https://h", { all_proxy: "socks5h://a:1080" }, "socks5h://a:1080", 'the proxy "socks5h://a:1080" of all_proxy'],
    ["https://h", { HTTPS_PROXY: "https://p" }, "https://p/"],
    ["http://h", { HTTP_PROXY: "me:pw%40@p:1" }, "http://me:pw%40@p:1/", 'the proxy "http://p:1" of HTTP_PROXY'],
    ["http://h", { HTTP_PROXY: "http://p", NO_PROXY: "h:80" }, undefined],
    ["http://h", { HTTP_PROXY: "http://p", no_proxy: "*" }, undefined],
    ["http://h", { HTTP_PROXY: "http://p", NO_PROXY: "other", no_proxy: "*" }, "http://p/"],
    ["http://h", { HTTP_PROXY: "no proxy:", NO_PROXY: "*" }, undefined],
  ];
  for (const [target, env, url, description] of cases) {
    const proxy = choose(target, env);
    assert.equal(proxy?.url, url, JSON.stringify(env));
    if (description !== undefined) assert.equal(proxy?.description, description);
  }
  assert.equal(choose("http://h", { HTTP_PROXY: "http://me:pw%40@p" })?.password, "pw@");
});

Deno.test("chooseProxy() refuses what is no proxy, and shows nothing of it", () => {
  const cases: [value: string, reason: RegExp][] = [
    ["ftp://hidden:21", /http, https, socks5 or socks5h only/],
    ["socks4://hidden", /only/],
    ["http://", /no valid address/],
    [":::hidden", /no valid address/],
    ["http://hidden one", /no valid address/],
    ['"http://hidden:3128"', /no valid address/],
    ["http://u:hidden@p:99999", /no valid address/],
    ["http://p:3128 HASURA_GRAPHQL_ADMIN_SECRET=hidden", /another setting \(HASURA_GRAPHQL_ADMIN_SECRET\)/],
    ["http://p:3128NO_PROXY=hidden", /no valid address/],
  ];
  for (const [value, reason] of cases) {
    assert.throws(() => choose("http://h", { http_proxy: value }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /^Cannot use the proxy that the variable http_proxy names: /);
      assert.match(error.message, reason);
      assert.doesNotMatch(`${error.stack} ${error.next}`, /hidden/);
      return true;
    });
  }
});
