/**
 * `actions.graphql` and `actions.yaml` together: the actions and the custom types of the metadata.
 *
 * @module
 */

import type { Json } from "../json.ts";
import { type ActionEntry, type ActionsYaml, type NamedEntry, readActionsYaml, TYPE_KINDS } from "./actions_yaml.ts";
import { type MetadataFiles, readText, readYaml } from "./files.ts";
import { excerpt, showPlace, unusable } from "./problem.ts";
import { parseSdl, type Sdl, type SdlAction, type SdlField, type SdlType, type TypeKind } from "./sdl.ts";
import type { YamlMapping } from "./yaml_node.ts";
import { asList, asText, describe, entriesOf, type Entry, isNull, placeOf, setKey, toJson } from "./yaml_value.ts";

/** Paths in the metadata directory. */
export const ACTIONS_YAML = "actions.yaml";
/** See {@linkcode ACTIONS_YAML}. */
export const ACTIONS_SDL = "actions.graphql";

/** The parts of the metadata; one that would be empty is left out. */
export interface Actions {
  actions?: Json;
  custom_types?: Json;
}

/**
 * Reads both files.
 *
 * @throws {ConfigError} when one of them cannot be used, or they do not fit together
 */
export async function readActions(files: MetadataFiles): Promise<{ parts: Actions; notes: string[] }> {
  const path = files.show(ACTIONS_SDL);
  const sdl = await parseSdl(await readText(files, ACTIONS_SDL), path);
  const yaml = readActionsYaml(await readYaml(files, ACTIONS_YAML));
  refuseMismatch({ sdl, yaml, path, yamlPath: files.show(ACTIONS_YAML) });

  const parts: Actions = {};
  if (sdl.actions.length > 0) parts.actions = sdl.actions.map((action) => actionToJson(action, yaml));
  if (sdl.types.length > 0) {
    const byName = new Map(yaml.types.map((entry) => [entry.name, entry]));
    parts.custom_types = Object.fromEntries(TYPE_KINDS.map((kind): [TypeKind, Json[]] => [
      kind,
      sdl.types.filter((type) => type.kind === kind).map((type) => typeToJson(type, byName.get(type.name))),
    ]));
  }
  return { parts, notes: sdl.notes };
}

function refuseMismatch(
  { sdl, yaml, path, yamlPath }: { sdl: Sdl; yaml: ActionsYaml; path: string; yamlPath: string },
): void {
  const defined = new Set(sdl.actions.map(({ name }) => name));
  for (const { name, node } of yaml.actions) {
    if (defined.has(name)) continue;
    throw unusable(
      placeOf(node),
      `the action ${excerpt(name)} is not in ${showPlace({ path })}`,
      "Write it there as a field of type Query or type Mutation, or remove it here",
    );
  }
  const handled = new Set(yaml.actions.map(({ name }) => name));
  for (const { name, line } of sdl.actions) {
    if (handled.has(name)) continue;
    throw unusable(
      { path, line },
      `the action ${excerpt(name)} is not in ${showPlace({ path: yamlPath })}, so that it would have no handler`,
      "Write it there with its handler, or remove it here",
    );
  }
  const types = new Map(sdl.types.map((type) => [type.name, type]));
  for (const { name, node, kind, entries } of yaml.types) {
    const type = types.get(name);
    if (type?.kind === kind) {
      refuseUnknownMembers(entries, { type, path });
      continue;
    }
    const where = showPlace({ path, line: type?.line });
    throw unusable(
      placeOf(node),
      type === undefined
        ? `the custom type ${excerpt(name)} is not in ${where}`
        : `the custom type ${excerpt(name)} stands under "${kind}", but in ${where} it is one of the "${type.kind}"`,
      "Make both files say the same",
    );
  }
}

/** Values and fields count only where they are in the SDL; what is listed besides would be lost. */
function refuseUnknownMembers(entries: Map<string, Entry>, { type, path }: { type: SdlType; path: string }): void {
  const members = { values: type.values.map(({ value }) => value), fields: type.fields.map(({ name }) => name) };
  for (const [list, key] of [["values", "value"], ["fields", "name"]] as const) {
    const listed = entries.get(list)?.value;
    if (isNull(listed)) continue;
    for (const node of asList(listed, `"${list}"`)) {
      const name = node.kind === "mapping" ? memberName(node, key) : asText(node, `one of the "${list}"`);
      if (members[list].includes(name)) continue;
      throw unusable(
        placeOf(node),
        `${excerpt(name)} is not one of the ${list} of ${excerpt(type.name)} in ${
          showPlace({ path, line: type.line })
        }, and only these count`,
        "Make both files say the same",
      );
    }
  }
}

function memberName(node: YamlMapping, key: string): string {
  const value = entriesOf(node).find((entry) => entry.key === key)?.value;
  return value === undefined ? "" : asText(value, `a ${key}`);
}

function actionToJson(action: SdlAction, yaml: ActionsYaml): Json {
  const entry = yaml.actions.find(({ name }) => name === action.name);
  const definition: { [key: string]: Json } = { kind: "", handler: "", type: action.type };
  if (action.arguments.length > 0) definition.arguments = action.arguments.map(fieldToJson);
  definition.output_type = action.outputType;
  const object: { [key: string]: Json } = { name: action.name, definition };
  if (entry === undefined) return object;
  addDefinition(definition, entry);
  for (const key of ["permissions", "comment"]) addUnlessNull(object, { key, entries: entry.entries });
  return object;
}

function addDefinition(definition: { [key: string]: Json }, { name, definition: entries }: ActionEntry): void {
  const of = `of the action ${excerpt(name)}`;
  for (const key of ["kind", "handler"]) {
    const value = entries.get(key)?.value;
    if (value !== undefined) definition[key] = asText(value, `the ${key} ${of}`);
  }
  const forward = entries.get("forward_client_headers")?.value;
  if (!isNull(forward)) {
    const value = toJson(forward);
    if (typeof value !== "boolean") {
      throw unusable(placeOf(forward), `forward_client_headers ${of} is ${describe(forward)}`, "Write true or false");
    }
    if (value) definition.forward_client_headers = true;
  }
  const timeout = entries.get("timeout")?.value;
  if (!isNull(timeout)) {
    const value = toJson(timeout);
    if (typeof value !== "number" || !Number.isInteger(value)) {
      throw unusable(placeOf(timeout), `the timeout ${of} is ${describe(timeout)}`, "Write a number of seconds");
    }
    if (value !== 0) definition.timeout = value;
  }
  for (const key of ["headers", "request_transform", "response_transform"]) {
    addUnlessNull(definition, { key, entries });
  }
}

function addUnlessNull(
  object: { [key: string]: Json },
  { key, entries }: { key: string; entries: Map<string, Entry> },
): void {
  const value = entries.get(key)?.value;
  if (value !== undefined && !isNull(value)) setKey(object, key, toJson(value));
}

function typeToJson(type: SdlType, entry: NamedEntry | undefined): Json {
  const object: { [key: string]: Json } = { name: type.name };
  const described = entry?.entries.get("description")?.value;
  // An entry without a description takes away that of the SDL, as in the Hasura CLI.
  const description = entry === undefined
    ? type.description
    : isNull(described)
    ? null
    : asText(described, `the description of ${excerpt(type.name)}`);
  if (description !== null) object.description = description;
  if (type.fields.length > 0) object.fields = type.fields.map(fieldToJson);
  if (type.values.length > 0) object.values = type.values.map((value) => ({ ...value }));
  if (entry) addUnlessNull(object, { key: "relationships", entries: entry.entries });
  return object;
}

function fieldToJson({ name, type, description }: SdlField): Json {
  return { name, type, description };
}
