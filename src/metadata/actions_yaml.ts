/**
 * `actions.yaml`: how each action is handled, and what GraphQL cannot say of the custom types.
 *
 * @module
 */

import { excerpt, unusable } from "./problem.ts";
import type { TypeKind } from "./sdl.ts";
import type { YamlFile, YamlNode } from "./yaml_node.ts";
import { asList, asMapping, asText, type Entry, isNull, knownEntries, placeOf, rootOf } from "./yaml_value.ts";

/** An entry of a list, by its name. */
export interface NamedEntry {
  name: string;
  node: YamlNode;
  entries: Map<string, Entry>;
}

/** An action: its entries besides the name, and those of its definition. */
export interface ActionEntry extends NamedEntry {
  definition: Map<string, Entry>;
}

/** What the file says. */
export interface ActionsYaml {
  actions: ActionEntry[];
  types: (NamedEntry & { kind: TypeKind })[];
}

/** The lists of custom types, in the order of the metadata. */
export const TYPE_KINDS: readonly TypeKind[] = ["enums", "input_objects", "objects", "scalars"];

const ACTION_KEYS = ["name", "definition", "permissions", "comment"];
const DEFINITION_KEYS = [
  "kind",
  "handler",
  "forward_client_headers",
  "headers",
  "timeout",
  "request_transform",
  "response_transform",
];
const TYPE_KEYS = ["name", "description", "fields", "values", "relationships"];

/**
 * Reads the file.
 *
 * @throws {ConfigError} when it is of another shape, or the Hasura CLI would leave something of it out
 */
export function readActionsYaml(file: YamlFile): ActionsYaml {
  const root = rootOf(file);
  if (root === undefined) return { actions: [], types: [] };
  const top = knownEntries(asMapping(root, "it"), ["actions", "custom_types"], "it");
  const actions = namedEntries(top.get("actions"), { keys: ACTION_KEYS, what: "an action" }).map(withDefinition);
  const lists = top.get("custom_types")?.value;
  const kinds = isNull(lists) ? undefined : knownEntries(asMapping(lists, "custom_types"), TYPE_KINDS, "custom_types");
  const types = TYPE_KINDS.flatMap((kind) =>
    namedEntries(kinds?.get(kind), { keys: TYPE_KEYS, what: "a custom type" }).map((entry) => ({ ...entry, kind }))
  );
  return { actions, types };
}

function namedEntries(
  list: Entry | undefined,
  { keys, what }: { keys: readonly string[]; what: string },
): NamedEntry[] {
  if (list === undefined || isNull(list.value)) return [];
  const lines = new Map<string, number>();
  return asList(list.value, `"${list.key}"`).map((node) => {
    const entries = knownEntries(asMapping(node, `one of the "${list.key}"`), keys, what);
    const value = entries.get("name")?.value;
    const name = isNull(value) ? "" : asText(value, "a name");
    if (name === "") throw unusable(placeOf(node), `one of the "${list.key}" has no name`);
    const first = lines.get(name);
    if (first !== undefined) {
      throw unusable(
        placeOf(value ?? node),
        `${excerpt(name)} is there twice, first in line ${first}, and only the last would count`,
      );
    }
    lines.set(name, node.line);
    return { name, node, entries };
  });
}

function withDefinition(action: NamedEntry): ActionEntry {
  const what = `the definition of the action ${excerpt(action.name)}`;
  const value = action.entries.get("definition")?.value;
  const definition = isNull(value) ? new Map() : knownEntries(asMapping(value, what), DEFINITION_KEYS, what);
  if (isNull(definition.get("handler")?.value)) {
    throw unusable(
      placeOf(value ?? action.node),
      `the action ${excerpt(action.name)} has no handler`,
      "Write handler: <URL of the service> into its definition",
    );
  }
  return { ...action, definition };
}
