/**
 * What to do about the parts of its metadata that Hasura cannot use, by kind and reason.
 *
 * @module
 */

import type { InconsistentObject } from "../hasura/inconsistent.ts";

/** Why an object cannot be used. */
type Cause = "variable" | "source" | "remote server" | "names" | "actions" | "database" | "other";

const VARIABLE = /environment variables? (?:'([^']+)' not set|not found: (.+))$/i;
const NAMES = /conflicting definitions|^Conflicting objects|conflicts with postgres column|duplicate type names/;
/** What the database lacks or has in another shape, or what hangs on that. */
const DATABASE =
  /no such (?:table|view|function|column)|no such column exists|does not exist|is not tracked|has no field named|no foreign constraint|cannot be used as an enum|cannot be tracked|is invalid with the following error|is overloaded/;

function causeOf({ type, reason }: InconsistentObject): Cause {
  if (VARIABLE.test(reason)) return "variable";
  if (type === "source") return "source";
  if (type === "remote_schema") return "remote server";
  if (type === "conflict" || NAMES.test(reason)) return "names";
  if (DATABASE.test(reason) && !/^actions?$/.test(type)) return "database";
  if (type === "action" || type === "custom_types") return "actions";
  return "other";
}

/** Whether an object may only be ahead of the database or behind it; others do not get well by migrating. */
export function isUnfit(object: InconsistentObject): boolean {
  return causeOf(object) === "database";
}

/** Hasura's reason without the words that are the same in all of them. */
export function bareReason({ reason }: InconsistentObject): string {
  return reason.replace(/^Inconsistent object: /, "");
}

/**
 * What to do, a sentence for each kind of cause that there is.
 *
 * @param unfit what to do about objects that do not fit the database
 */
export function adviceFor(objects: readonly InconsistentObject[], unfit: string): string[] {
  const of = (cause: Cause) => objects.filter((object) => causeOf(object) === cause);
  const advice: string[] = [];
  const variables = namesIn(of("variable").map(({ reason }) => VARIABLE.exec(reason)?.slice(1).find(Boolean) ?? ""));
  if (variables !== "") advice.push(`Set ${variables} in the environment of Hasura, and start it again`);
  const sources = namesIn(of("source").map(({ name }) => name.replace(/^source /, "")));
  if (sources !== "") {
    advice.push(
      `See that Hasura can reach the database of ${sources}, with the settings that it has for it; then run metadata reload`,
    );
  }
  const remotes = namesIn(of("remote server").map(({ name }) => name.replace(/^remote_schema /, "")));
  if (remotes !== "") {
    advice.push(`See that Hasura can reach the server of the remote schema ${remotes}; then run metadata reload`);
  }
  if (of("names").length > 0) {
    advice.push("Give one of those that have the same name another one in the metadata, and run metadata apply");
  }
  if (of("actions").length > 0) {
    advice.push("Correct actions.graphql and actions.yaml in the metadata, and run metadata apply");
  }
  if (of("database").length > 0) advice.push(unfit);
  if (of("other").length > 0) {
    advice.push(
      "See to what the reasons say, in the metadata or where Hasura is started; then run metadata apply or reload",
    );
  }
  return advice;
}

/** Most names in a sentence. */
const MOST_NAMES = 5;

function namesIn(names: readonly string[]): string {
  const all = [...new Set(names)].filter((name) => name !== "");
  const more = all.length > MOST_NAMES ? ` and ${all.length - MOST_NAMES} more` : "";
  return `${all.slice(0, MOST_NAMES).join(", ")}${more}`;
}
