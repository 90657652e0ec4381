/**
 * What a site has added to Hasura's metadata, as opposed to what the release has left behind.
 *
 * Nothing says who has put a thing there. So whatever the new metadata lacks is taken for the site's, but for
 * - tables and functions that the database does not have any more: a migration has dropped or renamed them;
 * - actions that are answered by the release's own servers;
 * - custom types, which are nothing without the actions that use them;
 * - what is inside of something else, such as a permission on one of the release's tables.
 *
 * @module
 */

import type { InconsistentObject } from "../hasura/inconsistent.ts";
import { isRecord, type Json } from "../json.ts";
import type { PlacedChange } from "./diff.ts";
import { isNothing } from "./diff_equal.ts";

/** Lists of the metadata, and of its sources, whose things stand for themselves. */
const WHOLE: ReadonlySet<string> = new Set([
  "sources",
  "sources tables",
  "sources functions",
  "sources native_queries",
  "sources logical_models",
  "sources stored_procedures",
  "actions",
  "remote_schemas",
  "query_collections",
  "allowlist",
  "rest_endpoints",
  "cron_triggers",
  "inherited_roles",
  "network tls_allowlist",
]);

/** Settings that a site may have made as a whole. */
const SETTINGS: ReadonlySet<string> = new Set([
  "api_limits",
  "backend_configs",
  "graphql_schema_introspection",
  "metrics_config",
  "opentelemetry",
]);

/** What replacing the metadata takes away, and what is known of it. */
export interface SiteObjectsOptions {
  /** From what Hasura has to what it is to have. */
  changes: readonly PlacedChange[];
  /** What Hasura has. */
  before: Json;
  /** What it is to have. */
  after: Json;
  /** What of `before` Hasura cannot use. */
  inconsistent: readonly InconsistentObject[];
}

/** Hasura's reason where the database has no such thing. One that is there can be unusable for reasons of its own. */
const GONE = /\bno such (?:table\/view|function) exists\b/;

/** Names of the whole things in `before` that are of the site and not in `after`. */
export function siteObjects({ changes, before, after, inconsistent }: SiteObjectsOptions): string[] {
  const gone = new Set(inconsistent.filter(({ reason }) => GONE.test(reason)).map(({ name }) => name));
  const addresses = releaseAddresses(before, after);
  const answered = new Set(
    actionsOf(before).filter((action) => addresses.has(addressOf(action) ?? "")).map(({ name }) => `action ${name}`),
  );
  const names = changes.filter(({ kind }) => kind !== "added").flatMap(({ kind, keys, place, subject }) => {
    const [key = ""] = keys;
    // One name for a setting, however many values it has.
    if (SETTINGS.has(key)) return isSaid(after, key) ? [] : [`the setting ${key}`];
    if (kind !== "removed" || place !== "" || !WHOLE.has(keys.join(" "))) return [];
    if (keys[1] === "tables" || keys[1] === "functions") return gone.has(asHasuraNames(subject)) ? [] : [subject];
    return answered.has(subject) ? [] : [subject];
  });
  return [...new Set(names)];
}

/** Hasura names no schema where it is `public`. */
function asHasuraNames(subject: string): string {
  return subject.replace(/^(table|function) public\./, "$1 ");
}

/** Where the actions are answered that the release has, before and after. */
function releaseAddresses(before: Json, after: Json): Set<string> {
  const actions = actionsOf(after);
  const names = new Set(actions.map(({ name }) => name));
  return new Set(
    [...actions, ...actionsOf(before).filter(({ name }) => names.has(name))]
      .map((action) => addressOf(action)).filter((address) => address !== undefined),
  );
}

function actionsOf(metadata: Json): { [key: string]: Json }[] {
  const { actions } = isRecord(metadata) ? metadata : {};
  return Array.isArray(actions) ? actions.filter((action) => isRecord(action)) as { [key: string]: Json }[] : [];
}

/** The server that answers an action: `{{AERIE_MERLIN_URL}}` or `http://merlin:27183`. */
function addressOf(action: Json | undefined): string | undefined {
  const definition = isRecord(action) ? action.definition : undefined;
  const handler = isRecord(definition) ? definition.handler : undefined;
  return typeof handler === "string" ? /^\s*(\{\{[^}]*\}\}|\w+:\/\/[^/?#]*)/.exec(handler)?.[1] : undefined;
}

function isSaid(metadata: Json, key: string): boolean {
  return isRecord(metadata) && !isNothing((metadata as { [key: string]: Json })[key]);
}
