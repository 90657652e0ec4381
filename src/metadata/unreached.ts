/**
 * Files below `databases` that nothing includes: they do not count, and were perhaps meant to.
 *
 * @module
 */

import type { MetadataFiles } from "./files.ts";
import { listFew, showPlace } from "./problem.ts";

/** Folders that are looked into; links can make endlessly many of them. */
const MOST_FOLDERS = 1_000;

/** A note on the YAML files in the folder `databases` that are none of `names`, if there are any. */
export async function noteUnreached(files: MetadataFiles, names: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  const folders = ["databases"];
  for (let index = 0; index < folders.length && index < MOST_FOLDERS; index++) {
    const folder = folders[index] ?? "";
    const entries = await files.list(folder);
    // What matters of it was read without a problem.
    if (typeof entries === "string") continue;
    for (const { name, kind } of entries) {
      const path = `${folder}/${name}`;
      if (kind === "directory") folders.push(path);
      else if (/\.ya?ml$/i.test(name) && !names.has(path)) found.push(path);
    }
  }
  if (found.length === 0) return [];
  const few = found.length === 1 ? "1 file of the metadata is" : `${found.length} files of the metadata are`;
  return [
    `${few} not included by any other and left out: ${
      listFew(found.sort().map((name) => showPlace({ path: files.show(name) })))
    }`,
  ];
}
