/**
 * Addresses of REST endpoints that cannot be, or that more than one endpoint answers to.
 *
 * @module
 */

import { type LooseObject, nameIn, namesIn } from "../loose.ts";
import { endpointDefinition } from "./definitions.ts";
import { type InconsistentObject, metadataObject } from "./metadata_object.ts";

/** What is wrong with the address of one endpoint. */
export function endpointProblems(endpoint: LooseObject): InconsistentObject[] {
  const [name, url] = [nameIn(endpoint, "name"), nameIn(endpoint, "url")];
  const object = metadataObject("rest_endpoint", name, endpointDefinition(endpoint));
  const segments = url.split("/");
  const variables = segments.filter((segment) => segment.startsWith(":"));
  const problems: InconsistentObject[] = [];
  if (new Set(variables).size < variables.length) {
    problems.push({ ...object, reason: `Duplicate variables found in endpoint path: ${url}` });
  }
  if (segments.some((segment) => segment === "" || segment === ":")) {
    problems.push({ ...object, reason: `Empty segments or unnamed variables are not allowed: ${url}` });
  }
  return problems;
}

/** Endpoints that could be meant by one request. */
export function ambiguousEndpoints(endpoints: LooseObject[]): InconsistentObject[] {
  const problems = new Map<string, InconsistentObject>();
  for (const endpoint of endpoints) {
    const group = endpoints.filter((other) => meet(endpoint, other));
    if (group.length < 2) continue;
    const ordered = group.toSorted((a, b) => nameIn(a, "name") < nameIn(b, "name") ? -1 : 1);
    const reason = `Ambiguous URL paths: ${ordered.map((each) => nameIn(each, "url")).join(", ")}`;
    problems.set(ordered.map((each) => nameIn(each, "name")).join(), {
      conflicts: ordered.map(endpointDefinition),
      reason,
    });
  }
  return [...problems.values()];
}

function meet(one: LooseObject, other: LooseObject): boolean {
  if (!namesIn(one, "methods").some((method) => namesIn(other, "methods").includes(method))) return false;
  const [here, there] = [nameIn(one, "url").split("/"), nameIn(other, "url").split("/")];
  return here.length === there.length && here.every((segment, index) => {
    const across = there[index] ?? "";
    return segment === across || segment.startsWith(":") || across.startsWith(":");
  });
}
