/** A small part of `make faults`, on PGlite. */

import { backends } from "../venue/mod.ts";
import { testFaults, testKills } from "./fast_steps.ts";

for (const backend of backends().filter(({ name }) => name === "pglite")) {
  Deno.test("pglite: every fault leaves the promises whole", () => testFaults(backend));
  Deno.test("pglite: after kill -9 within a step the next run continues", () => testKills(backend));
}
