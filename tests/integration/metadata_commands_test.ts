/** `metadata apply|reload|status|diff`, by themselves and beside others who write. */

import assert from "node:assert/strict";
import { createRuntime } from "../../src/runtime.ts";
import { runTool } from "../support/cli.ts";
import { createDeployment, type Deployment, tableMigrations } from "../support/deployment.ts";
import { type FaultAction, type FaultTime, startVenue, type Venue } from "../venue/mod.ts";

function metadataOf(names: readonly string[]) {
  return {
    version: 3,
    sources: [{
      name: "Aerie",
      kind: "postgres",
      configuration: { connection_info: { database_url: { from_env: "AERIE_DATABASE_URL" } } },
      tables: names.map((name) => ({ table: { schema: "planning", name } })),
    }],
  };
}

/** Nothing but metadata: these commands need no migrations. */
function createProject(names: readonly string[], files: Record<string, string> = {}): Promise<Deployment> {
  return createDeployment({
    migrations: [],
    files: {
      "metadata/version.yaml": "version: 3\n",
      "metadata/databases/databases.yaml": JSON.stringify(metadataOf(names).sources),
      ...files,
    },
  });
}

async function trackedNames(venue: Venue): Promise<string[]> {
  const { metadata } = await venue.metadata();
  return (metadata.sources[0]?.tables ?? []).map(({ table }) => (table as { name: string }).name).sort();
}

const replacements = ({ log }: Venue) => log.filter(({ type }) => type === "replace_metadata");

Deno.test("metadata apply replaces the metadata, and says what does not fit", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan"]) });
  await using fitting = await createProject(["plan", "activity"]);
  const applied = await runTool(["metadata", "apply"], { venue, path: fitting.path });
  assert.equal(applied.code, 0, applied.stderr);
  assert.equal(applied.stdout, "");
  assert.equal(applied.stderr, "INFO Metadata reloaded\nINFO Metadata applied\nINFO Metadata is consistent\n");
  assert.deepEqual(await trackedNames(venue), ["activity", "plan"]);
  const [request] = replacements(venue);
  assert.equal(request?.path, "/v1/metadata");

  await using unfit = await createProject(["plan", "nothing"]);
  const left = await runTool(["metadata", "apply"], { venue, path: unfit.path });
  assert.equal(left.code, 7);
  assert.match(left.stderr, /^WARN Metadata is inconsistent: 1 object\n {2}table planning\.nothing in source Aerie: /m);
  assert.match(left.stderr, /^state: The metadata is applied; what does not fit is left out by Hasura$/m);
  assert.deepEqual(await trackedNames(venue), ["nothing", "plan"]);
  const allowed = await runTool(["metadata", "apply", "--allow-inconsistent-metadata"], { venue, path: unfit.path });
  assert.equal(allowed.code, 0, allowed.stderr);
});

Deno.test("metadata apply sends nothing where the directory cannot be used", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan"]) });
  await using project = await createProject(["plan"], { "metadata/actions.yaml": "actions: []\n" });
  for (const action of ["apply", "diff"]) {
    const { code, stderr } = await runTool(["metadata", action], { venue, path: project.path });
    assert.equal(code, 3);
    assert.match(stderr, /^error\[config\]: .*actions\.graphql/m);
    assert.match(stderr, /^state: Nothing was sent$/m);
  }
  assert.deepEqual(venue.log, []);
});

Deno.test("metadata reload makes Hasura look again, and changes nothing", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan", "later"]) });
  await using project = await createProject([]);
  const before = await runTool(["metadata", "reload"], { venue, path: project.path });
  assert.equal(before.code, 7);
  assert.match(before.stderr, /^INFO Metadata reloaded\nWARN Metadata is inconsistent: 1 object$/m);
  await venue.sql("create table planning.later ()");
  const after = await runTool(["metadata", "reload"], { venue, path: project.path });
  assert.equal(after.code, 0, after.stderr);
  assert.equal(after.stderr, "INFO Metadata reloaded\nINFO Metadata is consistent\n");
  assert.deepEqual(await trackedNames(venue), ["later", "plan"]);
});

Deno.test("metadata status shows what Hasura has, and writes nothing", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan", "nothing"]) });
  await using project = await createProject([]);
  const { code, stdout, stderr } = await runTool(["metadata", "status"], { venue, path: project.path });
  assert.equal(code, 7);
  assert.equal(
    stdout,
    `Metadata of Hasura at ${venue.url}
Resource version: 1
Databases: Aerie
Metadata is inconsistent: 1 object
  table planning.nothing in source Aerie: Inconsistent object: no such table/view exists in source: "planning.nothing"
`,
  );
  assert.match(stderr, /^error\[metadata\]: /);
  const json = await runTool(["metadata", "status", "--json", "--allow-inconsistent-metadata"], {
    venue,
    path: project.path,
  });
  assert.equal(json.code, 0, json.stderr);
  const { command, resourceVersion, sources, metadata, error } = JSON.parse(json.stdout);
  assert.deepEqual([command, resourceVersion, sources, error], ["metadata status", 1, ["Aerie"], null]);
  assert.equal(metadata.consistent, false);
  assert.equal(metadata.inconsistentObjects[0].type, "table");
  assert.deepEqual(venue.writes(), []);
});

Deno.test("metadata diff shows what apply would change, and writes nothing", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan", "activity"]) });
  await using project = await createProject(["plan", "timeline"]);
  const text = await runTool(["metadata", "diff"], { venue, path: project.path });
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^- .*planning\.activity/m);
  assert.match(text.stdout, /^\+ .*planning\.timeline/m);
  assert.match(text.stdout, /^2 changes/m);
  const json = await runTool(["metadata", "diff", "--json"], { venue, path: project.path });
  const { command, changes, error } = JSON.parse(json.stdout);
  assert.deepEqual([command, error], ["metadata diff", null]);
  assert.deepEqual(changes.map(({ kind }: { kind: string }) => kind).sort(), ["added", "removed"]);
  assert.deepEqual(venue.writes(), []);

  assert.equal((await runTool(["metadata", "apply"], { venue, path: project.path })).code, 0);
  const same = await runTool(["metadata", "diff"], { venue, path: project.path });
  assert.match(same.stdout, /no differences/i);
});

Deno.test("the file that config.yaml names takes the place of the directory", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan"]) });
  await using project = await createDeployment({
    migrations: [],
    files: {
      "config.yaml": "version: 3\nmetadata_file: all/metadata.json\n",
      "all/metadata.json": JSON.stringify(metadataOf(["timeline"])),
    },
  });
  assert.equal((await runTool(["metadata", "apply"], { venue, path: project.path })).code, 0);
  assert.deepEqual(await trackedNames(venue), ["timeline"]);
  await Deno.writeTextFile(`${project.path}/config.yaml`, "version: 3\nmetadata_directory: elsewhere\n");
  const { code, stderr } = await runTool(["metadata", "apply"], { venue, path: project.path });
  assert.equal(code, 3);
  assert.match(stderr, /\/elsewhere/);
});

/** Calls `between` after the tool has read the metadata, and before it sends its own. */
async function applyBeside(venue: Venue, path: string, between: () => Promise<unknown>) {
  let isCalled = false;
  const real = createRuntime();
  using _ = real;
  return await runTool(["metadata", "apply"], {
    venue,
    path,
    runtime: {
      async fetch(url, init) {
        if (!isCalled && (await bodyOf(init)).includes('"replace_metadata"')) {
          isCalled = true;
          await between();
        }
        return await real.fetch(url, init);
      },
    },
  });
}

async function bodyOf({ body }: RequestInit): Promise<string> {
  return body instanceof Blob ? await body.text() : String(body);
}

Deno.test("what somebody else writes at the same time is not overwritten", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan"]) });
  await using project = await createProject(["timeline"]);
  const { code, stderr } = await applyBeside(
    venue,
    project.path,
    () => venue.setMetadata(metadataOf(["plan", "activity"])),
  );
  assert.equal(code, 7);
  assert.match(stderr, /^error\[metadata\]: Cannot apply the metadata: somebody else changes it, too$/m);
  assert.doesNotMatch(stderr, /Metadata applied/);
  assert.deepEqual(await trackedNames(venue), ["activity", "plan"]);
});

Deno.test("a reload by somebody else is no reason to stop", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan"]) });
  await using project = await createProject(["timeline"]);
  const { code, stderr } = await applyBeside(venue, project.path, () => venue.setMetadata(metadataOf(["plan"])));
  assert.equal(code, 0, stderr);
  assert.deepEqual(await trackedNames(venue), ["timeline"]);
});

const LOSSES: [name: string, action: FaultAction, times: readonly FaultTime[]][] = [
  ["dropped", "drop", ["before", "during", "after"]],
  ["cut", "truncate", ["before", "after"]],
  ["a proxy's 502", { html: 502 }, ["before", "after"]],
  ["Hasura's 500", "internal-error", ["before", "after"]],
  ["another shape", { status: 200, body: [] }, ["before", "after"]],
];

Deno.test("a lost answer to metadata that was sent is cleared up", async (t) => {
  await using venue = await startVenue();
  await using project = await createProject(["plan", "timeline"]);
  for (const [name, action, times] of LOSSES) {
    for (const when of times) {
      await t.step(`${name}, ${when}`, async () => {
        await venue.reset({ metadata: metadataOf(["plan"]) });
        venue.addFault({ match: { type: "replace_metadata" }, when, do: action });
        const { code, stderr } = await runTool(["metadata", "apply"], { venue, path: project.path });
        assert.equal(code, 0, stderr);
        assert.match(stderr, /^INFO Metadata applied\nINFO Metadata is consistent$/m);
        assert.deepEqual(await trackedNames(venue), ["plan", "timeline"]);
        if (when === "after") assert.equal(replacements(venue).length, 1, "it was not sent again");
      });
    }
  }
});

Deno.test("metadata of which nobody can say whether it was applied is told as that", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan"]) });
  await using project = await createProject(["plan", "timeline"]);
  venue.addFault({ match: { type: "replace_metadata" }, when: "after", do: "refuse" });
  const args = ["metadata", "apply", "--timeout=1"];
  const { code, stderr } = await runTool(args, { venue, path: project.path });
  assert.equal(code, 4);
  assert.match(
    stderr,
    /^state: The metadata may be applied or not: the answer was lost, and Hasura could not be asked$/m,
  );
  assert.doesNotMatch(stderr, /Metadata applied|consistent/);
});

Deno.test("metadata that Hasura refuses is told with the place that it names", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan"]) });
  const { sources: [source] } = metadataOf(["plan"]);
  const nameless = [{ ...source, tables: [{ table: { schema: "planning" } }] }];
  await using project = await createProject([], { "metadata/databases/databases.yaml": JSON.stringify(nameless) });
  const { code, stderr } = await runTool(["metadata", "apply"], { venue, path: project.path });
  assert.equal(code, 7);
  assert.match(
    stderr,
    /^error\[metadata\]: Cannot apply the metadata: Hasura refuses it at \$\.args\.metadata\.sources\[0\]\.tables\S* \(.*source Aerie\): .*parse-failed, HTTP 400\)$/m,
  );
  assert.match(stderr, /^state: The metadata of Hasura is as it was$/m);
  assert.doesNotMatch(stderr, /consistent/);
  assert.deepEqual(await trackedNames(venue), ["plan"]);
  assert.equal(replacements(venue).length, 1, "it was sent once");
});

Deno.test("metadata that Hasura will not change for now is told as unchanged", async () => {
  await using venue = await startVenue({ metadata: metadataOf(["plan"]) });
  await using project = await createProject(["plan", "timeline"]);
  const error = "metadata cannot be modified in maintenance mode";
  venue.addFault({
    match: { type: "replace_metadata" },
    when: "before",
    do: { status: 500, body: { path: "$", error, code: "unexpected" } },
  });
  const { code, stderr } = await runTool(["metadata", "apply"], { venue, path: project.path });
  assert.equal(code, 7);
  assert.match(stderr, /maintenance mode.*\nstate: The metadata of Hasura is as it was$/m);
  assert.equal(replacements(venue).length, 1);
});

Deno.test("a server that is away, and a wrong secret, are told as for other commands", async () => {
  await using venue = await startVenue();
  await using project = await createDeployment({ migrations: tableMigrations(1) });
  for (const action of ["reload", "status"]) {
    const wrong = await runTool(["metadata", action], {
      venue: { url: venue.url, adminSecret: "wrong" },
      path: project.path,
    });
    assert.equal(wrong.code, 4);
    assert.match(wrong.stderr, /refuses the admin secret/);
  }
  venue.stop();
  const { code } = await runTool(["metadata", "status"], { venue, path: project.path });
  assert.equal(code, 4);
});
