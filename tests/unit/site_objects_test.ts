import assert from "node:assert/strict";
import type { Json } from "../../src/json.ts";
import { placedChanges } from "../../src/metadata/diff.ts";
import { siteObjects } from "../../src/metadata/site_objects.ts";

const NAME = (name: string, schema = "merlin") => ({ name, schema });

interface Parts {
  tables?: Json[];
  functions?: Json[];
  [key: string]: Json | undefined;
}

function metadataOf({ tables = [], functions = [], ...rest }: Parts): { [key: string]: Json } {
  const source = { name: "Aerie", kind: "postgres", tables, functions, configuration: {} };
  return { version: 3, sources: [source], ...rest as { [key: string]: Json } };
}

const action = (name: string, handler: string) => ({ name, definition: { kind: "synchronous", handler } });

interface Case {
  name: string;
  before: Parts;
  after?: Parts;
  /** Names of what Hasura cannot use. */
  unfit?: string[];
  /** Why. @default that the database does not have it */
  reason?: string;
  expected: string[];
}

const CASES: Case[] = [
  {
    name: "tables and functions that fit",
    before: {
      tables: [{ table: NAME("notes", "site") }, { table: "notes" }],
      functions: [{ function: NAME("report") }],
    },
    expected: [
      "function merlin.report in source Aerie",
      "table public.notes in source Aerie",
      "table site.notes in source Aerie",
    ],
  },
  {
    name: "not those that a migration has dropped or renamed",
    before: { tables: [{ table: NAME("old") }, { table: "notes" }], functions: [{ function: NAME("report") }] },
    unfit: [
      "table merlin.old in source Aerie",
      "table notes in source Aerie",
      "function merlin.report in source Aerie",
    ],
    expected: [],
  },
  {
    name: "tables that are there, and cannot be used for another reason",
    before: { tables: [{ table: NAME("kinds", "site"), is_enum: true }] },
    unfit: ["table site.kinds in source Aerie"],
    reason: 'Inconsistent object: the table "site.kinds" cannot be used as an enum for the following reasons:\n  • …',
    expected: ["table site.kinds in source Aerie"],
  },
  {
    name: "functions that are there, and cannot be used for another reason",
    before: { functions: [{ function: NAME("report", "site") }] },
    unfit: ["function site.report in source Aerie"],
    reason: 'Inconsistent object: table "merlin.plans" is not tracked',
    expected: ["function site.report in source Aerie"],
  },
  {
    name: "one that does not fit inside only is still a whole one",
    before: { tables: [{ table: NAME("notes") }] },
    unfit: ["select_permission viewer in table merlin.notes in source Aerie"],
    expected: ["table merlin.notes in source Aerie"],
  },
  {
    name: "not what is inside of the release's tables",
    before: {
      tables: [{
        table: NAME("plan"),
        select_permissions: [{ role: "site", permission: { columns: "*", filter: {} } }],
        object_relationships: [{ name: "site", using: { foreign_key_constraint_on: "id" } }],
        event_triggers: [{ name: "site", definition: {}, webhook: "http://site" }],
      }],
    },
    after: { tables: [{ table: NAME("plan") }] },
    expected: [],
  },
  {
    name: "actions that a site's own server answers",
    before: {
      actions: [action("site", "http://site:1/a"), action("other", "{{SITE_URL}}/b"), action("plan", "{{MERLIN}}/p")],
    },
    after: { actions: [action("plan", "{{MERLIN}}/p")] },
    expected: ["action other", "action site"],
  },
  {
    name: "not those that the release's servers have answered, however they are called by now",
    before: {
      actions: [
        action("plan", "{{AERIE_MERLIN}}/p"),
        action("gone", "{{AERIE_MERLIN}}/g"),
        action("left", "{{MERLIN}}/l"),
      ],
    },
    after: { actions: [action("plan", "{{MERLIN}}/p")] },
    expected: [],
  },
  {
    name: "not custom types, which are nothing by themselves",
    before: { custom_types: { scalars: [{ name: "Gone" }], objects: [], enums: [], input_objects: [] } },
    expected: [],
  },
  {
    name: "what else stands for itself",
    before: {
      remote_schemas: [{ name: "site", definition: { url: "http://site" } }],
      query_collections: [{ name: "site", definition: { queries: [] } }],
      allowlist: [{ collection: "site", scope: { global: true } }],
      rest_endpoints: [{ name: "site", url: "site", methods: ["GET"], definition: {} }],
      cron_triggers: [{ name: "site", webhook: "http://site", schedule: "* * * * *" }],
      inherited_roles: [{ role_name: "site", role_set: ["a"] }],
      network: { tls_allowlist: [{ host: "site" }] },
      api_limits: {
        disabled: false,
        rate_limit: { global: 1, per_role: {} },
        depth_limit: { global: 1, per_role: {} },
      },
      opentelemetry: { status: "enabled", exporter_otlp: { headers: [{ name: "a", value: "b" }] } },
      graphql_schema_introspection: { disabled_for_roles: ["site"] },
    },
    after: { graphql_schema_introspection: { disabled_for_roles: [] }, api_limits: {} },
    expected: [
      "TLS allow list entry site of network",
      "allow list entry site",
      "cron trigger site",
      "inherited role site",
      "query collection site",
      "REST endpoint site",
      "remote schema site",
      "the setting api_limits",
      "the setting graphql_schema_introspection",
      "the setting opentelemetry",
    ],
  },
  {
    name: "not a setting that the release makes, too",
    before: { api_limits: { disabled: false, depth_limit: { global: 1, per_role: {} } } },
    after: { api_limits: { rate_limit: { global: 1, per_role: {} } } },
    expected: [],
  },
  { name: "nothing where nothing goes", before: {}, after: { actions: [action("new", "http://new")] }, expected: [] },
];

/** As a genuine Hasura v2.48.10 says it. */
function goneReason(type: string): string {
  return type === "function"
    ? 'Inconsistent object: in function "merlin.report": no such function exists: "merlin.report"'
    : 'Inconsistent object: no such table/view exists in source: "merlin.old"';
}

for (const { name, before: old, after: now = {}, unfit = [], reason, expected } of CASES) {
  Deno.test(`siteObjects() names ${name}`, () => {
    const [before, after] = [metadataOf(old), metadataOf(now)];
    const inconsistent = unfit.map((object) => {
      const [type = ""] = object.split(" ");
      return { type, name: object, reason: reason ?? goneReason(type) };
    });
    const found = siteObjects({ changes: placedChanges(before, after), before, after, inconsistent });
    assert.deepEqual(found.toSorted(), expected.toSorted());
  });
}

Deno.test("siteObjects() names a database, with all that is in it", () => {
  const before = metadataOf({});
  (before.sources as Json[]).push({
    name: "Site",
    kind: "postgres",
    tables: [{ table: NAME("x") }],
    configuration: {},
  });
  const after = metadataOf({});
  const changes = placedChanges(before, after);
  assert.deepEqual(siteObjects({ changes, before, after, inconsistent: [] }), ["source Site"]);
});
