/** Files and folders of kinds that no release has: a clear message, and nothing hangs. */

import assert from "node:assert/strict";
import { runProgram } from "../support/binary.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { startVenue } from "../venue/mod.ts";

/** Runs a line of a shell in `path`. */
async function shell(path: string, line: string): Promise<void> {
  const { success } = await new Deno.Command("bash", { args: ["-c", line], cwd: path }).output();
  assert.ok(success, line);
}

const CASES: [name: string, line: string, message: RegExp][] = [
  [
    "a folder whose name is not UTF-8",
    "mkdir $'migrations/Aerie/3_caf\\xe9'",
    /Cannot use the migrations folder ".*Aerie": 1 folder in it cannot be read, as the name is not UTF-8\nstate: Nothing was changed\nnext: Look for it with "ls -b /,
  ],
  [
    "a database's folder whose name is not UTF-8",
    "mkdir $'migrations/Caf\\xe9' $'migrations/Th\\xe9'",
    /Cannot use the migrations folder ".*migrations": 2 folders in it cannot be read/,
  ],
  [
    "a file that is too large",
    "truncate -s 600M migrations/Aerie/2_step_2/up.sql",
    /Cannot use ".*2_step_2\/up.sql": it has 629 MB, and 250 MB is the most that can be read\n/,
  ],
  [
    "a pipe in place of a file",
    "rm migrations/Aerie/2_step_2/up.sql; mkfifo migrations/Aerie/2_step_2/up.sql",
    /Cannot use ".*2_step_2\/up.sql": it is no file, or a link that leads to none\nstate: Nothing was changed\n/,
  ],
  [
    "a link in a circle in place of a file",
    "ln -sf up.sql migrations/Aerie/2_step_2/up.sql",
    /Cannot use ".*2_step_2\/up.sql": it is no file, or a link that leads to none\n/,
  ],
  [
    "a folder in place of a file",
    "rm migrations/Aerie/2_step_2/down.sql; mkdir migrations/Aerie/2_step_2/down.sql",
    /Cannot use ".*2_step_2\/down.sql": it is a directory\n/,
  ],
  [
    "a pipe in place of config.yaml",
    "mkfifo config.yaml",
    /Cannot read config file ".*config.yaml": it is a pipe\n/,
  ],
];

// Other systems have other kinds, and cannot have such names.
if (Deno.build.os === "linux") {
  Deno.test("files and folders that no release has are refused", async (t) => {
    await using venue = await startVenue();
    for (const [name, line, message] of CASES) {
      await t.step(name, async () => {
        await using deployment = await createDeployment({ migrations: tableMigrations(2) });
        await shell(deployment.path, line);
        const result = await runProgram(["migrate", "-a", "--all"], { venue, path: deployment.path });
        assert.equal(result.code, 3, result.stderr);
        assert.match(result.stderr, message);
        assert.deepEqual(venue.writes(), []);
      });
    }
  });

  Deno.test("an env file may be a pipe that somebody writes into", async () => {
    await using venue = await startVenue();
    await using deployment = await createDeployment({ migrations: tableMigrations(1) });
    await shell(deployment.path, "mkfifo pipe");
    const content = `HASURA_GRAPHQL_ENDPOINT=${venue.url}\nHASURA_GRAPHQL_ADMIN_SECRET=${venue.adminSecret}`;
    const written = shell(deployment.path, `echo '${content}' > pipe`);
    const result = await runProgram(["status", "-e", `${deployment.path}/pipe`], { venue, path: deployment.path });
    // It is over once somebody has read it.
    await written;
    assert.equal(result.code, 0, result.stderr);
  });
}
