/** `--json`: the documents, key by key. Keys may be added, never taken away or given another meaning. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigration } from "../support/deployment.ts";
import { startVenue } from "../venue/mod.ts";

const MIGRATIONS = [tableMigration(1, "a"), { folder: "2_b", up: "select 1 / 0;" }];

Deno.test("status --json", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: MIGRATIONS });
  const result = await runTool(["status", "--json"], { venue, path: deployment.path });
  assert.deepEqual([result.code, result.stderr], [0, ""]);
  assert.deepEqual(JSON.parse(result.stdout), {
    command: "status",
    endpoint: venue.url,
    database: "Aerie",
    currentVersion: 0,
    migrations: [
      { version: 1, name: "a", inFolder: true, inDatabase: false },
      { version: 2, name: "b", inFolder: true, inDatabase: false },
    ],
    pending: [1, 2],
    openAfterTasks: [],
    tracker: { toMark: [], toUnmark: [] },
    metadata: { consistent: true, inconsistentObjects: [] },
    running: null,
    error: null,
    notes: [],
  });
});

Deno.test("migrate --json: the document on stdout, the error also on stderr", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: MIGRATIONS });
  const result = await runTool(["migrate", "-a", "--all", "--json"], { venue, path: deployment.path });
  assert.equal(result.code, 1);
  const document = JSON.parse(result.stdout);
  const error = {
    code: "failed",
    exitCode: 1,
    message:
      `Cannot apply 2_b: "${deployment.path}/migrations/Aerie/2_b/up.sql" failed: division by zero (SQLSTATE 22012)`,
    state: "All that 2_b changed was rolled back; the ledger is as it was before this step",
    next: "Remove the cause, and run the same command again",
  };
  assert.deepEqual(document, {
    command: "migrate",
    direction: "apply",
    endpoint: venue.url,
    database: "Aerie",
    done: [{ version: 1, name: "a" }],
    remaining: [{ version: 2, name: "b" }],
    unknown: null,
    migrations: [
      { version: 1, name: "a", inFolder: true, inDatabase: true },
      { version: 2, name: "b", inFolder: true, inDatabase: false },
    ],
    openAfterTasks: [],
    tracker: { toMark: [], toUnmark: [] },
    afterTasks: [],
    metadata: { consistent: true, inconsistentObjects: [], reloaded: true, applied: false },
    error,
    notes: [],
  });
  assert.deepEqual(JSON.parse(result.stderr), { error });
});

Deno.test("errors are one JSON document on stderr, and nothing is on stdout", async () => {
  const cases: [string[], string, number][] = [
    [["status", "--json"], "config", 3],
    [["migrate", "-a", "--json"], "usage", 2],
    [["status", "--json", "--bogus"], "usage", 2],
  ];
  for (const [args, code, exitCode] of cases) {
    const result = await runTool(args, { bare: true });
    assert.equal(result.code, exitCode);
    assert.equal(result.stdout, "");
    const { error } = JSON.parse(result.stderr);
    assert.deepEqual([error.code, error.exitCode], [code, exitCode]);
  }
});

/** Secrets that would break the document if they were taken out of its text. */
const AWKWARD_SECRETS = ["1", "true", "null", ",", "{", "]", '"', ":", "name", "version", "status", "failed", "error"];

Deno.test("--json stays a document with the same keys, whatever the secret is", async () => {
  for (const secret of AWKWARD_SECRETS) {
    await using venue = await startVenue({ adminSecret: secret });
    await using deployment = await createDeployment({ migrations: MIGRATIONS });
    const options = { path: deployment.path, env: { HASURA_GRAPHQL_ADMIN_SECRET: secret } };
    const endpoint = `--endpoint=${venue.url}`;
    const status = await runTool(["status", endpoint, "--json"], options);
    assert.equal(status.code, 0, status.stderr);
    const document = JSON.parse(status.stdout);
    assert.deepEqual([document.command, document.endpoint, document.currentVersion], ["status", venue.url, 0]);
    assert.deepEqual(document.migrations.map((row: { version: number }) => row.version), [1, 2]);
    const migrate = await runTool(["migrate", "-a", "--all", "--json", "--debug", endpoint], options);
    assert.equal(migrate.code, 1, migrate.stderr);
    const { error } = JSON.parse(migrate.stderr);
    assert.deepEqual([error.code, error.exitCode], ["failed", 1]);
    assert.equal(JSON.parse(migrate.stdout).error.code, "failed");
    const usage = await runTool(["status", "--json", "--bogus"], { ...options, bare: true });
    assert.equal(JSON.parse(usage.stderr).error.code, "usage");
  }
});

Deno.test("--json --debug: the stack is part of the error", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: MIGRATIONS });
  const { path } = deployment;
  const runs: [args: string[], first: RegExp][] = [
    [["migrate", "-a", "--all"], /^FailedError: Cannot apply 2_b/],
    [["status", "--check"], /^PendingError: /],
    [["migrate", "-a"], /^UsageError: /],
  ];
  for (const [args, first] of runs) {
    const result = await runTool([...args, "--json", "--debug"], { venue, path });
    const { error } = JSON.parse(result.stderr);
    assert.match(error.stack[0], first);
    assert.match(error.stack[0], /\n {4}at /);
  }
});

Deno.test("--json: an internal error is a document, and --debug adds where it came from", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: MIGRATIONS });
  const runtime = {
    onStopSignal() {
      throw new RangeError(`strange ${venue.adminSecret}`);
    },
  };
  for (const debug of [[], ["--debug"]]) {
    const args = ["migrate", "-a", "--all", "--json", ...debug];
    const result = await runTool(args, { venue, path: deployment.path, runtime });
    assert.deepEqual([result.code, result.stdout], [70, ""]);
    const { error } = JSON.parse(result.stderr);
    assert.deepEqual([error.code, error.message], ["internal", "strange ****"]);
    assert.deepEqual(
      error.stack?.map((stack: string) => stack.split("\n")[0]),
      debug.length === 0 ? undefined : [
        "InternalError: strange ****",
        "RangeError: strange ****",
      ],
    );
  }
});

Deno.test("--json: notes are told also when the command fails", async () => {
  await using deployment = await createDeployment({
    migrations: MIGRATIONS,
    files: { "x.env": "a b\nWORKSPACE_SERVER_ENDPOINT=http://w\n" },
  });
  const result = await runTool([
    "status",
    "--json",
    "--admin_secret=s",
    "--endpoint=http://h.invalid",
    `--env-path=${deployment.path}/x.env`,
  ], { path: deployment.path, runtime: { fetch: () => Promise.reject(new TypeError("no")) } });
  assert.equal(result.code, 4);
  const { notes } = JSON.parse(result.stderr);
  assert.equal(notes.length, 2);
  assert.match(notes[0], /older spelling/);
  assert.match(notes[1], /x\.env" line 1 cannot be read/);
});
