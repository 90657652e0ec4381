/**
 * Metadata of files that are nowhere on disk, for tests: built, or refused.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ConfigError } from "../../src/errors.ts";
import type { Json } from "../../src/json.ts";
import { buildMetadata, type BuiltMetadata } from "../../src/metadata/directory.ts";
import { FakeRuntime } from "./fake_runtime.ts";

/** Content by path below the metadata directory; an error is what reading it throws. */
export type Files = Record<string, string | Uint8Array | Error>;

/** The metadata directory. */
export const ROOT = "./hasura/metadata";
/** The file with the sources. */
export const DATABASES = "databases/databases.yaml";
/** A source without tables, to be completed. */
export const SOURCE = "- name: Aerie\n  kind: postgres\n";
/** The least that a directory has; files are added to it. */
export const BASE: Files = { "version.yaml": "version: 3\n", [DATABASES]: "[]\n" };

/** The metadata of the least directory and these files, and its notes. */
export async function build(files: Files): Promise<BuiltMetadata> {
  const all = Object.entries({ ...BASE, ...files }).map(([name, content]) => [`${ROOT}/${name}`, content]);
  using rt = new FakeRuntime({ files: Object.fromEntries(all) });
  return await buildMetadata(rt, { kind: "directory", path: ROOT });
}

/** The metadata besides its version; notes are not expected. */
export async function built(files: Files): Promise<Record<string, Json>> {
  const { metadata: { version, ...rest }, notes } = await build(files);
  assert.equal(version, 3);
  assert.deepEqual(notes, []);
  return rest;
}

/** The error, without what is the same in all. */
export async function problem(files: Files): Promise<string> {
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
export async function tables(text: string, files: Files = {}): Promise<Json | undefined> {
  const { sources } = await built({ ...files, [DATABASES]: `${SOURCE}  tables: ${text}\n` });
  assert.ok(Array.isArray(sources));
  return (sources[0] as Record<string, Json>).tables;
}
