/** A small part of `make faults`: two servers behind one address, one of which is behind. */

import assert from "node:assert/strict";
import { backends } from "../venue/mod.ts";
import { contendSome } from "./fast.ts";
import { lateJobs } from "./late_jobs.ts";
import { recordJob } from "./matrix.ts";
import { createMetadataGround } from "./metadata_jobs.ts";
import { LAG } from "./parts.ts";
import { startPlace } from "./place.ts";
import { reloadContests } from "./reload_contest.ts";

const backend = backends().at(-1);
assert.ok(backend);

// PGlite has no second server.
if (backend.name === "postgres") {
  Deno.test("what is told of the metadata is true whatever the other server still sees", async () => {
    await using ground = await createMetadataGround();
    await using place = await startPlace(backend, { servers: 2, syncMs: LAG });
    for (const job of lateJobs(ground.path)) await recordJob(place, job);
  });

  Deno.test("runs that reload through two servers end well, and without another attempt they do not", async () => {
    await using ground = await createMetadataGround();
    await using place = await startPlace(backend, { servers: 2, syncMs: LAG });
    await contendSome(place, {
      guarded: reloadContests(ground.path, { rounds: 2, guarded: true }),
      controls: reloadContests(ground.path, { rounds: 5, guarded: false, sizes: [4] }),
    });
  });
}
