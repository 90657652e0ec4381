/** Two names of one product: which folder and which of Hasura's databases a command works on, and what it is called. */

import assert from "node:assert/strict";
import { type CliResult, runTool } from "../support/cli.ts";
import { alignedTracker, createRelease, type Product, releaseMigrations } from "../support/plandev.ts";
import { type RequestRecord, startVenue, type Venue } from "../venue/mod.ts";

const UP_ALL = ["migrate", "-a", "--all"];
const PRODUCTS: readonly Product[] = ["Aerie", "PlanDev"];

const isLook = ({ type, readOnly }: RequestRecord) => type === "run_sql" && readOnly === true;

/** The files of a folder of migrations, by their path below the Hasura folder. */
function migrationFiles(product: Product, newest: number): Record<string, string> {
  return Object.fromEntries(
    releaseMigrations(newest).flatMap(({ folder, up, down }) => [
      [`migrations/${product}/${folder}/up.sql`, String(up)],
      [`migrations/${product}/${folder}/down.sql`, String(down)],
    ]),
  );
}

/** What a command comes to: the name that it takes, or why it takes none. */
type Choice = Product | "no folder" | "not in Hasura" | "which one";

interface NamesCase {
  folders: Product[];
  /** The databases of Hasura. */
  sources: string[];
  /** By what `--database-name` is. */
  choices: { none: Choice; Aerie: Choice; PlanDev: Choice };
}

const CASES: NamesCase[] = [
  {
    folders: ["Aerie"],
    sources: ["Aerie"],
    choices: { none: "Aerie", Aerie: "Aerie", PlanDev: "no folder" },
  },
  {
    folders: ["Aerie"],
    sources: ["PlanDev"],
    choices: { none: "not in Hasura", Aerie: "not in Hasura", PlanDev: "no folder" },
  },
  {
    folders: ["Aerie"],
    sources: ["Aerie", "PlanDev"],
    choices: { none: "Aerie", Aerie: "Aerie", PlanDev: "no folder" },
  },
  {
    folders: ["Aerie"],
    sources: ["default"],
    choices: { none: "not in Hasura", Aerie: "not in Hasura", PlanDev: "no folder" },
  },
  {
    folders: ["PlanDev"],
    sources: ["Aerie"],
    choices: { none: "not in Hasura", Aerie: "no folder", PlanDev: "not in Hasura" },
  },
  {
    folders: ["PlanDev"],
    sources: ["PlanDev"],
    choices: { none: "PlanDev", Aerie: "no folder", PlanDev: "PlanDev" },
  },
  {
    folders: ["PlanDev"],
    sources: ["Aerie", "PlanDev"],
    choices: { none: "PlanDev", Aerie: "no folder", PlanDev: "PlanDev" },
  },
  {
    folders: ["PlanDev"],
    sources: ["default"],
    choices: { none: "not in Hasura", Aerie: "no folder", PlanDev: "not in Hasura" },
  },
  {
    folders: ["Aerie", "PlanDev"],
    sources: ["Aerie"],
    choices: { none: "Aerie", Aerie: "Aerie", PlanDev: "not in Hasura" },
  },
  {
    folders: ["Aerie", "PlanDev"],
    sources: ["PlanDev"],
    choices: { none: "PlanDev", Aerie: "not in Hasura", PlanDev: "PlanDev" },
  },
  {
    folders: ["Aerie", "PlanDev"],
    sources: ["Aerie", "PlanDev"],
    choices: { none: "which one", Aerie: "Aerie", PlanDev: "PlanDev" },
  },
  {
    folders: ["Aerie", "PlanDev"],
    sources: ["default"],
    choices: { none: "which one", Aerie: "not in Hasura", PlanDev: "not in Hasura" },
  },
];

Deno.test("the folder and Hasura's database that a command works on", async (t) => {
  await using aerie = await createRelease({ product: "Aerie", newest: 2 });
  await using planDev = await createRelease({ product: "PlanDev", newest: 3 });
  await using both = await createRelease({ product: "PlanDev", newest: 3, files: migrationFiles("Aerie", 2) });
  await using venue = await startVenue({ baseSql: aerie.at(1) });
  for (const { folders, sources, choices } of CASES) {
    const { path } = folders.length === 2 ? both : folders[0] === "Aerie" ? aerie : planDev;
    for (const [given, choice] of Object.entries(choices)) {
      const name = `folders ${folders.join(", ")}; Hasura ${sources.join(", ")}; given ${given}`;
      await t.step(`${name}: ${choice}`, async () => {
        await venue.reset({ baseSql: aerie.at(1), sources });
        const options = given === "none" ? [] : [`--database-name=${given}`];
        const run = (args: string[]) => runTool([...args, ...options], { venue, path });
        if (choice === "Aerie" || choice === "PlanDev") {
          await assertWorksOn(choice, { venue, run });
        } else {
          await assertRefused(choice, { folders, sources, given, venue, run });
        }
        assert.deepEqual(venue.writes(), []);
        assert.deepEqual(await venue.tracker(), {});
      });
    }
  }
});

interface Scene {
  venue: Venue;
  run(args: string[]): Promise<CliResult>;
}

async function assertWorksOn(product: Product, { venue, run }: Scene): Promise<void> {
  const result = await run(["status", "--json"]);
  assert.equal(result.code, 0, result.stderr);
  const { database, pending } = JSON.parse(result.stdout);
  // The two folders differ in their newest migration.
  assert.deepEqual([database, pending], [product, product === "Aerie" ? [2] : [2, 3]]);
  const asked = venue.log.filter(isLook).map(({ body }) => (body as { args: { source: string } }).args.source);
  assert.deepEqual(asked, [product]);
}

async function assertRefused(
  choice: Exclude<Choice, Product>,
  { folders, sources, given, run }: Scene & { folders: Product[]; sources: string[]; given: string },
): Promise<void> {
  for (const args of [["status"], UP_ALL, ["migrate", "-a"], ["migrate", "-r", "--all"]]) {
    const { code, stderr, stdout } = await run(args);
    assert.equal(code, 3, stderr);
    assert.equal(stdout, "");
    const [, message = "", next = ""] = /^error\[config\]: (.*)\n(?:state: .*\n)?next: (.*)\n$/m.exec(stderr) ?? [];
    assert.notEqual(next, "", stderr);
    switch (choice) {
      case "no folder":
        assert.match(message, new RegExp(`has no folder "${given}"`));
        assert.match(next, new RegExp(`--database-name: "${folders[0]}"$`));
        break;
      case "which one":
        for (const name of [...folders, ...sources]) assert.ok(message.includes(`"${name}"`), stderr);
        if (sources.length > 1) assert.match(next, /--database-name/);
        break;
      case "not in Hasura": {
        const wanted = given === "none" ? folders[0] : given;
        for (const name of [wanted, ...sources]) assert.ok(stderr.includes(`"${name}"`), stderr);
      }
    }
  }
}

Deno.test("banners and messages have the name of the product", async (t) => {
  await using venue = await startVenue();
  for (const product of PRODUCTS) {
    await t.step(product, async () => {
      await using release = await createRelease({ product, newest: 2 });
      await venue.reset({ baseSql: release.at(0), sources: [product] });
      const run = (args: string[], stdin = "") => runTool(args, { venue, path: release.path, stdin });
      const shows = (result: CliResult, title: string) => {
        assert.equal(result.code, 0, result.stderr);
        const line = "#".repeat(title.length);
        assert.ok(result.stdout.startsWith(`${line}\n${title}\n${line}\n`), result.stdout);
        const other = product === "Aerie" ? /plandev/i : /aerie/i;
        assert.doesNotMatch(result.stdout + result.stderr.replaceAll(release.path, ""), other);
      };
      const upper = product.toUpperCase();
      shows(await run(["status"]), `${upper} DATABASE MIGRATION STATUS`);
      const step = await run(["migrate", "-a"], "y\nn\n");
      shows(step, `${upper} DATABASE MIGRATION HELPER`);
      assert.match(step.stderr, new RegExp(`^INFO applying to database ${product} at ${venue.url}\n`));
      shows(await run(UP_ALL), `${upper} DATABASE MIGRATION HELPER`);
      const nothing = await run(UP_ALL);
      shows(nothing, `${upper} DATABASE MIGRATION HELPER`);
      assert.match(nothing.stderr, new RegExp(`INFO nothing to apply on database: ${product}\n`));
      const none = await run(["migrate", "-a"]);
      shows(none, `${upper} DATABASE MIGRATION HELPER`);
      assert.match(none.stdout, /\nNO MIGRATION STEPS AVAILABLE\n/);
      assert.deepEqual(await venue.tracker(), alignedTracker(2, product));
    });
  }
});

const KEPT = {
  settings: { migration_mode: "true" },
  isStateCopyCompleted: true,
  theirs: { of: ["somebody", 1, null] },
};
const OLD = {
  Aerie: { "1": false, "2": true, "1620000000000": false },
  AerieMerlin: { "1": false },
};

Deno.test("a tracker that still has the old name is kept, and the new one is written beside it", async (t) => {
  await using release = await createRelease({ product: "PlanDev", newest: 3 });
  await using venue = await startVenue({ baseSql: release.at(2), sources: ["PlanDev"] });
  const run = (args: string[], stdin = "") => runTool(args, { venue, path: release.path, stdin });
  const before = { ...KEPT, migrations: OLD };
  const start = async () => {
    await venue.reset();
    await venue.setTracker(before);
  };
  /** The document when it shows the database at `version`. */
  const written = (version: number) => ({
    ...KEPT,
    migrations: { ...OLD, ...alignedTracker(version, "PlanDev").migrations },
  });

  await t.step("status says so, and writes nothing", async () => {
    await start();
    for (const args of [["status"], ["status", "--check"]]) {
      const result = await run(args);
      assert.match(result.stderr, /^INFO Hasura's tracker differs from the database; the next migrate/m);
    }
    const { tracker } = JSON.parse((await run(["status", "--json"])).stdout);
    assert.deepEqual(tracker, { toMark: [1, 2], toUnmark: [] });
    assert.deepEqual(venue.writes(), []);
    assert.deepEqual(await venue.tracker(), before);
  });
  await t.step("migrate in bulk, up and down", async () => {
    await start();
    const up = await run(UP_ALL);
    assert.equal(up.code, 0, up.stderr);
    assert.match(up.stderr, /^INFO Hasura's tracker differs from the database: it lacks 1, 2; it is brought in step/m);
    assert.deepEqual(await venue.tracker(), written(3));
    const again = await run(UP_ALL);
    assert.equal(again.code, 0, again.stderr);
    assert.doesNotMatch(again.stderr, /tracker/);
    const status = await run(["status"]);
    assert.deepEqual([status.code, status.stderr], [0, ""]);
    // Its exit code is about the metadata, too, which no longer fits where it was applied.
    await run(["migrate", "-r", "--all"]);
    assert.deepEqual(await venue.ledger(), [0]);
    assert.deepEqual(await venue.tracker(), written(0));
  });
  await t.step("migrate with nothing done", async () => {
    await start();
    const declined = await run(["migrate", "-a"], "n\n");
    assert.equal(declined.code, 0, declined.stderr);
    assert.deepEqual(await venue.ledger(), [0, 1, 2]);
    assert.deepEqual(await venue.tracker(), before);
  });
});
