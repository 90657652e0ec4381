/** A small part of `make faults`: files that a proxy does not take. */

import assert from "node:assert/strict";
import { backends } from "../venue/mod.ts";
import { assertKept } from "./fast.ts";
import { createFileGrounds, fileJobs } from "./file_jobs.ts";
import { listLimited, runLimited } from "./limited.ts";
import type { Outcome } from "./outcome.ts";
import { startPlace } from "./place.ts";

const backend = backends().at(-1);
assert.ok(backend);

Deno.test("a step that a proxy does not take was not started, and is done once the proxy takes it", async () => {
  await using grounds = await createFileGrounds([20]);
  await using place = await startPlace(backend);
  const outcomes: Outcome[] = [];
  for (const limited of listLimited(fileJobs(grounds.paths).slice(0, 1), { name: backend.name, isAlone: true })) {
    outcomes.push(await runLimited(place, limited));
  }
  assert.ok(outcomes.length > 0 && outcomes.every(({ struck }) => struck));
  assertKept(outcomes);
});
