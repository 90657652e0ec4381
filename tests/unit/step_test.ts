import assert from "node:assert/strict";
import { decodeStepProof, stepText } from "../../src/migrations/step.ts";
import { LOCK_KEYS } from "../../src/migrations/types.ts";

const STEP = {
  comment: "/* a comment */",
  mark: { run: 0x1a2b3c4d, step: 4 },
  before: 3,
  after: 4,
  lockTimeout: 10_000,
  startUntil: 1_800_000_000.5,
  statementTimeout: undefined,
};

Deno.test("stepText() has the file as it is, on lines of its own", () => {
  for (const sql of ["select 1", "select 1;\r\n-- end", "select $x$ ; $x$ -- no end", "\tselect 'ä'\n"]) {
    const text = stepText({ ...STEP, sql });
    assert.ok(text.includes(`\n${sql}\n;\n`), sql);
  }
});

Deno.test("stepText() takes the lock, then checks the ledger and the time, then runs the file, then checks again", () => {
  const text = stepText({ ...STEP, sql: "THE FILE" });
  const parts = [
    "/* a comment */",
    `pg_advisory_xact_lock(${LOCK_KEYS[0]}, ${LOCK_KEYS[1]})`,
    "count(*) <> 4",
    "AM001",
    "> 1800000000.500",
    "AM005",
    "THE FILE",
    "AM004",
    "count(*) <> 5",
    "AM003",
  ];
  const positions = parts.map((part) => text.indexOf(part));
  assert.ok(positions.every((position) => position >= 0), String(positions));
  assert.deepEqual(positions, [...positions].sort((a, b) => a - b));
});

Deno.test("stepText() limits the statements of the file, and none of its own", () => {
  const text = stepText({ ...STEP, sql: "THE FILE", statementTimeout: 1_500 });
  assert.match(
    text,
    /_guard\$;\n[^]*\nset local statement_timeout to '1500';\nTHE FILE\n;\nset local statement_timeout to default;/,
  );
  assert.doesNotMatch(stepText({ ...STEP, sql: "THE FILE" }), /statement_timeout/);
});

Deno.test("stepText() undoes what the file may leave in the session, and spends no time on files that leave nothing", () => {
  const cases: [sql: string, undone: RegExp][] = [
    ["set search_path to x", /json_object_agg[^]*THE FILE[^]*pg_settings/],
    ["select set_config('a.b', 'c', false)", /json_object_agg[^]*THE FILE[^]*pg_settings/],
    ["select pg_advisory_lock(1)", /THE FILE[^]*pg_advisory_unlock_all/],
  ];
  const plain = stepText({ ...STEP, sql: "THE FILE" });
  for (const [sql, undone] of cases) {
    assert.match(stepText({ ...STEP, sql: `${sql}; THE FILE` }), undone, sql);
    assert.doesNotMatch(plain, undone, sql);
  }
  assert.match(plain, /THE FILE[^]*reset role;[^]*unlisten \*;\nclose all;\ndiscard temp;\n/);
});

Deno.test("stepText() has the same length for all versions of as many digits", () => {
  const length = (version: number) =>
    stepText({ ...STEP, mark: { run: 1, step: version }, sql: "", before: version - 1, after: version }).length;
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
