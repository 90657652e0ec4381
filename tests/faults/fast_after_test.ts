/** A small part of `make faults`: "after" tasks. */

import assert from "node:assert/strict";
import { backends } from "../venue/mod.ts";
import { afterContests } from "./after_contest.ts";
import { createAfterGround } from "./after_ground.ts";
import { afterJob } from "./after_jobs.ts";
import { contendSome, killAt, strikeSome } from "./fast.ts";
import { startPlace } from "./place.ts";
import { isForWorkspace } from "./requests.ts";

const backend = backends().at(-1);
assert.ok(backend);

Deno.test('every fault leaves an "after" task whole', async () => {
  await using ground = await createAfterGround();
  await strikeSome(backend, {
    jobs: [afterJob(ground.path)],
    groupOf: (request) => isForWorkspace(request) ? "workspace" : request.sort === "mark" ? "mark" : undefined,
  });
});

Deno.test("files that come after kill -9 do no harm, nor do other runs, and with an older server they store twice", async () => {
  await using ground = await createAfterGround();
  await using place = await startPlace(backend);
  const job = afterJob(ground.path);
  const recorded = { job, requests: [{ sort: "workspace PUT", nth: 2 }] };
  await killAt(place, { backend, recorded, when: "before", count: 3 });
  await contendSome(place, {
    guarded: afterContests(ground.path, { rounds: 3, guarded: true, sizes: [2] }),
    alone: afterContests(ground.path, { rounds: 1, guarded: false, sizes: [1] }),
    controls: afterContests(ground.path, { rounds: 1, guarded: false, sizes: [3] }),
  });
});
