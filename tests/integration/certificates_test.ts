/** Files of certificate authorities that the environment names: what Deno would pass over is told. */

import assert from "node:assert/strict";
import type { Runtime } from "../../src/runtime.ts";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";

/** Of an authority that has never signed anything but itself. */
const BASE64 = `MIIBeDCCAR+gAwIBAgIUItpdqad1eLJUAfCdyl9bNg2W0oAwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHVGVzdCBDQTAeFw0yNjExMjcyMzIyMjFaFw0zNjExMjQyMzIy
MjFaMBIxEDAOBgNVBAMMB1Rlc3QgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASlwnZ2+7OgNV+kB/ZyN9H0dJSFetvpQujgTE2lqTjF2gsJjoGAZ6fKSH5hzdBF
1zLi+WZkDsWGDuJxdc9fzUSho1MwUTAdBgNVHQ4EFgQUe1LYtgZ0NTs0yieXXLOv
OVrrd+cwHwYDVR0jBBgwFoAUe1LYtgZ0NTs0yieXXLOvOVrrd+cwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBOL2hz6AksxvxOVYocc9P1dErDaMVg
pa6WRxGi1gIV1wIgLcqwB+oLjJB+OEV7ZuAL40Vaiuq/EfRDaCi5qQrzwz0=`;
const PEM = `-----BEGIN CERTIFICATE-----\n${BASE64}\n-----END CERTIFICATE-----\n`;
const DER = Uint8Array.from(atob(BASE64.replaceAll("\n", "")), (character) => character.charCodeAt(0));
const KEY = PEM.replaceAll("CERTIFICATE", "PRIVATE KEY");

const USABLE: [name: string, content: string][] = [
  ["PEM", PEM],
  ["text around it", `the authority\n${PEM}more\n`],
  ["a key before it", KEY + PEM],
  ["line breaks of Windows", PEM.replaceAll("\n", "\r\n")],
  ["one of two is damaged", PEM.replace("MII", "XXX") + PEM],
];

const UNUSABLE: [name: string, content: string | Uint8Array | undefined, message: RegExp][] = [
  ["DER", DER, /is in the binary form \(DER\), not PEM\n[^]*next: Make it PEM: openssl x509 -inform DER -in '.+\/x' /],
  ["a byte order mark", `\ufeff${PEM}`, /begins with a byte order mark\n/],
  ["UTF-16", new Uint8Array([0xff, 0xfe, 0x2d, 0]), /is UTF-16 text\n/],
  ["empty", "", /is empty\n/],
  [
    "a container",
    PEM.replaceAll("CERTIFICATE", "PKCS7"),
    /PKCS #7\)\n[^]*next: Take them out: openssl pkcs7 -print_certs/,
  ],
  ["a trusted certificate", PEM.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"), /another form of PEM\n/],
  ["a key", KEY, /has no certificate in it, but: private key\n/],
  ["text", "hello\n", /has no certificate in it\n/],
  ["cut off", PEM.slice(0, 200), /damaged\n/],
  ["half of it", PEM.replace(BASE64.slice(0, 64), ""), /damaged\n/],
  ["other characters", PEM.replace("MII", "!!!"), /damaged\n/],
  ["on one line", PEM.replaceAll("\n", " "), /damaged\n/],
  ["indented", PEM.replaceAll(/^/gm, "  "), /damaged\n/],
  ["missing", undefined, /cannot be read: it does not exist\n/],
];

async function run(content: string | Uint8Array | undefined, env: (path: string) => Record<string, string>) {
  const files: Record<string, string | Uint8Array> = content === undefined ? {} : { x: content };
  await using deployment = await createDeployment({ migrations: tableMigrations(1), files });
  let requests = 0;
  const fetch: Runtime["fetch"] = () => {
    requests++;
    return Promise.reject(new TypeError("error sending request"));
  };
  const result = await runTool(["status", "--endpoint=https://h.invalid", "--admin-secret=any-secret"], {
    path: deployment.path,
    env: env(`${deployment.path}/x`),
    runtime: { fetch },
  });
  return { ...result, requests };
}

Deno.test("a named file that has no certificate is an error that says what to do", async (t) => {
  for (const [name, content, message] of UNUSABLE) {
    await t.step(name, async () => {
      for (
        const [variable, more] of [["DENO_CERT", {}], ["SSL_CERT_FILE", {
          DENO_TLS_CA_STORE: "mozilla,system",
        }]] as const
      ) {
        const { code, stderr, requests } = await run(content, (path) => ({ ...more, [variable]: path }));
        assert.equal(code, 3, stderr);
        assert.ok(stderr.startsWith(`error[config]: Cannot use the certificate that the variable ${variable} names: `));
        assert.match(stderr, message);
        assert.match(stderr, new RegExp(`\nstate: Nothing was sent\nnext: .*; or unset ${variable}\n$`));
        assert.equal(requests, 0);
      }
    });
  }
});

Deno.test("files with a certificate are taken, and those that nobody reads are not looked at", async (t) => {
  for (const [name, content] of USABLE) {
    await t.step(name, async () => {
      const { code, stderr } = await run(content, (path) => ({ DENO_CERT: path }));
      assert.equal(code, 4, stderr);
    });
  }
  await t.step("not named, or not read", async () => {
    assert.equal((await run(DER, (path) => ({ SSL_CERT_FILE: path }))).code, 4);
    assert.equal((await run(DER, (path) => ({ SSL_CERT_FILE: path, DENO_TLS_CA_STORE: "mozilla" }))).code, 4);
    assert.equal((await run(DER, () => ({ DENO_CERT: "" }))).code, 4);
    assert.equal((await run(DER, () => ({ DENO_CERT: `base64:${btoa(PEM)}` }))).code, 4);
  });
});

Deno.test("a certificate in the variable itself is looked at, and a setting in it not shown", async () => {
  const cases: [value: string, message: RegExp][] = [
    [`base64:${btoa("hidden")}`, /the text in it has no certificate in it\n/],
    ["base64:?hidden", /is not base64\n/],
    ["/x.pem HASURA_GRAPHQL_ADMIN_SECRET=hidden", /it holds another setting \(HASURA_GRAPHQL_ADMIN_SECRET\)\n/],
  ];
  for (const [value, message] of cases) {
    const { code, stderr } = await run(undefined, () => ({ DENO_CERT: value }));
    assert.equal(code, 3, stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /hidden/);
  }
});
