import assert from "node:assert/strict";
import { decodeStepProof, LOCK_KEYS, stepText } from "../../src/migrations/step.ts";

Deno.test("stepText() has the file as it is, on lines of its own", () => {
  for (const sql of ["select 1", "select 1;\r\n-- end", "select $x$ ; $x$ -- no end", "\tselect 'ä'\n"]) {
    const text = stepText({ sql, before: 3, after: 4, lockTimeout: 10_000 });
    assert.ok(text.includes(`\n${sql}\n;\n`), sql);
  }
});

Deno.test("stepText() takes the lock, then checks the ledger, then runs the file, then checks again", () => {
  const text = stepText({ sql: "THE FILE", before: 3, after: 4, lockTimeout: 10_000 });
  const parts = [
    `pg_advisory_xact_lock(${LOCK_KEYS[0]}, ${LOCK_KEYS[1]})`,
    "count(*) <> 4",
    "AM001",
    "THE FILE",
    "AM004",
    "count(*) <> 5",
    "AM003",
  ];
  const positions = parts.map((part) => text.indexOf(part));
  assert.ok(positions.every((position) => position >= 0), String(positions));
  assert.deepEqual(positions, [...positions].sort((a, b) => a - b));
});

Deno.test("stepText() has the same length for all versions of as many digits", () => {
  const length = (version: number) =>
    stepText({ sql: "", before: version - 1, after: version, lockTimeout: 10_000 }).length;
  assert.equal(length(150), length(899));
});

Deno.test("decodeStepProof() takes a proof and nothing else", () => {
  assert.deepEqual(decodeStepProof({ version: 4, after_task_open: false }), { version: 4, afterTaskOpen: false });
  for (
    const value of [null, 4, [], {}, { version: "4", after_task_open: false }, { version: 4, after_task_open: 0 }]
  ) {
    assert.equal(decodeStepProof(value), undefined);
  }
});
