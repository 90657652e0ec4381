// What a venue refuses of a metadata document, and which of two things with one name counts.

import assert from "node:assert/strict";
import { FINE, metadata, source, tables } from "../support/venue_metadata.ts";
import { call, type Reply } from "../venue/client.ts";
import { startVenue, type Venue } from "../venue/mod.ts";

function replace(venue: Venue, document: unknown): Promise<Reply> {
  const args = { allow_inconsistent_metadata: true, metadata: document };
  return call(venue, "/v1/metadata", { body: { type: "replace_metadata", version: 2, args } });
}

function start(): Promise<Venue> {
  const baseSql = "create table plan (id int); create schema side; create table side.note (id int);";
  return startVenue({ baseSql, metadata: metadata() });
}

Deno.test("pglite: Hasura keeps the last of two tables or sources with one name, and says nothing", async () => {
  await using venue = await start();
  const twice = [{ table: "plan", configuration: { custom_name: "gone" } }, { table: { name: "plan" } }];
  const sources = [source({ tables: tables("note") }), source({ tables: twice })];
  assert.deepEqual((await replace(venue, metadata({ sources }))).json, FINE);
  assert.deepEqual((await venue.metadata()).metadata, metadata());
});

Deno.test("pglite: a document that cannot be decoded is refused, with the place", async (t) => {
  await using venue = await start();
  const at = (place: string) => `$.args.metadata${place}`;
  const table = (rest: Record<string, unknown>) =>
    metadata({ sources: [source({ tables: [{ table: "plan", ...rest }] })] });
  const [entry, first] = [".sources[0].tables[0]", ".sources[0]"];
  const definition = { handler: "http://h", output_type: "Done" };
  const action = (rest: Record<string, unknown>) =>
    metadata({ actions: [{ name: "a", definition: { ...definition, ...rest } }] });
  const cases: [title: string, document: unknown, error: string, place: string][] = [
    ["no object", null, "parsing ReplaceMetadataV1 failed, expected Object, but encountered Null", ""],
    ["no version", { sources: [] }, 'key "tables" not found', ""],
    ["version null", { version: null, sources: [] }, 'key "tables" not found', ""],
    ["version 4", { version: 4, sources: [] }, "expected 1, 2 or 3, encountered 4", ".version"],
    ["no sources", { version: 3 }, 'key "sources" not found', ""],
    [
      "sources null",
      { version: 3, sources: null },
      "parsing [] failed, expected Array, but encountered Null",
      ".sources",
    ],
    ["source without name", metadata({ sources: [{ tables: [] }] }), 'key "name" not found', first],
    ["an empty name", metadata({ sources: [source({ name: "" })] }), "empty string not allowed", `${first}.name`],
    [
      "a kind that is no text",
      metadata({ sources: [source({ kind: 1 })] }),
      "parsing BackendType failed, expected String, but encountered Number",
      `${first}.kind`,
    ],
    [
      "an address of two kinds",
      metadata({
        sources: [source({
          configuration: { connection_info: { database_url: { from_env: "A", connection_parameters: {} } } },
        })],
      }),
      'Only one of "from_env" or "connection_parameters" should be provided',
      `${first}.configuration.connection_info.database_url`,
    ],
    [
      "tables null",
      metadata({ sources: [source({ tables: null })] }),
      "parsing [] failed, expected Array, but encountered Null",
      `${first}.tables`,
    ],
    ["no configuration", metadata({ sources: [{ name: "a", tables: [] }] }), 'key "configuration" not found', first],
    ["table without name", metadata({ sources: [source({ tables: [{}] })] }), 'key "table" not found', entry],
    ["unknown key of a table", table({ colour: 1 }), 'unexpected keys when parsing TableMetadata: ["colour"]', entry],
    [
      "no using",
      table({ object_relationships: [{ name: "r" }] }),
      'parsing Hasura.RQL.Types.Relationships.Local.RelDef(RelDef) failed, key "using" not found',
      `${entry}.object_relationships[0]`,
    ],
    [
      "empty using",
      table({ array_relationships: [{ name: "r", using: {} }] }),
      "atleast one of foreign_key_constraint_on/manual_configuration should be present",
      `${entry}.array_relationships[0].using`,
    ],
    [
      "permission without filter",
      table({ select_permissions: [{ role: "r", permission: { columns: "*" } }] }),
      'key "filter" not found',
      `${entry}.select_permissions[0].permission`,
    ],
    [
      "two permissions of a role",
      table({ delete_permissions: Array(2).fill({ role: "r", permission: { filter: {} } }) }),
      "multiple declarations exist for the following delete permissions: r",
      entry,
    ],
    ["action without handler", action({ handler: undefined }), 'key "handler" not found', ".actions[0].definition"],
    [
      "action of no kind",
      action({ kind: "" }),
      "parsing Hasura.RQL.Types.Action.ActionMutationKind failed, expected one of the tags " +
      '["synchronous","asynchronous"], but found tag ""',
      ".actions[0].definition.kind",
    ],
    [
      "two actions",
      metadata({ actions: Array(2).fill({ name: "a", definition }) }),
      "multiple declarations exist for the following actions: a",
      "",
    ],
    [
      "allow list twice",
      metadata({ allowlist: Array(2).fill({ collection: "c" }) }),
      "multiple declarations exist for the following allowlist entries: c",
      "",
    ],
    [
      "type without fields",
      metadata({ custom_types: { objects: [{ name: "T", fields: [] }] } }),
      "parsing NonEmpty failed, unexpected empty list",
      ".custom_types.objects[0].fields",
    ],
    [
      "header without value",
      action({ headers: [{ name: "h" }] }),
      "expecting value or value_from_env keys",
      ".actions[0].definition.headers[0]",
    ],
    [
      "negative timeout",
      action({ timeout: -1 }),
      "timeout value cannot be negative",
      ".actions[0].definition.timeout",
    ],
    [
      "column that is no text",
      table({ select_permissions: [{ role: "r", permission: { columns: [1], filter: {} } }] }),
      "parsing Text failed, expected String, but encountered Number",
      `${entry}.select_permissions[0].permission.columns[0]`,
    ],
    [
      "condition that is no object",
      table({ delete_permissions: [{ role: "r", permission: { filter: { _and: [1] } } }] }),
      "parsing boolean expression failed, expected Object, but encountered Number",
      `${entry}.delete_permissions[0].permission.filter._and[0]`,
    ],
    [
      "one root field for two",
      table({ configuration: { custom_root_fields: { select: "one", insert: "one" } } }),
      "the following custom root field names are duplicated: one",
      `${entry}.configuration.custom_root_fields`,
    ],
    [
      "scope without roles",
      metadata({ allowlist: [{ collection: "c", scope: { global: false } }] }),
      'key "roles" not found',
      ".allowlist[0].scope",
    ],
    [
      "endpoint without methods",
      metadata({ rest_endpoints: [{ name: "e", url: "u" }] }),
      "the key 'methods' was not present",
      ".rest_endpoints[0]",
    ],
    [
      "a limit that is no number",
      metadata({ api_limits: { depth_limit: { global: "1" } } }),
      "parsing Int failed, expected Number, but encountered String",
      ".api_limits.depth_limit.global",
    ],
    [
      "cron trigger without schedule",
      metadata({ cron_triggers: [{ name: "c", webhook: "http://h" }] }),
      'key "schedule" not found',
      ".cron_triggers[0]",
    ],
  ];
  for (const [title, document, error, place] of cases) {
    await t.step(title, async () => {
      const { status, json } = await replace(venue, document);
      assert.deepEqual([status, json], [400, { path: at(place), error, code: "parse-failed" }]);
    });
  }
  await t.step("a document of an older format", async () => {
    const { status, json } = await replace(venue, { version: 2, tables: [] });
    const error = "cannot import metadata without sources since no default source is defined";
    assert.deepEqual([status, json], [400, { path: "$.args", error, code: "not-supported" }]);
  });
  assert.equal((await venue.metadata()).resourceVersion, 1);
});
