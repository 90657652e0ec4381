/** A small part of `make faults`, on PostgreSQL. */

import { backends } from "../venue/mod.ts";
import { testContests, testFaults, testKills } from "./fast_steps.ts";

for (const backend of backends().filter(({ name }) => name === "postgres")) {
  Deno.test("postgres: every fault leaves the promises whole", () => testFaults(backend));
  Deno.test("postgres: after kill -9 within a step the next run continues", () => testKills(backend));
  Deno.test("contests end as one run does, and without the guard they do not", () => testContests(backend));
}
