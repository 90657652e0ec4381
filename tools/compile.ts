/**
 * Compiles the program: with its own packages only, and without paths of this machine in it.
 *
 * Arguments: `compile` and all that `deno compile` takes. Deno has to run this with the lock file of the program, too.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
// Imported here because Deno compiles a program without what it cannot get for an `import()`, and says nothing.
import "libpg-query/wasm/libpg-query.js";
import { PROGRAM_LOCK } from "./lock.ts";

/** What Deno cannot read as code it puts into the program with a message, in which the file's path is. */
const WITHOUT_CODE = ["LICENSE", "README.md"];

const [subcommand = "", ...rest] = Deno.args;
const folder = import.meta.resolve("libpg-query/package.json");
const excluded = WITHOUT_CODE.flatMap((name) => ["--exclude", fileURLToPath(new URL(name, folder))]);
const { code } = await new Deno.Command("sh", {
  args: ["tools/deno.sh", subcommand, "--lock", PROGRAM_LOCK, "--frozen", ...excluded, ...rest],
}).spawn().status;
Deno.exit(code);
