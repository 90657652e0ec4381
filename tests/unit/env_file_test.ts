import assert from "node:assert/strict";
import { decodeEnvFile, parseEnvFile } from "../../src/env_file.ts";
import { ConfigError } from "../../src/errors.ts";
import vectors from "../data/dotenv-vectors.json" with { type: "json" };

/** Where we differ from python-dotenv: what is set, and why. */
const EXCEPTIONS: Record<string, { set: Record<string, string>; reason: string }> = {
  "\ufeffA=1\nB=2": { set: { A: "1", B: "2" }, reason: "a byte order mark at the start is no part of a name" },
};

interface Vector {
  text?: string;
  base64?: string;
  set?: Record<string, string>;
  error?: string;
}

function lookUpIn(environment: Record<string, string>): (name: string) => string | undefined {
  return (name) => {
    assert.ok(name !== "" && !/[=\0]/.test(name), "a system refuses such names");
    return Object.hasOwn(environment, name) ? environment[name] : undefined;
  };
}

function parseToObject(text: string, environment: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(parseEnvFile(text, lookUpIn(environment)).values);
}

Deno.test("parseEnvFile() sets what python-dotenv sets", () => {
  assert.equal(vectors.cases.length, 92);
  const unused = new Set(Object.keys(EXCEPTIONS));
  for (const { text, base64, set, error } of vectors.cases as Vector[]) {
    if (text === undefined) {
      const bytes = Uint8Array.from(atob(base64 ?? ""), (character) => character.charCodeAt(0));
      assert.equal(error, "UnicodeDecodeError");
      assert.throws(() => decodeEnvFile(bytes, "x"), ConfigError);
      continue;
    }
    unused.delete(text);
    const decoded = decodeEnvFile(new TextEncoder().encode(text), "x");
    assert.deepEqual(
      parseToObject(decoded, vectors.environment),
      EXCEPTIONS[text]?.set ?? set,
      JSON.stringify(text.slice(0, 100)),
    );
  }
  assert.deepEqual([...unused], [], "exceptions that no vector has");
});

Deno.test("parseEnvFile() sets what the vectors do not show", () => {
  const cases: [text: string, set: Record<string, string>][] = [
    ["A=1\rB=2\r", { A: "1", B: "2" }],
    ['A="l1\r\nl2"', { A: "l1\nl2" }],
    ['A="a\\a\\b\\f\\v\\r\\q"', { A: "a\x07\b\f\v\r\\q" }],
    ["A='a\\'b\\\\c\\n'", { A: "a'b\\c\\n" }],
    ['A="\\', {}],
    ['A="\\"', { A: "\\" }],
    ['A="x\\\\" # no end of the value\nB="y"', {}],
    ["A=1\nA", {}],
    ["A\nB=${A:-x}", { B: "" }],
    ["A='${A B}${x\ny:-z}'", { A: "z" }],
    ["A=${B:x}${=}${:-d}", { A: "${B:x}d" }],
    ["export=1\nexport =2", { export: "1" }],
    ["'A B'='1'\n'=x", { "A B": "1" }],
    ["A=\x1cx\x85#y", { A: "x" }],
    ["A=\ufeffx", { A: "\ufeffx" }],
    ["\ufeff\ufeffA=1", { "\ufeffA": "1" }],
    ["A=x\u2028#y", { A: "x" }],
    ["A=x  \t\u00a0", { A: "x" }],
    ["__proto__=1", JSON.parse('{"__proto__":"1"}')],
    ["'A=B'=1\nC=${A=B}", { "A=B": "1", C: "1" }],
  ];
  for (const [text, set] of cases) assert.deepEqual(parseToObject(text), set, JSON.stringify(text));
});

Deno.test("parseEnvFile() lets the environment come first, even where it is empty", () => {
  assert.deepEqual(parseToObject("A=file\nB=${A}", { A: "" }), { B: "" });
  assert.deepEqual(parseToObject("A=file\nB=${A}", { A: "env" }), { B: "env" });
});

Deno.test("parseEnvFile() tells the lines that it skips", () => {
  const cases: [text: string, lines: number[]][] = [
    ["A=1\n# c\n\nB\nexport C", []],
    ["A B=1", [1]],
    // Sets nothing, and was surely meant to.
    ["A:1\nB:\nC", [1, 2]],
    ["\n\n  =1\r\n\r\nA='open\nB=2\nC=\"open", [3, 5, 7]],
    ["A='l1\nl2' x\nB: 2\nC=3", [1, 3]],
  ];
  for (const [text, lines] of cases) {
    const { problems } = parseEnvFile(text, () => undefined);
    assert.deepEqual(problems.map(({ line }) => line), lines, JSON.stringify(text));
  }
});

Deno.test("parseEnvFile() reads a value of any length", () => {
  const long = "x \\".repeat(1_000_000);
  for (const text of [`A="${long}y"`, `A='${long}y'`, `A=${long}y`, `A="${long}`, `A=x${" ".repeat(100_000)}y`]) {
    const { values, problems } = parseEnvFile(text, () => undefined);
    assert.equal(values.size + problems.length, 1);
  }
});

Deno.test("decodeEnvFile() refuses what is not UTF-8 and names the file, not its text", () => {
  const utf16 = Uint8Array.from([0xff, 0xfe, 0x41, 0, 0x3d, 0, 0x73, 0]);
  assert.throws(() => decodeEnvFile(utf16, "dir/x.env"), {
    name: "ConfigError",
    message: 'Cannot read env file "dir/x.env": it is not UTF-8 text',
    next: "Save the file as UTF-8",
  });
});
