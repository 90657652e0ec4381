/**
 * Where the databases of Hasura's metadata lead: a change of that is never made by the way.
 *
 * @module
 */

import { isRecord, type Json } from "../json.ts";
import type { MetadataChange, PlacedChange } from "./diff.ts";

/** Settings of a connection that change neither the server nor the user that it leads to. */
const HARMLESS: ReadonlySet<string> = new Set(["isolation_level", "use_prepared_statements", "extensions_schema"]);

/**
 * Those of `changes` that make a database of Hasura's lead elsewhere, or may do so: its kind, and all of its
 * configuration but what only tunes it.
 */
export function connectionChanges(changes: readonly PlacedChange[]): PlacedChange[] {
  return changes.filter((change) => {
    const [list, part, ...inner] = change.keys;
    if (list !== "sources" || change.place === "") return false;
    return part === "kind" || (part === "configuration" && !isTuning(change, inner));
  });
}

/** Such a change in a few words; values that may be secrets are hidden in it. */
export function describeConnectionChange({ subject, place, before, after }: MetadataChange): string {
  return `${place} of ${subject}: ${shown(before)} -> ${shown(after)}`;
}

function isTuning({ before, after }: PlacedChange, keys: readonly string[]): boolean {
  if (keys.some((key) => HARMLESS.has(key))) return true;
  // Numbers of connections and seconds; a text among them is of a kind that is not known here.
  return keys.includes("pool_settings") && !holdsText(before ?? null) && !holdsText(after ?? null);
}

function holdsText(value: Json): boolean {
  if (typeof value === "string") return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsText);
}

function shown(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  if (isRecord(value) && typeof value.from_env === "string") return `the variable ${value.from_env}`;
  return JSON.stringify(value);
}
