/**
 * `!include` in the metadata: its forms, and what is refused with its place.
 *
 * @module
 */

import assert from "node:assert/strict";
import { built, DATABASES, type Files, problem, SOURCE, tables } from "../support/metadata_build.ts";

/** `tables` and the files that it includes; each stands for `[{ table: "a" }]`. */
const INCLUDES: readonly [tables: string, files: Files][] = [
  ['"!include tables/tables.yaml"', { "tables/tables.yaml": '- "!include a.yaml"\n', "tables/a.yaml": "table: a\n" }],
  ["!include tables.yaml", { "tables.yaml": "- !include a.yaml\n", "a.yaml": "table: a\n" }],
  ["'!include my tables.yaml'", { "my tables.yaml": "- table: a\n" }],
  [`'!include "my tables.yaml"'`, { "my tables.yaml": "- table: a\n" }],
  ["!include my tables.yaml", { "my tables.yaml": "- table: a\n" }],
  ["'!include /x/../all.yaml'", { "all.yaml": "- table: a\n" }],
  ["'!include ./x//y/all.yaml'", { "x/y/all.yaml": "- !include ../a.yaml\n", "x/a.yaml": "table: a\n" }],
  ["[{table: !include name.txt}]", { "name.txt": "a" }],
  ["[{'!include key.txt': a}]", { "key.txt": "table" }],
  ["[{<<: '!include a.yaml'}]", { "a.yaml": "table: a\n" }],
  ["'!include one.yaml'", { "one.yaml": "'!include two.yaml'\n", "two.yaml": "- table: a\n" }],
];

for (const [text, files] of INCLUDES) {
  Deno.test(`include: ${text}`, async () => {
    const inDatabases = Object.entries(files).map(([name, content]) => [`databases/${name}`, content]);
    assert.deepEqual(await tables(text, Object.fromEntries(inDatabases)), [{ table: "a" }]);
  });
}

Deno.test("an include may leave the metadata directory", async () => {
  const files = { "databases/x/a.yaml": "- !include ../../../b.yaml\n", "../b.yaml": "table: a\n" };
  assert.deepEqual(await tables("!include x/a.yaml", files), [{ table: "a" }]);
});

Deno.test("an include may leave its folder, and a file may be included more than once", async () => {
  const files = { "shared/a.yml/x.yaml": "[1]\n", "databases/a.yaml": "x: !include ../shared/a.yml/x.yaml\n" };
  assert.deepEqual(await tables("[!include a.yaml, !include a.yaml]", files), [{ x: [1] }, { x: [1] }]);
});

Deno.test("the text of other files is sent as it is", async () => {
  const text = "\ufeff-- not an !include\r\nselect 1\n";
  assert.deepEqual(
    await tables("[{a: '!include q.sql', b: '!include empty.txt'}]", {
      "databases/q.sql": text,
      "databases/empty.txt": "",
    }),
    [{ a: text, b: "" }],
  );
});

Deno.test("names are text", async () => {
  const { sources } = await built({ [DATABASES]: "- {name: 5, kind: true, tables: [], configuration: ~}\n" });
  assert.deepEqual(sources, [{ name: "5", kind: "true", configuration: null, tables: [] }]);
});

Deno.test("functions include files as well, and are left out where there are none", async () => {
  const text = (functions: string) => `${SOURCE}  tables: []\n  functions: ${functions}\n`;
  const files = { "databases/f.yaml": "- function: f\n" };
  const source = { name: "Aerie", kind: "postgres", tables: [] };
  assert.deepEqual((await built({ ...files, [DATABASES]: text("!include f.yaml") })).sources, [
    { ...source, functions: [{ function: "f" }] },
  ]);
  assert.deepEqual((await built({ [DATABASES]: text("") })).sources, [source]);
});

/** `tables`, the files that it includes, and what is said. */
const BAD_INCLUDES: readonly [tables: string, files: Files, expected: string][] = [
  [
    "!include a.yaml",
    {},
    '"databases/databases.yaml" line 3: it includes "databases/a.yaml", which does not exist',
  ],
  [
    "[!include a.yaml]",
    { "a.yaml/b.yaml": "x: 1" },
    '"databases/databases.yaml" line 3: it includes "databases/a.yaml", which is a directory',
  ],
  [
    "[!include a.yaml]",
    { "a.yaml": new Deno.errors.PermissionDenied("no") },
    '"databases/databases.yaml" line 3: it includes "databases/a.yaml", which cannot be read: permission denied',
  ],
  ...["", "# only\n# comments\n", "null\n"].map((content): [string, Files, string] => [
    "[!include a.yaml]",
    { "a.yaml": "table: x\ny:\n  !include b.yaml\n", "b.yaml": content },
    '"databases/a.yaml" line 3: it includes "databases/b.yaml", which is empty',
  ]),
  [
    "[!include a.yml]",
    { "a.yml": "table: a\n" },
    '"databases/databases.yaml" line 3: it includes "databases/a.yml", which is not named *.yaml: ' +
    'its text would be sent as it is; rename it to "databases/a.yaml"',
  ],
  [
    "[!include a.yaml]",
    { "a.yaml": "x: !include b.yaml\n", "b.yaml": "\ny: !include a.yaml\n" },
    '"databases/b.yaml" line 2: files include each other in a circle: ' +
    '"databases/a.yaml" -> "databases/b.yaml" -> "databases/a.yaml"',
  ],
  [
    "[!include databases.yaml]",
    {},
    '"databases/databases.yaml" line 3: files include each other in a circle: ' +
    '"databases/databases.yaml" -> "databases/databases.yaml"',
  ],
  [
    "[{comment: 'see !include there'}]",
    {},
    '"databases/databases.yaml" line 3: the Hasura CLI would take the text "see !include there" for an include, ' +
    'since "!include" is in it',
  ],
  [
    "[{comment: '!included'}]",
    {},
    '"databases/databases.yaml" line 3: the Hasura CLI would take the text "!included" for an include, ' +
    'since "!include" is in it',
  ],
  ["['!include ']", {}, '"databases/databases.yaml" line 3: the include names no file'],
  ["[!include '']", {}, '"databases/databases.yaml" line 3: the include names no file'],
  [
    "[!include a.yaml]",
    { "a.yaml": "x: [\n" },
    '"databases/a.yaml" line 2: it is not valid YAML (' +
    "Flow sequence in block collection must be sufficiently indented and end with a ])",
  ],
  [
    "[!include a.txt]",
    { "a.txt": new Uint8Array([0xff]) },
    '"databases/a.txt": it is not UTF-8 text',
  ],
  [
    "!include t.yaml",
    { "t.yaml": "- table: a\n- !include l.yaml\n", "l.yaml": "# list\n- table: b\n" },
    '"databases/l.yaml" line 2: a list stands where one of the "tables" belongs, which is a mapping ' +
    '(included from "databases/t.yaml" line 2)',
  ],
  [
    "!include t.yaml",
    { "t.yaml": "table: a\n" },
    '"databases/t.yaml" line 1: "tables" is not a list, but a mapping (included from "databases/databases.yaml" line 3)',
  ],
  [
    "[planning.activity]",
    {},
    '"databases/databases.yaml" line 3: the text "planning.activity" stands where one of the "tables" belongs, ' +
    "which is a mapping",
  ],
  [
    "[~]",
    {},
    '"databases/databases.yaml" line 3: nothing stands where one of the "tables" belongs, which is a mapping',
  ],
  ["{}", {}, '"databases/databases.yaml" line 3: "tables" is not a list, but a mapping'],
  [
    "[{'!include k.txt': 1, a: 2}]",
    { "k.txt": "a" },
    '"databases/databases.yaml" line 3: the key "a" is there twice',
  ],
];

for (const [text, files, expected] of BAD_INCLUDES) {
  Deno.test(`bad include: ${text}: ${expected}`, async () => {
    const inDatabases = Object.entries(files).map(([name, content]) => [`databases/${name}`, content]);
    const all = { ...Object.fromEntries(inDatabases), [DATABASES]: `${SOURCE}  tables: ${text}\n` };
    assert.equal(await problem(all), expected);
  });
}

Deno.test("of several bad includes the first in the order of reading is told", async () => {
  for (let round = 0; round < 5; round++) {
    const files: Files = { [DATABASES]: `${SOURCE}  tables: !include t.yaml\n` };
    files["databases/t.yaml"] = "- !include good.yaml\n- !include bad.yaml\n- !include missing.yaml\n";
    files["databases/good.yaml"] = "x: !include worse.yaml\n";
    files["databases/bad.yaml"] = "a: b: c\n";
    files["databases/worse.yaml"] = "";
    assert.equal(
      await problem(files),
      '"databases/good.yaml" line 1: it includes "databases/worse.yaml", which is empty',
    );
  }
});

Deno.test("includes that multiply each other end in an error", async () => {
  const files: Files = { "databases/a0.yaml": "[1, 2]\n" };
  for (let level = 1; level < 30; level++) {
    files[`databases/a${level}.yaml`] = Array(10).fill(`- !include a${level - 1}.yaml\n`).join("");
  }
  assert.equal(
    await problem({ ...files, [DATABASES]: `${SOURCE}  tables: [{x: !include a29.yaml}]\n` }),
    '"databases/databases.yaml" line 3: its aliases and includes make it too large',
  );
});
