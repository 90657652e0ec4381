/** That the suite sees what is broken: made-up databases and reports, each with one thing wrong. */

import assert from "node:assert/strict";
import { goalOf, MATRIX_GROUND, VERSIONS } from "./ground.ts";
import { findWrong } from "./judge.ts";
import { findDamage, findRest, type Truth } from "./truth.ts";

const APPLY = { version: 1, direction: "apply" } as const;
const REVERT = { version: 1, direction: "revert" } as const;
/** Migration 1 is applied. */
const TRUTH: Truth = { ledger: [0, 1], tables: [1], log: [APPLY], tracker: { "1": false } };
const WHOLE = { lost: 0, doubled: 0 };

Deno.test("damage of a database is seen", async (t) => {
  const cases: [name: string, change: Partial<Truth>, expected: typeof WHOLE][] = [
    ["none", {}, WHOLE],
    ["up, down and up again", { log: [APPLY, REVERT, APPLY] }, WHOLE],
    ["a row without its effects", { tables: [], log: [] }, { lost: 1, doubled: 0 }],
    ["a row without its table", { tables: [] }, { lost: 1, doubled: 0 }],
    ["a row without its log", { log: [] }, { lost: 1, doubled: 0 }],
    ["effects without a row", { ledger: [0] }, { lost: 1, doubled: 0 }],
    ["a row that came back", { log: [APPLY, REVERT] }, { lost: 1, doubled: 0 }],
    ["applied twice", { log: [APPLY, APPLY] }, { lost: 0, doubled: 1 }],
    ["reverted twice", { ledger: [0], tables: [], log: [APPLY, REVERT, REVERT] }, { lost: 0, doubled: 1 }],
  ];
  for (const [name, change, expected] of cases) {
    await t.step(name, () => {
      const { lost, doubled } = findDamage({ ...TRUTH, ...change }, MATRIX_GROUND);
      assert.deepEqual({ lost: lost.length, doubled: doubled.length }, expected, [...lost, ...doubled].join("\n"));
    });
  }
});

Deno.test("what is left to do is seen", () => {
  const all = { ...TRUTH, ledger: [0, 1, 2, 3], tracker: { "1": false, "2": false, "3": false } };
  assert.deepEqual(findRest(all, goalOf("apply")), []);
  assert.equal(findRest({ ...all, ledger: [0, 1, 2] }, goalOf("apply")).length, 1);
  assert.equal(findRest({ ...all, tracker: { "1": false } }, goalOf("apply")).length, 1);
  assert.equal(findRest(all, goalOf("revert")).length, 2);
});

const STATE = { inFolder: true, name: "x" };
const JSON_REPORT = {
  done: [{ version: 1 }],
  remaining: [{ version: 2 }, { version: 3 }],
  unknown: null,
  migrations: [1, 2, 3].map((version) => ({ version, ...STATE, inDatabase: version === 1 })),
};
const TEXT_TABLE = `################\nDatabase Status\n################
VERSION  NAME    SOURCE STATUS  DATABASE STATUS
1        step_1  Present        Present
2        step_2  Present        Not Present
3        step_3  Present        Not Present
`;
const TEXT_SUMMARY = "INFO 1_step_1 applied\nINFO 1 of 3 migrations applied; the next one is 2_step_2\n";

Deno.test("wrong JSON reports are seen", async (t) => {
  const cases: [name: string, code: number, change: object, truth: Partial<Truth>, wrong: boolean][] = [
    ["a true one", 4, {}, {}, false],
    ["a step told as remaining is done", 4, {}, { ledger: [0, 1, 2] }, true],
    ["a step told as done is not", 4, {}, { ledger: [0] }, true],
    ["the table shows another state", 4, { migrations: [{ version: 1, inDatabase: false }] }, {}, true],
    ["0, and not all is done", 0, { error: null }, {}, true],
    ["7, and not all is done", 7, {}, {}, true],
    ["nobody knows of the first step that is left", 9, { unknown: { version: 2 } }, { ledger: [0, 1, 2] }, false],
    ["nobody knows, and that is not said", 9, {}, { ledger: [0, 1, 2] }, true],
    ["nobody knows, and a later step is done", 9, { unknown: { version: 2 } }, { ledger: [0, 1, 2, 3] }, true],
    ["a code without a reason", 70, {}, {}, true],
    ["another code in the report", 4, { error: { exitCode: 1 } }, {}, true],
  ];
  for (const [name, code, change, truth, wrong] of cases) {
    await t.step(name, () => {
      const error = { error: code === 0 ? null : { exitCode: code } };
      const result = {
        code,
        stdout: JSON.stringify({ ...JSON_REPORT, ...error, ...change }),
        stderr: JSON.stringify(error),
      };
      const form = { direction: "apply", versions: VERSIONS, json: true } as const;
      const found = findWrong(result, { form, truth: { ...TRUTH, ...truth }, codes: [] });
      assert.equal(found.length > 0, wrong, found.join("\n"));
    });
  }
});

Deno.test("wrong reports to people are seen", async (t) => {
  const cases: [
    name: string,
    code: number,
    output: [stdout: string, stderr: string],
    truth: Partial<Truth>,
    wrong: boolean,
  ][] = [
    ["a true one", 4, [TEXT_TABLE, TEXT_SUMMARY], {}, false],
    ["a line tells what is not so", 4, ["", "INFO 2_step_2 applied\nINFO 1 of 3 migrations applied\n"], {}, true],
    ["the summary counts too many", 4, [TEXT_TABLE, TEXT_SUMMARY.replace("1 of 3", "2 of 3")], {}, true],
    ["the table is wrong", 4, [TEXT_TABLE.replaceAll("Not Present", "Present"), TEXT_SUMMARY], {}, true],
    ["no summary although something is done", 4, ["", "error[access]: x\n"], {}, true],
    ["nothing is started", 4, ["", "error[access]: x\n"], { ledger: [0] }, false],
  ];
  for (const [name, code, [stdout, stderr], truth, wrong] of cases) {
    await t.step(name, () => {
      const form = { direction: "apply", versions: VERSIONS, json: false } as const;
      const found = findWrong({ code, stdout, stderr }, { form, truth: { ...TRUTH, ...truth }, codes: [] });
      assert.equal(found.length > 0, wrong, found.join("\n"));
    });
  }
});
