/**
 * As whom files are moved to the workspace server.
 *
 * @module
 */

import { AfterTaskError } from "../errors.ts";
import { querySql } from "../hasura/sql.ts";
import { isRecord } from "../json.ts";
import { quoteText } from "../quote.ts";
import type { SequenceSource } from "./sequences.ts";
import { explainHasura } from "./task_error.ts";

/** Who files belong to that nobody has uploaded: a user of every release, under either name of the product. */
export const LEGACY_USER = "Aerie Legacy";

/** The role that the workspace server of every release lets do everything, whatever the venue's permissions are. */
export const RELEASE_ROLE = "aerie_admin";

/** The venue's own list of roles. */
const ROLES_TABLE = "permissions.user_roles";

/**
 * The role of the venue's administrators. Changes nothing.
 *
 * @throws {AfterTaskError} when the venue's list has none, or several and not that of the releases
 */
export async function findAdminRole(
  options: SequenceSource,
  { state, resume }: { state: string; resume: string },
): Promise<string> {
  let roles: string[] | undefined;
  try {
    roles = await readRoles(options);
  } catch (error) {
    throw explainHasura(error, options, { action: "read the roles of the venue", state, resume });
  }
  const role = chooseAdminRole(roles);
  if (role !== undefined) return role;
  const found = roles?.length ? `it has ${roles.map(quoteText).join(", ")}` : "it is empty";
  throw new AfterTaskError(
    `Cannot move the sequences of the users: table ${ROLES_TABLE} lacks role ${quoteText(RELEASE_ROLE)}: ${found}`,
    {
      state,
      next: `Add it, with "insert into ${ROLES_TABLE} (role) values ('${RELEASE_ROLE}');"; then ${resume}`,
    },
  );
}

/**
 * The role of administrators among those of a venue: that of the releases, else the only one that is called like one.
 *
 * Without a list it is that of the releases: the workspace server says before the first file whether it takes it.
 */
export function chooseAdminRole(roles: readonly string[] | undefined): string | undefined {
  if (roles === undefined || roles.includes(RELEASE_ROLE)) return RELEASE_ROLE;
  const admins = roles.filter((role) => /^[\w.-]*_admin$/.test(role));
  return admins.length === 1 ? admins[0] : undefined;
}

/** `undefined` where there is no such list. */
async function readRoles({ client, source }: SequenceSource): Promise<string[] | undefined> {
  // By the catalog and not by PostgreSQL's error, which Hasura may be told to hide.
  const { exists } = await querySql(client, {
    source,
    sql: `select pg_catalog.json_build_object('exists', exists (
  select from pg_catalog.pg_attribute a where a.attrelid = pg_catalog.to_regclass('${ROLES_TABLE}')
    and a.attname = 'role' and not a.attisdropped))::text as roles_table`,
    decode: (value) => isRecord(value) && typeof value.exists === "boolean" ? { exists: value.exists } : undefined,
  });
  if (!exists) return undefined;
  return await querySql(client, {
    source,
    sql:
      `select coalesce(pg_catalog.json_agg(r.role::text order by r.role::text), '[]')::text as roles from ${ROLES_TABLE} r`,
    decode: (value) => Array.isArray(value) && value.every((role) => typeof role === "string") ? value : undefined,
  });
}
