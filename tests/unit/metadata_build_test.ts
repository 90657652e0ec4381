/**
 * The metadata directory, or the one metadata file, as one JSON document: what is understood and what is refused.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Json } from "../../src/json.ts";
import { buildMetadata } from "../../src/metadata/directory.ts";
import { FakeRuntime } from "../support/fake_runtime.ts";
import { BASE, build, built, DATABASES, type Files, problem, ROOT, SOURCE } from "../support/metadata_build.ts";

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
  ["[1.5, .5, 1.0e+3, 1.0e+300]", [1.5, 0.5, 1000, 1e300]],
  ["[9007199254740992, -9007199254740992]", [9007199254740992, -9007199254740992]],
  ["['0755', \"1_000\"]", ["0755", "1_000"]],
  ["!!str 12", "12"],
  ["!!int '3'", 3],
  ["!!float 3.5", 3.5],
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
