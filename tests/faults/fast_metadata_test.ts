/** A small part of `make faults`: metadata that is applied. */

import assert from "node:assert/strict";
import { backends } from "../venue/mod.ts";
import { contendSome, killAt, strikeSome } from "./fast.ts";
import { createMetadataGrounds, metadataContests } from "./metadata_contest.ts";
import { createMetadataGround, metadataJobs } from "./metadata_jobs.ts";
import { startPlace } from "./place.ts";
import { REPLACE } from "./requests.ts";

const backend = backends().at(-1);
assert.ok(backend);

Deno.test("every fault leaves the metadata whole", async () => {
  await using ground = await createMetadataGround();
  await strikeSome(backend, {
    jobs: metadataJobs(ground.path),
    groupOf: ({ sort }) => sort === REPLACE ? sort : undefined,
  });
});

Deno.test("metadata that comes after kill -9 does no harm, nor do other writers, and without its number they do", async () => {
  await using ground = await createMetadataGround();
  await using grounds = await createMetadataGrounds();
  await using place = await startPlace(backend);
  const [job] = metadataJobs(ground.path);
  assert.ok(job);
  const recorded = { job, requests: [{ sort: REPLACE, nth: 1 }] };
  await killAt(place, { backend, recorded, when: "before", count: 3 });
  await contendSome(place, {
    guarded: metadataContests(grounds.paths, { rounds: 2, guarded: true, sizes: [2] }),
    controls: metadataContests(grounds.paths, { rounds: 2, guarded: false, sizes: [2] }),
  });
});
