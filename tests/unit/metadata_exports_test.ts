/**
 * What a genuine Hasura v2.48.10 exports of what it was sent: it fills in what it takes by default, and leaves out what
 * says nothing. None of that is a difference.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Json } from "../../src/json.ts";
import { diffMetadata } from "../../src/metadata/diff.ts";

/** A document that was sent, and what Hasura has made of it. */
interface Exported {
  id: string;
  sent: Json;
  exported: Json;
}

const PAIRS: Exported[] = JSON.parse(
  await Deno.readTextFile(new URL("../data/metadata/exports.json", import.meta.url)),
);

for (const { id, sent, exported } of PAIRS) {
  Deno.test(`an export differs in nothing from what was sent: ${id}`, () => {
    assert.deepEqual(diffMetadata(exported, sent), []);
    assert.notDeepEqual(exported, sent);
  });
}
