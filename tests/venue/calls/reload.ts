/**
 * `reload_metadata`: the schema made anew from what is stored and from what the databases have.
 *
 * @module
 */

import { HasuraError, type Json } from "../bodies.ts";
import { name } from "../document/scalars.ts";
import { list } from "../document/shape.ts";
import { isObject, listIn, nameIn, objectIn } from "../loose.ts";
import { type CallDecoder, SUCCESS, type Work } from "../work.ts";

type Choice = "all" | readonly string[];

/** Decodes the call. Arguments that are no object mean the same as none. @throws {HasuraError} */
export const reloadMetadata: CallDecoder = (args, path) => {
  const choices = isObject(args) ? args : {};
  const choice = (key: string, fallback: Choice = "all") => chosen(choices[key], { path: `${path}.${key}`, fallback });
  const remoteSchemas = choice("reload_remote_schemas");
  const sources = choice("reload_sources");
  const triggers = choice("recreate_event_triggers", []);
  const connectors = choice("reload_data_connectors");
  return {
    modifies: true,
    run: async (work) => {
      check("Remote schema", remoteSchemas, listIn(work.metadata, "remote_schemas").map((one) => nameIn(one, "name")));
      const names = work.metadata.sources.map(({ name }) => name);
      check("Source", sources, names);
      check("Source", triggers, names);
      check(
        "Data connector",
        connectors,
        Object.keys(objectIn(objectIn(work.metadata, "backend_configs"), "dataconnector")),
      );
      await work.change(work.metadata, { again: sources });
      return answer(work);
    },
  };
};

function chosen(value: unknown, { path, fallback }: { path: string; fallback: Choice }): Choice {
  if (value === undefined || value === null) return fallback;
  if (typeof value === "boolean") return value ? "all" : [];
  return list(name)(value, path) as string[];
}

function check(what: string, choice: Choice, known: readonly string[]): void {
  const unknown = choice === "all" ? undefined : choice.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new HasuraError(`${what} with name "${unknown}" not found in metadata`, { status: 400, code: "not-exists" });
}

function answer(work: Work): Json {
  if (!work.instance.settings.reloadFields) return SUCCESS;
  const { is_consistent, inconsistent_objects } = work.consistency();
  return { message: "success", is_consistent, ...(is_consistent ? {} : { inconsistent_objects }) };
}
