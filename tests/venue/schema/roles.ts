/**
 * Roles that inherit from others.
 *
 * @module
 */

import { HasuraError } from "../bodies.ts";
import type { Metadata } from "../catalog.ts";
import { listIn, nameIn, namesIn } from "../loose.ts";
import type { Collector } from "./collector.ts";
import { within } from "./collector.ts";
import { metadataObject, Unusable } from "./metadata_object.ts";
import { PERMISSION_TYPES } from "./schema_id.ts";

/** The roles that metadata knows of, with those that they inherit from, which come first. */
export type Roles = ReadonlyMap<string, readonly string[]>;

/** Reads the roles. @throws {HasuraError} when some inherit from each other in a ring */
export function buildRoles(metadata: Metadata, collector: Collector): Roles {
  const inherited = listIn(metadata, "inherited_roles");
  const roles = new Set([...permittedRoles(metadata), ...inherited.map((role) => nameIn(role, "role_name"))]);
  const parents = new Map([...roles].map((role): [string, string[]] => [role, []]));
  for (const role of inherited) {
    const [name, parentNames] = [nameIn(role, "role_name"), namesIn(role, "role_set")];
    const object = metadataObject("inherited_role", `inherited role ${name}`, {
      role_name: name,
      role_set: parentNames,
    });
    collector.attempt(object, () =>
      within(`in inherited role ${name}: `, () => {
        const missing = parentNames.filter((parent) => !roles.has(parent));
        if (missing.length > 0) {
          throw new Unusable(
            `the following parent role(s) are not found: ${missing.join(", ")} ` +
              `which are required to construct the inherited role: "${name}"`,
          );
        }
        collector.depend(
          object,
          { kind: "role", name },
          parentNames.map((parent) => [{ kind: "role", name: parent }, "other"]),
        );
        parents.set(name, parentNames);
      }));
  }
  refuseRings(parents);
  const ordered: string[] = [];
  const seen = new Set<string>();
  for (const role of roles) walk(role, { edges: parents, seen, after: (each) => ordered.push(each) });
  return new Map(ordered.map((role) => [role, parents.get(role) ?? []]));
}

function permittedRoles(metadata: Metadata): string[] {
  const onTables = metadata.sources.flatMap(({ tables }) =>
    tables.flatMap((table) => PERMISSION_TYPES.flatMap((type) => listIn(table, `${type}_permissions`)))
  );
  const elsewhere = ["actions", "remote_schemas"].flatMap((key) =>
    listIn(metadata, key).flatMap((item) => listIn(item, "permissions"))
  );
  return [...onTables, ...elsewhere].map((permission) => nameIn(permission, "role"));
}

function refuseRings(parents: Roles): void {
  const rings = components(parents).filter((roles) =>
    roles.length > 1 || parents.get(roles[0] ?? "")?.includes(roles[0] ?? "")
  );
  if (rings.length === 0) return;
  const shown = rings.map((roles) => JSON.stringify([...roles, roles[0]])).join(", ");
  throw new HasuraError(`found cycle(s) in roles: ${shown}`, { status: 400, code: "cyclic-dependency" });
}

/** Groups of roles that can all be reached from each other, each in the order of a walk through it. */
function components(edges: Roles): string[][] {
  const names = [...edges.keys()].toSorted();
  const back = new Map(names.map((name): [string, string[]] => [name, []]));
  for (const from of names) for (const to of edges.get(from) ?? []) back.get(to)?.push(from);
  const order: string[] = [];
  const seen = new Set<string>();
  for (const name of names) walk(name, { edges: back, seen, after: (each) => order.push(each) });
  seen.clear();
  return order.toReversed().map((name) => {
    const group: string[] = [];
    walk(name, { edges, seen, before: (each) => group.push(each) });
    return group;
  }).filter((group) => group.length > 0);
}

interface Walk {
  edges: Roles;
  seen: Set<string>;
  before?: (name: string) => void;
  after?: (name: string) => void;
}

function walk(name: string, options: Walk): void {
  const { edges, seen, before, after } = options;
  if (seen.has(name) || !edges.has(name)) return;
  seen.add(name);
  before?.(name);
  for (const next of edges.get(name) ?? []) walk(next, options);
  after?.(name);
}
