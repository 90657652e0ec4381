/** Input of every kind that a question can meet, off a terminal. */

import assert from "node:assert/strict";
import { programPath, runProgram } from "../support/binary.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { startVenue } from "../venue/mod.ts";

// There is no shell of that kind there.
const ignore = Deno.build.os === "windows";

/** Lets the program inherit input that does not wait. */
const NON_BLOCKING = "use Fcntl; fcntl(STDIN, F_SETFL, fcntl(STDIN, F_GETFL, 0) | O_NONBLOCK) or die; exec @ARGV";

Deno.test({ name: "input that does not wait is waited for, piece by piece", ignore }, async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const child = new Deno.Command("perl", {
    args: [
      "-e",
      NON_BLOCKING,
      programPath(),
      "migrate",
      "-a",
      `--hasura-path=${deployment.path}`,
      `--endpoint=${venue.url}`,
      `--admin-secret=${venue.adminSecret}`,
    ],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const answers: [question: string, pieces: string[]][] = [
    ["Apply 1_step_1? (y/n/quit): ", ["y", "e", "s\n"]],
    ["Apply 2_step_2? (y/n/quit): ", ["n"]],
  ];
  let said = "";
  for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += part;
    const [next] = answers;
    if (next === undefined || !said.endsWith(next[0])) continue;
    answers.shift();
    for (const piece of next[1]) await writer.write(new TextEncoder().encode(piece));
    if (answers.length === 0) await writer.close();
  }
  assert.equal((await child.status).code, 0, said);
  assert.match(said, /1_step_1\? \(y\/n\/quit\): yes\n[^]*2_step_2\? \(y\/n\/quit\): n\n/);
  assert.deepEqual(await venue.ledger(), [0, 1]);
});

Deno.test(
  { name: "input that cannot be read is told, and the metadata is reloaded all the same", ignore },
  async (t) => {
    const cases: [name: string, redirection: string, message: RegExp][] = [
      ["a folder", "< /", /error\[failed\]: Cannot read the answer from stdin: it is a directory\nnext: /],
      [
        "for writing only",
        "0> /dev/null",
        /error\[failed\]: Cannot read the answer from stdin: it is not open for reading\nnext: /,
      ],
      ["closed", "<&-", /error\[failed\]: The input ended before the question was answered\nnext: /],
      ["nothing", "< /dev/null", /error\[failed\]: The input ended before the question was answered\nnext: /],
    ];
    await using venue = await startVenue();
    await using deployment = await createDeployment({ migrations: tableMigrations(1) });
    for (const [name, redirection, message] of cases) {
      await t.step(name, async () => {
        const result = await runProgram(["-c", `exec "$0" "$@" ${redirection}`, programPath(), "migrate", "-a"], {
          program: "sh",
          venue,
          path: deployment.path,
        });
        assert.equal(result.code, 1, result.stderr);
        assert.match(result.stderr, message);
        assert.match(result.stderr, /^error/m);
        assert.match(result.stderr, /INFO 0 of 1 migrations applied[^]*INFO Metadata reloaded\n/);
        assert.deepEqual(await venue.ledger(), [0]);
      });
    }
  },
);
