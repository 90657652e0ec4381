/** What Hasura answers when its metadata is changed: whose word counts, what is asked again, and what is a refusal. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, type Deployment, tableMigrations } from "../support/deployment.ts";
import { type Script, scriptedFetch } from "../support/scripted_fetch.ts";
import { startVenue, type Venue } from "../venue/mod.ts";

const UP_ALL = ["migrate", "-a", "--all"];

function sourcesOf(versions: readonly number[], connection: unknown = { from_env: "AERIE_DATABASE_URL" }) {
  return [{
    name: "Aerie",
    kind: "postgres",
    configuration: { connection_info: { database_url: connection, isolation_level: "read-committed" } },
    tables: versions.map((version) => ({ table: { schema: "public", name: `step_${version}` } })),
  }];
}

function createRelease(sources: unknown): Promise<Deployment> {
  return createDeployment({
    migrations: tableMigrations(2),
    files: {
      "metadata/version.yaml": "version: 3\n",
      "metadata/databases/databases.yaml": JSON.stringify(sources),
    },
  });
}

/** The view of a server that has not noticed yet what another one has changed. */
const stale = (objects: unknown[]): Script => ({ type }) =>
  type === "get_inconsistent_metadata"
    ? { status: 200, body: { is_consistent: objects.length === 0, inconsistent_objects: objects } }
    : undefined;

const GONE = {
  type: "table",
  name: "table step_1 in source Aerie",
  definition: {},
  reason: "Inconsistent object: gone",
};

const replacements = ({ log }: Venue) => log.filter(({ type }) => type === "replace_metadata").length;

Deno.test("another server's older view does not count", async (t) => {
  await using venue = await startVenue();
  await using release = await createRelease(sourcesOf([1, 2]));
  await using unfit = await createRelease(sourcesOf([1, 2, 7]));
  const cases: [name: string, objects: unknown[], args: string[], path: string, code: number][] = [
    ["it still says that all fits", [], UP_ALL, unfit.path, 7],
    ["it does not know yet that all fits", [GONE], UP_ALL, release.path, 0],
    ["it still says that all fits, after a reload", [], [...UP_ALL, "--metadata=reload"], unfit.path, 7],
    ["it does not know yet that all fits, after a reload", [GONE], ["metadata", "reload"], release.path, 0],
    ["it still says that all fits, after apply", [], ["metadata", "apply"], unfit.path, 7],
    ["it does not know yet that all fits, after apply", [GONE], ["metadata", "apply"], release.path, 0],
  ];
  for (const [name, objects, args, path, code] of cases) {
    await t.step(name, async () => {
      const isReload = args.join(" ").includes("reload");
      await venue.reset({ metadata: { version: 3, sources: sourcesOf(isReload && code === 7 ? [7] : []) } });
      if (args[0] === "metadata") { for (const { up } of tableMigrations(2)) await venue.sql(String(up)); }
      using network = scriptedFetch(stale(objects));
      const result = await runTool(args, { venue, path, runtime: { fetch: network.fetch } });
      assert.equal(result.code, code, result.stderr);
      assert.match(
        result.stderr,
        code === 0 ? /^INFO Metadata is consistent$/m : /^WARN Metadata is inconsistent: 1 object\n.*step_7/m,
      );
    });
  }
  await t.step("where the answer to apply was lost", async () => {
    await venue.reset({ metadata: { version: 3, sources: sourcesOf([]) } });
    venue.addFault({ match: { type: "replace_metadata" }, when: "after", do: "drop" });
    using network = scriptedFetch(stale([GONE]));
    const result = await runTool(UP_ALL, { venue, path: release.path, runtime: { fetch: network.fetch } });
    assert.equal(result.code, 0, result.stderr);
    assert.match(
      result.stderr,
      /the answer was lost, but the metadata is applied\nINFO Metadata applied\nINFO Metadata is consistent$/m,
    );
  });
});

Deno.test("a Hasura that says of a reload only that it is done is asked what fits", async () => {
  await using venue = await startVenue({
    reloadFields: false,
    metadata: { version: 3, sources: sourcesOf([9]) },
  });
  await using release = await createRelease(sourcesOf([9]));
  const result = await runTool(["metadata", "reload"], { venue, path: release.path });
  assert.equal(result.code, 7, result.stderr);
  assert.match(result.stderr, /^WARN Metadata is inconsistent: 1 object\n {2}table step_9/m);
});

const CONFLICT = {
  status: 409,
  body: {
    error: "metadata resource version referenced (199) did not match current version",
    path: "$",
    code: "conflict",
  },
};

Deno.test("a reload that another one refuses is repeated", async (t) => {
  await using venue = await startVenue();
  await using release = await createRelease(sourcesOf([1, 2]));
  for (const args of [UP_ALL, ["metadata", "reload"]]) {
    await t.step(args.join(" "), async () => {
      await venue.reset({ metadata: { version: 3, sources: sourcesOf([]) } });
      venue.addFault({ match: { type: "reload_metadata" }, do: CONFLICT, times: 4 });
      const once = await runTool(args, { venue, path: release.path });
      assert.equal(once.code, 0, once.stderr);
      assert.match(once.stderr, /^INFO Metadata is consistent$/m);
      venue.addFault({ match: { type: "reload_metadata" }, do: CONFLICT, times: Infinity });
      const never = await runTool(args, { venue, path: release.path });
      assert.equal(never.code, 7, never.stderr);
      assert.match(
        never.stderr,
        /^error\[metadata\]: Cannot reload the metadata: somebody else changes it at the same time$/m,
      );
      assert.match(never.stderr, /^next: Find out who works on this server/m);
    });
  }
});

const CLASH =
  "Encountered conflicting definitions in the selection set for 'query_root' for field 'planning_plan' defined in " +
  "[table planning.plan in source Aerie, action planning_plan]. Fields must not be defined more than once across all sources.";

Deno.test("a 500 that says why the metadata cannot be applied is a refusal", async (t) => {
  await using venue = await startVenue();
  await using release = await createRelease(sourcesOf([]));
  const cases: [name: string, error: string, sent: number, next: RegExp][] = [
    ["names that clash", CLASH, 1, /^next: Two things would have the same name in Hasura's API/m],
    [
      "maintenance mode",
      "metadata cannot be modified in maintenance mode",
      1,
      /^next: Take Hasura out of its maintenance mode/m,
    ],
    [
      "a statement that failed in Hasura's own database",
      "database query error",
      5,
      /^next: Look into the log of Hasura/m,
    ],
  ];
  for (const [name, error, sent, next] of cases) {
    await t.step(name, async () => {
      await venue.reset({ metadata: { version: 3, sources: sourcesOf([]) } });
      const body = { error, path: "$.args", code: "unexpected" };
      venue.addFault({ match: { type: "replace_metadata" }, do: { status: 500, body }, times: Infinity });
      const { code, stderr } = await runTool(["metadata", "apply"], { venue, path: release.path });
      assert.equal(code, 7, stderr);
      assert.match(
        stderr,
        /^error\[metadata\]: Cannot apply the metadata: Hasura refuses it: .*\(unexpected, HTTP 500\)$/m,
      );
      assert.ok(stderr.includes(error));
      assert.match(stderr, /^state: The metadata of Hasura is as it was$/m);
      assert.match(stderr, next);
      assert.equal(replacements(venue), sent);
    });
  }
  await t.step("an exception of Hasura's proves nothing", async () => {
    await venue.reset({ metadata: { version: 3, sources: sourcesOf([]) } });
    const body = { error: "Internal Server Error", path: "$", code: "unexpected" };
    venue.addFault({ match: { type: "replace_metadata" }, when: "after", do: { status: 500, body } });
    const { code, stderr } = await runTool(["metadata", "apply"], { venue, path: release.path });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /the answer was lost, but the metadata is applied/);
  });
});

Deno.test("where a database leads is not changed by the way", async (t) => {
  const environment = { AERIE_DATABASE_URL: "postgres://x", OTHER_DATABASE_URL: "postgres://y" };
  await using venue = await startVenue({ environment });
  const before = () => venue.reset({ metadata: { version: 3, sources: sourcesOf([]) } });
  await using elsewhere = await createRelease(sourcesOf([1, 2], { from_env: "OTHER_DATABASE_URL" }));
  const said =
    /^error\[metadata\]: The metadata in ".*" is not applied: it would change where Hasura's databases lead: configuration\.connection_info\.database_url\.from_env of source Aerie: "AERIE_DATABASE_URL" -> "OTHER_DATABASE_URL"$/m;
  for (const args of [UP_ALL, [...UP_ALL, "--metadata=apply"], ["metadata", "apply"]]) {
    await t.step(args.join(" "), async () => {
      await before();
      const kept = await runTool(args, { venue, path: elsewhere.path });
      assert.equal(kept.code, 7, kept.stderr);
      assert.match(kept.stderr, said);
      assert.match(
        kept.stderr,
        /^ {2}- To apply it all the same: aerie_db_migration metadata apply .*--allow-connection-changes$/m,
      );
      assert.equal(replacements(venue), 0);
      const applied = await runTool([...args, "--allow-connection-changes"], { venue, path: elsewhere.path });
      assert.equal(applied.code, args[0] === "migrate" ? 0 : 7, applied.stderr);
      assert.match(applied.stderr, /^INFO Metadata applied$/m);
    });
  }
  await t.step("a text in place of a variable, which is not shown", async () => {
    await before();
    await using text = await createRelease(sourcesOf([1, 2], "postgres://aerie:hunter2@elsewhere/aerie"));
    const { code, stdout, stderr } = await runTool([...UP_ALL, "--json"], { venue, path: text.path });
    assert.equal(code, 7, stderr);
    assert.match(
      JSON.parse(stdout).error.message,
      /database_url of source Aerie: the variable AERIE_DATABASE_URL -> "\(hidden\)"$/,
    );
    assert.doesNotMatch(stdout + stderr, /hunter2/);
  });
  await t.step("what only tunes the connection is applied", async () => {
    await before();
    const [source] = sourcesOf([1, 2]);
    const connection = {
      ...source?.configuration.connection_info,
      isolation_level: "serializable",
      pool_settings: { retries: 3 },
    };
    await using tuned = await createRelease([{ ...source, configuration: { connection_info: connection } }]);
    const { code, stderr } = await runTool(UP_ALL, { venue, path: tuned.path });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^INFO Metadata applied$/m);
  });
});
