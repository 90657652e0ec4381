/**
 * Set-up: the pinned hashes, the npm way's config, the lock file, and what a set-up that cannot go on says.
 *
 * @module
 */

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { type Lock, mergeLocks, npmPart, packagesOf, PROGRAM_LOCK, programPart } from "../../tools/lock.ts";
import {
  COMPILED_PROGRAM,
  endOfElf,
  MODULES,
  npmConfig,
  readableDeclarations,
  stubFiles,
} from "../../tools/npm_way.ts";
import { importsBeside, PARSER_WASM, parserModule, PROGRAM_CONFIG, programConfig } from "../../tools/program.ts";
import { findSummary, judge } from "../../tools/test_summary.ts";

const ROOT = new URL("../../", import.meta.url);

/** SHA-256 of the version metadata of each package, as JSR serves it. */
const JSR_HASHES: Readonly<Record<string, string>> = {
  "@cliffy/ansi@1.2.1": "b8702def9c0110b6eeb2b3b71e0b26cbe0a427facbb4f9c0189da0ba19feb549",
  "@cliffy/command@1.2.1": "b7b017c81560d96580ea810c8564566884d8194416f6fc06bfdc8846e8fd590f",
  "@cliffy/flags@1.2.1": "10034920ef7595db586fecec5a3b10a4ec800c513cbbc368414cd748dac706fb",
  "@cliffy/internal@1.2.1": "e398f41c6839d3d4d249c963bfcb1058013091425926d53a3cb482b1ca70684b",
  "@cliffy/keycode@1.2.1": "ce0a1e00986054da31bc767274acefdc923338a47e75ad1fc2046a11c87ace16",
  "@cliffy/prompt@1.2.1": "e468fae0f52093ff2099f5be0bbc7632348ab82a3b7337b12ddd888aeb5d6eed",
  "@cliffy/table@1.2.1": "be333e62f2c754f8bf75a38c8177515b152040572c9f75298e9bcef1314b82ff",
  "@std/assert@1.0.19": "eaada96ee120cb980bc47e040f82814d786fe8162ecc53c91d8df60b8755991e",
  "@std/encoding@1.0.11": "e7cef2f0b3153bccc17431e7c864a1de03a4b6d9647389c43e08aaa775d37385",
  "@std/fmt@1.0.10": "90dfba288802ac6de82fb31d0917eb9e4450b9925b954d5e51fc29ac07419db5",
  "@std/internal@1.0.14": "291516b3d4c35024d6ffbc0a9df5bf4c64116e05b50012cf846710152d2ffdf7",
  "@std/io@0.225.3": "27b07b591384d12d7b568f39e61dff966b8230559122df1e9fd11cc068f7ddd1",
  "@std/path@1.1.6": "c68485c2a4dfbb5ae3cc74fae4e8c4e5d874cf8a8ed12927917235c758b46cbe",
  "@std/semver@1.0.8": "dc830e8b8b6a380c895d53fbfd1258dc253704ca57bbe1629ac65fd7830179b7",
  "@std/text@1.0.19": "003a0e032d360e8c3a4e0410fb792c77a66bd6553fee9d60c6ec1bce30d29223",
  "@std/yaml@1.0.10": "245706ea3511cc50c8c6d00339c23ea2ffa27bd2c7ea5445338f8feff31fa58e",
};

async function readJson(path: string) {
  return JSON.parse(await Deno.readTextFile(new URL(path, ROOT)));
}

Deno.test("deno.lock has the hashes of JSR's packages", async () => {
  const lock = await readJson("deno.lock");
  const hashes = Object.entries(lock.jsr).map(([name, entry]) => [name, (entry as { integrity: string }).integrity]);
  assert.deepEqual(Object.fromEntries(hashes), JSR_HASHES);
});

Deno.test("deno.lock has every package that the configs import (make lock)", async () => {
  const [lock, root, tests] = await Promise.all(["deno.lock", "deno.json", "tests/deno.json"].map(readJson));
  const locked = Object.keys(lock.specifiers);
  const wanted = [...packagesOf(root), ...packagesOf(tests)];
  assert.ok(wanted.length >= 6);
  assert.deepEqual(wanted.filter((name) => !locked.includes(name)), []);
  assert.deepEqual(lock.workspace.dependencies, packagesOf(root));
  assert.deepEqual(lock.workspace.members.tests.dependencies, packagesOf(tests));
  for (const [name, { integrity }] of Object.entries(lock.npm as Record<string, { integrity: string }>)) {
    assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, name);
  }
});

Deno.test("all pins are for the version in .deno-version", async () => {
  const version = (await Deno.readTextFile(new URL(".deno-version", ROOT))).trim();
  assert.equal(COMPILED_PROGRAM.denoVersion, version);
  assert.equal(Deno.version.deno, version);
  assert.ok((await Deno.readTextFile(new URL("tools/setup.sh", ROOT))).includes(`linux-x64-glibc@${version})`));
});

Deno.test("the npm way has every name that the sources import", async () => {
  const names = new Set<string>();
  const read = async (folder: URL) => {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isDirectory) await read(new URL(`${entry.name}/`, folder));
      else if (entry.name.endsWith(".ts")) {
        const text = await Deno.readTextFile(new URL(entry.name, folder));
        for (const [, name] of text.matchAll(/ from "(@(?:cliffy|std)\/[^"]+)"/g)) names.add(name ?? "");
      }
    }
  };
  await read(new URL("src/", ROOT));
  assert.ok(names.has("@cliffy/command"));
  assert.deepEqual([...names].filter((name) => !(name in MODULES)), []);
});

Deno.test("the npm way's config differs in the imports from JSR and in the lock file", () => {
  const config = { name: "x", imports: { "@cliffy/prompt": "jsr:@cliffy/prompt@1", sql: "npm:sql@1" }, lint: { a: 1 } };
  const made = npmConfig(config, { stubs: "kept/stubs", lock: "kept/lock" });
  const imports = made.imports as Record<string, string>;
  assert.equal(imports.sql, "npm:sql@1");
  assert.equal(imports["@cliffy/prompt/input"], "./kept/stubs/cliffy_prompt_input.ts");
  assert.equal(imports["@cliffy/prompt"], undefined);
  assert.deepEqual({ ...made, imports: {} }, {
    name: "x",
    imports: {},
    lint: { a: 1 },
    lock: { path: "./kept/lock", frozen: false },
  });
  const stubs = Object.keys(stubFiles("package")).map((name) => `./kept/stubs/${name}`);
  assert.deepEqual(Object.values(imports).filter((target) => target.startsWith(".") && !stubs.includes(target)), []);
});

Deno.test("the npm way refuses a package of JSR's that it does not know", () => {
  const config = { imports: { "@std/cbor": "jsr:@std/cbor@1" } };
  assert.throws(() => npmConfig(config, { stubs: "s", lock: "l" }), /imports "@std\/cbor" from JSR/);
});

Deno.test("declarations name each other as Deno reads them", () => {
  const cases = [
    ['import { A } from "./a.js";', 'import { A } from "./a.d.ts";'],
    ['export * from "../b/mod.js";', 'export * from "../b/mod.d.ts";'],
    ['type C = import("./c.js").C;', 'type C = import("./c.d.ts").C;'],
    ["x: dntShim.Deno.Reader", "x: Deno.Reader"],
    ['import { D } from "@deno/shim-deno";', 'import { D } from "@deno/shim-deno";'],
  ] as const;
  for (const [before, after] of cases) assert.equal(readableDeclarations(before), after);
});

Deno.test("an ELF program ends behind its table of sections", () => {
  const head = new Uint8Array(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  const view = new DataView(head.buffer);
  view.setBigUint64(0x28, 97_000_000n, true);
  view.setUint16(0x3a, 64, true);
  view.setUint16(0x3c, 40, true);
  assert.equal(endOfElf(head), 97_002_560);
  assert.throws(() => endOfElf(head.subarray(0, 63)), /not a 64-bit little-endian ELF/);
  head[4] = 1;
  assert.throws(() => endOfElf(head), /not a 64-bit little-endian ELF/);
});

const LOCK: Lock = {
  version: "5",
  specifiers: { "jsr:@std/a@1.0.0": "1.0.0", "npm:old@1.0.0": "1.0.0" },
  jsr: { "@std/a@1.0.0": { integrity: "a" } },
  npm: { "old@1.0.0": { integrity: "old" } },
  workspace: { dependencies: ["jsr:@std/a@1.0.0", "npm:old@1.0.0"] },
};

Deno.test("the npm way's lock file keeps npm's hashes only", () => {
  assert.deepEqual(npmPart(LOCK), { version: "5", specifiers: { "npm:old@1.0.0": "1.0.0" }, npm: LOCK.npm });
});

Deno.test("the program's lock file has no package of the tests, and no package of types", () => {
  const lock: Lock = {
    ...LOCK,
    specifiers: { ...LOCK.specifiers, "npm:@a/sql@2.0.0": "2.0.0" },
    npm: {
      ...LOCK.npm,
      "@a/sql@2.0.0": { integrity: "sql", dependencies: ["@pgsql/types"] },
      "@pgsql/types@1.0.0": { integrity: "types" },
    },
  };
  const root = { imports: { a: "jsr:@std/a@1.0.0", sql: "npm:@a/sql@2.0.0", "sql/c.js": "./c.js" } };
  assert.deepEqual(programPart(lock, root), {
    version: "5",
    specifiers: { "jsr:@std/a@1.0.0": "1.0.0", "npm:@a/sql@2.0.0": "2.0.0" },
    jsr: LOCK.jsr,
    npm: { "@a/sql@2.0.0": { integrity: "sql" } },
    workspace: { dependencies: ["jsr:@std/a@1.0.0", "npm:@a/sql@2.0.0"] },
  });
  // Before `make lock`.
  assert.deepEqual(programPart(LOCK, root).npm, {});
  const needy = { ...lock, npm: { "@a/sql@2.0.0": { integrity: "sql", dependencies: ["@pgsql/types", "other"] } } };
  assert.throws(() => programPart(needy, root), /"@a\/sql@2.0.0" needs "other"/);
});

Deno.test("the program's config has no tests, other paths, and npm's packages in their other form", () => {
  const config = {
    name: "x",
    workspace: ["./tests"],
    nodeModulesDir: "none",
    compilerOptions: { strict: true },
    imports: { "libpg-query": "npm:libpg-query@1", yaml: "npm:yaml@2", a: "./.tools/kept/a.ts", b: "./b.ts" },
  };
  assert.deepEqual(programConfig(config), {
    nodeModulesDir: "none",
    compilerOptions: { strict: true },
    imports: {
      "libpg-query": "npm:libpg-query@1",
      a: "./kept/a.ts",
      b: "../b.ts",
      "libpg-query/wasm/libpg-query.js": "./parser/libpg-query.js",
      "graphql/language/parser.js": "./packages/graphql/language/parser.mjs",
      "graphql/language/printer.js": "./packages/graphql/language/printer.mjs",
      yaml: "./packages/yaml/browser/dist/index.js",
    },
    lock: { path: "./program.lock", frozen: true },
  });
});

Deno.test("a module's imports from beside itself are found, in every form", () => {
  const source = `import { a } from './a.js';
import b, { c } from "../b.mjs";
import './effect.js';
import outside from 'buffer';
export * from './d.js';
export {
  e,
  f
} from "./deep/e.js";
const text = "import x from './not.js'";
`;
  assert.deepEqual(importsBeside("dist/sub/index.js", source), [
    "dist/sub/a.js",
    "dist/b.mjs",
    "dist/sub/effect.js",
    "dist/sub/d.js",
    "dist/sub/deep/e.js",
  ]);
});

Deno.test("the parser's other form finds its WebAssembly beside itself, each time it is created", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const source = "const make = async () => require('node:fs').readFileSync('any').length + __dirname;\n" +
      'if (typeof exports === "object" && typeof module === "object") module.exports = make;';
    await Deno.writeTextFile(`${folder}/made.mjs`, parserModule(source, { notice: "Copyright */ somebody" }));
    await Deno.writeFile(`${folder}/${PARSER_WASM}`, gzipSync("seven77"));
    const { default: create } = await import(pathToFileURL(`${folder}/made.mjs`).href);
    assert.deepEqual([await create(), await create()], ["7", "7"]);
    assert.match(await Deno.readTextFile(`${folder}/made.mjs`), /^\/\*!\nCopyright .+ somebody\n\*\//);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a lock file takes npm's packages from a fresh one", () => {
  const fresh = { version: "5", specifiers: { "npm:new@2.0.0": "2.0.0" }, npm: { "new@2.0.0": { integrity: "new" } } };
  const root = { imports: { a: "jsr:@std/a@1.0.0", local: "./local.ts" } };
  assert.deepEqual(mergeLocks(LOCK, fresh, { root, tests: { imports: { n: "npm:new@2.0.0" } } }), {
    version: "5",
    specifiers: { "jsr:@std/a@1.0.0": "1.0.0", "npm:new@2.0.0": "2.0.0" },
    jsr: LOCK.jsr,
    npm: fresh.npm,
    workspace: { dependencies: ["jsr:@std/a@1.0.0"], members: { tests: { dependencies: ["npm:new@2.0.0"] } } },
  });
  const unknown = { imports: { b: "jsr:@std/b@1.0.0" } };
  assert.throws(() => mergeLocks(LOCK, fresh, { root: unknown, tests: {} }), /Cannot lock "jsr:@std\/b@1.0.0"/);
});

Deno.test("the summary of a test run is Deno's own, and nothing is good that is not known to be", () => {
  const good = "ok | 12 passed (3 steps) | 0 failed (1s)";
  const cases: [output: string, exitCode: number, expected: ReturnType<typeof judge>][] = [
    [`a ... ok\n\n${good}\n\n`, 0, { passed: 12, failed: 0, ignored: 0, good: true }],
    ["\x1b[0m\x1b[32mok\x1b[0m | 2 passed | 0 failed | 1 ignored \x1b[90m(1ms)\x1b[0m", 0, {
      passed: 2,
      failed: 0,
      ignored: 1,
      good: true,
    }],
    [`${good}\r\nFAILED | 1 passed (1 step) | 2 failed (4 steps) | 3 ignored (8ms)\r\n`, 1, {
      passed: 1,
      failed: 2,
      ignored: 3,
      good: false,
    }],
    [good, 1, { passed: 12, failed: 1, ignored: 0, good: false }],
    ["ok | 0 passed | 0 failed | 3 filtered out (6ms)", 0, { passed: 0, failed: 1, ignored: 0, good: false }],
    ["error: Type checking failed", 1, { passed: 0, failed: 1, ignored: 0, good: false }],
    ["", 0, { passed: 0, failed: 1, ignored: 0, good: false }],
  ];
  for (const [output, exitCode, expected] of cases) assert.deepEqual(judge(findSummary(output), exitCode), expected);
});

/** A copy of what set-up reads, with this Deno and `npm`, a shell script, on PATH; no other host is in reach. */
async function setUpElsewhere({ npm, env }: { npm: string; env: Record<string, string> }) {
  const folder = await Deno.makeTempDir();
  const sources = [".deno-version", "deno.json", "deno.lock", "tests/deno.json"];
  const scripts = ["setup.sh", "setup.ts", "npm_way.ts", "lock.ts", "program.ts"].map((name) => `tools/${name}`);
  for (const path of ["bin", "tools", "tests"]) await Deno.mkdir(`${folder}/${path}`);
  for (const path of [...sources, ...scripts]) await Deno.copyFile(new URL(path, ROOT), `${folder}/${path}`);
  await Deno.symlink(Deno.execPath(), `${folder}/bin/deno`);
  await Deno.writeTextFile(`${folder}/bin/npm`, `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  await Deno.writeTextFile(`${folder}/deno.npm.json`, "{}");
  const command = new Deno.Command("sh", {
    args: [`${folder}/tools/setup.sh`],
    env: {
      PATH: `${folder}/bin:/usr/bin:/bin`,
      HTTPS_PROXY: "http://127.0.0.1:9",
      NO_PROXY: "127.0.0.1",
      DENORT_BIN: "",
      ...env,
    },
  });
  const { code, stderr } = await command.output();
  const exists = (path: string) => Deno.stat(`${folder}/${path}`).then(() => true, () => false);
  const result = {
    code,
    said: new TextDecoder().decode(stderr),
    env: await exists(".tools/env") ? await Deno.readTextFile(`${folder}/.tools/env`) : undefined,
    hasNpmConfig: await exists("deno.npm.json"),
    program: await exists(".tools/env")
      ? await Promise.all([PROGRAM_CONFIG, PROGRAM_LOCK].map((path) => readJson(`${folder}/${path}`)))
      : undefined,
    left: (await Array.fromAsync(Deno.readDir(`${folder}/.tools`))).map((entry) => entry.name),
    lock: await Deno.readTextFile(`${folder}/deno.lock`),
  };
  await Deno.remove(folder, { recursive: true });
  return result;
}

/** Answers as JSR does, as far as set-up asks, and the environment that makes set-up ask it. */
function startJsr(): AsyncDisposable & { env: Record<string, string> } {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => Response.json({ versions: {} }),
  );
  return {
    env: { SETUP_WAY: "jsr", JSR_URL: `http://127.0.0.1:${server.addr.port}` },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "a file from npm with another hash stops set-up, and nothing of it is kept",
  ignore,
  async fn() {
    const npm = 'echo other >"$(echo "$3" | sed "s/^@//; s#/#-#; s/@/-/").tgz"';
    const { code, said, env, left } = await setUpElsewhere({ npm, env: { SETUP_WAY: "npm" } });
    assert.equal(code, 1);
    assert.match(said, /set-up failed: .+ from npm has the hash sha512-\S+, pinned is sha512-\S+; the registry serves/);
    assert.equal(env, undefined);
    assert.deepEqual(left, []);
  },
});

Deno.test({
  name: "where JSR answers, its packages are used with deno.json and deno.lock as they are",
  ignore,
  async fn() {
    await using jsr = startJsr();
    const { env } = jsr;
    const result = await setUpElsewhere({ npm: "exit 1", env });
    assert.equal(
      result.said,
      `set-up: deno ${Deno.version.deno} from PATH, packages from JSR, ` +
        "no denort (make build will not work)\n",
    );
    assert.equal(result.code, 0);
    assert.match(result.env ?? "", /^SETUP_CONFIG='deno.json'$/m);
    assert.equal(result.hasNpmConfig, false);
    assert.equal(result.lock, await Deno.readTextFile(new URL("deno.lock", ROOT)));
    const [config, lock] = await Promise.all(["deno.json", "deno.lock"].map(readJson));
    const program = programConfig(config);
    assert.deepEqual(result.program, [program, programPart(lock, program)]);
  },
});

Deno.test({
  name: "a runtime that DENORT_BIN names is what set-up counts on, if it is there",
  ignore,
  async fn() {
    await using jsr = startJsr();
    const { env } = jsr;
    const given = await setUpElsewhere({ npm: "exit 1", env: { ...env, DENORT_BIN: Deno.execPath() } });
    assert.equal(
      given.said,
      `set-up: deno ${Deno.version.deno} from PATH, packages from JSR, denort from DENORT_BIN\n`,
    );
    assert.match(given.env ?? "", /^SETUP_DENORT_FROM='environment'$/m);
    const missing = await setUpElsewhere({ npm: "exit 1", env: { ...env, DENORT_BIN: "/no/denort" } });
    assert.deepEqual([missing.code, missing.env], [1, undefined]);
    assert.match(
      missing.said,
      /^set-up failed: DENORT_BIN is "\/no\/denort", and there is no such file; correct it, or/,
    );
  },
});

Deno.test({
  name: "a page in the place of JSR is no JSR",
  ignore,
  async fn() {
    const page = () => new Response("<html>Please log in</html>");
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, page);
    const env = { SETUP_WAY: "jsr", JSR_URL: `http://127.0.0.1:${server.addr.port}` };
    const { code, said } = await setUpElsewhere({ npm: "exit 1", env });
    assert.equal(said, "set-up failed: JSR does not answer, and SETUP_WAY=jsr forbids the npm way\n");
    assert.equal(code, 1);
  },
});
