/**
 * The table whose objects are being built, and its surroundings.
 *
 * @module
 */

import type { Source } from "../catalog.ts";
import type { DatabaseCatalog } from "../introspection.ts";
import type { BuiltTable } from "./built.ts";

/** A table in its source. */
export interface Place {
  source: Source;
  table: BuiltTable;
  /** All tables of the source that can be used, by key. */
  tables: ReadonlyMap<string, BuiltTable>;
  catalog: DatabaseCatalog;
}
