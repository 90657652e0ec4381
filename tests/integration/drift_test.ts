/** Databases and trackers as a restored backup, a Hasura CLI, or somebody by hand may have left them. */

import assert from "node:assert/strict";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { startVenue, type Venue } from "../venue/mod.ts";

const RUN_ALL = ["migrate", "-a", "--all"];
const marked = (...versions: number[]) => Object.fromEntries(versions.map((version) => [String(version), false]));

const TRACKERS: [name: string, tracker: unknown, says: RegExp | undefined, after: Record<string, unknown>][] = [
  ["in step", { migrations: { Aerie: marked(1, 2) } }, undefined, { migrations: { Aerie: marked(1, 2) } }],
  [
    "ahead: the database was restored from an older backup",
    { migrations: { Aerie: marked(1, 2, 3, 4, 5) } },
    /it has 3, 4, 5, which the ledger lacks; it is brought in step/,
    { migrations: { Aerie: marked(1, 2) } },
  ],
  [
    "far ahead",
    { migrations: { Aerie: marked(...Array.from({ length: 20 }, (_, index) => index + 1)) } },
    /it has 3 to 20 \(18\), which the ledger lacks/,
    { migrations: { Aerie: marked(1, 2) } },
  ],
  ["behind", { migrations: { Aerie: marked(1) } }, /: it lacks 2; it is/, { migrations: { Aerie: marked(1, 2) } }],
  [
    "beside",
    { migrations: { Aerie: marked(2, 7) } },
    /it lacks 1, and it has 7, which the ledger lacks/,
    { migrations: { Aerie: marked(1, 2) } },
  ],
  ["without the source", { migrations: { Other: marked(9) } }, /it lacks 1, 2/, {
    migrations: { Other: marked(9), Aerie: marked(1, 2) },
  }],
  [
    "with entries that are no numbers",
    { migrations: { Aerie: { ...marked(1, 2), "1_step_1": false, "0": false, "": true } } },
    /it has .*1_step_1/,
    {
      migrations: { Aerie: marked(1, 2) },
    },
  ],
  ["with entries in another spelling", { migrations: { Aerie: { "01": false, ...marked(1, 2) } } }, /it has 01/, {
    migrations: { Aerie: marked(1, 2) },
  }],
  ["dirty", { migrations: { Aerie: { "1": false, "2": true } } }, /it lacks 2/, {
    migrations: { Aerie: marked(1, 2) },
  }],
  ["dirty and not in the ledger", { migrations: { Aerie: { ...marked(1, 2), "3": true } } }, /it has 3/, {
    migrations: { Aerie: marked(1, 2) },
  }],
  [
    "without isStateCopyCompleted",
    { settings: { migration_mode: "true" }, migrations: { Aerie: marked(1, 2) } },
    undefined,
    {
      settings: { migration_mode: "true" },
      migrations: { Aerie: marked(1, 2) },
    },
  ],
  [
    "with isStateCopyCompleted false, and keys of others",
    { isStateCopyCompleted: false, theirs: [1], migrations: { Aerie: {} } },
    /it lacks 1, 2/,
    {
      isStateCopyCompleted: false,
      theirs: [1],
      migrations: { Aerie: marked(1, 2) },
    },
  ],
  ["empty", {}, /it lacks 1, 2/, { migrations: { Aerie: marked(1, 2) } }],
  ["with migrations that are no object", { migrations: null }, /it lacks 1, 2/, {
    migrations: { Aerie: marked(1, 2) },
  }],
  ["with a source that is no object", { migrations: { Aerie: [1, 2] } }, /it lacks 1, 2/, {
    migrations: { Aerie: marked(1, 2) },
  }],
];

/** A venue of which 1 and 2 are applied. */
async function appliedTwo(venue: Venue): Promise<void> {
  await venue.reset();
  for (const { up } of tableMigrations(2)) await venue.sql(String(up));
}

Deno.test("the tracker is brought in step with the ledger, whatever it says", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  for (const [name, tracker, says, after] of TRACKERS) {
    await t.step(name, async () => {
      await appliedTwo(venue);
      await venue.setTracker(tracker);
      const status = await runTool(["status"], { venue, path: deployment.path });
      assert.equal(status.code, 0, status.stderr);
      assert.equal(
        /INFO Hasura's tracker differs from the database; the next migrate/.test(status.stderr),
        says !== undefined,
      );
      assert.deepEqual(await venue.tracker(), tracker);

      const result = await runTool(RUN_ALL, { venue, path: deployment.path });
      assert.equal(result.code, 0, result.stderr);
      if (says === undefined) assert.doesNotMatch(result.stderr, /tracker/);
      else assert.match(result.stderr, says);
      assert.deepEqual(await venue.tracker(), { ...after, isStateCopyCompleted: true });
      assert.deepEqual(await venue.ledger(), [0, 1, 2]);
    });
  }
});

Deno.test("a tracker that marks what is still to be applied keeps nothing from being applied", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  await appliedTwo(venue);
  await venue.setTracker({ migrations: { Aerie: marked(1, 2, 3) } });
  const result = await runTool(RUN_ALL, { venue, path: deployment.path });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await venue.ledger(), [0, 1, 2, 3]);
  assert.deepEqual(await venue.sql("select to_regclass('public.step_3') is not null"), [["t"]]);
});

const LEDGERS: [name: string, sql: string, message: RegExp][] = [
  [
    "a gap",
    "delete from migrations.schema_migrations where migration_id = '1'",
    /error\[drift\]: Cannot use the ledger: gap between migrations 0 and 2\nstate: Nothing was changed\nnext: Find out whether 1 was ever applied/,
  ],
  [
    "no row 0",
    "delete from migrations.schema_migrations where migration_id = '0'",
    /it starts with 1, and row 0, which every Aerie database has, is missing\n.*\nnext: .*mark_migration_applied\('0'\)/,
  ],
  ["no row at all", "delete from migrations.schema_migrations", /Cannot use the ledger: it is empty, and row 0/],
  [
    "rows that the folder lacks",
    "insert into migrations.schema_migrations values ('3'), ('4')",
    /The database has migrations 3 to 4, which the migrations folder lacks\nstate: .*the database is at 4, the folder ends with 2/,
  ],
  ["a row that is no number", "insert into migrations.schema_migrations values ('x1')", /has the row "x1"/],
  ["a row in another spelling", "insert into migrations.schema_migrations values ('02')", /has the row "02"/],
  ["no table", "drop table migrations.schema_migrations cascade", /has no usable table migrations.schema_migrations/],
  ["no schema", "drop schema migrations cascade", /has no usable table migrations.schema_migrations/],
];

Deno.test("a ledger that cannot be used stops every command, and nothing is changed", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  for (const [name, sql, message] of LEDGERS) {
    await t.step(name, async () => {
      await appliedTwo(venue);
      await venue.sql(sql);
      venue.log.length = 0;
      for (const args of [RUN_ALL, ["migrate", "-r", "--all"], ["migrate", "-a"], ["status"]]) {
        const result = await runTool(args, { venue, path: deployment.path, stdin: "y\ny\n" });
        assert.equal(result.code, 5, result.stderr);
        assert.match(result.stderr, message);
      }
      assert.deepEqual(venue.writes(), []);
    });
  }
});

Deno.test("rows that come out of order are no drift", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  await venue.sql(
    "insert into migrations.schema_migrations values ('2'), ('1'); " +
      "update migrations.schema_migrations set migration_id = migration_id where migration_id = '0'",
  );
  const result = await runTool(["status", "--check"], { venue, path: deployment.path });
  assert.equal(result.code, 0, result.stderr);
});
