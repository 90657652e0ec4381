/** Proxies on the way to Hasura, as the built program meets them. */

import assert from "node:assert/strict";
import { runProgram } from "../support/binary.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { startVenue } from "../venue/mod.ts";

/** None of what the machine that runs the tests may have set. */
const NONE = Object.fromEntries(
  ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [[name, ""], [name.toLowerCase(), ""]]),
);

/** A proxy that passes on what it is sent, and notes who has sent it. */
function startProxy(answer?: () => Response): AsyncDisposable & { url: string; port: number; users: string[] } {
  const users: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    users.push(atob(request.headers.get("proxy-authorization")?.replace("Basic ", "") ?? ""));
    if (answer !== undefined) return answer();
    const headers = new Headers(request.headers);
    for (const name of ["proxy-authorization", "proxy-connection", "host"]) headers.delete(name);
    const body = request.method === "POST" ? await request.text() : null;
    const { status, headers: answered, body: reply } = await fetch(request.url, {
      method: request.method,
      headers,
      body,
    });
    return new Response(reply, { status, headers: answered });
  });
  return {
    url: `http://me:pw-of-proxy@127.0.0.1:${server.addr.port}`,
    port: server.addr.port,
    users,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("requests go through the proxy, but for what NO_PROXY names", async (t) => {
  await using venue = await startVenue();
  await using proxy = startProxy();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const { port } = new URL(venue.url);
  const cases: [env: Record<string, string>, isThrough: boolean][] = [
    [{ HTTP_PROXY: proxy.url }, true],
    [{ http_proxy: proxy.url.replace("http://", "") }, true],
    [{ ALL_PROXY: proxy.url }, true],
    [{ HTTPS_PROXY: proxy.url }, false],
    [{ HTTP_PROXY: proxy.url, NO_PROXY: "*" }, false],
    [{ HTTP_PROXY: proxy.url, no_proxy: `127.0.0.1:${port}` }, false],
    [{ HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1:1" }, true],
    [{ HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.0/8" }, false],
    [{ HTTP_PROXY: proxy.url, NO_PROXY: "localhost" }, true],
    [{ HTTP_PROXY: "no proxy", NO_PROXY: "*" }, false],
  ];
  for (const [env, isThrough] of cases) {
    await t.step(JSON.stringify(env), async () => {
      proxy.users.length = 0;
      const result = await runProgram(["status"], { venue, path: deployment.path, env: { ...NONE, ...env } });
      assert.deepEqual([result.code, result.stderr], [0, ""]);
      assert.deepEqual([...new Set(proxy.users)], isThrough ? ["me:pw-of-proxy"] : []);
    });
  }
});

Deno.test("an error names the proxy that was between, without its password", async () => {
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const run = (env: Record<string, string>, endpoint: string) =>
    runProgram(["status", `--endpoint=${endpoint}`, "--admin-secret=any-secret", "--debug"], {
      path: deployment.path,
      env: { ...NONE, ...env },
    });
  await using page = startProxy(() => new Response("<title>No way</title>", { status: 502 }));
  const shown = `"http://127.0.0.1:${page.port}"`;
  const answered = await run({ HTTP_PROXY: page.url, NO_PROXY: "other" }, "http://hasura.invalid:8080");
  assert.equal(answered.code, 4, answered.stderr);
  assert.ok(
    answered.stderr.includes(`an HTML page ("No way") instead of JSON (through the proxy ${shown} of HTTP_PROXY)\n`),
    answered.stderr,
  );
  const tunnel = await run({ HTTPS_PROXY: page.url }, "https://hasura.invalid");
  assert.equal(tunnel.code, 4, tunnel.stderr);
  assert.ok(tunnel.stderr.includes(` (through the proxy ${shown} of HTTPS_PROXY)\n`), tunnel.stderr);
  const away = await run({ ALL_PROXY: "socks5://me:pw-of-proxy@127.0.0.1:1" }, "http://hasura.invalid:8080");
  assert.equal(away.code, 4, away.stderr);
  assert.ok(away.stderr.includes(' (through the proxy "socks5://127.0.0.1:1" of ALL_PROXY)\n'), away.stderr);
  const direct = await run({ HTTP_PROXY: page.url, NO_PROXY: "*" }, "http://127.0.0.1:1");
  assert.equal(direct.code, 4, direct.stderr);
  for (const { stderr } of [answered, tunnel, away, direct]) assert.doesNotMatch(stderr, /pw-of-proxy/);
  assert.doesNotMatch(direct.stderr, /through/);
});

Deno.test("a proxy that cannot be used is an error, and not passed over", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  for (const value of ["socks4://127.0.0.1:1", "http://", "127.0.0.1:99999", "http://a b"]) {
    for (const name of ["HTTP_PROXY", "all_proxy"]) {
      const result = await runProgram(["status"], { venue, path: deployment.path, env: { ...NONE, [name]: value } });
      assert.equal(result.code, 3, result.stderr);
      assert.match(
        result.stderr,
        new RegExp(`^error\\[config\\]: Cannot use the proxy that the variable ${name} names: `),
      );
    }
  }
  assert.equal(venue.log.length, 0);
});
