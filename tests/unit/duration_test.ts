import assert from "node:assert/strict";
import { formatDuration, formatElapsed, parseDuration } from "../../src/duration.ts";
import { UsageError } from "../../src/errors.ts";
import {
  DEFAULT_LOCK_TIMEOUT,
  DEFAULT_READ_TIMEOUT,
  DEFAULT_SETTLE_TIMEOUT,
  DEFAULT_WAIT,
  readTimeouts,
  type TimeoutOptions,
} from "../../src/timeouts.ts";

const DAY = 24 * 3_600_000;

function usageError(action: () => unknown): UsageError {
  try {
    action();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  assert.fail("this should be refused");
}

Deno.test("parseDuration() reads seconds and units", () => {
  const cases: [text: string, ms: number][] = [
    ["90", 90_000],
    ["1.5", 1_500],
    [".5", 500],
    ["007", 7_000],
    ["500ms", 500],
    ["90s", 90_000],
    ["1.5s", 1_500],
    ["10m", 600_000],
    ["0.5m", 30_000],
    ["2h", 7_200_000],
    ["480h", 20 * DAY],
    ["1728000", 20 * DAY],
    ["1.1", 1_100],
    // What is not zero stays so: to PostgreSQL a limit of 0 is no limit.
    ["0.0001", 1],
    ["0.2ms", 1],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text, { option: "--x", allowZero: false }), ms, text);
  for (const text of ["0", "0.0", "0ms", "0h", "00"]) {
    assert.equal(parseDuration(text, { option: "--x", allowZero: true }), 0, text);
    assert.match(usageError(() => parseDuration(text, { option: "--x", allowZero: false })).message, /no time at all$/);
  }
});

Deno.test("parseDuration() refuses everything else, and names the option and what it takes", () => {
  const texts = [
    ..."- -1 +1 1. 1e3 0x10 1_000 1,5 s ms 10min 10M 1d 1h30m 90\n Infinity NaN true -- \u0661 1.5.5".split(" "),
    "",
    " ",
    " 90",
    "90 ",
    "90 s",
    "481h",
    "1728000.001",
    "9".repeat(400),
  ];
  for (const text of texts) {
    for (const allowZero of [true, false]) {
      const error = usageError(() => parseDuration(text, { option: "--step-timeout", allowZero }));
      assert.match(error.message, /^Cannot use option --step-timeout: .*[^.]$/, text);
      assert.match(error.next ?? "", /--step-timeout=90.*=500ms.*=10m.*=2h/, text);
    }
  }
  const messageOf = (text: string) =>
    usageError(() => parseDuration(text, { option: "--wait", allowZero: true })).message;
  assert.equal(messageOf(""), "Cannot use option --wait: its value is empty");
  assert.equal(messageOf("10min"), 'Cannot use option --wait: "10min" is not a length of time');
  assert.equal(messageOf("1\x1b[2J"), String.raw`Cannot use option --wait: "1\u001b[2J" is not a length of time`);
  assert.equal(messageOf("1000h"), 'Cannot use option --wait: "1000h" is longer than 20 days');
});

Deno.test("formatElapsed() counts like a clock", () => {
  const cases: [ms: number, text: string][] = [
    [0, "0:00"],
    [999, "0:00"],
    [7_999, "0:07"],
    [59_999, "0:59"],
    [60_000, "1:00"],
    [723_000, "12:03"],
    [3_599_999, "59:59"],
    [3_600_000, "1:00:00"],
    [3_723_000, "1:02:03"],
    [100 * 3_600_000, "100:00:00"],
  ];
  for (const [ms, text] of cases) assert.equal(formatElapsed(ms), text, String(ms));
});

Deno.test("formatDuration() names the two largest units", () => {
  const cases: [ms: number, text: string][] = [
    [0, "0 ms"],
    [500, "500 ms"],
    [999.4, "999 ms"],
    [999.6, "1 s"],
    [1_000, "1 s"],
    [1_500, "1.5 s"],
    [1_100, "1.1 s"],
    [2_299, "2.3 s"],
    [10_000, "10 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min"],
    [120_000, "2 min"],
    [125_000, "2 min 5 s"],
    [600_000, "10 min"],
    [3_599_400, "59 min 59 s"],
    [3_599_600, "1 h"],
    [3_780_000, "1 h 3 min"],
    [3_795_000, "1 h 3 min"],
    [20 * DAY, "480 h"],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text, String(ms));
});

Deno.test("readTimeouts() knows the defaults of README", () => {
  assert.deepEqual(readTimeouts({}), {
    read: DEFAULT_READ_TIMEOUT,
    lock: DEFAULT_LOCK_TIMEOUT,
    settle: DEFAULT_SETTLE_TIMEOUT,
    statement: undefined,
    step: undefined,
    wait: undefined,
  });
  assert.deepEqual(
    [DEFAULT_READ_TIMEOUT, DEFAULT_LOCK_TIMEOUT, DEFAULT_SETTLE_TIMEOUT, DEFAULT_WAIT],
    [30_000, 10_000, 600_000, 300_000],
  );
  assert.equal(readTimeouts({ wait: true }).wait, DEFAULT_WAIT);
});

Deno.test("readTimeouts() takes --wait=0 for not waiting", () => {
  for (const zero of ["0", "0s", "0.0m"]) assert.equal(readTimeouts({ wait: zero }).wait, undefined, zero);
  assert.equal(usageError(() => readTimeouts({ wait: "" })).message, "Cannot use option --wait: its value is empty");
});

Deno.test("readTimeouts() takes none where a limit of the database can be lifted, and nowhere else", () => {
  const { statement, step } = readTimeouts({ statementTimeout: "none", stepTimeout: "none" });
  assert.deepEqual([statement, step], ["none", "none"]);
  assert.match(usageError(() => readTimeouts({ statementTimeout: "0" })).next ?? "", /; or --statement-timeout=none$/);
  for (const key of ["timeout", "wait", "lockTimeout", "settleTimeout"] as const) {
    assert.match(usageError(() => readTimeouts({ [key]: "none" })).message, /"none" is not a length of time/);
  }
});

Deno.test("readTimeouts() reads each option into its own place", () => {
  const options: Required<TimeoutOptions> = {
    timeout: "1",
    wait: "2",
    lockTimeout: "3",
    settleTimeout: "4",
    statementTimeout: "5",
    stepTimeout: "6",
  };
  const expected = { read: 1_000, wait: 2_000, lock: 3_000, settle: 4_000, statement: 5_000, step: 6_000 };
  assert.deepEqual(readTimeouts(options), expected);
});

Deno.test("readTimeouts() refuses empty values, and zero where it would be no limit or no time", () => {
  const options: [key: keyof TimeoutOptions, option: string, mayBeZero: boolean][] = [
    ["timeout", "--timeout", false],
    ["lockTimeout", "--lock-timeout", true],
    ["settleTimeout", "--settle-timeout", true],
    ["statementTimeout", "--statement-timeout", false],
    ["stepTimeout", "--step-timeout", false],
  ];
  for (const [key, option, mayBeZero] of options) {
    const empty = usageError(() => readTimeouts({ [key]: "" }));
    assert.equal(empty.message, `Cannot use option ${option}: its value is empty`);
    if (mayBeZero) {
      assert.ok(Object.values(readTimeouts({ [key]: "0" })).includes(0), option);
    } else {
      const zero = usageError(() => readTimeouts({ [key]: "0" }));
      assert.equal(zero.message, `Cannot use option ${option}: "0" is no time at all`);
    }
  }
});
