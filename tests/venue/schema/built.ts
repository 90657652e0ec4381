/**
 * What is left of the metadata when all that cannot be used is taken away.
 *
 * @module
 */

import type { Source, TableEntry, TableName } from "../catalog.ts";
import type { Column, FunctionCatalog, TableCatalog } from "../introspection.ts";
import type { LooseObject } from "../loose.ts";

/** A field of a table. */
export type Field =
  | { kind: "column"; column: Column; graphqlName: string; enumTable: string | undefined }
  | { kind: "relationship"; to: TableName; many: boolean }
  | { kind: "computed field"; scalar: string | undefined; table: TableName | undefined; hasArguments: boolean }
  | { kind: "remote relationship" };

/** A tracked table that can be used. */
export interface BuiltTable {
  readonly entry: TableEntry;
  readonly catalog: TableCatalog;
  /** Missing where the table is no enum. */
  readonly enumValues: readonly string[] | undefined;
  readonly fields: Map<string, Field>;
  /** As {@linkcode permissionKey} has them. */
  readonly permissions: Set<string>;
  readonly triggers: Set<string>;
}

/** A tracked function that can be used. */
export interface BuiltFunction {
  readonly entry: LooseObject;
  readonly catalog: FunctionCatalog;
}

/** A source that can be used; tables and functions by their keys. */
export interface BuiltSource {
  readonly metadata: Source;
  readonly tables: Map<string, BuiltTable>;
  readonly functions: Map<string, BuiltFunction>;
}

/** A remote schema that can be used. */
export interface BuiltRemoteSchema {
  /** By the name of the root type that they are in. */
  readonly rootFields: Record<"query" | "mutation" | "subscription", readonly string[]>;
}

/** All that can be used. */
export interface Built {
  readonly sources: Map<string, BuiltSource>;
  readonly remoteSchemas: Map<string, BuiltRemoteSchema>;
  /** The actions that can be used, by name. */
  readonly actions: Map<string, LooseObject>;
  readonly customTypes: LooseObject;
  readonly roles: Set<string>;
}

/** A permission in a set. */
export function permissionKey(role: string, type: string): string {
  return JSON.stringify([role, type]);
}

/** Names that GraphQL allows. */
export const GRAPHQL_NAME = /^[_A-Za-z][_0-9A-Za-z]*$/;

const HASURA_NAMES: Readonly<Record<string, string>> = {
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  bool: "boolean",
};

/** A type of PostgreSQL's as Hasura's messages call it. */
export function typeName(type: string): string {
  return HASURA_NAMES[type] ?? type;
}
