/**
 * The metadata directory as one JSON document: the forms that are understood, and what is refused with its place.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ConfigError } from "../../src/errors.ts";
import type { Json } from "../../src/json.ts";
import { buildMetadata, type BuiltMetadata } from "../../src/metadata/directory.ts";
import { FakeRuntime } from "../support/fake_runtime.ts";

type Files = Record<string, string | Uint8Array | Error>;

const ROOT = "./hasura/metadata";
const DATABASES = "databases/databases.yaml";
/** Without tables, to be completed. */
const SOURCE = "- name: Aerie\n  kind: postgres\n";
const BASE: Files = { "version.yaml": "version: 3\n", [DATABASES]: "[]\n" };

async function build(files: Files): Promise<BuiltMetadata> {
  const all = Object.entries({ ...BASE, ...files }).map(([name, content]) => [`${ROOT}/${name}`, content]);
  using rt = new FakeRuntime({ files: Object.fromEntries(all) });
  return await buildMetadata(rt, { kind: "directory", path: ROOT });
}

/** The metadata besides its version; notes are not expected. */
async function built(files: Files): Promise<Record<string, Json>> {
  const { metadata: { version, ...rest }, notes } = await build(files);
  assert.equal(version, 3);
  assert.deepEqual(notes, []);
  return rest;
}

/** The error, without what is the same in all. */
async function problem(files: Files): Promise<string> {
  const { metadata, error } = await build(files).then(
    ({ metadata }) => ({ metadata, error: undefined }),
    (error) => ({ metadata: undefined, error }),
  );
  assert.ok(error instanceof ConfigError, `no ConfigError, but ${error ?? JSON.stringify(metadata)}`);
  assert.equal(error.state, "Nothing was sent");
  assert.ok(error.next);
  const start = "Cannot use the metadata: ";
  assert.ok(error.message.startsWith(start), error.message);
  return error.message.slice(start.length).replaceAll(`"${ROOT}/`, '"');
}

/** The tables of the one source, of which `files` has the includes and `tables` the key. */
async function tables(text: string, files: Files = {}): Promise<Json | undefined> {
  const { sources } = await built({ ...files, [DATABASES]: `${SOURCE}  tables: ${text}\n` });
  assert.ok(Array.isArray(sources));
  return (sources[0] as Record<string, Json>).tables;
}

/** Directories with one file more, and what it adds. */
const OBJECTS: readonly [name: string, content: string, expected: Record<string, Json>][] = [
  ["remote_schemas.yaml", "- name: r\n  definition: {url: x}\n", {
    remote_schemas: [{ name: "r", definition: { url: "x" } }],
  }],
  ["remote_schemas.yaml", "[]", { remote_schemas: [] }],
  ["remote_schemas.yaml", "", { remote_schemas: [] }],
  ["query_collections.yaml", "# none\n", { query_collections: [] }],
  ["allow_list.yaml", "- collection: c\n", { allowlist: [{ collection: "c" }] }],
  ["allow_list.yaml", "null", { allowlist: [] }],
  ["cron_triggers.yaml", "- schedule: '*/5 * * * *'\n", { cron_triggers: [{ schedule: "*/5 * * * *" }] }],
  ["network.yaml", "tls_allowlist: []", { network: { tls_allowlist: [] } }],
  ["network.yaml", "", { network: {} }],
  ["rest_endpoints.yaml", "- {name: a}", { rest_endpoints: [{ name: "a" }] }],
  ["rest_endpoints.yaml", "[]", {}],
  ["rest_endpoints.yaml", "", {}],
  ["inherited_roles.yaml", "- {role_name: a, role_set: [b]}", {
    inherited_roles: [{ role_name: "a", role_set: ["b"] }],
  }],
  ["opentelemetry.yaml", "{}", { opentelemetry: {} }],
  ["opentelemetry.yaml", "", {}],
  ["backend_configs.yaml", "dataconnector: {x: 1}", { backend_configs: { dataconnector: { x: 1 } } }],
  ["backend_configs.yaml", "# nothing", {}],
  ["api_limits.yaml", "disabled: false\ndepth_limit: {global: 5}", {
    api_limits: { disabled: false, depth_limit: { global: 5 } },
  }],
  ["api_limits.yaml", "null\n", { api_limits: {} }],
  ["graphql_schema_introspection.yaml", "disabled_for_roles: [viewer]", {
    graphql_schema_introspection: { disabled_for_roles: ["viewer"] },
  }],
  ["graphql_schema_introspection.yaml", "", { graphql_schema_introspection: { disabled_for_roles: [] } }],
  ["metrics_config.yaml", "analyze_query_variables: true", { metrics_config: { analyze_query_variables: true } }],
  ["metrics_config.yaml", "{}", {}],
  ["metrics_config.yaml", "", {}],
  ["metrics_config.yaml", "#\u00a0none\n", {}],
  ["README.md", "about", {}],
  [".graphqlrc.yaml", "hidden", {}],
  ["seeds/one.yaml", "of a folder that does not count", {}],
];

for (const [name, content, expected] of OBJECTS) {
  Deno.test(`object: ${name} with ${JSON.stringify(content)}`, async () => {
    assert.deepEqual(await built({ [name]: content }), { sources: [], ...expected });
  });
}

/** A value in a YAML file, and what it is in JSON. */
const VALUES: readonly [yaml: string, expected: Json][] = [
  ["yes", "yes"],
  ["[on, off, no, y]", ["on", "off", "no", "y"]],
  ["[true, False, TRUE]", [true, false, true]],
  ["[null, ~, Null]", [null, null, null]],
  ["2024-01-01", "2024-01-01"],
  ["2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"],
  ["12:30:45", "12:30:45"],
  ["1.2.3.4", "1.2.3.4"],
  ["[1, -1, +7, -0, 0x1F]", [1, -1, 7, 0, 31]],
  ["[1.5, .5, 5., 1e3, 1e300]", [1.5, 0.5, 5, 1000, 1e300]],
  ["[9007199254740992, -9007199254740992]", [9007199254740992, -9007199254740992]],
  ["['0755', \"1_000\"]", ["0755", "1_000"]],
  ["!!str 12", "12"],
  ["!!int '3'", 3],
  ["!!float 3", 3],
  ["!!bool 'true'", true],
  ["! 12", "12"],
  ["!!timestamp 2024-01-01", "2024-01-01"],
  ["&a [x, &b y]\n- [*a, *b]", ["x", "y"]],
  ["|\n  select 1;\n  select 2;\n", "select 1;\nselect 2;\n"],
  [">-\n  one\n  two\n", "one two"],
  ['"a\\tb\\u00e9"', "a\tbé"],
  ["'it''s'", "it's"],
  ["x - y # comment", "x - y"],
  ['{"owner":{"_eq":"X-Hasura-User-Id"}}', { owner: { _eq: "X-Hasura-User-Id" } }],
  ["{__proto__: 1, 5: x, true: y}", JSON.parse('{"__proto__": 1, "5": "x", "true": "y"}')],
  ["{a: &m {x: 1, y: 2}, b: {<<: *m, y: 3}}", { a: { x: 1, y: 2 }, b: { y: 3, x: 1 } }],
  ["{a: {<<: [{x: 1}, {x: 2, y: 2}]}, '<<': z}", { a: { x: 1, y: 2 }, "<<": "z" }],
  ["say !include if you like", "say !include if you like"],
];

for (const [yaml, expected] of VALUES) {
  Deno.test(`value: ${JSON.stringify(yaml)}`, async () => {
    const { remote_schemas } = await built({ "remote_schemas.yaml": `- ${yaml}\n` });
    assert.ok(Array.isArray(remote_schemas));
    assert.deepEqual(remote_schemas[0], expected);
  });
}

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
  ["- 1e999\n", "line 1: 1e999 is too large for a number"],
  ...["0755", "-08", "0b11", "0o17", "+0x1F", "0_7"].map((text): [string, string] => [
    `- ${text}\n`,
    `line 1: ${text} is a different number, or text, for other readers of YAML; quote it`,
  ]),
  ...["1_000", "1_0.5"].map((text): [string, string] => [
    `- [${text}]\n`,
    `line 1: ${text} is a number for some readers of YAML and text for others; quote it`,
  ]),
  ["a: 1\n", "line 1: it is not a list, but a mapping"],
  ["text\n", 'line 1: it is not a list, but the text "text"'],
];

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

/** The content of a file, or several, and what is said. */
const BAD_FILES: readonly [files: Files, expected: string][] = [
  [{ "version.yaml": "version: 2\n" }, '"version.yaml" line 1: the version is 2, and only version 3 can be applied'],
  [
    { "version.yaml": "version: '3'\n" },
    '"version.yaml" line 1: the version is the text "3", and only version 3 can be applied',
  ],
  [{ "version.yaml": "" }, '"version.yaml": there is no version, and only version 3 can be applied'],
  [
    { "version.yaml": "version: 3\nname: x\n" },
    '"version.yaml" line 2: it has the unknown key "name", which the Hasura CLI would leave out without a word',
  ],
  [{ [DATABASES]: "" }, '"databases/databases.yaml": it is empty, which would remove all sources with their tables'],
  [{ [DATABASES]: "name: x\n" }, '"databases/databases.yaml" line 1: it is not a list, but a mapping'],
  [{ [DATABASES]: "- x\n" }, '"databases/databases.yaml" line 1: a source is not a mapping, but the text "x"'],
  [
    { [DATABASES]: `${SOURCE}  tables: []\n  table: []\n` },
    '"databases/databases.yaml" line 4: a source has the unknown key "table", ' +
    "which the Hasura CLI would leave out without a word",
  ],
  [{ [DATABASES]: "\n- kind: postgres\n  tables: []\n" }, '"databases/databases.yaml" line 2: a source has no name'],
  [{ [DATABASES]: "- name: x\n  kind:\n  tables: []\n" }, '"databases/databases.yaml" line 2: a source has no kind'],
  [{ [DATABASES]: SOURCE }, '"databases/databases.yaml" line 1: the source "Aerie" has no tables'],
  [{ [DATABASES]: `${SOURCE}  tables:\n` }, '"databases/databases.yaml" line 3: the source "Aerie" has no tables'],
  [
    { [DATABASES]: `${SOURCE}  tables: []\n${SOURCE}  tables: []\n` },
    '"databases/databases.yaml" line 4: there are two sources named "Aerie", the first in line 1',
  ],
  [
    { [DATABASES]: `${SOURCE}  tables: []\n  configuration: "!include c.yaml"\n` },
    '"databases/databases.yaml" line 4: "!include" works only in "tables" and "functions" of databases.yaml; ' +
    "here the words would be sent as they are",
  ],
  [
    { "cron_triggers.yaml": "- !include c.yaml\n" },
    '"cron_triggers.yaml" line 1: "!include" works only in "tables" and "functions" of databases.yaml; ' +
    "here the words would be sent as they are",
  ],
  [
    { "cron_triggers.yaml": '"!include c.yaml"\n' },
    '"cron_triggers.yaml" line 1: "!include" works only in "tables" and "functions" of databases.yaml; ' +
    "here the words would be sent as they are",
  ],
  [{ "allow_list.yaml": "# none\n" }, '"allow_list.yaml": it is empty'],
  [{ "network.yaml": "[]" }, '"network.yaml" line 1: it is not a mapping, but a list'],
  [
    { "api_limits.yaml": "disabled: true\ndepth_limits: {}\n" },
    '"api_limits.yaml" line 2: it has the unknown key "depth_limits", ' +
    "which the Hasura CLI would leave out without a word",
  ],
  [
    { "network.yaml": "tls: []" },
    '"network.yaml" line 1: it has the unknown key "tls", which the Hasura CLI would leave out without a word',
  ],
  [
    { "graphql_schema_introspection.yaml": "disabled_for_roles: viewer" },
    '"graphql_schema_introspection.yaml" line 1: "disabled_for_roles" is not a list, but the text "viewer"',
  ],
  [{ "metrics_config.yaml": "- a" }, '"metrics_config.yaml" line 1: it is not a mapping, but a list'],
  [{ "tables.yaml": "[]" }, '"tables.yaml": it is a file of config version 2, which would not count'],
  ...["cron_trigger.yaml", "cron_triggers.yml", "metadata.json", "x.graphql", "databases.yaml"].map((
    name,
  ): [Files, string] => [
    { [name]: "[]" },
    `"${name}": it is none of the files of a metadata directory, so that it would not count`,
  ]),
  [{ "cron_triggers.yaml/x": "" }, '"cron_triggers.yaml": it is a directory'],
  [{ "cron_triggers.yaml": new Deno.errors.PermissionDenied("no") }, '"cron_triggers.yaml": permission denied'],
  [
    { "actions.yaml": "actions: []\n" },
    '"actions.graphql": it does not exist, but "actions.yaml" does: ' +
    "all actions and custom types would be removed from Hasura",
  ],
  [
    { "actions.graphql": "" },
    '"actions.yaml": it does not exist, but "actions.graphql" does: ' +
    "all actions and custom types would be removed from Hasura",
  ],
];

for (const [files, expected] of BAD_FILES) {
  Deno.test(`bad file: ${expected}`, async () => {
    assert.equal(await problem(files), expected);
  });
}

for (const name of ["version.yaml", DATABASES]) {
  Deno.test(`${name} has to be there`, async () => {
    const { [name]: _, ...rest } = BASE;
    const files = Object.entries({ ...rest, "README.md": "" }).map(([path, content]) => [`${ROOT}/${path}`, content]);
    using rt = new FakeRuntime({ files: Object.fromEntries(files) });
    await assert.rejects(buildMetadata(rt, { kind: "directory", path: ROOT }), {
      message: `Cannot use the metadata: "${ROOT}/${name}": it does not exist`,
      code: "config",
    });
  });
}

Deno.test("the directory has to be there", async () => {
  using rt = new FakeRuntime({ files: { "hasura/config.yaml": "" } });
  await assert.rejects(buildMetadata(rt, { kind: "directory", path: ROOT }), {
    message: `Cannot use the metadata: "${ROOT}": it does not exist`,
  });
});

Deno.test("files that nothing includes are noted", async () => {
  const odd = ["z.yaml", "b/c.yml", "a.yaml", "e.yaml", "f.yaml", "g.yaml"].map((name) => [`databases/${name}`, "x"]);
  const { notes } = await build({
    ...Object.fromEntries(odd),
    "databases/used.yaml": "[]",
    "databases/notes.txt": "",
    "databases/.hidden/x.yaml": "",
    [DATABASES]: `${SOURCE}  tables: !include used.yaml\n`,
  });
  const few = ["a.yaml", "b/c.yml", "e.yaml", "f.yaml", "g.yaml"].map((name) => `"${ROOT}/databases/${name}"`);
  assert.deepEqual(notes, [
    `6 files of the metadata are not included by any other and left out: ${few.join(", ")} and 1 more`,
  ]);
});

const SDL = `
type Query { find(id: Int!, tags: [String!]): Found! }
extend type Mutation {
  """ Sends it. """
  send("To whom" to: Address!): Found @deprecated(reason: "old")
}
"What was found" type Found implements Thing { id: ID! at(zone: String): Time }
interface Thing { id: ID! }
input Address { "Where" city: String = "Rome" state: State }
enum State { "First" ONE TWO }
scalar Time
`;

const HANDLED = `
actions:
  - name: find
    definition: {kind: ~, handler: "{{URL}}/find", timeout: 0, forward_client_headers: false, headers: null}
  - name: send
    definition:
      kind: synchronous
      handler: http://x
      timeout: 30
      forward_client_headers: true
      headers: [{name: a, value: b}]
      request_transform: {version: 2}
    permissions: [{role: user}]
    comment: Sends it
`;

const FIND = {
  name: "find",
  definition: {
    kind: "",
    handler: "{{URL}}/find",
    type: "query",
    arguments: [
      { name: "id", type: "Int!", description: null },
      { name: "tags", type: "[String!]", description: null },
    ],
    output_type: "Found!",
  },
};

Deno.test("actions and custom types", async () => {
  const { metadata: { actions, custom_types: types }, notes } = await build({
    "actions.graphql": SDL,
    "actions.yaml": HANDLED,
  });
  assert.deepEqual(actions, [FIND, {
    name: "send",
    definition: {
      kind: "synchronous",
      handler: "http://x",
      type: "mutation",
      arguments: [{ name: "to", type: "Address!", description: "To whom" }],
      output_type: "Found",
      timeout: 30,
      forward_client_headers: true,
      headers: [{ name: "a", value: "b" }],
      request_transform: { version: 2 },
    },
    permissions: [{ role: "user" }],
    comment: "Sends it",
  }]);
  assert.deepEqual(types, {
    enums: [{
      name: "State",
      values: [{ value: "ONE", description: "First" }, { value: "TWO", description: null }],
    }],
    input_objects: [{
      name: "Address",
      fields: [
        { name: "city", type: "String", description: "Where" },
        { name: "state", type: "State", description: null },
      ],
    }],
    objects: [{
      name: "Found",
      description: "What was found",
      fields: [{ name: "id", type: "ID!", description: null }, { name: "at", type: "Time", description: null }],
    }],
    scalars: [{ name: "Time" }],
  });
  assert.deepEqual(notes, [
    `Hasura makes no use of arguments of fields in "${ROOT}/actions.graphql": Found.at`,
    `Hasura makes no use of default values in "${ROOT}/actions.graphql": Address.city`,
  ]);
});

Deno.test("actions.yaml adds to the custom types", async () => {
  const { metadata: { custom_types: types } } = await build({
    "actions.graphql": SDL,
    "actions.yaml": `${HANDLED}custom_types:
  enums:
    - name: State
      values: [{value: TWO, description: null, is_deprecated: null}, ONE]
  input_objects:
    - {name: Address, description: "", fields: [{name: city, type: String}]}
  objects:
    - name: Found
      relationships: [{name: plan}]
  scalars:
`,
  });
  const { enums, input_objects: [address], objects: [found] } = types as Record<string, Record<string, Json>[]> & {
    input_objects: [Record<string, Json>];
    objects: [Record<string, Json>];
  };
  assert.equal(enums?.length, 1);
  assert.equal(address.description, "");
  // As the Hasura CLI does: an entry without a description takes away that of the SDL.
  assert.ok(!("description" in found));
  assert.deepEqual(found.relationships, [{ name: "plan" }]);
});

for (const sdl of ["", "  \n", "# none\n"]) {
  Deno.test(`no actions: ${JSON.stringify(sdl)}`, async () => {
    const yaml = "actions: []\ncustom_types: {enums: [], input_objects: [], objects: [], scalars: []}\n";
    assert.deepEqual(await built({ "actions.graphql": sdl, "actions.yaml": yaml }), { sources: [] });
    assert.deepEqual(await built({ "actions.graphql": sdl, "actions.yaml": "" }), { sources: [] });
  });
}

/** What stands in actions.graphql from line 2 on, and what is said of it. */
const BAD_SDL: readonly [sdl: string, expected: string][] = [
  ["type A {", "line 3: it is not valid GraphQL, column 1: Expected Name, found <EOF>"],
  [`type A { a: ${"[".repeat(20_000)}`, "it is nested too deeply"],
  ["type A { a: }", 'line 2: it is not valid GraphQL, column 13: Expected Name, found "}"'],
  ["schema { query: Query }", "line 2: a schema block cannot be part of Hasura's actions"],
  ["extend schema @a", "line 2: a schema block cannot be part of Hasura's actions"],
  ["union U = A | B", 'line 2: a union ("U") cannot be part of Hasura\'s actions'],
  ["directive @d on FIELD", 'line 2: the definition of a directive ("d") cannot be part of Hasura\'s actions'],
  ["extend type A { a: Int }", 'line 2: an extension of a type ("A") cannot be part of Hasura\'s actions'],
  ["extend input A { a: Int }", 'line 2: an extension of a type ("A") cannot be part of Hasura\'s actions'],
  ["query { find }", "line 2: an operation cannot be part of Hasura's actions"],
  ["fragment F on A { a }", 'line 2: a fragment ("F") cannot be part of Hasura\'s actions'],
  [
    "input Mutation { a: Int }",
    'line 2: a definition that is no type ("Mutation") cannot be part of Hasura\'s actions',
  ],
  ["type Found { a: Int }\ninput Found { a: Int }", 'line 3: the type "Found" is there twice, first in line 2'],
  ["type Mutation { find: Int }", 'line 2: the action "find" is there twice, first in line 1'],
  ["type Query { b: Int }", 'line 2: the action "b" is not in "actions.yaml", so that it would have no handler'],
];

for (const [sdl, expected] of BAD_SDL) {
  Deno.test(`bad SDL: ${JSON.stringify(sdl.slice(0, 60))}`, async () => {
    const message = await problem({
      "actions.graphql": `type Query { find: Int }\n${sdl}\n`,
      "actions.yaml": "actions: [{name: find, definition: {handler: x}}]\n",
    });
    assert.equal(message.replace(/^"actions\.graphql":? /, ""), expected);
  });
}

const FOUND = "actions:\n- {name: find, definition: {handler: x}}\n";

/** The content of actions.yaml, and what is said of it. */
const BAD_ACTIONS: readonly [yaml: string, expected: string][] = [
  [`${FOUND}- name: x\n  definition: {handler: y}`, 'line 3: the action "x" is not in "actions.graphql"'],
  [`${FOUND}- name: x`, 'line 3: the action "x" has no handler'],
  [`${FOUND}- definition: {}`, 'line 3: one of the "actions" has no name'],
  [`${FOUND}- ~`, 'line 3: one of the "actions" is not a mapping, but empty'],
  [`${FOUND}- x`, 'line 3: one of the "actions" is not a mapping, but the text "x"'],
  [
    `${FOUND}- name: find\n  definition: {handler: y}`,
    'line 3: "find" is there twice, first in line 2, and only the last would count',
  ],
  [
    "actions:\n- name: find\n  permission: []\n",
    'line 3: an action has the unknown key "permission", which the Hasura CLI would leave out without a word',
  ],
  [
    `${FOUND}action: []`,
    'line 3: it has the unknown key "action", which the Hasura CLI would leave out without a word',
  ],
  [
    `${FOUND}custom_types: {object: []}`,
    'line 3: custom_types has the unknown key "object", which the Hasura CLI would leave out without a word',
  ],
  [`${FOUND}custom_types: {scalars: [{name: T}]}`, 'line 3: the custom type "T" is not in "actions.graphql"'],
  [
    `${FOUND}custom_types: {scalars: [{name: E}]}`,
    'line 3: the custom type "E" stands under "scalars", but in "actions.graphql" line 2 it is one of the "enums"',
  ],
  [
    `${FOUND}custom_types: {enums: [{name: E, value: A}]}`,
    'line 3: a custom type has the unknown key "value", which the Hasura CLI would leave out without a word',
  ],
  [
    `${FOUND}custom_types:\n  enums:\n  - name: E\n    values:\n    - value: A\n    - value: B`,
    'line 8: "B" is not one of the values of "E" in "actions.graphql" line 2, and only these count',
  ],
  [
    `${FOUND}custom_types: {enums: [{name: E, fields: [{name: A}]}]}`,
    'line 3: "A" is not one of the fields of "E" in "actions.graphql" line 2, and only these count',
  ],
  ["- name: find\n", "line 1: it is not a mapping, but a list"],
];

for (const [yaml, expected] of BAD_ACTIONS) {
  Deno.test(`bad actions.yaml: ${JSON.stringify(yaml)}`, async () => {
    const message = await problem({
      "actions.graphql": "type Query { find: Int }\nenum E { A }\n",
      "actions.yaml": yaml,
    });
    assert.equal(message, `"actions.yaml" ${expected}`);
  });
}

/** The definition of an action, and what is said of it. */
const BAD_DEFINITIONS: readonly [definition: string, expected: string][] = [
  ...["ignored_client_headers", "type", "arguments", "output_type"].map((key): [string, string] => [
    `{handler: x, ${key}: y}`,
    `the definition of the action "find" has the unknown key "${key}", ` +
    "which the Hasura CLI would leave out without a word",
  ]),
  ["[]", 'the definition of the action "find" is not a mapping, but a list'],
  ["{handler: x, timeout: '30'}", 'the timeout of the action "find" is the text "30"'],
  ["{handler: x, timeout: 1.5}", 'the timeout of the action "find" is 1.5'],
  ["{handler: x, forward_client_headers: yes}", 'forward_client_headers of the action "find" is the text "yes"'],
  ["{handler: [x]}", 'the handler of the action "find" is not text, but a list'],
];

for (const [definition, expected] of BAD_DEFINITIONS) {
  Deno.test(`bad definition: ${definition}`, async () => {
    const message = await problem({
      "actions.graphql": "type Query { find: Int }\n",
      "actions.yaml": `actions:\n- name: find\n  definition: ${definition}\n`,
    });
    assert.equal(message, `"actions.yaml" line 3: ${expected}`);
  });
}

async function buildFile(path: string, content: string): Promise<Record<string, Json>> {
  using rt = new FakeRuntime({ files: { [path]: content } });
  const { metadata, notes } = await buildMetadata(rt, { kind: "file", path });
  assert.deepEqual(notes, []);
  return metadata;
}

const DOCUMENT = { version: 3, sources: [{ name: "Aerie", tables: [] }], other: [1] };

for (
  const [path, content] of [
    ["m.json", JSON.stringify(DOCUMENT)],
    ["m.json", `\ufeff${JSON.stringify({ resource_version: 5, metadata: DOCUMENT }, null, 2)}`],
    ["m.yaml", "version: 3\nsources: [{name: Aerie, tables: []}]\nother: [1]\n"],
    ["m.yml", "metadata:\n  version: 3\n  sources: [{name: Aerie, tables: []}]\n  other: [1]\n"],
  ] as const
) {
  Deno.test(`metadata file: ${path} with ${content.slice(0, 20)}`, async () => {
    assert.deepEqual(await buildFile(path, content), DOCUMENT);
  });
}

/** A metadata file, and what is said of it. */
const BAD_METADATA_FILES: readonly [path: string, content: string, expected: string][] = [
  ["m.txt", "{}", '"m.txt": it is not named *.json or *.yaml'],
  ["m.json", '{\n  "version": 3,\n}', '"m.json" line 3: it is not valid JSON'],
  ["m.json", "", '"m.json": it is not valid JSON'],
  ["m.json", "[]", '"m.json": it holds no metadata'],
  ["m.json", '{"version": 2}', '"m.json": the version is 2, and only version 3 can be applied'],
  ["m.json", "{}", '"m.json": there is no version, and only version 3 can be applied'],
  ["m.json", '{"version": 3}', '"m.json": "sources" is not a list'],
  ["m.json", '{"metadata": {}, "x": 1}', '"m.json": besides "metadata" it has "x", which would be left out'],
  [
    "m.json",
    '{"version": 3,\n"sources": [19007199254740993, 9007199254740993]}',
    '"m.json" line 2: the number "19007199254740993" is too large to be sent exactly',
  ],
  ["m.json", '{"version": 3,\n"x": 1e999}', '"m.json" line 2: the number "1e999" is too large to be sent exactly'],
  [
    "m.json",
    '{"version": 3, "sources": [{"a": 1, "b": {"a": "{\\"a\\":"}, "x": ["a", "a"]},\n {"a": 1, "\\u0061": 2}]}',
    '"m.json" line 2: the key "a" is there twice, and only the last would count',
  ],
  ["m.yaml", "", '"m.yaml": it holds no metadata'],
  [
    "m.yaml",
    "version: 3\nsources: !include x\n",
    '"m.yaml" line 2: "!include" works only in "tables" and "functions" ' +
    "of databases.yaml; here the words would be sent as they are",
  ],
];

for (const [path, content, expected] of BAD_METADATA_FILES) {
  Deno.test(`bad metadata file: ${expected}`, async () => {
    await assert.rejects(buildFile(path, content), { message: `Cannot use the metadata: ${expected}`, code: "config" });
  });
}
