/**
 * How Hasura's messages name what is in a database.
 *
 * @module
 */

import type { TableName } from "./catalog.ts";

/** A table as Hasura's messages name it: without the schema where that is `public`. */
export function displayName({ schema, name }: TableName): string {
  return schema === "public" ? name : `${schema}.${name}`;
}
