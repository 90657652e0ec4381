/**
 * Actions and cron triggers.
 *
 * @module
 */

import { listIn, type LooseObject, nameIn, objectIn } from "../loose.ts";
import { type Collector, within } from "./collector.ts";
import { baseType, TypeNames } from "./custom_types.ts";
import { actionDefinition, cronDefinition } from "./definitions.ts";
import { type Environment, needVariable, resolveTemplate } from "./environment.ts";
import { inconsistent, metadataObject, quotedList, Unusable } from "./metadata_object.ts";

/** Where actions are built. */
export interface ActionOptions {
  collector: Collector;
  environment: Environment;
  /** Missing when the custom types themselves do not fit. */
  customTypes: LooseObject | undefined;
  scalars: ReadonlySet<string>;
}

/** The actions that can be used, by name. */
export function buildActions(
  actions: LooseObject[],
  { collector, environment, customTypes, scalars }: ActionOptions,
): Map<string, LooseObject> {
  const built = new Map<string, LooseObject>();
  for (const action of actions) {
    const name = nameIn(action, "name");
    const object = metadataObject("action", name, actionDefinition(action));
    if (customTypes === undefined) {
      collector.problems.push(inconsistent(object, "custom types are inconsistent"));
      continue;
    }
    collector.attempt(object, () =>
      within(`in action "${name}"; `, () => {
        checkTypes(objectIn(action, "definition"), { types: customTypes, scalars });
        resolveTemplate(nameIn(objectIn(action, "definition"), "handler"), environment);
        built.set(name, action);
      }));
  }
  return built;
}

function checkTypes(
  definition: LooseObject,
  { types, scalars }: { types: LooseObject; scalars: ReadonlySet<string> },
): void {
  const names = new TypeNames(types, scalars);
  const input = listIn(definition, "arguments").map((argument) => baseType(nameIn(argument, "type")))
    .find((type) => !names.isInput(type));
  if (input !== undefined) {
    throw new Unusable(
      `the type: "${input}" is not defined in custom types or it is not a scalar/enum/input_object`,
    );
  }
  const output = baseType(nameIn(definition, "output_type"));
  if (!names.scalars.has(output) && !names.objects.has(output)) {
    throw new Unusable(`the type: "${output}" is not an object or scalar type defined in custom types`);
  }
  const type = listIn(types, "objects").find((each) => nameIn(each, "name") === output);
  if (type !== undefined) checkRelationships(definition, { type, names });
}

/** Nested objects and relationships do not go together. */
function checkRelationships(
  definition: LooseObject,
  { type, names }: { type: LooseObject; names: TypeNames },
): void {
  const isNested = (field: LooseObject) => names.objects.has(baseType(nameIn(field, "type")));
  const [fields, relationships] = [listIn(type, "fields"), listIn(type, "relationships")];
  const nested = fields.filter(isNested).map((field) => nameIn(field, "name"));
  const isAsynchronous = definition["type"] !== "query" && definition["kind"] === "asynchronous";
  if (isAsynchronous && relationships.length > 0 && nested.length > 0) {
    throw new Unusable(`Async action relations cannot be used with object fields: ${quotedList(nested)}`);
  }
  const plain = fields.filter((field) => !isNested(field)).map((field) => nameIn(field, "name"));
  const wrong = relationships.filter((relationship) =>
    Object.keys(objectIn(relationship, "field_mapping")).some((field) => !plain.includes(field))
  );
  if (isAsynchronous || wrong.length === 0) return;
  const shown = quotedList(wrong.map((relationship) => nameIn(relationship, "name")));
  throw new Unusable(`Relationships cannot be defined with nested object fields: ${shown}`);
}

/** Looks at the cron triggers. */
export function checkCronTriggers(
  triggers: LooseObject[],
  { collector, environment }: { collector: Collector; environment: Environment },
): void {
  for (const trigger of triggers) {
    const name = nameIn(trigger, "name");
    collector.attempt(
      metadataObject("cron_trigger", name, cronDefinition(trigger)),
      () =>
        within(`in cron trigger ${name}: `, () => {
          const webhook = trigger["webhook"];
          if (typeof webhook === "string") resolveTemplate(webhook, environment);
          else needVariable(nameIn(objectIn(trigger, "webhook"), "from_env"), environment);
          for (const header of listIn(trigger, "headers")) {
            if (typeof header["value_from_env"] === "string") needVariable(header["value_from_env"], environment);
          }
        }),
    );
  }
}
