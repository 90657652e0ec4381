/**
 * A case of a table of metadata directories.
 *
 * @module
 */

import type { Json } from "../../src/json.ts";
import type { MetadataFiles } from "./metadata_folder.ts";

/** Files, and the whole metadata that they make. */
export interface MetadataCase {
  name: string;
  /** Added to a directory that has a version and no database. */
  files: MetadataFiles;
  /** Written by hand. */
  expected: Record<string, Json>;
}
