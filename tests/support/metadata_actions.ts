/**
 * Actions and custom types of tests: their two files, and the metadata that these make by the rules of the Hasura CLI.
 *
 * @module
 */

import type { Json } from "../../src/json.ts";
import { writeYaml } from "./metadata_yaml.ts";

/** A value of an enum, a field, or an argument, which have a type. */
interface Part {
  name: string;
  type?: string;
  description?: string;
}

/** An action; what is not there is in neither file. */
export interface ActionDescription {
  name: string;
  type: "query" | "mutation";
  arguments: readonly Part[];
  /** The type of its result. */
  output: string;
  handler: string;
  kind?: string;
  timeout?: number;
  forwardsHeaders?: boolean;
  headers?: Json;
  requestTransform?: Json;
  permissions?: Json;
  comment?: string;
}

/** A custom type. */
export interface TypeDescription {
  kind: "scalars" | "enums" | "input_objects" | "objects";
  name: string;
  /** In `actions.graphql`. */
  description?: string;
  parts?: readonly Part[];
  /** What `actions.yaml` says of it; `undefined` where it is not in there. */
  yaml?: { description?: string; relationships?: Json };
}

/** `actions.graphql` and `actions.yaml`, and the keys of the metadata that they make. */
export function actionFiles(
  actions: readonly ActionDescription[],
  types: readonly TypeDescription[],
): { texts: Record<string, string>; json: Record<string, Json> } {
  const kinds = ["enums", "input_objects", "objects", "scalars"] as const;
  return {
    texts: {
      "actions.graphql": [...actions.map(actionSdl), ...types.map(typeSdl)].join("\n"),
      "actions.yaml": writeYaml({
        actions: actions.map((action) => ({
          name: action.name,
          definition: { kind: action.kind ?? "", handler: action.handler, ...definitionOf(action) },
          ...besides(action),
        })),
        custom_types: Object.fromEntries(
          kinds.map((kind) => [
            kind,
            types.flatMap(({ name, kind: own, yaml }) => own === kind && yaml ? [{ name, ...yaml }] : []),
          ]),
        ),
      }),
    },
    json: {
      actions: actions.map((action) => ({
        name: action.name,
        definition: {
          type: action.type,
          kind: action.kind ?? "",
          handler: action.handler,
          output_type: action.output,
          ...(action.arguments.length > 0 ? { arguments: action.arguments.map(partJson) } : {}),
          ...definitionOf(action),
        },
        ...besides(action),
      })),
      custom_types: Object.fromEntries(
        kinds.map((kind) => [kind, types.filter((type) => type.kind === kind).map(typeJson)]),
      ),
    },
  };
}

function definitionOf({ timeout, forwardsHeaders, headers, requestTransform }: ActionDescription) {
  return {
    ...(timeout === undefined ? {} : { timeout }),
    ...(forwardsHeaders ? { forward_client_headers: true } : {}),
    ...(headers === undefined ? {} : { headers }),
    ...(requestTransform === undefined ? {} : { request_transform: requestTransform }),
  };
}

function besides({ permissions, comment }: ActionDescription) {
  return { ...(permissions === undefined ? {} : { permissions }), ...(comment === undefined ? {} : { comment }) };
}

/** What an argument, a field or a value is in the metadata: its description is there even where it has none. */
function partJson({ name, type, description }: Part): Json {
  const told = description ?? null;
  return type === undefined ? { value: name, description: told } : { name, type, description: told };
}

function typeJson({ kind, name, description, parts = [], yaml }: TypeDescription): Json {
  // What actions.yaml says replaces what the SDL says, also where it says nothing.
  const told = yaml === undefined ? description : yaml.description;
  return {
    name,
    ...(told === undefined ? {} : { description: told }),
    ...(kind === "scalars" ? {} : { [kind === "enums" ? "values" : "fields"]: parts.map(partJson) }),
    ...(yaml?.relationships === undefined ? {} : { relationships: yaml.relationships }),
  };
}

function actionSdl({ name, type, arguments: args, output }: ActionDescription): string {
  const list = args.length === 0 ? "" : `(\n${args.map(partSdl).join("")}  )`;
  return `type ${type === "query" ? "Query" : "Mutation"} {\n  ${name}${list}: ${output}\n}\n`;
}

function typeSdl({ kind, name, description, parts = [] }: TypeDescription): string {
  const word = { scalars: "scalar", enums: "enum", input_objects: "input", objects: "type" }[kind];
  const body = kind === "scalars" ? "" : ` {\n${parts.map(partSdl).join("")}}`;
  return `${description === undefined ? "" : `"${description}"\n`}${word} ${name}${body}\n`;
}

function partSdl({ name, type, description }: Part): string {
  const told = description === undefined ? "" : `    """\n    ${description.replaceAll("\n", "\n    ")}\n    """\n`;
  return `${told}    ${name}${type === undefined ? "" : `: ${type}`}\n`;
}
