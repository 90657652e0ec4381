/**
 * YAML of the metadata that is refused, each with its place.
 *
 * @module
 */

import assert from "node:assert/strict";
import { built, problem, tables } from "../support/metadata_build.ts";

/** What is in a YAML file, and what is said of it. */
const BAD_YAML: readonly [yaml: string | Uint8Array, expected: string | RegExp][] = [
  ["- a\n- 'b\n", /^line \d+: it is not valid YAML \(Missing closing 'quote\)$/],
  ["- a: b: c\n", "line 1: it is not valid YAML (Nested mappings are not allowed in compact mappings)"],
  ["- a:\n\t- b\n", "line 2: it is not valid YAML (Tabs are not allowed as indentation)"],
  ["- a\n---\n- b\n", "line 2: a second YAML document begins here, and only the first would count"],
  ["- a: 1\n  b: 2\n  a: 3\n", 'line 3: the key "a" is there twice, first in line 1'],
  ["- {1: x, '1': y}\n", 'line 1: the key "1" is there twice, first in line 1'],
  ["- {<<: {a: 1}, <<: {b: 1}}\n", 'line 1: the key "<<" is there twice, first in line 1'],
  ["- {<<: 5}\n", "line 1: << takes over mappings, and this is none"],
  ["- {~: x}\n", "line 1: a key is not text"],
  ["- {[a]: x}\n", "line 1: a key is not text"],
  ["- !e!x y\n", "line 1: it is not valid YAML (Could not resolve tag: !e!x)"],
  ["- !secret x\n", 'line 1: the tag "!secret" cannot be used here'],
  ["- !!set {a}\n", 'line 1: the tag "!!set" cannot be used here'],
  ["-\n - !!binary aGk=\n", 'line 2: the tag "!!binary" cannot be used here'],
  ["- !!int x\n", "line 1: its value does not fit its tag !!int"],
  ["- *a\n", 'line 1: the alias "*a" has no anchor before it'],
  ["- &a [*a]\n", 'line 1: the alias "*a" stands inside of its own anchor'],
  ["- a\n- \x07\n", "line 2: it has a control character"],
  [new Uint8Array([0x2d, 0x20, 0xe9, 0x0a]), "it is not UTF-8 text"],
  [`${"[".repeat(20_000)}`, /nested too deeply$/],
  [
    "- 9007199254740993\n",
    "line 1: the number 9007199254740993 is too large to be sent exactly; quote it if it is no number",
  ],
  [
    "\n- -9007199254740993\n",
    "line 2: the number -9007199254740993 is too large to be sent exactly; quote it if it is no number",
  ],
  [
    "- 0x20000000000001\n",
    "line 1: the number 0x20000000000001 is too large to be sent exactly; quote it if it is no number",
  ],
  ["- .inf\n", "line 1: .inf is no number that can be sent"],
  ["- .NaN\n", "line 1: .NaN is no number that can be sent"],
  ["- 1.0e+999\n", "line 1: 1.0e+999 is too large for a number"],
  ["- a: <<\n", "line 1: << stands for no value; quote it where it is text"],
  ["-\n - !!float 3\n", "line 2: its value does not fit its tag !!float"],
  ['- "a\\/b"\n', "line 1: the Hasura CLI cannot read \\/ in a text"],
  ['- a\n- "\\\\ \\ud83d\\ude00"\n', "line 2: the Hasura CLI cannot read \\ud83d in a text"],
  ['- "\\U0000D83D"\n', /cannot read|not valid YAML/],
  ...["0755", "-08", "0b11", "0o17", "+0x1F", "0_7"].map((text): [string, string] => [
    `- ${text}\n`,
    `line 1: ${text} is a different number, or text, for other readers of YAML; quote it`,
  ]),
  ...["1_000", "1_0.5", "12e5", "1e3", "1.5e3", "5.", "0e0", "100.", "-1E5", "1e+3", "1.e+3", "+.5e2"].map((
    text,
  ): [string, string] => [
    `- [${text}]\n`,
    `line 1: ${text} is a number for some readers of YAML and text for others; quote it`,
  ]),
  ["a: 1\n", "line 1: it is not a list, but a mapping"],
  ["text\n", 'line 1: it is not a list, but the text "text"'],
];

Deno.test("numbers that are the same for all readers of YAML, and texts that only look like them", async () => {
  const yaml =
    `- [0.5, .5, -1.5e+3, 2.0E-2, 12, "12e5", '5.', 1.2.3, e5, 12:30, "\\\\/", "\\u00e4", "<<"]\n- <<: {a: 1}\n`;
  assert.deepEqual(await built({ "cron_triggers.yaml": yaml }), {
    sources: [],
    cron_triggers: [
      [0.5, 0.5, -1500, 0.02, 12, "12e5", "5.", "1.2.3", "e5", "12:30", "\\/", "ä", "<<"],
      { a: 1 },
    ],
  });
});

for (const [yaml, expected] of BAD_YAML) {
  const shown = typeof yaml === "string" ? JSON.stringify(yaml.slice(0, 60)) : "bytes";
  Deno.test(`bad YAML: ${shown}`, async () => {
    const message = await problem({ "cron_triggers.yaml": yaml });
    const rest = message.replace(/^"cron_triggers\.yaml":? /, "");
    if (typeof expected === "string") assert.equal(rest, expected);
    else assert.match(rest, expected);
  });
}

Deno.test("aliases that multiply each other end in an error, not in a long wait", async () => {
  const levels = Array.from({ length: 30 }, (_, index) => {
    const inner = index === 0 ? "x" : Array(10).fill(`*a${index - 1}`).join(", ");
    return `- &a${index} [${inner}]\n`;
  });
  assert.equal(
    await problem({ "cron_triggers.yaml": levels.join("") }),
    '"cron_triggers.yaml" line 7: its aliases and includes make it too large',
  );
  const merges = Array.from({ length: 30 }, (_, index) => {
    const inner = index === 0 ? "{x: 1}" : Array(10).fill(`*a${index - 1}`).join(", ");
    return `- &a${index} {<<: [${inner}]}\n`;
  });
  const expected = Array(30).fill({ x: 1 });
  assert.deepEqual(await built({ "cron_triggers.yaml": merges.join("") }), { sources: [], cron_triggers: expected });
  assert.deepEqual(await tables("!include a.yaml", { "databases/a.yaml": merges.join("") }), expected);
});

Deno.test("aliases that stack up are nested too deeply", async () => {
  const levels = Array.from({ length: 600 }, (_, index) => `- &a${index} [${index === 0 ? "x" : `*a${index - 1}`}]\n`);
  assert.equal(
    await problem({ "cron_triggers.yaml": levels.join("") }),
    '"cron_triggers.yaml" line 501: it is nested too deeply',
  );
});
