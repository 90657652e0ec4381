/** Where settings come from: a named env file is not passed over, and each run says what it has taken from where. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { startVenue } from "../venue/mod.ts";

const ENDPOINT = "HASURA_GRAPHQL_ENDPOINT";
const SECRET = "HASURA_GRAPHQL_ADMIN_SECRET";

/** Runs a command with the env file `text` in a deployment whose config.yaml leads to the venue. */
async function runWithFile(
  text: string,
  { command = ["status"], args = [], env = {} }: { command?: string[]; args?: string[]; env?: Record<string, string> },
) {
  await using venue = await startVenue();
  const fill = (value: string) =>
    value.replaceAll("<url>", venue.url).replaceAll("<secret>", venue.adminSecret ?? "").replaceAll("<dir>", path);
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const { path } = deployment;
  await Deno.writeTextFile(`${path}/config.yaml`, fill("endpoint: <url>\nadmin_secret: <secret>\n"));
  await Deno.writeTextFile(`${path}/prod.env`, fill(text));
  const result = await runTool([...command, ...args.map(fill)], {
    path,
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)])),
  });
  return { ...result, requests: venue.log.length, path, url: venue.url };
}

Deno.test("an env file that gives none of the settings is an error, whatever gives them besides", async (t) => {
  const cases: [name: string, text: string, message: RegExp][] = [
    ["nothing in it", "", /it gives none of [A-Z_, ]+\nnext: Correct the lines in it, or leave --env-path out/],
    ["other variables", "POSTGRES_USER=hidden-1\n# HASURA\n", /it gives none of [A-Z_, ]+\n/],
    [
      "a letter is missing",
      "HASURA_GRAPHQL_ENPOINT=http://hidden-1\n",
      /it has HASURA_GRAPHQL_ENPOINT, which comes close to HASURA_GRAPHQL_ENDPOINT\nnext: Correct the names/,
    ],
    [
      "two are misspelt",
      "HASURA_GRAHPQL_ENDPOINT=http://hidden-1\nHASURA_ADMIN_SECRET=hidden-2\n",
      /HASURA_GRAHPQL_ENDPOINT, which comes close to HASURA_GRAPHQL_ENDPOINT, HASURA_ADMIN_SECRET, which comes close to HASURA_GRAPHQL_ADMIN_SECRET/,
    ],
    [
      "lower case",
      "hasura_graphql_admin_secret=hidden-1\n",
      /hasura_graphql_admin_secret, which comes close to HASURA_GRAPHQL_ADMIN_SECRET/,
    ],
    [
      "a variable of the tool's script",
      "HASURA_URL=http://hidden-1\n",
      /HASURA_URL, which comes close to HASURA_GRAPHQL_ENDPOINT/,
    ],
    [
      "nothing behind the name",
      `${ENDPOINT}=\n${SECRET}=''\n`,
      /HASURA_GRAPHQL_ENDPOINT with nothing in it, HASURA_GRAPHQL_ADMIN_SECRET with nothing in it/,
    ],
    ["a name without a value", `${SECRET}\n`, /it gives none of/],
    ["YAML", `${SECRET}: hidden-1\n`, /line 1 that cannot be read as NAME=value/],
  ];
  for (const [name, text, message] of cases) {
    for (const args of [[], ["--endpoint=<url>", "--admin-secret=<secret>"]]) {
      await t.step(`${name}${args.length > 0 ? ", with options" : ""}`, async () => {
        const { code, stdout, stderr, requests, path } = await runWithFile(text, {
          args: ["-e", "<dir>/prod.env", ...args],
        });
        assert.equal(code, 3, stderr);
        assert.equal(stdout, "");
        assert.equal(requests, 0);
        assert.ok(stderr.includes(`error[config]: Cannot use env file "${path}/prod.env": `), stderr);
        assert.match(stderr, message);
        assert.doesNotMatch(stderr, /hidden/);
      });
    }
  }
});

Deno.test("an env file that gives one of the settings is used, and a misspelt name in it is told", async () => {
  for (const text of [`${SECRET}=<secret>`, `${ENDPOINT}=<url>`, "WORKSPACE_SERVER_ENDPOINT=http://w:28000"]) {
    const { code, stderr } = await runWithFile(text, { args: ["-e", "<dir>/prod.env"] });
    assert.deepEqual([code, stderr], [0, ""]);
  }
  const { code, stderr, path } = await runWithFile(`${SECRET}=<secret>\nHASURA_GRAPHQL_ENDPIONT=http://hidden\n`, {
    args: ["-e", "<dir>/prod.env"],
  });
  assert.equal(code, 0);
  assert.equal(
    stderr,
    `note: env file "${path}/prod.env" gives no ${ENDPOINT}, but HASURA_GRAPHQL_ENDPIONT, which sets nothing\n`,
  );
});

Deno.test("migrate says where endpoint and secret are from, in the line that names the database", async () => {
  const both = `${ENDPOINT}=<url>\n${SECRET}=<secret>\n`;
  const cases: [text: string, args: string[], env: Record<string, string>, from: string][] = [
    ["", ["--endpoint=<url>", "--admin-secret=<secret>"], {}, ""],
    ["", [], { [ENDPOINT]: "<url>", [SECRET]: "<secret>" }, " (from the environment)"],
    [both, ["-e", "<dir>/prod.env"], {}, " (from <dir>/prod.env)"],
    ["", [], {}, " (from <dir>/config.yaml)"],
    [
      `${SECRET}=<secret>`,
      ["-e", "<dir>/prod.env"],
      {},
      " (endpoint from <dir>/config.yaml, admin secret from <dir>/prod.env)",
    ],
    [
      both,
      ["-e", "<dir>/prod.env", "--endpoint=<url>"],
      {},
      " (endpoint from --endpoint, admin secret from <dir>/prod.env)",
    ],
    [
      "",
      ["--endpoint=<url>"],
      { [SECRET]: "<secret>" },
      " (endpoint from --endpoint, admin secret from the environment)",
    ],
  ];
  for (const [text, args, env, from] of cases) {
    for (const [direction, words] of [["-a", "applying to"], ["-r", "reverting in"]]) {
      const { code, stderr, url, path } = await runWithFile(text, {
        command: ["migrate", `${direction}`, "--all"],
        args,
        env,
      });
      assert.equal(code, 0, stderr);
      assert.equal(stderr.split("\n")[0], `INFO ${words} database Aerie at ${url}${from.replaceAll("<dir>", path)}`);
    }
  }
});

Deno.test("a variable of the environment that comes before the env file's is told, unless it is the same", async () => {
  const both = `${ENDPOINT}=<url>\n${SECRET}=<secret>\n`;
  const note = (name: string, path: string) =>
    `note: ${name} is taken from the environment, and the one of env file "${path}/prod.env" is not used\n`;
  const wrong = `${ENDPOINT}=http://wrong.invalid\n${SECRET}=wrong-1\n`;
  const env = { [ENDPOINT]: "<url>", [SECRET]: "<secret>" };
  const args = ["-e", "<dir>/prod.env"];
  const overruled = await runWithFile(wrong, { args, env });
  assert.deepEqual([overruled.code, overruled.stderr], [
    0,
    note(ENDPOINT, overruled.path) + note(SECRET, overruled.path),
  ]);
  const json = await runWithFile(wrong, { args: [...args, "--json"], env });
  assert.equal(JSON.parse(json.stdout).notes.length, 2);
  const same = await runWithFile(both, { args, env });
  assert.deepEqual([same.code, same.stderr], [0, ""]);
  const emptied = await runWithFile(both, { args, env: { [ENDPOINT]: "" } });
  assert.deepEqual([emptied.code, emptied.stderr], [
    0,
    `note: ${ENDPOINT} is set to nothing in the environment, so the one of env file "${emptied.path}/prod.env" is not used\n`,
  ]);
  const typed = await runWithFile(wrong, { args: [...args, "--endpoint=<url>", "--admin-secret=<secret>"], env });
  assert.deepEqual([typed.code, typed.stderr], [0, ""]);
});

Deno.test("quotes around a secret, as an env file of docker's keeps them, are told", async () => {
  const { code, stderr } = await runWithFile("", { env: { [SECRET]: '"<secret>"' } });
  assert.equal(code, 4);
  assert.doesNotMatch(stderr, /venue-secret/);
  assert.match(stderr, /^note: the admin secret from variable \S+ is taken with the quotes that it stands in/);
});
