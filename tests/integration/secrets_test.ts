/** Secrets that are common words, swapped or mistyped: nothing shows them, and what is shown stays of use. */

import assert from "node:assert/strict";
import { ConfigError } from "../../src/errors.ts";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigration } from "../support/deployment.ts";
import { startVenue } from "../venue/mod.ts";

const SECRET_VARIABLE = "HASURA_GRAPHQL_ADMIN_SECRET";

/** No server is there; what the tool says of it is looked at. */
function unreachable(): Promise<Response> {
  return Promise.reject(new TypeError("error sending request"));
}

Deno.test("a secret that is a common word leaves the endpoint and the paths readable", async () => {
  await using deployment = await createDeployment({ migrations: [tableMigration(1, "a")] });
  const path = `${deployment.path}/../aerie`;
  const env = { [SECRET_VARIABLE]: "aerie" };
  const endpoint = "http://aerie.invalid:8080";
  for (const slashes of ["", "/", "//"]) {
    const result = await runTool(["status", `-p=${path}${slashes}`, `--endpoint=${endpoint}${slashes}`], { env });
    assert.equal(result.code, 3, result.stderr);
    assert.doesNotMatch(result.stderr, /\*\*\*\*/);
  }
  const noFolder = await runTool(["status", `--endpoint=${endpoint}`], { path, env });
  assert.equal(noFolder.code, 3, noFolder.stderr);
  assert.ok(noFolder.stderr.includes(`${path}/migrations`), noFolder.stderr);
  const noEnvFile = await runTool(["status", "-e", "/etc/aerie/no.env"], { path, env });
  assert.match(noEnvFile.stderr, /Cannot read env file "\/etc\/aerie\/no\.env"/);
  const noSource = await runTool(["status", `--endpoint=${endpoint}`, "--database-name=x-aerie"], {
    path: deployment.path,
    env,
    runtime: { fetch: unreachable },
  });
  assert.match(noSource.stderr, /x-aerie/);
  const noServer = await runTool(["status", `--endpoint=${endpoint}`], {
    path: deployment.path,
    env,
    runtime: { fetch: unreachable },
  });
  assert.equal(noServer.code, 4, noServer.stderr);
  assert.match(noServer.stderr, /http:\/\/aerie\.invalid:8080/);
});

Deno.test("an endpoint and a secret that are swapped are not shown", async () => {
  await using deployment = await createDeployment({ migrations: [tableMigration(1, "a")] });
  const { path } = deployment;
  for (const secret of ["q8Zr/kP2abc==", "abc.defghi", "hasura:8080", "localhost"]) {
    const runs: [args: string[], env: Record<string, string>][] = [
      [[`--endpoint=${secret}`, "--admin-secret=http://h:8080"], {}],
      [[`--endpoint=${secret}`], { [SECRET_VARIABLE]: secret }],
    ];
    for (const [args, env] of runs) {
      if (/^(?:hasura|localhost)/.test(secret) && env[SECRET_VARIABLE] === undefined) continue;
      for (const more of [[], ["--json"], ["--debug"], ["--json", "--debug"]]) {
        const result = await runTool(["status", ...args, ...more], { path, env });
        assert.equal(result.code, 3, result.stderr);
        assert.ok(!result.stderr.includes(secret), result.stderr);
      }
    }
  }
});

Deno.test("the secret of the environment is known before the command line is read", async () => {
  const env = { [SECRET_VARIABLE]: "hunter" };
  const result = await runTool(["status", "hunter"], { bare: true, env });
  assert.equal(result.code, 2);
  assert.match(result.stderr, /unrecognized arguments "\*\*\*\*"/);
});

Deno.test("a secret of the environment that cannot be read stops nothing that does not need it", async () => {
  const runtime = {
    env(name: string): string | undefined {
      if (name === SECRET_VARIABLE) throw new ConfigError("Cannot read the variable", { next: "Set it to UTF-8 text" });
      return undefined;
    },
  };
  assert.equal((await runTool(["--version"], { bare: true, runtime })).code, 0);
  const result = await runTool(["status", "--endpoint=http://h"], { bare: true, runtime });
  assert.equal(result.code, 3);
  assert.match(result.stderr, /error\[config\]: Cannot read the variable/);
});

Deno.test("help and version are the same whatever the secret is", async () => {
  for (const args of [["--help"], ["status", "--help"], ["completions", "--help"], ["--version"]]) {
    const plain = await runTool(args, { bare: true });
    for (const secret of ["0", "status", "Show", "completions"]) {
      assert.deepEqual(await runTool(args, { bare: true, env: { [SECRET_VARIABLE]: secret } }), plain);
    }
  }
});

Deno.test("--debug shows the stack of an error that ends a run, without the secret", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({
    migrations: [{ folder: "1_a", up: `select '${venue.adminSecret}'::integer;` }],
  });
  const { path } = deployment;
  const text = await runTool(["migrate", "-a", "--all", "--debug"], { venue, path });
  assert.equal(text.code, 1);
  assert.match(text.stderr, /^FailedError: Cannot apply 1_a[^]*?\n {4}at /m);
  const quiet = await runTool(["migrate", "-a", "--all"], { venue, path });
  assert.doesNotMatch(quiet.stderr, /\n {4}at /);
  const check = await runTool(["status", "--check", "--debug"], { venue, path });
  assert.match(check.stderr, /^PendingError: [^]*?\n {4}at /m);
});
