/**
 * Shows the built program at work: a venue of its own on PGlite, the example deployment, and the main commands.
 *
 * @module
 */

import { startVenue } from "../tests/venue/mod.ts";

const ADMIN_SECRET = "example-admin-secret";

/** A command of the demo. */
interface Scene {
  /** What is about to be seen. */
  title: string;
  args: string[];
  /** What is piped into the program. */
  stdin?: string;
}

const SCENES: Scene[] = [
  { title: "A fresh venue: nothing is applied yet", args: ["status"] },
  { title: "Apply everything", args: ["migrate", "-a", "--all"] },
  { title: "What is applied now", args: ["status"] },
  {
    title: "Revert step by step, with the answers y, y and q from a pipe",
    args: ["migrate", "-r"],
    stdin: "y\ny\nq\n",
  },
  { title: "Revert the rest", args: ["migrate", "-r", "--all"] },
];

/** Runs one scene on this terminal; the program's exit code. */
async function play(program: string, { title, args, stdin }: Scene, endpoint: string): Promise<number> {
  const words = ["aerie_db_migration", ...args].join(" ");
  const command = stdin === undefined ? words : `printf '${stdin.replaceAll("\n", "\\n")}' | ${words}`;
  write(`\n# ${title}\n$ ${command}\n`);
  const child = new Deno.Command(program, {
    args,
    cwd: new URL("../examples", import.meta.url),
    env: { HASURA_GRAPHQL_ENDPOINT: endpoint, HASURA_GRAPHQL_ADMIN_SECRET: ADMIN_SECRET },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { code } = await child.status;
  if (code !== 0) write(`(exit code ${code})\n`);
  return code;
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) {
  const suffix = Deno.build.os === "windows" ? ".exe" : "";
  const program = await Deno.realPath(new URL(`../dist/aerie_db_migration${suffix}`, import.meta.url));
  write("# Starting a Hasura-compatible venue on a real PostgreSQL (PGlite, in this process)\n");
  await using venue = await startVenue({ adminSecret: ADMIN_SECRET });
  write(`# It answers at ${venue.url}; HASURA_GRAPHQL_ENDPOINT and HASURA_GRAPHQL_ADMIN_SECRET are set to it\n`);
  for (const scene of SCENES) {
    if ((await play(program, scene, venue.url)) !== 0) Deno.exitCode = 1;
  }
}
