/**
 * A release of 40 migrations with what the real ones have that is hard on a session that lives on: through the renaming,
 * up, down and up again, and each migration back and forth.
 */

import assert from "node:assert/strict";
import { type CliResult, runTool } from "../support/cli.ts";
import { fingerprint } from "../support/fingerprint.ts";
import { createRelease, DEFAULT_SEQUENCES, type Release } from "../support/plandev.ts";
import { backends, startVenue, type Venue, type VenueOptions } from "../venue/mod.ts";
import { startWorkspaceServer, type WorkspaceServer } from "../venue/workspace_server.ts";

const NEWEST = 40;
/** The last one before the product was renamed. */
const LAST_OF_AERIE = 27;
const UP_ALL = ["migrate", "-a", "--all"];
const DOWN_ALL = ["migrate", "-r", "--all"];
/** 7 sequences, 4 of them compiled: 11 files. */
const SEQUENCES = DEFAULT_SEQUENCES.map((sequence, index) => index === 6 ? { ...sequence, seqJson: null } : sequence);
const FILES = 11;
const ENVIRONMENT = {
  AERIE_DATABASE_URL: "postgres://db",
  PLANDEV_DATABASE_URL: "postgres://db",
  PLANDEV_GATEWAY_URL: "http://g",
  PLANDEV_WORKSPACE_URL: "http://w",
};

/** 0 to `newest`. */
function upTo(newest: number): number[] {
  return Array.from({ length: newest + 1 }, (_, version) => version);
}

interface Pool {
  /** For the names of tests. */
  name: string;
  options: VenueOptions;
}

/** Hasura with one session, which every request gets, and with several. PGlite has one. */
function pools(): Pool[] {
  return backends().flatMap(({ name, database }): Pool[] =>
    name === "pglite" ? [{ name, options: { database } }] : [1, 10].map((poolSize) => ({
      name: `${name}, ${poolSize === 1 ? "1 session" : `${poolSize} sessions`}`,
      options: { database, poolSize },
    }))
  );
}

interface Scene {
  venue: Venue;
  server: WorkspaceServer;
}

function runner({ venue, server }: Scene, { path }: Pick<Release, "path">) {
  return async (args: string[], stdin = ""): Promise<CliResult> => {
    const workspace = args[0] === "migrate" ? [`--workspace-endpoint=${server.url}`] : [];
    return await runTool([...args, ...workspace], { venue, path, stdin });
  };
}

function assertDone(result: CliResult): void {
  assert.equal(result.code, 0, result.stderr);
}

/** Relations, columns and functions of the database, and the ledger's rows. */
async function schemaOf(venue: Venue): Promise<unknown> {
  const { schema, ledger } = JSON.parse(await fingerprint(venue));
  return [...schema.split("\n"), ...ledger];
}

/** What stands in the tables, but for those that a migration drops with all that is in them. */
async function dataOf(venue: Venue): Promise<unknown> {
  return await venue.sql(`select 'model', to_jsonb(m) from merlin.mission_model m
    union all select 'plan', to_jsonb(p) from merlin.plan p
    union all select 'right', to_jsonb(r) from permissions.user_role_right r
    union all select 'view', to_jsonb(v) from ui.view v
    union all select 'workspace', to_jsonb(w) from sequencing.workspace w order by 1, 2`);
}

for (const { name, options } of pools()) {
  Deno.test(`a release goes up through the renaming, down and up again: ${name}`, async () => {
    await using aerie = await createRelease({ product: "Aerie", newest: LAST_OF_AERIE, sequences: SEQUENCES });
    await using planDev = await createRelease({ newest: NEWEST, sequences: SEQUENCES });
    await using server = startWorkspaceServer({ workspaces: [1, 2], checksNames: false, reservesPaths: true });
    await using venue = await startVenue({ environment: ENVIRONMENT, baseSql: aerie.at(0), ...options });
    const before = await dataOf(venue);

    const first = await runner({ venue, server }, aerie)([...UP_ALL, "--metadata=apply"]);
    assertDone(first);
    assert.match(first.stderr, new RegExp(`^INFO the "after" task of 25_\\w+ is done: ${FILES} files$`, "m"));
    assert.equal(server.files.size, FILES);
    assert.deepEqual(
      new Set(server.log.filter(({ path }) => path !== "/health").map(({ headers }) => headers["x-hasura-role"])),
      new Set(["aerie_admin"]),
    );
    assert.deepEqual(await venue.ledger(), upTo(LAST_OF_AERIE));

    // The new release's Hasura brings its metadata along, which does not fit yet.
    const run = runner({ venue, server }, planDev);
    assertDone(await run(["metadata", "apply", "--allow-inconsistent-metadata"]));
    const second = await run(UP_ALL);
    assertDone(second);
    assert.match(second.stderr, /^INFO Metadata is consistent$/m);
    assert.deepEqual(await venue.ledger(), upTo(NEWEST));
    const [top, topData] = [await schemaOf(venue), await dataOf(venue)];

    assertDone(await run([...DOWN_ALL, "--allow-inconsistent-metadata"]));
    assert.deepEqual(await venue.ledger(), [0]);
    assert.deepEqual(await dataOf(venue), before);

    // The sequences went with their table.
    const again = await run(UP_ALL);
    assertDone(again);
    assert.match(again.stderr, /^INFO the "after" task of 25_\w+ is done: there was nothing to move$/m);
    assert.deepEqual(await schemaOf(venue), top);
    assert.deepEqual(await dataOf(venue), topData);
    assert.equal(server.files.size, FILES);
    const status = await run(["status", "--check"]);
    assert.deepEqual([status.code, status.stderr], [0, ""]);
  });
}

for (const { name, options } of pools().slice(0, 2)) {
  Deno.test(`each migration is reverted and applied again: ${name}`, async (t) => {
    await using release = await createRelease({ newest: NEWEST, sequences: SEQUENCES, withMetadata: false });
    await using server = startWorkspaceServer({ workspaces: [1, 2], checksNames: false });
    await using venue = await startVenue({ sources: ["PlanDev"], baseSql: release.at(0), ...options });
    const run = runner({ venue, server }, release);
    const one = async (direction: "-a" | "-r") => {
      assertDone(await run(["migrate", direction, "--metadata=none"], "y\nn\n"));
    };
    for (let version = 1; version <= NEWEST; version++) {
      await t.step(`${version}`, async () => {
        const below = await schemaOf(venue);
        await one("-a");
        const at = await schemaOf(venue);
        await one("-r");
        assert.deepEqual(await schemaOf(venue), below);
        await one("-a");
        assert.deepEqual(await schemaOf(venue), at);
        assert.deepEqual(await venue.ledger(), upTo(version));
      });
    }
  });
}

Deno.test("a down file that leaves a column behind: it cannot be applied again before that is put right", async () => {
  await using release = await createRelease({ newest: 24, withMetadata: false, leavesColumn: true });
  await using server = startWorkspaceServer();
  await using venue = await startVenue({ sources: ["PlanDev"], baseSql: release.at(24) });
  const run = runner({ venue, server }, release);
  assertDone(await run(["migrate", "-r"], "y\nn\n"));
  assert.deepEqual(await venue.ledger(), upTo(23));
  const again = await run(UP_ALL);
  assert.equal(again.code, 1, again.stderr);
  assert.match(
    again.stderr,
    /^error\[failed\]: Cannot apply 24_touch_sequencing: .*"updated_at".*\(SQLSTATE 42701\)$/m,
  );
  assert.deepEqual(await venue.ledger(), upTo(23));
  await venue.sql("alter table sequencing.parcel drop column updated_at");
  assertDone(await run(UP_ALL));
  assert.deepEqual(await venue.ledger(), upTo(24));
});
