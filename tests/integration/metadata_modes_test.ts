/** What `migrate` does with Hasura's metadata after the steps, in each of its modes. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, type Deployment, tableMigrations } from "../support/deployment.ts";
import { startVenue, type Venue } from "../venue/mod.ts";

const UP_ALL = ["migrate", "-a", "--all"];
const DOWN_ALL = ["migrate", "-r", "--all"];

/** Metadata that tracks tables `public.step_<n>`, as a server has it. */
function metadataOf(source: string, versions: readonly number[]) {
  const variable = source === "PlanDev" ? "PLANDEV_DATABASE_URL" : "AERIE_DATABASE_URL";
  return {
    version: 3,
    sources: [{
      name: source,
      kind: "postgres",
      configuration: { connection_info: { database_url: { from_env: variable } } },
      tables: versions.map((version) => ({ table: { schema: "public", name: `step_${version}` } })),
    }],
  };
}

/** The same as a metadata directory. */
function directoryOf(source: string, versions: readonly number[]): Record<string, string> {
  const { sources } = metadataOf(source, versions);
  return { "metadata/version.yaml": "version: 3\n", "metadata/databases/databases.yaml": JSON.stringify(sources) };
}

const BROKEN = { "metadata/version.yaml": "version: 3\n", "metadata/databases/databases.yaml": "- name: [\n" };

interface ModeCase {
  name: string;
  source?: "Aerie" | "PlanDev";
  args: string[];
  /** What is typed. */
  stdin?: string;
  /** Versions that the database has at the start. @default none */
  applied?: number;
  /** Versions whose tables the server tracks at the start. */
  tracked: number[];
  /** Those that the directory tracks, or its files. @default 1, 2 and 3, which is all of the folder */
  directory?: number[] | Record<string, string>;
  code: number;
  /** Those that the server tracks at the end. */
  left: number[];
  stderr: RegExp[];
  absent?: RegExp;
  ledger: number[];
  /** Whether nothing may be sent that can write. */
  isLeftAlone?: boolean;
}

const ALL = [0, 1, 2, 3];
const FITS = /^INFO Metadata reloaded\nINFO Metadata is consistent$/m;
const APPLIED = /^INFO Metadata reloaded\n(?:note: .*\n)*INFO Metadata applied\nINFO Metadata is consistent$/m;

const CASES: ModeCase[] = [
  {
    name: "auto applies the release's where it differs from the server's, although that fits",
    args: UP_ALL,
    tracked: [],
    code: 0,
    left: [1, 2, 3],
    stderr: [
      /^INFO migrations applied\nINFO Metadata reloaded\nnote: .*\nINFO Metadata applied\nINFO Metadata is consistent\n$/m,
      /^note: the metadata of Hasura differs from ".*\/metadata" \(3 differences\); applying it$/m,
    ],
    ledger: ALL,
  },
  {
    name: "auto says nothing of metadata that is the same",
    args: UP_ALL,
    tracked: [],
    directory: [],
    code: 0,
    left: [],
    stderr: [FITS],
    absent: /differs|Metadata applied/,
    ledger: ALL,
  },
  {
    name: "auto says nothing of metadata that is the same, with nothing to migrate",
    args: UP_ALL,
    applied: 3,
    tracked: [1, 2, 3],
    directory: [3, 1, 2],
    code: 0,
    left: [1, 2, 3],
    stderr: [FITS],
    absent: /differs from "|Metadata applied/,
    ledger: ALL,
  },
  {
    name: "auto applies what differs, with nothing to migrate and all that there is fitting",
    args: UP_ALL,
    applied: 3,
    tracked: [1],
    code: 0,
    left: [1, 2, 3],
    stderr: [APPLIED, /nothing to apply/, /differs from ".*" \(2 differences\); applying it/],
    ledger: ALL,
  },
  {
    name: "auto applies it after the last step of several runs",
    args: ["migrate", "-a"],
    stdin: "y\n",
    applied: 2,
    tracked: [1],
    code: 0,
    left: [1, 2, 3],
    stderr: [APPLIED],
    ledger: ALL,
  },
  {
    name: "auto takes nothing away that is a site's and fits",
    args: UP_ALL,
    applied: 3,
    tracked: [1, 2, 3],
    directory: [2, 3],
    code: 7,
    left: [1, 2, 3],
    stderr: [
      /^INFO Metadata reloaded\nerror\[metadata\]: The metadata in ".*\/metadata" is not applied: it would take away from Hasura what is not the release's: table public\.step_1 in source Aerie$/m,
      /^state: What the ledger shows as applied is applied\. The metadata of Hasura is as it was$/m,
      /^next:\n {2}- To apply it all the same: aerie_db_migration metadata apply --hasura-path=\S+ --endpoint=\S+$/m,
      /^ {2}- To keep what Hasura has: aerie_db_migration migrate --apply --all --metadata=reload --hasura-path=/m,
    ],
    absent: /Metadata applied/,
    ledger: ALL,
  },
  {
    name: "and the same is taken away where that was asked for",
    args: [...UP_ALL, "--metadata=apply"],
    applied: 3,
    tracked: [1, 2, 3],
    directory: [2, 3],
    code: 0,
    left: [2, 3],
    stderr: [APPLIED, /removed from Hasura, since this metadata does not have it: table public\.step_1 /],
    ledger: ALL,
  },
  {
    name: "auto applies the release's where the server's does not fit",
    args: UP_ALL,
    tracked: [2, 9],
    code: 0,
    left: [1, 2, 3],
    stderr: [
      APPLIED,
      /^note: the metadata of Hasura does not fit the database \(1 object\); applying ".*\/metadata"$/m,
    ],
    ledger: ALL,
  },
  {
    name: "auto applies it with nothing to migrate, too",
    args: UP_ALL,
    applied: 3,
    tracked: [9],
    code: 0,
    left: [1, 2, 3],
    stderr: [APPLIED, /nothing to apply/],
    ledger: ALL,
  },
  {
    name: "auto always applies that of PlanDev",
    source: "PlanDev",
    args: UP_ALL,
    tracked: [1],
    code: 0,
    left: [1, 2, 3],
    stderr: [APPLIED],
    absent: /does not fit/,
    ledger: ALL,
  },
  {
    name: "auto does not apply what belongs to steps that were declined",
    source: "PlanDev",
    args: ["migrate", "-a"],
    stdin: "y\nn\n",
    tracked: [1],
    code: 0,
    left: [1],
    stderr: [FITS, /^INFO 1 of 3 migrations applied/m],
    absent: /Metadata applied/,
    ledger: [0, 1],
  },
  {
    name: "metadata that does not fit in the middle of a release is told, not replaced",
    args: ["migrate", "-a"],
    stdin: "y\nq\n",
    tracked: [1, 3],
    code: 0,
    left: [1, 3],
    stderr: [
      /^WARN Metadata is inconsistent: 1 object, which is to be expected below migration 3; applying the rest of the migrations makes it fit$/m,
    ],
    absent: /Metadata applied|error\[|table step_3/,
    ledger: [0, 1],
  },
  {
    name: "that is a failure where it was asked for",
    args: ["migrate", "-a", "--strict-metadata"],
    stdin: "y\nq\n",
    tracked: [1, 3],
    code: 7,
    left: [1, 3],
    stderr: [
      /^WARN Metadata is inconsistent: 1 object\n {2}table step_3 in source Aerie: .*no such table/m,
      /^error\[metadata\]: The metadata of Hasura is inconsistent: 1 object does not fit the database$/m,
      /^next: Apply the rest of/m,
    ],
    ledger: [0, 1],
  },
  {
    name: "a run that has declined everything leaves Hasura alone",
    args: ["migrate", "-a"],
    stdin: "n\n",
    applied: 1,
    tracked: [1, 3],
    code: 0,
    left: [1, 3],
    stderr: [/^INFO 0 of 2 migrations applied/m, /^note: nothing was changed, so that Hasura was left alone, too$/m],
    absent: /(?:INFO|WARN) Metadata|error\[/,
    ledger: [0, 1],
    isLeftAlone: true,
  },
  {
    name: "so does one that has declined to revert",
    args: ["migrate", "-r", "--strict-metadata"],
    stdin: "q\n",
    applied: 2,
    tracked: [9],
    code: 0,
    left: [9],
    stderr: [/^note: nothing was changed, so that Hasura was left alone, too$/m],
    absent: /(?:INFO|WARN) Metadata|error\[/,
    ledger: [0, 1, 2],
    isLeftAlone: true,
  },
  {
    name: "what is to be strict cannot be allowed",
    args: [...UP_ALL, "--strict-metadata", "--allow-inconsistent-metadata"],
    tracked: [],
    code: 2,
    left: [],
    stderr: [/^error\[usage\]: Cannot use --strict-metadata together with --allow-inconsistent-metadata$/m],
    ledger: [0],
  },
  {
    name: "after a revert nothing is applied without being asked",
    source: "PlanDev",
    args: DOWN_ALL,
    applied: 3,
    tracked: [1, 2, 3],
    code: 0,
    left: [1, 2, 3],
    stderr: [
      /^WARN Metadata is inconsistent: 3 objects, which is to be expected below migration 3; metadata apply with the folder of the release that the database is now at makes them fit/m,
    ],
    absent: /Metadata applied|error\[/,
    ledger: [0],
  },
  {
    name: "that is a failure after a revert, too, where it was asked for",
    args: [...DOWN_ALL, "--strict-metadata"],
    applied: 3,
    tracked: [1, 2, 3],
    code: 7,
    left: [1, 2, 3],
    stderr: [
      /^WARN Metadata is inconsistent: 3 objects$/m,
      /^next: Apply the metadata of the release that the database is now at/m,
    ],
    ledger: [0],
  },
  {
    name: "after a revert it is applied when asked for",
    args: [...DOWN_ALL, "--metadata=apply"],
    applied: 3,
    tracked: [1, 2, 3],
    directory: [],
    code: 0,
    left: [],
    stderr: [APPLIED],
    ledger: [0],
  },
  {
    name: "apply does so where the server's fits, too",
    args: [...UP_ALL, "--metadata=apply"],
    tracked: [],
    code: 0,
    left: [1, 2, 3],
    stderr: [APPLIED],
    ledger: ALL,
  },
  {
    name: "apply waits for the steps that were declined",
    args: ["migrate", "-a", "--metadata=apply"],
    stdin: "y\nn\n",
    tracked: [1],
    code: 0,
    left: [1],
    stderr: [FITS, /^note: the metadata in ".*\/metadata" was not applied: it belongs to where the run was to end/m],
    absent: /Metadata applied/,
    ledger: [0, 1],
  },
  {
    name: "what was applied and does not fit is listed",
    args: [...UP_ALL, "--metadata=apply"],
    tracked: [],
    directory: [1, 2, 3, 7, 8],
    code: 7,
    left: [1, 2, 3, 7, 8],
    stderr: [
      /^INFO Metadata applied\nWARN Metadata is inconsistent: 2 objects\n {2}table step_7 .*\n {2}table step_8 .*$/m,
      /next: Compare ".*\/metadata" with the database/,
    ],
    ledger: ALL,
  },
  {
    name: "--allow-inconsistent-metadata makes that a warning",
    args: [...UP_ALL, "--metadata=apply", "--allow-inconsistent-metadata"],
    tracked: [],
    directory: [7],
    code: 0,
    left: [7],
    stderr: [/^WARN Metadata is inconsistent: 1 object$/m],
    absent: /error\[/,
    ledger: ALL,
  },
  {
    name: "reload leaves the metadata as it is",
    args: [...UP_ALL, "--metadata=reload"],
    source: "PlanDev",
    tracked: [9],
    directory: BROKEN,
    code: 7,
    left: [9],
    stderr: [/^INFO Metadata reloaded\nWARN Metadata is inconsistent: 1 object$/m, /metadata apply$/m],
    ledger: ALL,
  },
  {
    name: "none does not touch it",
    args: [...UP_ALL, "--metadata=none"],
    source: "PlanDev",
    tracked: [9],
    directory: BROKEN,
    code: 0,
    left: [9],
    stderr: [/^note: the metadata of Hasura was left alone, as asked$/m],
    absent: /^(?:INFO|WARN) Metadata/m,
    ledger: ALL,
  },
  {
    name: "a directory that cannot be used stops a run that is sure to need it",
    source: "PlanDev",
    args: UP_ALL,
    tracked: [],
    directory: BROKEN,
    code: 3,
    left: [],
    stderr: [/^error\[config\]: .*databases\.yaml.*line/m, /^state: Nothing was changed$/m],
    ledger: [0],
  },
  {
    name: "a directory that cannot be used stops a run that is to apply it",
    args: [...UP_ALL, "--metadata=apply"],
    tracked: [],
    directory: BROKEN,
    code: 3,
    left: [],
    stderr: [/^error\[config\]: .*databases\.yaml/m, /^state: Nothing was changed$/m],
    ledger: [0],
  },
  {
    name: "of either product",
    args: UP_ALL,
    tracked: [1],
    directory: BROKEN,
    code: 3,
    left: [1],
    stderr: [/^error\[config\]: .*databases\.yaml/m, /^state: Nothing was changed$/m],
    ledger: [0],
  },
  {
    name: "without a directory the metadata is reloaded",
    source: "PlanDev",
    args: UP_ALL,
    tracked: [3],
    directory: {},
    code: 0,
    left: [3],
    stderr: [FITS, /^note: there is no metadata in ".*\/metadata": that of Hasura stays as it is$/m],
    ledger: ALL,
  },
  {
    name: "without a directory there is nothing to apply",
    args: [...UP_ALL, "--metadata=apply"],
    tracked: [],
    directory: {},
    code: 3,
    left: [],
    stderr: [/^error\[config\]: .*metadata/m],
    ledger: [0],
  },
  {
    name: "metadata of another product's database stops a run that is sure to apply it",
    source: "PlanDev",
    args: UP_ALL,
    tracked: [],
    directory: directoryOf("Aerie", [1]),
    code: 3,
    left: [],
    stderr: [
      /^error\[config\]: .*it does not have the database "PlanDev" that is migrated, but "Aerie"$/m,
      /^state: Nothing was changed\nnext: Use migrations and metadata of the same release/m,
    ],
    ledger: [0],
  },
  {
    name: "and so does metadata without any database",
    args: [...UP_ALL, "--metadata=apply"],
    tracked: [],
    directory: { ...BROKEN, "metadata/databases/databases.yaml": "[]\n" },
    code: 3,
    left: [],
    stderr: [/^error\[config\]: .*it does not have the database "Aerie" that is migrated, but none$/m],
    ledger: [0],
  },
  {
    name: "a directory that config.yaml names has to be there",
    source: "PlanDev",
    args: UP_ALL,
    tracked: [],
    directory: { "config.yaml": "version: 3\nmetadata_directory: hasura-metadata\n" },
    code: 3,
    left: [],
    stderr: [/^error\[config\]: .*hasura-metadata.*\nstate: Nothing was changed$/m],
    ledger: [0],
  },
  {
    name: "and so has a file",
    args: UP_ALL,
    tracked: [],
    directory: { "config.yaml": "version: 3\nmetadata_file: all.json\n" },
    code: 3,
    left: [],
    stderr: [/^error\[config\]: .*all\.json": it does not exist\nstate: Nothing was changed$/m],
    ledger: [0],
  },
  {
    name: "a project of another version has other files",
    args: UP_ALL,
    tracked: [],
    directory: { ...directoryOf("Aerie", []), "config.yaml": "version: 2\n" },
    code: 3,
    left: [],
    stderr: [/^error\[config\]: Cannot use the metadata: ".*config\.yaml": the version is "2", and only metadata of/m],
    ledger: [0],
  },
  {
    name: "so may one without a version",
    args: UP_ALL,
    tracked: [],
    directory: { ...directoryOf("Aerie", []), "config.yaml": "metadata_directory: metadata\n" },
    code: 3,
    left: [],
    stderr: [/^error\[config\]: Cannot use the metadata: ".*config\.yaml": there is no version, and only/m],
    ledger: [0],
  },
  {
    name: "what is removed from Hasura is named",
    source: "PlanDev",
    args: UP_ALL,
    tracked: [2, 8, 9],
    directory: [2],
    code: 0,
    left: [2],
    stderr: [
      /^note: removed from Hasura, since this metadata does not have it: table .*step_8.*, table .*step_9 in source PlanDev$/m,
    ],
    ledger: ALL,
  },
  {
    name: "a mode that is not said",
    args: [...UP_ALL, "--metadata="],
    tracked: [],
    code: 2,
    left: [],
    stderr: [/^error\[usage\]: Cannot use --metadata="": it is none of/m],
    ledger: [0],
  },
  {
    name: "a mode that there is not",
    args: [...UP_ALL, "--metadata=reloaded"],
    tracked: [],
    code: 2,
    left: [],
    stderr: [/^error\[usage\]: Cannot use --metadata="reloaded": it is none of auto, apply, reload, none$/m],
    ledger: [0],
  },
];

async function deploymentOf({ source = "Aerie", directory = [1, 2, 3] }: ModeCase): Promise<Deployment> {
  return await createDeployment({
    source,
    migrations: tableMigrations(3),
    files: Array.isArray(directory) ? directoryOf(source, directory) : directory,
  });
}

async function trackedVersions(venue: Venue): Promise<number[]> {
  const { metadata } = await venue.metadata();
  return (metadata.sources[0]?.tables ?? []).map(({ table }) => {
    const name = typeof table === "string" ? table : (table as { name: string }).name;
    return Number(name.replace("step_", ""));
  });
}

Deno.test("the metadata after a run, by mode", async (t) => {
  await using venue = await startVenue();
  for (const mode of CASES) {
    await t.step(mode.name, async () => {
      const { source = "Aerie", applied = 0 } = mode;
      await venue.reset({ metadata: metadataOf(source, mode.tracked) });
      for (const { up } of tableMigrations(applied)) await venue.sql(String(up));
      await using deployment = await deploymentOf(mode);
      const options = { venue, path: deployment.path, ...(mode.stdin === undefined ? {} : { stdin: mode.stdin }) };
      const result = await runTool(mode.args, options);
      assert.equal(result.code, mode.code, result.stderr);
      for (const text of mode.stderr) assert.match(result.stderr, text);
      if (mode.absent !== undefined) assert.doesNotMatch(result.stderr, mode.absent);
      assert.deepEqual(await trackedVersions(venue), mode.left);
      assert.deepEqual(await venue.ledger(), mode.ledger);
      if (mode.code === 3 || mode.code === 2 || mode.isLeftAlone === true) {
        assert.deepEqual(venue.writes(), [], "nothing was sent that can write");
      }
    });
  }
});

Deno.test("a run that has failed does not apply the metadata of where it was to end", async () => {
  await using venue = await startVenue({ metadata: metadataOf("Aerie", [1]) });
  const migrations = tableMigrations(3);
  migrations[1] = { folder: "2_step_2", up: "select 1 / 0;", down: "select 1;" };
  await using deployment = await createDeployment({ migrations, files: directoryOf("Aerie", [1, 2, 3]) });
  for (const mode of ["apply", "auto"]) {
    const { code, stderr } = await runTool([...UP_ALL, `--metadata=${mode}`], { venue, path: deployment.path });
    assert.equal(code, 1, stderr);
    assert.match(stderr, FITS);
    assert.deepEqual(await trackedVersions(venue), [1]);
  }
});

Deno.test("what has nothing to do with the migrations is a failure below the newest one, too", async () => {
  const remote_schemas = [{ name: "weather", definition: { url_from_env: "WEATHER_URL" } }];
  await using venue = await startVenue({ metadata: { ...metadataOf("Aerie", [1, 3]), remote_schemas } });
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  const result = await runTool(["migrate", "-a"], { venue, path: deployment.path, stdin: "y\nn\n" });
  assert.equal(result.code, 7, result.stderr);
  assert.match(result.stderr, /^error\[metadata\]: The metadata of Hasura is inconsistent: 2 objects cannot be used$/m);
  assert.match(
    result.stderr,
    /^next:\n {2}- Set WEATHER_URL in the environment of Hasura, and start it again\n {2}- Apply the rest of the migrations: .* belongs to 3$/m,
  );
});

Deno.test("a database that Hasura cannot use is a failure, whatever is allowed", async () => {
  const environment = { AERIE_DATABASE_URL: "x" };
  await using venue = await startVenue({ metadata: metadataOf("Aerie", []), environment });
  await using release = await createDeployment({ migrations: tableMigrations(1), files: directoryOf("PlanDev", []) });
  for (const args of [["metadata", "apply"], ["metadata", "reload"], ["metadata", "status"]]) {
    const result = await runTool([...args, "--allow-inconsistent-metadata"], { venue, path: release.path });
    assert.equal(result.code, 4, result.stderr);
    assert.match(
      result.stderr,
      /^error\[access\]: Hasura cannot use its database "PlanDev": environment variable 'PLANDEV_DATABASE_URL' not set$/m,
    );
    assert.match(result.stderr, /^next: Set PLANDEV_DATABASE_URL in the environment of Hasura, and start it again$/m);
  }
});

Deno.test("a signal before the metadata is sent keeps it from being sent", async (t) => {
  await using venue = await startVenue();
  await using release = await createDeployment({
    source: "PlanDev",
    migrations: tableMigrations(3),
    files: directoryOf("PlanDev", [1, 2, 3]),
  });
  const cases: [args: string[], said: RegExp][] = [
    [["metadata", "apply"], /The metadata is reloaded/],
    [["metadata", "apply", "--json"], /The metadata is reloaded/],
    [UP_ALL, /All that was asked for is done|All steps were done before it/],
  ];
  for (const [args, said] of cases) {
    await t.step(args.join(" "), async () => {
      await venue.reset({ metadata: metadataOf("PlanDev", []) });
      let send: ((signal: "SIGINT") => void) | undefined;
      const held = Promise.withResolvers<void>();
      venue.addFault({ match: { type: "reload_metadata" }, when: "before", do: { hold: held.promise } });
      const running = runTool(args, { venue, path: release.path, onSignalHandler: (handler) => void (send = handler) });
      await venue.waitForRequest(({ type }) => type === "reload_metadata");
      send?.("SIGINT");
      held.resolve();
      const { code, stdout, stderr } = await running;
      assert.equal(code, 130, stderr);
      assert.match(stderr, said);
      assert.doesNotMatch(stderr, /Metadata applied/);
      assert.ok(!venue.log.some(({ type }) => type === "replace_metadata"));
      if (args.includes("--json")) assert.equal(JSON.parse(stdout).error.exitCode, 130);
    });
  }
});

Deno.test("JSON tells what was done with the metadata", async () => {
  await using venue = await startVenue({ metadata: metadataOf("Aerie", [9]) });
  await using deployment = await createDeployment({
    migrations: tableMigrations(3),
    files: directoryOf("Aerie", [1, 8]),
  });
  const args = [...UP_ALL, "--json", "--no-color"];
  const expected: [args: string[], code: number, metadata: unknown][] = [
    [["--metadata=none"], 0, null],
    [["--metadata=reload"], 7, { consistent: false, reloaded: true, applied: false, objects: ["step_9"] }],
    [[], 7, { consistent: false, reloaded: true, applied: true, objects: ["step_8"] }],
    // It is what Hasura has by now.
    [["--allow-inconsistent-metadata"], 0, { consistent: false, reloaded: true, applied: false, objects: ["step_8"] }],
  ];
  for (const [further, code, metadata] of expected) {
    const result = await runTool([...args, ...further], { venue, path: deployment.path });
    assert.equal(result.code, code, result.stderr);
    const report = JSON.parse(result.stdout);
    const { inconsistentObjects, ...rest } = report.metadata ?? { inconsistentObjects: [] };
    const found = report.metadata === null
      ? null
      : { ...rest, objects: inconsistentObjects.map(({ name }: { name: string }) => /step_\d+/.exec(name)?.[0]) };
    assert.deepEqual(found, metadata);
    assert.equal(report.error?.exitCode ?? 0, code);
  }
});

Deno.test("a metadata folder that is a link to nothing is no folder without metadata", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  await Deno.symlink("/nowhere/metadata", `${deployment.path}/metadata`);
  const { code, stderr } = await runTool(UP_ALL, { venue, path: deployment.path });
  assert.equal(code, 3, stderr);
  assert.match(stderr, /^error\[config\]: .*metadata".*\nstate: Nothing was changed$/m);
  assert.deepEqual(await venue.ledger(), [0]);
});
