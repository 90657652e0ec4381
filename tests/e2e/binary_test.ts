/** What the built program is made of, and how it behaves where it meets the system. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { programPath, runProgram } from "../support/binary.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { startVenue } from "../venue/mod.ts";

const MEGABYTE = 1_000_000;

/**
 * What the program may have besides Deno's own runtime. With the packages of JSR it has 3.5 MB, with those that npm
 * stands in with 2.6 MB: PostgreSQL's parser and Cliffy are the most of it. Any test-only package would be beyond.
 */
const LARGEST = 4.2 * MEGABYTE;

interface Added {
  /** How many bytes more than an empty program has. */
  size: number;
  /** All that stands in the program behind Deno's own runtime, each byte as a character. */
  text: string;
}

let added: Promise<Added> | undefined;

/** Compares the program with an empty one; once, since that takes long. */
function readAdded(): Promise<Added> {
  return added ??= compareWithEmpty();
}

async function compareWithEmpty(): Promise<Added> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/empty.ts`, "");
    const { success, stderr } = await new Deno.Command("sh", {
      args: [
        "tools/deno.sh",
        "compile",
        "--quiet",
        "--no-code-cache",
        "--output",
        `${folder}/empty`,
        `${folder}/empty.ts`,
      ],
      stdout: "null",
      stderr: "piped",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const suffix = Deno.build.os === "windows" ? ".exe" : "";
    const [empty, program] = await Promise.all(
      [`${folder}/empty${suffix}`, programPath()].map((path) => Deno.readFile(path)),
    );
    assert.ok(empty && program);
    let common = 0;
    while (common < empty.length && empty[common] === program[common]) common++;
    return {
      size: program.length - empty.length,
      text: new TextDecoder("latin1").decode(program.subarray(common)),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the program is little larger than an empty one, and has what it needs and nothing else", async () => {
  const { size, text } = await readAdded();
  assert.ok(size > 0 && size < LARGEST, `${size} bytes more`);
  for (const own of ["DATABASE MIGRATION HELPER", "libpg-query.wasm.gz", "GraphQLError"]) {
    assert.ok(text.includes(own), `${own} is in its tail`);
  }
  for (const foreign of ["pglite", "node-postgres", "tests/venue"]) assert.ok(!text.includes(foreign), foreign);
  // Deno keeps the path of what it could not read.
  // The second is how Deno names the folder of a registry in its cache.
  const paths = [fileURLToPath(new URL("../../", import.meta.url)), "/npm/registry."];
  for (const path of paths) assert.ok(!text.includes(path), path);
});

Deno.test("the program may use the network, read files and the environment, and nothing else", async () => {
  // Wherever it stands: how much comes behind it depends on the packages.
  const [, json = ""] = /"permissions":(\{[^}]*\})/.exec((await readAdded()).text) ?? [];
  const permissions = JSON.parse(json);
  const granted = Object.keys(permissions).filter((key) => key.startsWith("allow_") && permissions[key] !== null);
  assert.deepEqual(granted.sort(), ["allow_env", "allow_import", "allow_net", "allow_read"]);
  assert.equal(permissions.prompt, false);
});

Deno.test({
  name: "--version is one line, under any name of the program",
  // A link needs a privilege there.
  ignore: Deno.build.os === "windows",
}, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { default: config } = await import("../../deno.json", { with: { type: "json" } });
    const link = `${folder}/aerie_db_migration.py`;
    await Deno.symlink(programPath(), link);
    for (const program of [programPath(), link]) {
      const result = await runProgram(["--version"], { program });
      assert.deepEqual(result, { code: 0, stdout: `aerie_db_migration ${config.version}\n`, stderr: "" });
    }
    const help = await runProgram(["migrate", "--help"], { program: link });
    assert.equal(help.code, 0);
    assert.match(help.stdout, /aerie_db_migration migrate/);
    assert.doesNotMatch(help.stdout, /\.py/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("completions are printed for each shell, and ask nobody", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const result = await runProgram(["completions", shell]);
    assert.deepEqual([result.code, result.stderr], [0, ""]);
    assert.match(result.stdout, /aerie_db_migration/);
  }
});

Deno.test("the program reads files with PostgreSQL's parser, which is packed in another way than in its sources", async () => {
  await using venue = await startVenue();
  const files = { up: "select 'é';\ncommit;\n\\i more.sql", down: "select 1" };
  await using deployment = await createDeployment({ migrations: [{ folder: "1_a", ...files }] });
  const result = await runProgram(["migrate", "-a", "--all"], { venue, path: deployment.path });
  assert.equal(result.code, 3, result.stderr);
  assert.match(
    result.stderr,
    /Cannot use ".+\/1_a\/up\.sql" line 2: COMMIT would .+; line 3: "\\i" is a command of psql/,
  );
  assert.deepEqual(await venue.ledger(), [0]);
});

Deno.test({
  name: "output that cannot be written does not stop a run, and is no success",
  // There is no full device elsewhere.
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  const result = await runProgram(["-c", `exec "$0" "$@" > /dev/full`, programPath(), "migrate", "-a", "--all"], {
    program: "sh",
    venue,
    path: deployment.path,
  });
  assert.equal(result.code, 1, result.stderr);
  assert.match(result.stderr, /INFO migrations applied\n[^]*error\[failed\]: Cannot write to stdout: /);
  assert.deepEqual(await venue.ledger(), [0, 1, 2, 3]);
});

Deno.test({
  name: "a reader that goes away does not stop a run",
  ignore: Deno.build.os === "windows",
}, async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(3) });
  const result = await runProgram(["-c", `"$0" "$@" | true`, programPath(), "migrate", "-a", "--all"], {
    program: "sh",
    venue,
    path: deployment.path,
  });
  assert.match(result.stderr, /INFO migrations applied\n/);
  assert.deepEqual(await venue.ledger(), [0, 1, 2, 3]);
});

Deno.test({
  name: "a variable that is no text is a config error that does not show it",
  ignore: Deno.build.os === "windows",
}, async () => {
  const result = await runProgram([
    "-c",
    `HASURA_GRAPHQL_ADMIN_SECRET="$(printf 'se\\377cret')" exec "$0" status`,
    programPath(),
  ], {
    program: "sh",
  });
  assert.equal(result.code, 3);
  assert.match(
    result.stderr,
    /error\[config\]: Cannot read the variable HASURA_GRAPHQL_ADMIN_SECRET: it is not UTF-8 text/,
  );
  assert.ok(!result.stderr.includes("cret"));
});
