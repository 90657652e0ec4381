/** A database that Hasura has in its metadata and cannot use: what every command says, and what waiting does. */

import assert from "node:assert/strict";
import type { Runtime } from "../../src/runtime.ts";
import { type CliResult, runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { type Script, scriptedFetch, unusableSource } from "../support/scripted_fetch.ts";
import { startVenue } from "../venue/mod.ts";

/** As the driver of PostgreSQL says it. */
const REFUSED = 'connection to server at "127.0.0.1", port 5432 failed: Connection refused\n' +
  "\tIs the server running on that host and accepting TCP/IP connections?\n";

const WORDS =
  'connection error: connection to server at "127.0.0.1", port 5432 failed: Connection refused; Is the server';

const PROJECT = {
  "metadata/version.yaml": "version: 3\n",
  "metadata/databases/databases.yaml": JSON.stringify([{
    name: "Aerie",
    kind: "postgres",
    configuration: { connection_info: { database_url: { from_env: "AERIE_DATABASE_URL" } } },
    tables: [],
  }]),
};

/** Each of `commands` ends with 4, and says so. */
async function assertNoAccess(
  t: Deno.TestContext,
  commands: string[][],
  { run, says }: { run(args: string[]): Promise<CliResult>; says: RegExp },
): Promise<void> {
  for (const args of commands) {
    await t.step(args.join(" "), async () => {
      const { code, stderr } = await run(args);
      assert.equal(code, 4, stderr);
      assert.match(stderr, says);
    });
  }
}

Deno.test("a database that Hasura has not reached has one exit code, and its reason", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1), files: PROJECT });
  using network = scriptedFetch(unusableSource("Aerie", { message: REFUSED }));
  const commands = [
    ["status"],
    ["migrate", "-a", "--all"],
    ["migrate", "-r", "--all", "--yes"],
    ["after", "run"],
    ["after", "done", "--yes"],
    ["metadata", "status"],
    ["metadata", "reload"],
    ["metadata", "reload", "--allow-inconsistent-metadata"],
  ];
  await assertNoAccess(t, commands, {
    run: (args) => runTool(args, { venue, path: deployment.path, runtime: { fetch: network.fetch } }),
    says:
      /^error\[access\]: .*cannot use its database "Aerie": connection error: connection to server .*refused; Is the[^]*^next: .*metadata reload/m,
  });
});

Deno.test("a variable that Hasura lacks is named, and waiting for the database is no advice then", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  using network = scriptedFetch(
    unusableSource("Aerie", { reason: "environment variable 'AERIE_DATABASE_URL' not set" }),
  );
  for (const args of [["status"], ["migrate", "-a", "--all"], ["metadata", "status"]]) {
    const { code, stderr } = await runTool(args, { venue, path: deployment.path, runtime: { fetch: network.fetch } });
    assert.equal(code, 4, stderr);
    assert.match(stderr, /cannot use its database "Aerie": environment variable 'AERIE_DATABASE_URL' not set$/m);
    assert.match(stderr, /^next: Set AERIE_DATABASE_URL in the environment of Hasura, and start it again$/m);
  }
});

Deno.test("a piece of the database's address that PostgreSQL's driver quotes is not shown", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const message = 'missing "=" after "aerie:hunter2@postgres" in connection info string\n';
  using network = scriptedFetch(unusableSource("Aerie", { message }));
  for (const args of [["status"], ["metadata", "status", "--json"], ["metadata", "reload", "--json"]]) {
    const result = await runTool(args, { venue, path: deployment.path, runtime: { fetch: network.fetch } });
    assert.equal(result.code, 4, result.stderr);
    assert.match(result.stderr, /missing .*\(hidden\).* in connection info string/);
    assert.doesNotMatch(result.stdout + result.stderr, /hunter2/);
  }
});

Deno.test("a database that Hasura does not have is another matter", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ source: "PlanDev", migrations: tableMigrations(1) });
  const { code, stderr } = await runTool(["status"], { venue, path: deployment.path });
  assert.equal(code, 3, stderr);
  assert.match(stderr, /has no database "PlanDev": it has "Aerie"$/m);
});

Deno.test("PostgreSQL away has one exit code and its own words from every command", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1), files: PROJECT });
  const body = { error: "connection error", path: "$", code: "postgres-error", internal: REFUSED };
  using network = scriptedFetch(() => ({ status: 500, body }));
  const commands = [
    ["status"],
    ["migrate", "-a", "--all"],
    ["after", "run"],
    ["metadata", "status"],
    ["metadata", "diff"],
    ["metadata", "reload"],
    ["metadata", "apply"],
  ];
  for (const args of commands) {
    await t.step(args.join(" "), async () => {
      const { code, stderr } = await runTool(args, { venue, path: deployment.path, runtime: { fetch: network.fetch } });
      assert.equal(code, 4, stderr);
      assert.match(
        stderr,
        /^error\[access\]: Cannot .*cannot use its database: connection error.*: Connection refused/m,
      );
    });
  }
});

/** A clock that only pauses move on. */
function createClock(): Pick<Runtime, "now" | "sleep"> & { ms: number } {
  const clock = {
    ms: 0,
    now: () => clock.ms,
    sleep(pause: number) {
      clock.ms += pause;
      return Promise.resolve();
    },
  };
  return clock;
}

/** A database that is back after `reloads` attempts of Hasura to reach it; tells when they were made. */
function backAfter(reloads: number, clock: { ms: number }): { script: Script; reloadedAt: number[]; args: unknown[] } {
  const away = unusableSource("Aerie", { message: REFUSED });
  const [reloadedAt, args]: [number[], unknown[]] = [[], []];
  const script: Script = (call) => {
    if (call.type === "reload_metadata" && reloadedAt.length < reloads) {
      reloadedAt.push(clock.ms);
      args.push(call.args);
      if (reloadedAt.length < reloads) return away(call);
      return undefined;
    }
    return reloadedAt.length < reloads ? away(call) : undefined;
  };
  return { script, reloadedAt, args };
}

Deno.test("--wait has Hasura read the database anew until it can be used, at most every 5 s", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1), files: PROJECT });
  for (const args of [["migrate", "-a", "--all"], ["after", "run"], ["metadata", "reload"], ["metadata", "apply"]]) {
    await t.step(args.join(" "), async () => {
      await venue.reset();
      const clock = createClock();
      const { script, reloadedAt, args: sent } = backAfter(3, clock);
      using network = scriptedFetch(script);
      const runtime = { fetch: network.fetch, now: clock.now, sleep: clock.sleep };
      const result = await runTool([...args, "--wait=60"], { venue, path: deployment.path, runtime });
      assert.equal(result.code, 0, result.stderr);
      assert.equal(reloadedAt.length, 3);
      for (const [index, at] of reloadedAt.entries()) {
        const before = reloadedAt[index - 1];
        assert.ok(before === undefined || at - before >= 5_000, String(reloadedAt));
      }
      assert.deepEqual(sent, Array(3).fill({ reload_sources: ["Aerie"] }));
    });
  }
});

Deno.test("--wait says why at last, and what only looks has written nothing meanwhile", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1), files: PROJECT });
  for (const [args, writes] of [[["status"], false], [["migrate", "-a", "--all"], true]] as const) {
    const clock = createClock();
    const { script, reloadedAt } = backAfter(Infinity, clock);
    using network = scriptedFetch(script);
    const runtime = { fetch: network.fetch, now: clock.now, sleep: clock.sleep };
    const { code, stderr } = await runTool([...args, "--wait=12"], { venue, path: deployment.path, runtime });
    assert.equal(code, 4, stderr);
    assert.ok(stderr.includes(WORDS), stderr);
    assert.match(stderr, /^state: Nothing was changed; it was waited for 12 s$/m);
    assert.match(stderr, /^next: .*metadata reload may be all it takes/m);
    assert.deepEqual(reloadedAt.length > 1, writes);
    assert.deepEqual(venue.writes(), []);
  }
});

Deno.test("a reload that does not reach the database for a moment is repeated for that database", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1), files: PROJECT });
  const away = unusableSource("Aerie", { message: "FATAL: sorry, too many clients already" });
  for (const [times, code] of [[3, 0], [4, 7]] as const) {
    await venue.reset();
    const sent: unknown[] = [];
    using network = scriptedFetch((call) => {
      if (call.type !== "reload_metadata") return undefined;
      sent.push(call.args.reload_sources);
      return sent.length <= times ? away(call) : undefined;
    });
    const runtime = { fetch: network.fetch };
    const result = await runTool(["migrate", "-a", "--all"], { venue, path: deployment.path, runtime });
    assert.equal(result.code, code, result.stderr);
    assert.deepEqual(sent, [true, ["Aerie"], ["Aerie"], ["Aerie"]]);
    if (code === 0) continue;
    assert.match(
      result.stderr,
      /^error\[metadata\]: Hasura cannot use its database "Aerie": connection error: FATAL: sorry/m,
    );
    assert.match(
      result.stderr,
      /^next: See that Hasura can reach the database of Aerie, .*; then run metadata reload$/m,
    );
  }
});

Deno.test("metadata apply --wait does not wait for a database that is to go", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: [], files: PROJECT });
  using network = scriptedFetch((call) => {
    const away = unusableSource("Gone", { message: REFUSED });
    return call.type === "get_inconsistent_metadata" ? away(call) : undefined;
  });
  const clock = createClock();
  const runtime = { fetch: network.fetch, now: clock.now, sleep: clock.sleep };
  const result = await runTool(["metadata", "apply", "--wait=60"], { venue, path: deployment.path, runtime });
  assert.equal(result.code, 0, result.stderr);
  assert.equal(clock.ms, 0);
});
