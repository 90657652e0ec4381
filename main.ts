/**
 * Entry of the program: real effects in, exit code out.
 *
 * @module
 */

import { runCli } from "./src/cli.ts";
import { createRuntime } from "./src/runtime.ts";

if (import.meta.main) Deno.exit(await runCli(createRuntime()));
