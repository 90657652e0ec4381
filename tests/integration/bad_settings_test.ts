/** Settings that cannot be used, and unusual ones that can: on the command line, with the venue watching. */

import assert from "node:assert/strict";
import { programPath } from "../support/binary.ts";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { startVenue, type Venue } from "../venue/mod.ts";

interface Case {
  name: string;
  args?: string[];
  env?: Record<string, string>;
  files?: Record<string, string | Uint8Array>;
  code: number;
  message: RegExp;
}

/** Deployments are made with these files; `<url>` and `<secret>` stand for the venue's, `<dir>` for the folder. */
const CASES: Case[] = [
  {
    name: "nothing set",
    code: 3,
    message: /Cannot find the endpoint and the admin secret: [^]*--endpoint[^]*--admin-secret/,
  },
  {
    name: "no secret",
    args: ["--endpoint=<url>"],
    code: 3,
    message: /Cannot find the admin secret[^]*HASURA_GRAPHQL_ADMIN_SECRET/,
  },
  {
    name: "no endpoint",
    args: ["--admin-secret=<secret>"],
    code: 3,
    message: /Cannot find the endpoint[^]*HASURA_GRAPHQL_ENDPOINT/,
  },
  {
    name: "an empty secret",
    args: ["--endpoint=<url>", "--admin-secret="],
    code: 3,
    message: /Cannot find the admin secret/,
  },
  {
    name: "an empty variable",
    env: { HASURA_GRAPHQL_ENDPOINT: "", HASURA_GRAPHQL_ADMIN_SECRET: "<secret>" },
    code: 3,
    message: /Cannot find the endpoint/,
  },
  {
    name: "a secret with a line break",
    args: ["--endpoint=<url>", "--admin-secret=one\ntwo"],
    code: 3,
    message: /admin secret/,
  },
  {
    name: "an endpoint without a scheme",
    args: ["--endpoint=localhost:8080", "--admin-secret=<secret>"],
    code: 3,
    message: /"localhost:8080"/,
  },
  {
    name: "an endpoint of another scheme",
    args: ["--endpoint=ftp://h", "--admin-secret=<secret>"],
    code: 3,
    message: /"ftp:\/\/h"/,
  },
  {
    name: "an endpoint with a blank inside",
    args: ["--endpoint=http://a b", "--admin-secret=<secret>"],
    code: 3,
    message: /"http:\/\/a" from option --endpoint: it holds a blank/,
  },
  {
    name: "an endpoint of the GraphQL API",
    args: ["--endpoint=<url>/v1/graphql", "--admin-secret=<secret>"],
    code: 3,
    message: /root/,
  },
  {
    name: "config.yaml that is not YAML",
    files: { "config.yaml": "endpoint: [unclosed" },
    code: 3,
    message: /config\.yaml/,
  },
  {
    name: "config.yaml with a tag that is not closed",
    files: { "config.yaml": "admin_secret: !<\n" },
    code: 3,
    message: /config\.yaml.*line 1 \(a tag is not closed\)/,
  },
  { name: "config.yaml that is a list", files: { "config.yaml": "- endpoint: x\n" }, code: 3, message: /config\.yaml/ },
  {
    name: "config.yaml that is not UTF-8",
    files: { "config.yaml": new Uint8Array([0xff, 0xfe, 0x00]) },
    code: 3,
    message: /config\.yaml/,
  },
  { name: "no env file", args: ["--env-path=<dir>/nowhere.env"], code: 3, message: /nowhere\.env": it does not exist/ },
  { name: "a folder for an env file", args: ["--env-path=<dir>"], code: 3, message: /it is a directory/ },
  {
    name: "an env file that is not UTF-8",
    args: ["--env-path=<dir>/bad.env"],
    files: { "bad.env": new Uint8Array([0x41, 0x3d, 0xff]) },
    code: 3,
    message: /bad\.env/,
  },
  {
    name: "an env file with a line that is none",
    args: ["--env-path=<dir>/odd.env"],
    files: { "odd.env": "HASURA_GRAPHQL_ENDPOINT=<url>\nthis is 'no line\nHASURA_GRAPHQL_ADMIN_SECRET=<secret>\n" },
    code: 0,
    message: /note: .*odd\.env.* line 2/,
  },
  { name: "an unknown option", args: ["--bogus"], code: 2, message: /--bogus/ },
  { name: "an extra argument", args: ["extra"], code: 2, message: /extra/ },
  { name: "an option without its value", args: ["--endpoint"], code: 2, message: /--endpoint/ },
];

function fill(text: string, { venue, path }: { venue: Venue; path: string }): string {
  return text.replaceAll("<url>", venue.url).replaceAll("<secret>", venue.adminSecret ?? "").replaceAll("<dir>", path);
}

Deno.test("settings that cannot be used", async (t) => {
  await using venue = await startVenue();
  for (const { name, args = [], env = {}, files = {}, code, message } of CASES) {
    for (const command of [["status"], ["migrate", "-a", "--all"]]) {
      await t.step(`${name}: ${command[0]}`, async () => {
        await venue.reset();
        const filled = Object.entries(files).map(([path, content]) =>
          [path, typeof content === "string" ? fill(content, { venue, path: "" }) : content] as const
        );
        await using deployment = await createDeployment({
          migrations: tableMigrations(1),
          files: Object.fromEntries(filled),
        });
        const { path } = deployment;
        const result = await runTool([...command, ...args.map((word) => fill(word, { venue, path }))], {
          path,
          env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, fill(value, { venue, path })])),
        });
        assert.match(result.stderr, message);
        assert.equal(result.code, code, result.stderr);
        if (code === 0) return;
        assert.match(result.stderr, /^next: /m);
        assert.equal(venue.log.length, 0);
      });
    }
  }
});

Deno.test("unusual settings that work", async (t) => {
  await using venue = await startVenue();
  const secret = venue.adminSecret ?? "";
  const ENDPOINT = "HASURA_GRAPHQL_ENDPOINT";
  const SECRET = "HASURA_GRAPHQL_ADMIN_SECRET";
  const cases: [name: string, args: string[], env: Record<string, string>, files: Record<string, string>][] = [
    ["trailing slashes and blanks", [`--endpoint= ${venue.url}// `, `--admin-secret=${secret}`], {}, {}],
    ["the environment", [], { [ENDPOINT]: venue.url, [SECRET]: secret }, {}],
    ["an option before the environment", [`--endpoint=${venue.url}`], {
      [ENDPOINT]: "http://wrong.invalid",
      [SECRET]: secret,
    }, {}],
    ["the environment before the env file", ["-e", "<dir>/x.env"], { [ENDPOINT]: venue.url }, {
      "x.env": `${ENDPOINT}=http://wrong.invalid\nexport ${SECRET}='${secret}' # the secret\n`,
    }],
    ["the env file before config.yaml", ["-e<dir>/x.env"], {}, {
      "x.env": `\ufeff${ENDPOINT}=${venue.url}\n`,
      "config.yaml": `endpoint: http://wrong.invalid\nadmin_secret: "${secret}"\n`,
    }],
    ["config.yml", [], {}, { "config.yml": `version: 3\nendpoint: ${venue.url}\nadmin_secret: ${secret}\n` }],
    ["an empty variable falls through", [], { [ENDPOINT]: "" }, {
      "config.yaml": `endpoint: ${venue.url}\nadmin_secret: ${secret}\n`,
    }],
  ];
  for (const [name, args, env, files] of cases) {
    await t.step(name, async () => {
      await using deployment = await createDeployment({ migrations: tableMigrations(1), files });
      const { path } = deployment;
      const result = await runTool(["status", ...args.map((word) => fill(word, { venue, path }))], { path, env });
      assert.equal(result.code, 0, result.stderr);
      assert.match(result.stdout, new RegExp(`^Displaying status of database at ${venue.url}$`, "m"));
    });
  }
  await t.step("a path behind the endpoint", async () => {
    await using deployment = await createDeployment({ migrations: tableMigrations(1) });
    const paths: string[] = [];
    await runTool(["status", "--endpoint=http://h.invalid/a/b/", "--admin-secret=some-secret-1"], {
      path: deployment.path,
      runtime: { fetch: (url) => (paths.push(url), Promise.reject(new TypeError("no"))) },
    });
    assert.deepEqual(new Set(paths), new Set(["http://h.invalid/a/b/v2/query", "http://h.invalid/a/b/v1/metadata"]));
  });
});

Deno.test("help names every way in, and has colors on terminals only", async () => {
  const root = await runTool(["--help"], { bare: true });
  assert.match(root.stdout, /^ +-h, --help [^]*^ +--version +- Show the version\.$/m);
  const cases: [args: string[], text: RegExp][] = [
    [["completions", "-h"], /^Usage: aerie_db_migration completions[^]*^ +bash +- /m],
    [["completions", "--help"], /^Usage: aerie_db_migration completions[^]*^ +bash +- /m],
    [["completions", "bash", "--help"], /^Usage: aerie_db_migration completions bash/],
    [["completions", "zsh", "-h"], /^Usage: aerie_db_migration completions zsh/],
  ];
  for (const [args, text] of cases) {
    const result = await runTool(args, { bare: true });
    assert.deepEqual([result.code, result.stderr], [0, ""]);
    assert.match(result.stdout, text);
    assert.ok(!result.stdout.includes("\x1b"), args.join(" "));
  }
});

Deno.test("completions without a shell, or of an unknown one, are a usage error that names the shells", async () => {
  for (const args of [["completions"], ["completions", "tcsh"]]) {
    const result = await runTool(args, { bare: true });
    assert.deepEqual([result.code, result.stdout], [2, ""]);
    assert.match(result.stderr, /^error\[usage\]: .*bash, zsh, fish/);
  }
});

Deno.test({
  name: "completions that cannot be written are a failure, not a bug",
  // There is no full device elsewhere.
  ignore: Deno.build.os !== "linux",
}, async () => {
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", `exec "$0" completions bash > /dev/full`, programPath()],
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.equal(code, 1);
  assert.match(new TextDecoder().decode(stderr), /^error\[failed\]: Cannot write to stdout: /);
});

Deno.test("settings that an env file gives in lines that are none are told as that", async () => {
  for (const line of ['HASURA_GRAPHQL_ADMIN_SECRET="hidden', "HASURA_GRAPHQL_ADMIN_SECRET: hidden"]) {
    await using deployment = await createDeployment({
      migrations: tableMigrations(1),
      files: { "x.env": `HASURA_GRAPHQL_ENDPOINT=http://h\n${line}\n` },
    });
    const { path } = deployment;
    const result = await runTool(["status", `--env-path=${path}/x.env`], { path });
    assert.equal(result.code, 3);
    assert.match(result.stderr, /x\.env" \(line 2 of it cannot be read as NAME=value\)/);
    assert.doesNotMatch(result.stderr, /hidden/);
  }
});
