/** The outputs that the README promises, to the letter, on the built program. */

import assert from "node:assert/strict";
import { runProgram } from "../support/binary.ts";
import { createDeployment, tableMigration } from "../support/deployment.ts";
import { startVenue } from "../venue/mod.ts";

const SAMPLE = { migrations: [tableMigration(1, "sample_migration")] };

const HELPER_BANNER = `###############################
AERIE DATABASE MIGRATION HELPER
###############################
`;

Deno.test("status, migrate -a --all, status, migrate -r --all", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment(SAMPLE);
  const run = (...args: string[]) => runProgram(args, { venue, path: deployment.path });

  await t.step("status before", async () => {
    assert.deepEqual(await run("status"), {
      code: 0,
      stdout: `###############################
AERIE DATABASE MIGRATION STATUS
###############################

Displaying status of database at ${venue.url}

MIGRATION STATUS:
VERSION  NAME              SOURCE STATUS  DATABASE STATUS
1        sample_migration  Present        Not Present
`,
      stderr: "",
    });
  });

  await t.step("migrate -a --all", async () => {
    assert.deepEqual(await run("migrate", "-a", "--all"), {
      code: 0,
      stdout: `${HELPER_BANNER}VERSION  TYPE  NAME
1        up    sample_migration

###############
Database Status
###############
VERSION  NAME              SOURCE STATUS  DATABASE STATUS
1        sample_migration  Present        Present
`,
      stderr: `INFO applying to database Aerie at ${venue.url}
INFO migrations applied
INFO Metadata reloaded
INFO Metadata is consistent
`,
    });
    assert.deepEqual(await venue.ledger(), [0, 1]);
  });

  await t.step("migrate -a --all with nothing to do", async () => {
    assert.deepEqual(await run("migrate", "-a", "--all"), {
      code: 0,
      stdout: `${HELPER_BANNER}
###############
Database Status
###############
VERSION  NAME              SOURCE STATUS  DATABASE STATUS
1        sample_migration  Present        Present
`,
      stderr: `INFO applying to database Aerie at ${venue.url}
INFO nothing to apply on database: Aerie
INFO Metadata reloaded
INFO Metadata is consistent
`,
    });
  });

  await t.step("migrate -r --all", async () => {
    assert.deepEqual(await run("migrate", "-r", "--all"), {
      code: 0,
      stdout: `${HELPER_BANNER}VERSION  TYPE  NAME
1        down  sample_migration

###############
Database Status
###############
VERSION  NAME              SOURCE STATUS  DATABASE STATUS
1        sample_migration  Present        Not Present
`,
      stderr: `INFO reverting in database Aerie at ${venue.url}
INFO migrations reverted
INFO Metadata reloaded
INFO Metadata is consistent
`,
    });
    assert.deepEqual(await venue.ledger(), [0]);
  });
});

Deno.test("migrate -a, step by step from a pipe", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment(SAMPLE);
  const offered = `${HELPER_BANNER}
MIGRATION STEPS AVAILABLE:
VERSION  NAME              SOURCE STATUS  DATABASE STATUS
1        sample_migration  Present        Not Present

CURRENT STEP:

VERSION  TYPE  NAME
1        up    sample_migration

`;

  await t.step("n", async () => {
    assert.deepEqual(await runProgram(["migrate", "-a"], { venue, path: deployment.path, stdin: "n\n" }), {
      code: 0,
      stdout: `${offered}
###############
Database Status
###############
VERSION  NAME              SOURCE STATUS  DATABASE STATUS
1        sample_migration  Present        Not Present
`,
      stderr: `INFO applying to database Aerie at ${venue.url}
Apply 1_sample_migration? (y/n/quit): n
INFO 0 of 1 migrations applied; the next one is 1_sample_migration
note: nothing was changed, so that Hasura was left alone, too
`,
    });
  });

  await t.step("y", async () => {
    assert.deepEqual(await runProgram(["migrate", "-a"], { venue, path: deployment.path, stdin: "y\n" }), {
      code: 0,
      stdout: `${offered}
###############
Database Status
###############
VERSION  NAME              SOURCE STATUS  DATABASE STATUS
1        sample_migration  Present        Present
`,
      stderr: `INFO applying to database Aerie at ${venue.url}
Apply 1_sample_migration? (y/n/quit): y
INFO 1_sample_migration applied
INFO 1 of 1 migrations applied
INFO Metadata reloaded
INFO Metadata is consistent
`,
    });
  });

  await t.step("nothing to do", async () => {
    assert.deepEqual(await runProgram(["migrate", "-a"], { venue, path: deployment.path }), {
      code: 0,
      stdout: `${HELPER_BANNER}
NO MIGRATION STEPS AVAILABLE

###############
Database Status
###############
VERSION  NAME              SOURCE STATUS  DATABASE STATUS
1        sample_migration  Present        Present
`,
      stderr: `INFO applying to database Aerie at ${venue.url}
INFO Metadata reloaded
INFO Metadata is consistent
`,
    });
  });
});
