/**
 * The files of a metadata directory besides sources and actions: which key each of them is, and what of it is sent.
 *
 * @module
 */

import type { Json } from "../json.ts";
import { unusable } from "./problem.ts";
import type { YamlFile } from "./yaml_node.ts";
import { asList, asMapping, describe, isNull, knownEntries, rootOf, setKey, toJson } from "./yaml_value.ts";

/** What a file becomes; `undefined` where its key is left out. */
type Reader = (file: YamlFile) => Json | undefined;

/** A file that may be there. */
export interface ObjectFile {
  name: string;
  /** The key of the metadata. */
  key: string;
  read: Reader;
}

/** In the order of the document. */
export const OBJECT_FILES: readonly ObjectFile[] = [
  { name: "remote_schemas.yaml", key: "remote_schemas", read: list },
  { name: "query_collections.yaml", key: "query_collections", read: list },
  { name: "allow_list.yaml", key: "allowlist", read: writtenList },
  { name: "cron_triggers.yaml", key: "cron_triggers", read: list },
  { name: "network.yaml", key: "network", read: selection(["tls_allowlist"]) },
  { name: "rest_endpoints.yaml", key: "rest_endpoints", read: filledList },
  { name: "inherited_roles.yaml", key: "inherited_roles", read: list },
  { name: "opentelemetry.yaml", key: "opentelemetry", read: anything },
  { name: "backend_configs.yaml", key: "backend_configs", read: anything },
  {
    name: "api_limits.yaml",
    key: "api_limits",
    read: selection(["disabled", "rate_limit", "depth_limit", "node_limit", "time_limit", "batch_limit"]),
  },
  { name: "graphql_schema_introspection.yaml", key: "graphql_schema_introspection", read: introspection },
  { name: "metrics_config.yaml", key: "metrics_config", read: filledMapping },
];

/** The `version` in `version.yaml`. @throws {ConfigError} when it is not 3 */
export function readVersion(file: YamlFile): Json {
  const root = rootOf(file);
  const node = root && knownEntries(asMapping(root, "it"), ["version"], "it").get("version")?.value;
  const value = node && toJson(node);
  if (value === 3) return value;
  const found = node === undefined ? "there is no version" : `the version is ${describe(node)}`;
  throw unusable(
    { path: file.path, line: node?.line },
    `${found}, and only version 3 can be applied`,
    "Write version: 3, if the directory is one of config version 3; update it with the Hasura CLI otherwise",
  );
}

function list(file: YamlFile): Json {
  const root = rootOf(file);
  return root === undefined ? [] : asList(root, "it").map((item) => toJson(item));
}

function writtenList(file: YamlFile): Json {
  if (file.root !== undefined) return list(file);
  throw unusable({ path: file.path }, "it is empty", "Write [] if nothing is to be in it, or remove the file");
}

function filledList(file: YamlFile): Json | undefined {
  const items = list(file);
  return Array.isArray(items) && items.length > 0 ? items : undefined;
}

function anything(file: YamlFile): Json | undefined {
  const root = rootOf(file);
  return root && toJson(root);
}

function filledMapping(file: YamlFile): Json | undefined {
  const root = rootOf(file);
  if (root === undefined) return undefined;
  const mapping = toJson(asMapping(root, "it"));
  return mapping !== null && Object.keys(mapping).length > 0 ? mapping : undefined;
}

/** A mapping of which the Hasura CLI sends no other keys than `keys`. */
function selection(keys: readonly string[]): Reader {
  return (file) => {
    const object: { [key: string]: Json } = {};
    const root = rootOf(file);
    if (root === undefined) return object;
    for (const { key, value } of knownEntries(asMapping(root, "it"), keys, "it").values()) {
      setKey(object, key, toJson(value));
    }
    return object;
  };
}

function introspection(file: YamlFile): Json {
  const root = rootOf(file);
  const key = "disabled_for_roles";
  const node = root && knownEntries(asMapping(root, "it"), [key], "it").get(key)?.value;
  return { [key]: isNull(node) ? [] : asList(node, `"${key}"`).map((item) => toJson(item)) };
}
