import assert from "node:assert/strict";
import { describePlace } from "../../src/metadata/place.ts";

const METADATA = {
  version: 3,
  sources: [{
    name: "Aerie",
    tables: [
      { table: "plain" },
      {
        table: { schema: "merlin", name: "plan" },
        object_relationships: [{ name: "model" }],
        select_permissions: [{ role: "viewer" }],
      },
    ],
    functions: [{ function: { schema: "hasura", name: "begin_merge" } }],
  }],
  actions: [{ name: "simulate", definition: { handler: "x" } }],
  query_collections: [{ name: "all", definition: { queries: [{ name: "plans" }] } }],
};

const CASES: [path: string, expected: string | undefined][] = [
  ["$.args.metadata.sources[0]", "source Aerie"],
  ["$.args.metadata.sources[0].tables[0].table", "table plain in source Aerie"],
  ["$.args.metadata.sources[0].tables[1].table.name", "table merlin.plan in source Aerie"],
  [
    "$.args.metadata.sources[0].tables[1].object_relationships[0].using",
    "object_relationships model in table merlin.plan in source Aerie",
  ],
  ["$.args.metadata.sources[0].tables[1].select_permissions[0]", "table merlin.plan in source Aerie"],
  ["$.args.metadata.sources[0].functions[0]", "function hasura.begin_merge in source Aerie"],
  ['$.args.metadata["actions"][0].definition.handler', "action simulate"],
  ["$.args.metadata.query_collections[0].definition.queries[0]", "queries plans in query collection all"],
  ["$.args.metadata.sources[7].tables[0]", undefined],
  ["$.args.metadata.version", undefined],
  ["$.args", undefined],
  ["nonsense", undefined],
];

for (const [path, expected] of CASES) {
  Deno.test(`what stands at ${path}`, () => assert.equal(describePlace(METADATA, path), expected));
}
