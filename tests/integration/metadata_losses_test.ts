/**
 * What the Hasura CLI loses or mangles without a word: here it is an error that names the file and the line, and nothing
 * is sent.
 */

import assert from "node:assert/strict";
import { ConfigError } from "../../src/errors.ts";
import { buildFiles, type MetadataFiles } from "../support/metadata_folder.ts";

interface Loss {
  name: string;
  /** Added to a directory that has a version and no database, and can be built. */
  files: MetadataFiles;
  /** The file that the message names; its path ends with this. */
  path: string;
  /** The line that the message names, from 1; none where the whole file is the problem. */
  line?: number;
  /** What else the message says: the key, name or number that would be lost. */
  about?: string;
}

/** A `databases.yaml` with one source, to be told apart by its tables, which begin in line 4. */
function databases(tables: string): string {
  return `- name: Aerie\n  kind: postgres\n  configuration: {}\n  tables: ${tables}\n`;
}

/** Files of one action and one type, which can be built; with other text in one of both. */
function actions(replaced: MetadataFiles): MetadataFiles {
  return {
    "actions.graphql": "type Query {\n  a: Any\n}\nscalar Any\n",
    "actions.yaml": "actions:\n  - name: a\n    definition:\n      handler: '{{URL}}'\n",
    ...replaced,
  };
}

/** A source of this kind with these tables, which begin in line 5. */
function tablesOf(kind: string, tables: readonly string[]): MetadataFiles {
  const lines = tables.map((table) => `  - table: ${table}\n`).join("");
  return { "databases/databases.yaml": `- name: A\n  kind: ${kind}\n  configuration: {}\n  tables:\n${lines}` };
}

const TABLES_YAML = "databases/Aerie/tables/tables.yaml";

/** Files of one source whose tables are included from {@linkcode TABLES_YAML}. */
function included(files: MetadataFiles): MetadataFiles {
  return { "databases/databases.yaml": databases('"!include Aerie/tables/tables.yaml"'), ...files };
}

const LOSSES: Readonly<Record<string, readonly Loss[]>> = {
  "missing files": [
    {
      name: "no version.yaml: null was sent",
      files: { "version.yaml": undefined },
      path: "version.yaml",
    },
    {
      name: "a version.yaml without a version: null was sent",
      files: { "version.yaml": "" },
      path: "version.yaml",
    },
    {
      name: "no databases.yaml: nothing was sent about databases",
      files: { "databases/databases.yaml": undefined, "databases/Aerie/tables/tables.yaml": "[]\n" },
      path: "databases/databases.yaml",
    },
    {
      name: "databases.yaml without a byte: all sources were removed",
      files: { "databases/databases.yaml": "" },
      path: "databases/databases.yaml",
    },
    {
      name: "no folder of databases at all",
      files: { "databases/databases.yaml": undefined },
      path: "databases/databases.yaml",
    },
    {
      name: "actions.yaml without actions.graphql: no action was sent",
      files: { "actions.yaml": "actions: []\n" },
      path: "actions.graphql",
    },
    {
      name: "actions.graphql without actions.yaml: no action was sent",
      files: { "actions.graphql": "type Query { a: Int }\n" },
      path: "actions.yaml",
    },
    {
      name: "allow_list.yaml without a byte: only EOF was said",
      files: { "allow_list.yaml": "" },
      path: "allow_list.yaml",
    },
  ],

  "files that were not looked at": [
    { name: "tables.yaml, of an older layout", files: { "tables.yaml": "[]\n" }, path: "tables.yaml" },
    { name: "a name with a slip in it", files: { "cron_trigger.yaml": "[]\n" }, path: "cron_trigger.yaml" },
    { name: "databases.yml beside the folder", files: { "databases.yml": "[]\n" }, path: "databases.yml" },
    { name: "the other ending", files: { "remote_schemas.yml": "[]\n" }, path: "remote_schemas.yml" },
  ],

  "entries that Hasura lost to a second one": [
    {
      name: "a table, in another file",
      files: {
        "databases/databases.yaml":
          '- name: Aerie\n  kind: postgres\n  configuration: {}\n  tables: "!include all.yaml"\n',
        "databases/all.yaml": '- "!include a.yaml"\n- table: {schema: merlin, name: b}\n- "!include c.yaml"\n',
        "databases/a.yaml": "table:\n  schema: merlin\n  name: plan\n",
        "databases/c.yaml": "# again\nis_enum: false\ntable: {name: plan, schema: merlin}\n",
      },
      path: "databases/c.yaml",
      line: 2,
      about: "merlin.plan",
    },
    {
      name: "a table of the schema that goes without saying",
      files: {
        "databases/databases.yaml":
          "- name: Aerie\n  kind: postgres\n  configuration: {}\n  tables:\n  - table: plan\n  - table: {name: plan}\n",
      },
      path: "databases/databases.yaml",
      line: 6,
      about: "public.plan",
    },
    {
      name: "a function",
      files: {
        "databases/databases.yaml":
          "- name: Aerie\n  kind: postgres\n  configuration: {}\n  tables: []\n  functions:\n" +
          "  - function: {schema: a, name: f}\n  - function: {schema: b, name: f}\n  - function: {schema: a, name: f}\n",
      },
      path: "databases/databases.yaml",
      line: 8,
      about: "a.f",
    },
  ],

  "entries that Hasura lost to a second one, by the kind of the source": [
    {
      name: "an alias of postgres, no schema and the one that goes without saying",
      files: tablesOf("pg", ["plan", "{ name: plan, schema: public }"]),
      path: "databases/databases.yaml",
      line: 6,
      about: "public.plan",
    },
    {
      name: "a data set of BigQuery, in another order",
      files: tablesOf("bigquery", ["{ dataset: d1, name: t }", "{ name: t, dataset: d1 }"]),
      path: "databases/databases.yaml",
      line: 6,
      about: '"d1.t"',
    },
    {
      name: "a list of names",
      files: tablesOf("sqlite", ["[main, Album]", "[main, Album]"]),
      path: "databases/databases.yaml",
      line: 6,
      about: '"main.Album"',
    },
    {
      name: "a name alone",
      files: tablesOf("mssql", ["plan", "plan"]),
      path: "databases/databases.yaml",
      line: 6,
      about: '"plan"',
    },
  ],

  "keys that were dropped": [
    {
      name: "a source's",
      files: {
        "databases/databases.yaml":
          "- name: Aerie\n  kind: postgres\n  configuration: {}\n  tables: []\n  event_triggers: []\n",
      },
      path: "databases/databases.yaml",
      line: 5,
      about: "event_triggers",
    },
    {
      name: "api_limits.yaml",
      files: { "api_limits.yaml": "disabled: false\n\ndepth_limits: { global: 5 }\n" },
      path: "api_limits.yaml",
      line: 3,
      about: "depth_limits",
    },
    {
      name: "network.yaml",
      files: { "network.yaml": "tls_allowlist: []\ntls_allow_list: []\n" },
      path: "network.yaml",
      line: 2,
      about: "tls_allow_list",
    },
    {
      name: "graphql_schema_introspection.yaml",
      files: { "graphql_schema_introspection.yaml": "# roles\ndisabled_for_role: [viewer]\n" },
      path: "graphql_schema_introspection.yaml",
      line: 2,
      about: "disabled_for_role",
    },
    ...["ignored_client_headers: [Cookie]", "type: query", "arguments: []", "output_type: Int"].map((key) => ({
      name: `an action's definition: ${key}`,
      files: actions({
        "actions.yaml": `actions:\n  - name: a\n    definition:\n      handler: '{{URL}}'\n      ${key}\n`,
      }),
      path: "actions.yaml",
      line: 5,
      about: key.slice(0, key.indexOf(":")),
    })),
    {
      name: "an action's",
      files: actions({
        "actions.yaml":
          "actions:\n  - name: a\n    permission: [{ role: user }]\n    definition:\n      handler: '{{URL}}'\n",
      }),
      path: "actions.yaml",
      line: 3,
      about: "permission",
    },
    {
      name: "actions.yaml",
      files: actions({
        "actions.yaml": "actions:\n  - { name: a, definition: { handler: '{{URL}}' } }\ncustom_type: {}\n",
      }),
      path: "actions.yaml",
      line: 3,
      about: "custom_type",
    },
    {
      name: "a kind of custom types",
      files: actions({
        "actions.yaml": "actions:\n  - { name: a, definition: { handler: '{{URL}}' } }\ncustom_types:\n  inputs: []\n",
      }),
      path: "actions.yaml",
      line: 4,
      about: "inputs",
    },
    {
      name: "a custom type's",
      files: actions({
        "actions.yaml":
          "actions:\n  - { name: a, definition: { handler: '{{URL}}' } }\ncustom_types:\n  scalars:\n    - name: Any\n      note: x\n",
      }),
      path: "actions.yaml",
      line: 6,
      about: "note",
    },
    {
      name: "a source without tables: null was sent",
      files: {
        "databases/databases.yaml":
          "- { name: A, kind: postgres, configuration: {}, tables: [] }\n- name: B\n  kind: postgres\n  configuration: {}\n",
      },
      path: "databases/databases.yaml",
      line: 2,
      about: "tables",
    },
  ],

  "actions that were lost": [
    {
      name: "an action that actions.graphql lacks",
      files: actions({
        "actions.yaml":
          "actions:\n  - { name: a, definition: { handler: '{{URL}}' } }\n  - { name: gone, definition: { handler: '{{URL}}' } }\n",
      }),
      path: "actions.yaml",
      line: 3,
      about: "gone",
    },
    {
      name: "an action that actions.yaml has twice: the last one was sent",
      files: actions({
        "actions.yaml":
          "actions:\n  - { name: a, definition: { handler: '{{URL}}' } }\n  - { name: a, definition: { handler: '{{OTHER}}' } }\n",
      }),
      path: "actions.yaml",
      line: 3,
      about: "a",
    },
    {
      name: "an action that actions.yaml lacks: its handler was empty",
      files: actions({ "actions.graphql": "type Query {\n  a: Any\n  b: Any\n}\nscalar Any\n" }),
      path: "actions.graphql",
      line: 3,
      about: "b",
    },
    ...["scalars", "enums", "input_objects", "objects"].map((kind) => ({
      name: `a custom type that actions.graphql lacks (${kind})`,
      files: actions({
        "actions.yaml":
          `actions:\n  - { name: a, definition: { handler: '{{URL}}' } }\ncustom_types:\n  ${kind}:\n    - name: Gone\n`,
      }),
      path: "actions.yaml",
      line: 5,
      about: "Gone",
    })),
    {
      name: "a custom type that is of another kind there",
      files: actions({
        "actions.yaml":
          "actions:\n  - { name: a, definition: { handler: '{{URL}}' } }\ncustom_types:\n  objects:\n    - name: Any\n",
      }),
      path: "actions.yaml",
      line: 5,
      about: "Any",
    },
    {
      name: "a syntax error of actions.graphql",
      files: actions({ "actions.graphql": "type Query {\n  a: Any\n}\nscalar Any\ntype Open {\n  x: Int\n" }),
      path: "actions.graphql",
      line: 7,
    },
    {
      name: "a word that GraphQL does not know",
      files: actions({ "actions.graphql": "type Query {\n  a: Any\n}\nscaler Any\n" }),
      path: "actions.graphql",
      line: 4,
      about: "scaler",
    },
    ...[
      { what: "a schema block", sdl: "schema {\n  query: Query\n}", about: "schema" },
      { what: "a union", sdl: "union Both = Query | Other", about: "Both" },
      { what: "a definition of a directive", sdl: "directive @internal on FIELD_DEFINITION", about: "internal" },
      { what: "an extension of an enum", sdl: "extend enum Status {\n  lost\n}", about: "Status" },
      { what: "an extension of another type", sdl: "extend type Result {\n  more: Int\n}", about: "Result" },
    ].map(({ what, sdl, about }) => ({
      name: `${what} in actions.graphql`,
      files: actions({ "actions.graphql": `type Query {\n  a: Any\n}\nscalar Any\n${sdl}\n` }),
      path: "actions.graphql",
      line: 5,
      about,
    })),
  ],

  "numbers that were changed": [
    {
      name: "an integer above 2^53",
      files: { "api_limits.yaml": "time_limit:\n  global: 9007199254740993\n" },
      path: "api_limits.yaml",
      line: 2,
      about: "9007199254740993",
    },
    {
      name: "an integer below -2^53",
      files: { "backend_configs.yaml": "a:\n  - b: -9007199254740993\n" },
      path: "backend_configs.yaml",
      line: 2,
      about: "-9007199254740993",
    },
    {
      name: "one in an included file",
      files: included({
        [TABLES_YAML]: '- "!include plan.yaml"\n',
        "databases/Aerie/tables/plan.yaml":
          "table: plan\nselect_permissions:\n  - role: viewer\n    permission:\n      columns: [id]\n      filter:\n        id: { _lt: 18446744073709551616 }\n",
      }),
      path: "databases/Aerie/tables/plan.yaml",
      line: 7,
      about: "18446744073709551616",
    },
    {
      name: "one in hexadecimal digits",
      files: { "backend_configs.yaml": "a: 0x20000000000001\n" },
      path: "backend_configs.yaml",
      line: 1,
      about: "0x20000000000001",
    },
    {
      name: "digits in groups: a number for some readers, text for others",
      files: { "backend_configs.yaml": "a: 1_000\n" },
      path: "backend_configs.yaml",
      line: 1,
      about: "1_000",
    },
    {
      name: "what JSON has no number for",
      files: { "backend_configs.yaml": "a:\n  b: .inf\n" },
      path: "backend_configs.yaml",
      line: 2,
      about: ".inf",
    },
    {
      name: "an integer with a zero before it: octal for some readers, decimal for others",
      files: { "backend_configs.yaml": "\nmode: 0755\n" },
      path: "backend_configs.yaml",
      line: 2,
      about: "0755",
    },
  ],

  includes: [
    {
      name: "a file without a byte",
      files: included({ [TABLES_YAML]: "" }),
      path: TABLES_YAML,
    },
    {
      name: "a file with comments only",
      files: included({ [TABLES_YAML]: "# none yet\n\n" }),
      path: TABLES_YAML,
    },
    {
      name: "a file that includes itself",
      files: included({ [TABLES_YAML]: "\n- '!include tables.yaml'\n" }),
      path: TABLES_YAML,
      line: 2,
    },
    {
      name: "two files that include each other",
      files: included({
        [TABLES_YAML]: "- '!include plan.yaml'\n",
        "databases/Aerie/tables/plan.yaml": "table: plan\nselect_permissions: '!include ./tables.yaml'\n",
      }),
      path: "databases/Aerie/tables/plan.yaml",
      line: 2,
    },
    {
      name: "three files that include each other, below one that does not",
      files: included({
        [TABLES_YAML]: "- '!include a.yaml'\n",
        "databases/Aerie/tables/a.yaml": "x: !include b/b.yaml\n",
        "databases/Aerie/tables/b/b.yaml": "\nx: !include ../c.yaml\n",
        "databases/Aerie/tables/c.yaml": "\n\nx: !include a.yaml\n",
      }),
      path: "databases/Aerie/tables/c.yaml",
      line: 3,
    },
    {
      name: "a file that is not there",
      files: included({ [TABLES_YAML]: "# tables\n- '!include plan.yaml'\n" }),
      path: TABLES_YAML,
      line: 2,
      about: "plan.yaml",
    },
    {
      name: "a folder",
      files: included({ [TABLES_YAML]: "- '!include ../tables'\n" }),
      path: TABLES_YAML,
      line: 1,
    },
    {
      name: "of .yml: its text was sent, not what it says",
      files: included({
        [TABLES_YAML]: "- table: plan\n  select_permissions: '!include viewer.yml'\n",
        "databases/Aerie/tables/viewer.yml": "[]\n",
      }),
      path: TABLES_YAML,
      line: 2,
      about: "viewer.yml",
    },
    {
      name: "in another file than databases.yaml, as text",
      files: {
        "remote_schemas.yaml": "# all\n- '!include spice.yaml'\n",
        "spice.yaml.txt": "name: spice\n",
      },
      path: "remote_schemas.yaml",
      line: 2,
      about: "!include",
    },
    {
      name: "in another file than databases.yaml, as a tag",
      files: { "remote_schemas.yaml": "- name: spice\n  definition: !include databases/spice.yaml\n" },
      path: "remote_schemas.yaml",
      line: 2,
      about: "!include",
    },
    {
      name: "elsewhere in a source, as text",
      files: {
        "databases/databases.yaml":
          "- name: Aerie\n  kind: postgres\n  configuration: '!include configuration.yaml'\n  tables: []\n",
        "databases/configuration.yaml": "{}\n",
      },
      path: "databases/databases.yaml",
      line: 3,
      about: "!include",
    },
    {
      name: "elsewhere in a source, as a tag",
      files: {
        "databases/databases.yaml":
          "- name: Aerie\n  kind: postgres\n  configuration: {}\n  tables: []\n  customization: !include customization.yaml\n",
        "databases/customization.yaml": "{}\n",
      },
      path: "databases/databases.yaml",
      line: 5,
      about: "!include",
    },
    {
      name: "the whole list of sources",
      files: { "databases/databases.yaml": "- !include Aerie.yaml\n", "databases/Aerie.yaml": databases("[]") },
      path: "databases/databases.yaml",
      line: 1,
      about: "!include",
    },
    {
      name: "in the middle of a text",
      files: included({
        [TABLES_YAML]: "- table: plan\n  configuration:\n    comment: see !include notes.txt\n",
        "databases/Aerie/tables/notes.txt": "notes",
      }),
      path: TABLES_YAML,
      line: 3,
      about: "!include",
    },
  ],

  "YAML that was read otherwise": [
    {
      name: "a second document",
      files: { "inherited_roles.yaml": "- { role_name: a, role_set: [b] }\n---\n- { role_name: c, role_set: [d] }\n" },
      path: "inherited_roles.yaml",
      line: 2,
    },
    {
      name: "a second document in an included file",
      files: included({ [TABLES_YAML]: "- table: plan\n---\n- table: tags\n" }),
      path: TABLES_YAML,
      line: 2,
    },
    {
      name: "a key twice",
      files: { "api_limits.yaml": "disabled: false\nnode_limit: { global: 5 }\ndisabled: true\n" },
      path: "api_limits.yaml",
      line: 3,
    },
    {
      name: "a key twice in an included file",
      files: included({
        [TABLES_YAML]: "- table: plan\n  select_permissions: []\n  is_enum: false\n  select_permissions: []\n",
      }),
      path: TABLES_YAML,
      line: 4,
    },
    {
      name: "a tab as indentation",
      files: { "metrics_config.yaml": "a:\n\tb: 1\n" },
      path: "metrics_config.yaml",
      line: 2,
    },
    {
      name: "an alias without an anchor",
      files: included({ [TABLES_YAML]: "- table: plan\n- *viewer\n" }),
      path: TABLES_YAML,
      line: 2,
    },
    {
      name: "bytes that are not UTF-8",
      files: included({ [TABLES_YAML]: new Uint8Array([0x2d, 0x20, 0xe9, 0x0a]) }),
      path: TABLES_YAML,
    },
    {
      name: "bytes of actions.graphql that are not UTF-8",
      files: actions({ "actions.graphql": new Uint8Array([0x23, 0xff, 0x0a]) }),
      path: "actions.graphql",
    },
    {
      name: "bytes of an included text that are not UTF-8",
      files: included({
        [TABLES_YAML]: "- table: !include name.txt\n",
        "databases/Aerie/tables/name.txt": new Uint8Array([0xc3]),
      }),
      path: "databases/Aerie/tables/name.txt",
    },
  ],
};

for (const [group, losses] of Object.entries(LOSSES)) {
  for (const { name, files, path, line, about } of losses) {
    Deno.test(`metadata is refused, ${group}: ${name}`, async () => {
      const error = await refusal(files);
      assert.ok(error instanceof ConfigError, String(error));
      assert.equal(error.code, "config");
      assert.equal(error.exitCode, 3);
      assert.equal(error.state, "Nothing was sent");
      assert.ok(error.next, "it says what to do");
      const named = [...error.message.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text);
      assert.ok(named.some((text) => text?.endsWith(`/${path}`)), `the file ${path}: ${error.message}`);
      if (line !== undefined) assert.match(error.message, new RegExp(`\\bline ${line}\\b`));
      if (about !== undefined) assert.ok(error.message.includes(about), `${about}: ${error.message}`);
    });
  }
}

Deno.test("the files that the refused ones were made from can be built", async () => {
  await buildFiles(actions({}));
  await buildFiles(included({ [TABLES_YAML]: "- table: plan\n" }));
  await buildFiles({ "databases/databases.yaml": databases("[]") });
});

for (
  const [kind, ...tables] of [
    ["bigquery", "{ dataset: d1, name: t }", "{ dataset: d2, name: t }"],
    ["mssql", "t", "{ schema: public, name: t }", "{ schema: dbo, name: t }"],
    ["snowflake", "[a, t]", "[b, t]", "[t]", "[public, t]"],
    ["mysql", "{ schema: a, name: t, more: 1 }", "{ schema: a, name: t, more: 2 }"],
    ["postgres", "t", "{ schema: a, name: t }", "{ schema: a.b, name: c }", "{ schema: a, name: b.c }"],
  ] as const
) {
  Deno.test(`tables of ${kind} that only look the same can be built`, async () => {
    await buildFiles(tablesOf(kind, tables));
  });
}

async function refusal(files: MetadataFiles): Promise<unknown> {
  try {
    await buildFiles(files);
  } catch (error) {
    return error;
  }
  assert.fail("it was built");
}
