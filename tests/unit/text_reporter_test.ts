import assert from "node:assert/strict";
import { FailedError } from "../../src/errors.ts";
import { createRedactor, redactedOutput } from "../../src/redact.ts";
import type { Reporter } from "../../src/report/events.ts";
import { createJsonReporter } from "../../src/report/json_reporter.ts";
import { createTextReporter, type TextReporterOptions } from "../../src/report/text_reporter.ts";
import { FakeRuntime, type FakeRuntimeOptions } from "../support/fake_runtime.ts";

const TERMINAL: FakeRuntimeOptions = { terminals: ["stdout", "stderr"] };
const ERASE_TO_END = "\x1b[K";
const HIDE = `\r${ERASE_TO_END}`;

function reporterOf(rt: FakeRuntime, options: Partial<TextReporterOptions> = {}): Reporter {
  return createTextReporter({ stdout: rt.stdout, stderr: rt.stderr, color: false, ...options });
}

function wait(reporter: Reporter, what: string, ...seconds: number[]): void {
  for (const second of seconds) reporter.emit({ type: "waiting", what, elapsed: second * 1_000 });
}

/** All seconds from 2 to `last`, as they are told. */
function secondsTo(last: number): number[] {
  return Array.from({ length: last - 1 }, (_, index) => index + 2);
}

/** The rows that a terminal of `columns` shows after `text`, without those that are empty at the end. */
function screen(text: string, columns: number): { rows: string[]; column: number } {
  const rows = [""];
  let column = 0;
  const put = (character: string) => {
    if (column === columns) {
      rows.push("");
      column = 0;
    }
    const row = (rows.at(-1) ?? "").padEnd(column);
    rows[rows.length - 1] = row.slice(0, column) + character + row.slice(column + 1);
    column++;
  };
  for (const [index, part] of text.split(ERASE_TO_END).entries()) {
    if (index > 0) rows[rows.length - 1] = (rows.at(-1) ?? "").slice(0, column);
    for (const character of part) {
      if (character === "\n") rows.push("");
      if (character === "\n" || character === "\r") column = 0;
      else put(character);
    }
  }
  while (rows.at(-1) === "" && rows.length > 1) rows.pop();
  return { rows, column };
}

Deno.test("on a terminal one line is redrawn, and nothing is left of it at the end", () => {
  using rt = new FakeRuntime(TERMINAL);
  const reporter = reporterOf(rt);
  wait(reporter, "applying 2_long_one: the answer was lost", 9, 10, 11);
  wait(reporter, "applying 2_long_one", 12);
  const drawn = rt.takeStderr();
  assert.deepEqual(screen(drawn, 80), { rows: ["applying 2_long_one … 0:12"], column: 0 });
  assert.equal(drawn.split("\n").length, 1);
  reporter.emit({ type: "waiting-ended" });
  assert.deepEqual(screen(drawn + rt.takeStderr(), 80), { rows: [""], column: 0 });
  reporter.emit({ type: "waiting-ended" });
  assert.equal(rt.takeStderr(), "", "there is nothing to take away");
});

Deno.test("the line gives way to whatever else is written, and comes back", async () => {
  using rt = new FakeRuntime(TERMINAL);
  const reporter = reporterOf(rt);
  await reporter.prepare();
  const target = { endpoint: "http://h", source: "Aerie" };
  const writers: [name: string, write: () => void][] = [
    ["a note", () => reporter.emit({ type: "note", text: "n" })],
    ["the plan", () => reporter.emit({ type: "run-planned", direction: "apply", target, steps: [], afterTasks: [] })],
    ["a choice", () => reporter.emit({ type: "choice-planned", target, rows: [] })],
    ["a signal", () => reporter.emit({ type: "stop-requested", signal: "SIGINT" })],
    ["a failure", () => reporter.emit({ type: "failure", error: new FailedError("Cannot x") })],
    ["the end", () => reporter.fail(new FailedError("Cannot x"))],
  ];
  for (const [name, write] of writers) {
    wait(reporter, "reading", 2);
    rt.takeStderr();
    write();
    const written = rt.takeStderr();
    assert.ok(written.startsWith(HIDE), name);
    assert.ok(!written.slice(HIDE.length).includes(HIDE), name);
    rt.takeStdout();
    wait(reporter, "reading", 3);
    assert.match(rt.takeStderr(), /^\rreading … 0:03/, name);
    reporter.emit({ type: "waiting-ended" });
    assert.equal(rt.takeStderr(), HIDE, name);
  }
});

Deno.test("the line never wraps, however narrow the terminal is", () => {
  const texts = [
    "applying 12_a_migration_with_a_name_that_goes_on_and_on",
    "\u6f22\u5b57".repeat(30),
    "\u{1f680}".repeat(30),
    "short",
  ];
  for (let columns = 1; columns <= 70; columns++) {
    using rt = new FakeRuntime({ ...TERMINAL, columns });
    const reporter = reporterOf(rt);
    for (const what of texts) {
      wait(reporter, what, 3_723);
      const drawn = rt.takeStderr();
      const line = drawn.replaceAll(ERASE_TO_END, "").replaceAll("\r", "");
      const width = [...line].reduce((sum, character) => sum + (/[\u6f22\u5b57\u{1f680}]/u.test(character) ? 2 : 1), 0);
      assert.ok(width < columns || line === "", `${line} has ${width} columns of ${columns}`);
      if (columns >= 20) assert.match(line, / … 1:02:03$/);
      if (line !== "" && !line.startsWith(what)) assert.match(line, /^.*… … 1:02:03$/);
    }
    reporter.emit({ type: "waiting-ended" });
    rt.takeStderr();
  }
  using rt = new FakeRuntime({ ...TERMINAL, columns: 26 });
  const reporter = reporterOf(rt);
  wait(reporter, "applying 2_long_one", 12);
  assert.deepEqual(screen(rt.takeStderr(), 26).rows, ["applying 2_long_o… … 0:12"]);
});

Deno.test("a terminal that does not say how wide it is counts as one of 80 columns", () => {
  using rt = new FakeRuntime(TERMINAL);
  const reporter = reporterOf(rt, { stderr: { ...rt.stderr, columns: () => undefined } });
  wait(reporter, "x".repeat(200), 12);
  assert.deepEqual(screen(rt.takeStderr(), 80).rows, [`${"x".repeat(71)}… … 0:12`]);
});

Deno.test("off a terminal there is a line for each 30 seconds", () => {
  using rt = new FakeRuntime();
  const reporter = reporterOf(rt);
  wait(reporter, "applying 2_long_one", ...secondsTo(95));
  reporter.emit({ type: "waiting-ended" });
  assert.equal(
    rt.takeStderr(),
    "INFO applying 2_long_one: 0:30 so far\nINFO applying 2_long_one: 1:00 so far\nINFO applying 2_long_one: 1:30 so far\n",
  );
  wait(reporter, "applying 2_long_one", 31);
  assert.equal(rt.takeStderr(), "INFO applying 2_long_one: 0:31 so far\n", "the next wait starts anew");
});

Deno.test("off a terminal, ticks that come late lose no line, and other words make none of their own", () => {
  using rt = new FakeRuntime();
  const reporter = reporterOf(rt);
  wait(reporter, "a", 2, 29, 31.2, 59);
  wait(reporter, "a, in other words", 59.5, 61, 62);
  assert.equal(rt.takeStderr(), "INFO a: 0:31 so far\nINFO a, in other words: 1:01 so far\n");
  // Inner work comes and goes with a clock of its own.
  for (const second of [65, 70, 75, 80]) {
    wait(reporter, "inner", 2, 3);
    wait(reporter, "a, in other words", second);
  }
  assert.equal(rt.takeStderr(), "");
  wait(reporter, "inner", 2, 15, 30, 31);
  wait(reporter, "a, in other words", 112);
  assert.equal(rt.takeStderr(), "INFO inner: 0:30 so far\nINFO a, in other words: 1:52 so far\n");
});

Deno.test("a terminal that cannot redraw gets lines", () => {
  using rt = new FakeRuntime(TERMINAL);
  const reporter = reporterOf(rt, { redraws: false });
  wait(reporter, "reading", 2, 30);
  reporter.emit({ type: "waiting-ended" });
  assert.equal(rt.takeStderr(), "INFO reading: 0:30 so far\n");
});

Deno.test("text of a server neither breaks the line nor reaches the terminal as codes", () => {
  for (const terminals of [["stderr"], []] as const) {
    using rt = new FakeRuntime({ terminals });
    wait(reporterOf(rt), "a\nINFO migrations applied\x1b[2J\u202eb", 30);
    const written = rt.takeStderr().replaceAll(ERASE_TO_END, "").trim();
    assert.match(written, /^(?:INFO )?a INFO migrations applied \[2J b/);
    assert.doesNotMatch(written, /\p{Cc}|\u202e/u);
  }
});

Deno.test("a secret is not shown by half where the line is cut", () => {
  using rt = new FakeRuntime({ ...TERMINAL, columns: 30 });
  const redactor = createRedactor();
  redactor.add("correct-horse-battery");
  const stderr = redactedOutput(rt.stderr, redactor);
  const reporter = reporterOf(rt, { stderr, redact: (text) => redactor.redact(text) });
  wait(reporter, "asking for correct-horse-battery", 2);
  assert.deepEqual(screen(rt.takeStderr(), 30).rows, ["asking for **** … 0:02"]);
});

Deno.test("with JSON output nothing is shown", () => {
  using rt = new FakeRuntime(TERMINAL);
  const { stdout, stderr } = rt;
  const reporter = createJsonReporter({ stdout, stderr, redactor: createRedactor(), debug: false });
  wait(reporter, "reading", 2, 30);
  reporter.emit({ type: "waiting-ended" });
  assert.equal(rt.takeStdout() + rt.takeStderr(), "");
});
