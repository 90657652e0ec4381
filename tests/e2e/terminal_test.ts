/** Step-by-step runs of the built program on a real terminal. */

import assert from "node:assert/strict";
import { hasTerminal, programPath, startOnTerminal } from "../support/binary.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { startVenue } from "../venue/mod.ts";

const ENTER = "\r";
const CTRL_C = "\x03";
const CTRL_D = "\x04";

/** Starts `migrate` against a venue with three migrations, `applied` of them already applied. */
async function onTerminal(
  args: string[],
  test: (terminal: ReturnType<typeof startOnTerminal>, ledger: () => Promise<number[]>) => Promise<void>,
): Promise<void> {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  await test(startOnTerminal(args, { venue, path: deployment.path }), venue.ledger);
}

// There is no pseudo terminal on Windows, and macOS has another `script`.
const ignore = !hasTerminal();

Deno.test({ name: "terminal: y applies and goes on, q stops", ignore }, async () => {
  await onTerminal(["migrate", "-a"], async (terminal, ledger) => {
    await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
    await terminal.send(`y${ENTER}`);
    await terminal.waitFor("Apply 2_step_2? (y/n/quit):");
    await terminal.send(`Y${ENTER}`);
    await terminal.waitFor("Apply 3_step_3? (y/n/quit):");
    await terminal.send(`q${ENTER}`);
    const { code, output } = await terminal.end();
    assert.equal(code, 0, output);
    assert.match(output, /INFO 2 of 3 migrations applied; the next one is 3_step_3\n/);
    assert.match(output, /INFO Metadata reloaded\n/);
    assert.deepEqual(await ledger(), [0, 1, 2]);
  });
});

for (const word of ["n", "N", "q", "quit", "QUIT"]) {
  Deno.test({ name: `terminal: ${word} stops with 0`, ignore }, async () => {
    await onTerminal(["migrate", "-a"], async (terminal, ledger) => {
      await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
      await terminal.send(`${word}${ENTER}`);
      const { code, output } = await terminal.end();
      assert.equal(code, 0, output);
      assert.match(output, /INFO 0 of 3 migrations applied; the next one is 1_step_1\n/);
      assert.deepEqual(await ledger(), [0]);
    });
  });
}

Deno.test({ name: "terminal: another word asks again", ignore }, async () => {
  await onTerminal(["migrate", "-a"], async (terminal, ledger) => {
    await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
    await terminal.send(`maybe${ENTER}`);
    await terminal.waitFor("Answer y, n or quit");
    assert.deepEqual(await ledger(), [0]);
    await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
    await terminal.send(`n${ENTER}`);
    const { code, output } = await terminal.end();
    assert.equal(code, 0, output);
  });
});

Deno.test({ name: "terminal: what is typed before a question is no answer to it", ignore }, async () => {
  await onTerminal(["migrate", "-a"], async (terminal, ledger) => {
    await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
    await terminal.send(`y${ENTER}y${ENTER}y${ENTER}`);
    await terminal.waitFor("Apply 2_step_2? (y/n/quit):");
    await terminal.send(`n${ENTER}`);
    const { code, output } = await terminal.end();
    assert.equal(code, 0, output);
    assert.deepEqual(await ledger(), [0, 1]);
  });
});

Deno.test(
  { name: "terminal: Ctrl-C stops with 130, reloads the metadata and leaves the terminal as it was", ignore },
  async () => {
    await onTerminal(["migrate", "-a"], async (terminal, ledger) => {
      await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
      await terminal.send(`y${ENTER}`);
      await terminal.waitFor("Apply 2_step_2? (y/n/quit):");
      await terminal.send(CTRL_C);
      const { code, output } = await terminal.end();
      assert.equal(code, 130, output);
      assert.match(output, /error\[interrupted\]: Stopped by SIGINT\n/);
      assert.match(output, /INFO 1 of 3 migrations applied; the next one is 2_step_2\n/);
      assert.match(output, /INFO Metadata reloaded\n/);
      assert.deepEqual(await ledger(), [0, 1]);
    });
  },
);

Deno.test({ name: "terminal: the end of the input stops with 1", ignore }, async () => {
  await onTerminal(["migrate", "-a"], async (terminal, ledger) => {
    await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
    await terminal.send(CTRL_D);
    const { code, output } = await terminal.end();
    assert.equal(code, 1, output);
    assert.match(output, /error\[failed\]: The input ended before the question was answered\n/);
    assert.deepEqual(await ledger(), [0]);
  });
});

Deno.test({ name: "terminal: closing it at a question stops with 129, and reloads the metadata", ignore }, async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  const fifo = `${deployment.path}/code`;
  assert.ok((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
  const terminal = startOnTerminal(
    // The shell has to outlive the terminal, to tell how the program has ended, which sees the end of its input only.
    ["-c", `trap : HUP; "$0" "$@"; echo $? >"${fifo}"`, programPath(), "migrate", "-a"],
    { program: "sh", venue, path: deployment.path },
  );
  const code = new Deno.Command("cat", { args: [fifo] }).output();
  await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
  await terminal.send(`y${ENTER}`);
  await terminal.waitFor("Apply 2_step_2? (y/n/quit):");
  await terminal.close();
  assert.equal(new TextDecoder().decode((await code).stdout), "129\n");
  assert.deepEqual(await venue.ledger(), [0, 1]);
  assert.equal(venue.log.filter(({ type }) => type === "reload_metadata").length, 1);
});

Deno.test({ name: "terminal: SIGHUP, however often, lets a step end and stops with 129", ignore }, async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  const hold = Promise.withResolvers<void>();
  venue.addFault({ match: { type: "run_sql", readOnly: false }, do: { hold: hold.promise } });
  const terminal = startOnTerminal(
    ["-c", `echo pid $$.; exec "$0" "$@"`, programPath(), "migrate", "-a", "--all"],
    { program: "sh", venue, path: deployment.path },
  );
  const pid = Number(/pid (\d+)\./.exec(await terminal.waitFor("."))?.[1]);
  await venue.waitForRequest(({ readOnly }) => readOnly === false);
  Deno.kill(pid, "SIGHUP");
  await terminal.waitFor("SIGHUP received");
  // The system and the shell both send it.
  Deno.kill(pid, "SIGHUP");
  hold.resolve();
  const { code, output } = await terminal.end();
  assert.equal(code, 129, output);
  assert.match(output, /INFO 1 of 3 migrations applied; the next one is 2_step_2\nINFO Metadata reloaded\n/);
  assert.deepEqual(await venue.ledger(), [0, 1]);
});

Deno.test({ name: "terminal: a pasted text of many characters is one answer, Enter included", ignore }, async () => {
  await onTerminal(["migrate", "-a"], async (terminal, ledger) => {
    for (const text of ["please apply this one", "ja, bitte: äöü 日本語 😀 and more of it", "é".repeat(200)]) {
      await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
      await terminal.send(`${text}${ENTER}`);
      await terminal.waitFor("Answer y, n or quit");
    }
    await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
    await terminal.send(`          y${ENTER}`);
    await terminal.waitFor("Apply 2_step_2? (y/n/quit):");
    await terminal.send(`no way\x7f\x7f\x7f\x7f${ENTER}`);
    const { code, output } = await terminal.end();
    assert.equal(code, 0, output);
    assert.deepEqual(await ledger(), [0, 1]);
  });
});

Deno.test({ name: "terminal: progress of a bulk run is shown", ignore }, async () => {
  await onTerminal(["migrate", "-a", "--all"], async (terminal, ledger) => {
    const { code, output } = await terminal.end();
    assert.equal(code, 0, output);
    assert.match(output, /applying 1 of 3: 1_step_1\napplying 2 of 3: 2_step_2\napplying 3 of 3: 3_step_3\n/);
    assert.deepEqual(await ledger(), [0, 1, 2, 3]);
  });
});

Deno.test({ name: "terminal: reverting all asks once, and --yes answers", ignore }, async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(2) });
  const run = (...args: string[]) => startOnTerminal(args, { venue, path: deployment.path });
  assert.equal((await run("migrate", "-a", "--all").end()).code, 0);

  const declined = run("migrate", "-r", "--all");
  await declined.waitFor("Revert all 2 migrations of database Aerie");
  await declined.send(`n${ENTER}`);
  assert.equal((await declined.end()).code, 0);
  assert.deepEqual(await venue.ledger(), [0, 1, 2]);

  const accepted = run("migrate", "-r", "--all");
  await accepted.waitFor("Revert all 2 migrations of database Aerie");
  await accepted.send(`y${ENTER}`);
  assert.equal((await accepted.end()).code, 0);
  assert.deepEqual(await venue.ledger(), [0]);

  assert.equal((await run("migrate", "-a", "--all").end()).code, 0);
  const unasked = await run("migrate", "-r", "--all", "--yes").end();
  assert.equal(unasked.code, 0, unasked.output);
  assert.deepEqual(await venue.ledger(), [0]);
});

Deno.test({ name: "terminal: no color codes with NO_COLOR or --no-color", ignore }, async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  for (
    const [args, env, colored] of [[[], {}, true], [["--no-color"], {}, false], [[], { NO_COLOR: "1" }, false]] as const
  ) {
    const terminal = startOnTerminal(["migrate", "-a", ...args], { venue, path: deployment.path, env });
    await terminal.waitFor("Apply 1_step_1? (y/n/quit):");
    await terminal.send(`n${ENTER}`);
    const { raw } = await terminal.end();
    // deno-lint-ignore no-control-regex
    assert.equal(/\x1b\[[0-9;]*m/.test(raw), colored, JSON.stringify({ args, env }));
  }
});

Deno.test({ name: "terminal: reverting all without being able to ask is refused", ignore }, async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  assert.equal((await startOnTerminal(["migrate", "-a", "--all"], { venue, path: deployment.path }).end()).code, 0);
  const folder = await Deno.makeTempDir();
  const redirected = (...args: string[]) =>
    startOnTerminal([
      "-c",
      `exec "$0" "$@" >${folder}/out 2>${folder}/err`,
      programPath(),
      "migrate",
      "-r",
      "--all",
      ...args,
    ], {
      program: "sh",
      venue,
      path: deployment.path,
    }).end();
  assert.equal((await redirected()).code, 2);
  assert.match(await Deno.readTextFile(`${folder}/err`), /Cannot ask whether to revert everything[^]*next: Add --yes/);
  assert.deepEqual(await venue.ledger(), [0, 1]);
  assert.equal((await redirected("--yes")).code, 0);
  assert.deepEqual(await venue.ledger(), [0]);
  await Deno.remove(folder, { recursive: true });
});
