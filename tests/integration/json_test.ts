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
    migrations: [
      { version: 1, name: "a", inFolder: true, inDatabase: true },
      { version: 2, name: "b", inFolder: true, inDatabase: false },
    ],
    openAfterTasks: [],
    tracker: { marked: [], unmarked: [] },
    metadata: { consistent: true, inconsistentObjects: [] },
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
