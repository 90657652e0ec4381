/** What a metadata directory is built into: what the Hasura CLI would send, rule by rule, and a whole project. */

import assert from "node:assert/strict";
import { isRecord } from "../../src/json.ts";
import { buildMetadata } from "../../src/metadata/directory.ts";
import { ACTION_CASES } from "../data/metadata/action_cases.ts";
import { FILE_CASES } from "../data/metadata/file_cases.ts";
import { INCLUDE_CASES } from "../data/metadata/include_cases.ts";
import { FakeRuntime } from "../support/fake_runtime.ts";
import { buildFiles } from "../support/metadata_folder.ts";
import { metadataProject } from "../support/metadata_project.ts";

const GROUPS = { files: FILE_CASES, includes: INCLUDE_CASES, actions: ACTION_CASES };

for (const [group, cases] of Object.entries(GROUPS)) {
  for (const { name, files, expected } of cases) {
    Deno.test(`metadata ${group}: ${name}`, async () => {
      const { metadata } = await buildFiles(files);
      assert.deepEqual(metadata, expected);
    });
  }
}

Deno.test("metadata of a whole project", async () => {
  const { files, expected } = metadataProject();
  const { metadata } = await buildFiles(files);
  assert.deepEqual(metadata, expected);
});

Deno.test("the whole project has what a real one has", () => {
  const { files, expected } = metadataProject();
  const count = (value: unknown) => Array.isArray(value) ? value.length : 0;
  const { sources, actions, custom_types: types } = expected;
  assert.ok(Array.isArray(sources) && isRecord(sources[0]) && isRecord(types));
  assert.ok(count(sources[0].tables) >= 60, "tables");
  assert.equal(count(actions), 20);
  for (const kind of ["enums", "input_objects", "objects", "scalars"]) assert.ok(count(types[kind]) > 0, kind);
  assert.equal(count(expected.remote_schemas), 2);
  assert.equal(count(expected.cron_triggers), 2);
  const deepest = Object.keys(files).filter((path) => path.endsWith("/comment.txt"));
  assert.ok(deepest.length >= 20, "files that are included by way of three others");
});

Deno.test("metadata of one file, JSON or YAML, is what is in it", async () => {
  const texts = {
    "metadata.json": '{ "version": 3, "sources": [], "actions": [{ "name": "a" }], "metrics_config": {} }',
    "metadata.yaml": "version: 3\nsources: []\nactions:\n  - name: a\nmetrics_config: {}\n",
  };
  for (const [name, text] of Object.entries(texts)) {
    using rt = new FakeRuntime({ files: { [name]: text } });
    const { metadata } = await buildMetadata(rt, { kind: "file", path: name });
    assert.deepEqual(metadata, { version: 3, sources: [], actions: [{ name: "a" }], metrics_config: {} }, name);
  }
});
