/**
 * Actions, custom types and remote schemas that cannot be used.
 *
 * @module
 */

import type { Metadata } from "./catalog.ts";
import { inconsistent, type InconsistentObject } from "./consistency.ts";
import { listIn, type LooseObject, nameIn, objectIn } from "./loose.ts";

/** What actions and types may name. */
export interface Surroundings {
  environment: Readonly<Record<string, string>>;
  /** Names of PostgreSQL's base types. */
  scalars: ReadonlySet<string>;
}

const BUILT_IN = ["Int", "Float", "String", "Boolean", "ID"];
// How Hasura calls types that PostgreSQL keeps under another name.
const ALIASES = ["bigint", "integer", "smallint", "boolean", "real", "decimal", "character"];

/** The inconsistent objects outside of the sources. */
export function actionProblems(metadata: Metadata, surroundings: Surroundings): InconsistentObject[] {
  const types = new TypeNames(objectIn(metadata, "custom_types"), surroundings.scalars);
  const actions = listIn(metadata, "actions");
  const found = [...remoteSchemaProblems(metadata, surroundings)];
  const broken = types.problem();
  if (broken !== undefined) {
    const reason = `validation for the given custom types failed because ${broken}`;
    const definition = objectIn(metadata, "custom_types");
    found.push(inconsistent("custom_types", "custom_types", { definition, reason }));
  }
  for (const action of actions) {
    const name = nameIn(action, "name");
    const problem = broken === undefined ? actionProblem(action, { types, surroundings }) : undefined;
    const reason = broken === undefined
      ? problem && `in action "${name}"; ${problem}`
      : "custom types are inconsistent";
    if (reason === undefined) continue;
    const definition = { name, definition: objectIn(action, "definition"), comment: action["comment"] ?? null };
    found.push(inconsistent("action", name, { definition, reason }));
  }
  return found;
}

function actionProblem(
  action: LooseObject,
  { types, surroundings }: { types: TypeNames; surroundings: Surroundings },
): string | undefined {
  const definition = objectIn(action, "definition");
  const input = listIn(definition, "arguments").map((argument) => baseType(nameIn(argument, "type")))
    .find((type) => !types.isInput(type));
  if (input !== undefined) {
    return `the type: "${input}" is not defined in custom types or it is not a scalar/enum/input_object`;
  }
  const output = baseType(nameIn(definition, "output_type"));
  if (!types.isOutput(output)) return `the type: "${output}" is not an object or scalar type defined in custom types`;
  const missing = [...nameIn(definition, "handler").matchAll(/\{\{([^{}]*)\}\}/g)].map(([, name = ""]) => name.trim())
    .filter((name) => !Object.hasOwn(surroundings.environment, name));
  return missing.length === 0 ? undefined : `Value for environment variables not found: ${missing.join(", ")}`;
}

function remoteSchemaProblems(metadata: Metadata, { environment }: Surroundings): InconsistentObject[] {
  return listIn(metadata, "remote_schemas").flatMap((schema) => {
    const variable = objectIn(schema, "definition")["url_from_env"];
    if (typeof variable !== "string" || Object.hasOwn(environment, variable)) return [];
    const reason = `environment variable '${variable}' not set`;
    return inconsistent("remote_schema", nameIn(schema, "name"), { definition: schema, reason });
  });
}

/** The names of types, by what they may be used for. */
class TypeNames {
  readonly #types: LooseObject;
  readonly #scalars: ReadonlySet<string>;
  readonly #inputs: ReadonlySet<string>;
  readonly #objects: ReadonlySet<string>;

  /** Reads the names of custom types. */
  constructor(types: LooseObject, scalars: ReadonlySet<string>) {
    const names = (key: string) => listIn(types, key).map((type) => nameIn(type, "name"));
    this.#types = types;
    this.#scalars = new Set([...BUILT_IN, ...ALIASES, ...scalars, ...names("scalars"), ...names("enums")]);
    this.#inputs = new Set(names("input_objects"));
    this.#objects = new Set(names("objects"));
  }

  /** Whether arguments and fields of input objects may have a type. */
  isInput(name: string): boolean {
    return this.#scalars.has(name) || this.#inputs.has(name);
  }

  /** Whether actions may answer with a type. */
  isOutput(name: string): boolean {
    return this.#scalars.has(name) || this.#objects.has(name);
  }

  /** The first field whose type is not known. */
  problem(): string | undefined {
    for (const [kind, title] of [["input_objects", "input object"], ["objects", "object"]] as const) {
      for (const type of listIn(this.#types, kind)) {
        for (const field of listIn(type, "fields")) {
          const base = baseType(nameIn(field, "type"));
          if (kind === "objects" ? this.isOutput(base) : this.isInput(base)) continue;
          return `the type "${base}" for field "${nameIn(field, "name")}" in ${title} "${
            nameIn(type, "name")
          }" does not exist`;
        }
      }
    }
    return undefined;
  }
}

/** The type inside lists and marks for what must not be null. */
function baseType(type: string): string {
  return type.replaceAll(/[[\]!\s]/g, "");
}
