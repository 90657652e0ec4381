import assert from "node:assert/strict";
import { reconcileTracker } from "../../src/migrations/reconcile.ts";
import type { Ledger } from "../../src/migrations/types.ts";

/** Without it the Hasura CLI would add what older ones have left in the database. */
const COPIED = { isStateCopyCompleted: true };

function ledgerOf(...versions: number[]): Ledger {
  return versions.map((version) => ({ version, pauseAfter: false, afterDone: false }));
}

Deno.test("reconcileTracker() marks what the ledger has, but not row 0", () => {
  const { toMark, toUnmark, state } = reconcileTracker({}, "Aerie", ledgerOf(0, 1, 2));
  assert.deepEqual({ toMark, toUnmark, state }, {
    toMark: [1, 2],
    toUnmark: [],
    state: { migrations: { Aerie: { "1": false, "2": false } }, ...COPIED },
  });
});

Deno.test("reconcileTracker() un-marks what the ledger lacks, whatever it is called", () => {
  const tracker = { migrations: { Aerie: { "0": false, "1": false, "2": false, "x": false } } };
  const { toMark, toUnmark, state } = reconcileTracker(tracker, "Aerie", ledgerOf(0, 1));
  assert.deepEqual({ toMark, toUnmark, state }, {
    toMark: [],
    toUnmark: ["0", "2", "x"],
    state: { migrations: { Aerie: { "1": false } }, ...COPIED },
  });
});

Deno.test("reconcileTracker() keeps other sources and unknown keys", () => {
  const tracker = {
    migrations: { Other: { "7": true }, Aerie: { "1": false } },
    settings: { migration_mode: "true" },
    isStateCopyCompleted: true,
    future: [1],
  };
  const { state } = reconcileTracker(tracker, "Aerie", ledgerOf(0, 1, 2));
  assert.deepEqual(state, { ...tracker, migrations: { Other: { "7": true }, Aerie: { "1": false, "2": false } } });
});

Deno.test("reconcileTracker() cleans a dirty entry", () => {
  const { toMark, state } = reconcileTracker({ migrations: { Aerie: { "1": true } } }, "Aerie", ledgerOf(0, 1));
  assert.deepEqual({ toMark, state }, { toMark: [1], state: { migrations: { Aerie: { "1": false } }, ...COPIED } });
});

Deno.test("reconcileTracker() has nothing to do where both agree, and changes nothing that it was given", () => {
  const tracker = Object.freeze({ migrations: Object.freeze({ Aerie: Object.freeze({ "1": false }) }) });
  const { toMark, toUnmark } = reconcileTracker(tracker, "Aerie", ledgerOf(0, 1));
  assert.deepEqual({ toMark, toUnmark }, { toMark: [], toUnmark: [] });
});

Deno.test("reconcileTracker() copes with a document of another shape", () => {
  for (const migrations of [null, [], "x", { Aerie: [] }, { Aerie: null }]) {
    const { state } = reconcileTracker({ migrations }, "Aerie", ledgerOf(0, 1));
    assert.deepEqual(state, { migrations: { Aerie: { "1": false } }, ...COPIED });
  }
});
