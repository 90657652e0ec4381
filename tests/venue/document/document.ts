/**
 * A whole metadata document: decoded as strictly as Hasura decodes it, and written as Hasura exports it.
 *
 * @module
 */

import { type Json, parseFailed } from "../bodies.ts";
import type { Metadata, Source } from "../catalog.ts";
import type { LooseObject } from "../loose.ts";
import { action, customTypes } from "./actions.ts";
import { allowed, collection, endpoint } from "./collections.ts";
import { cronTrigger } from "./cron.ts";
import { named, requiredNamed, textOf } from "./named_list.ts";
import { remoteSchema } from "./remote_schemas.ts";
import { int } from "./scalars.ts";
import { apiLimits, inheritedRole, introspection, metrics, network, openTelemetry } from "./settings.ts";
import { anything, asObject, byHand, type Field, object, type Shape, unless } from "./shape.ts";
import { source } from "./sources.ts";
import { trackedFunctions, trackedTables } from "./tables.ts";

const ELSEWHERE: Readonly<Record<string, Field>> = {
  remote_schemas: named(remoteSchema, { by: "name", things: "remote schemas" }),
  query_collections: named(collection, { by: "name", things: "query collections" }),
  allowlist: named(allowed, { by: "collection", things: "allowlist entries" }),
  custom_types: unless({}, customTypes),
  actions: named(action, { by: "name", things: "actions" }),
  cron_triggers: named(cronTrigger, { by: "name", things: "cron triggers" }),
  api_limits: apiLimits,
  metrics_config: metrics,
  inherited_roles: named(inheritedRole, { by: "role_name", things: "inherited roles" }),
  graphql_schema_introspection: introspection,
};

const WITH_SOURCES = object(byHand("Metadata"), {
  backend_configs: unless({}, anything),
  sources: requiredNamed(source, { by: "name", sortedBy: defaultFirst }),
  rest_endpoints: named(endpoint, { by: "name", sortedBy: (item) => textOf(item, "url") }),
  network,
  ...ELSEWHERE,
  opentelemetry: openTelemetry,
});

function defaultFirst(item: Json): string {
  const name = textOf(item, "name");
  return name === "default" ? "" : name;
}

const { remote_schemas, query_collections, allowlist, custom_types, actions, cron_triggers } = ELSEWHERE as Record<
  string,
  Field
>;
const WITHOUT_SOURCES = object(byHand("MetadataNoSources"), {
  tables: trackedTables,
  functions: trackedFunctions,
  ...{ remote_schemas, query_collections, allowlist, custom_types, actions, cron_triggers },
} as Readonly<Record<string, Field>>);

/** A document of the older formats: it knows of one database only. */
export interface OlderDocument {
  tables: Source["tables"];
  rest: LooseObject;
}

/** Decodes a document with sources. @throws {HasuraError} */
export const metadataShape: Shape<Metadata> = (value, path) => {
  const { sources, ...rest } = WITH_SOURCES(value, path);
  return { version: 3, sources: sources as Source[], ...rest };
};

/** Decodes a document of any format. @throws {HasuraError} */
export function decodeDocument(value: unknown, path: string): Metadata | OlderDocument {
  const given = asObject(byHand("ReplaceMetadataV1"), value, path);
  // Hasura takes a document that does not name its format for one of the oldest.
  const version = int(given["version"] ?? 1, `${path}.version`);
  if (version === 3) return metadataShape(value, path);
  if (version !== 1 && version !== 2) {
    throw parseFailed(`expected 1, 2 or 3, encountered ${version}`, `${path}.version`);
  }
  const { tables, ...rest } = WITHOUT_SOURCES(value, path);
  return { tables: tables as Source["tables"], rest };
}
