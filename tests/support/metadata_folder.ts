/**
 * Metadata directories for tests: written to a temporary folder, and built.
 *
 * @module
 */

import { buildMetadata, type BuiltMetadata } from "../../src/metadata/directory.ts";
import { createRuntime } from "../../src/runtime.ts";

/** Content by path below the metadata directory; a file that is `undefined` is not written. */
export type MetadataFiles = Readonly<Record<string, string | Uint8Array | undefined>>;

/** The least that a metadata directory can have. Cases add to it and replace what is in it. */
export const LEAST_FILES: MetadataFiles = {
  "version.yaml": "version: 3\n",
  "databases/databases.yaml": "[]\n",
};

/** A metadata directory on disk. */
export interface MetadataFolder extends AsyncDisposable {
  path: string;
}

/** Writes a metadata directory of {@linkcode LEAST_FILES} and `files`; disposing removes it. */
export async function writeMetadata(files: MetadataFiles): Promise<MetadataFolder> {
  const path = await Deno.makeTempDir({ prefix: "metadata-" });
  for (const [name, content] of Object.entries({ ...LEAST_FILES, ...files })) {
    if (content === undefined) continue;
    const file = `${path}/${name}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** What is built from {@linkcode LEAST_FILES} and `files`. @throws what building throws */
export async function buildFiles(files: MetadataFiles): Promise<BuiltMetadata> {
  await using folder = await writeMetadata(files);
  using rt = createRuntime();
  return await buildMetadata(rt, { kind: "directory", path: folder.path });
}
