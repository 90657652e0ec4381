/**
 * The requests of a run to both servers, and how a fault finds one of them.
 *
 * @module
 */

import type { FaultMatch, RequestRecord } from "../venue/mod.ts";
import type { WorkspaceFault, WorkspaceRequest } from "../venue/workspace_server.ts";
import type { Place } from "./place.ts";

/** One request of a run: the nth of its sort. */
export interface RequestName {
  /** As `step`, or the type of the request, or `workspace PUT`. */
  sort: string;
  /** Counted from 1. */
  nth: number;
}

/** Both servers, as far as their requests go. */
export type Servers = Pick<Place, "venue" | "workspace">;

/** As in the names of cases: `step 2`. */
export function requestName({ sort, nth }: RequestName): string {
  return `${sort} ${nth}`;
}

/** Each request to the two servers by its name, in the order in which they came. */
export function nameRequests({ venue, workspace }: Servers): RequestName[] {
  const seen = new Map<string, number>();
  const all = [
    ...venue.log.map((record) => ({ sort: sortOf(record), at: record.startedAt })),
    ...workspace.log.map((request) => ({ sort: workspaceSortOf(request), at: request.startedAt })),
  ].sort((one, other) => one.at - other.at);
  return all.map(({ sort }) => {
    const nth = (seen.get(sort) ?? 0) + 1;
    seen.set(sort, nth);
    return { sort, nth };
  });
}

/** Where among all requests one is; -1 where it is not. */
export function indexOfRequest(servers: Servers, wanted: RequestName): number {
  return nameRequests(servers).findIndex(({ sort, nth }) => sort === wanted.sort && nth === wanted.nth);
}

/** Resolves when `holds`, which is asked with each request that comes. */
export async function whenRequested({ venue, workspace }: Servers, holds: () => boolean): Promise<void> {
  if (holds()) return;
  await Promise.race([venue.waitForRequest(holds), workspace.waitForRequest(holds)]);
}

/** What finds a request to Hasura. */
export function matchOf({ sort, nth }: RequestName): FaultMatch {
  const sql = SQL_SORTS[sort];
  if (sql !== undefined) return { type: "run_sql", ...sql, nth };
  return sort.startsWith("/") ? { path: sort, nth } : { type: sort, nth };
}

/** What finds a request to the workspace server. */
export function workspaceMatchOf({ sort, nth }: RequestName): Pick<WorkspaceFault, "method" | "path" | "nth"> {
  if (sort === HEALTH) return { path: HEALTH_PATH, nth };
  return { method: sort.slice(WORKSPACE.length), path: FILE_PATH, nth };
}

/** Whether it is sent as `run_sql`, so that there is a transaction to strike in. */
export function isSql({ sort }: RequestName): boolean {
  return sort in SQL_SORTS;
}

/** Whether it is a step. */
export function isStep({ sort }: RequestName): boolean {
  return sort === "step";
}

/** Whether it marks an "after" task as done. */
export function isMark({ sort }: RequestName): boolean {
  return sort === MARK;
}

/** Whether it is sent as `run_sql` and writes: a step, or what marks an "after" task as done. */
export function writesSql({ sort }: RequestName): boolean {
  return SQL_SORTS[sort]?.readOnly === false;
}

/** Whether it is of use only once, so that it matters when it comes and whether its answer does. */
export function isOnce(request: RequestName): boolean {
  return writesSql(request) || request.sort === REPLACE || isUpload(request);
}

/** Whether it is for the workspace server. */
export function isForWorkspace({ sort }: RequestName): boolean {
  return sort.startsWith(WORKSPACE);
}

/** Whether it is for Hasura. */
export function isForHasura(request: RequestName): boolean {
  return !isForWorkspace(request);
}

/** Whether it is a file for the workspace server. */
export function isUpload({ sort }: RequestName): boolean {
  return sort === UPLOAD;
}

/** Whether it is about Hasura's metadata. */
export function isMetadataCall({ sort }: RequestName): boolean {
  return METADATA_CALLS.includes(sort);
}

/** Whether it is part of an "after" task. */
export function belongsToTask(request: RequestName): boolean {
  return isForWorkspace(request) || [MARK, "task", "sequences"].includes(request.sort);
}

/** Whether it makes Hasura look at its metadata and its databases anew. */
export function looksAnew({ sort }: RequestName): boolean {
  return sort === RELOAD || sort === REPLACE;
}

/** The type of request that brings new metadata. */
export const REPLACE = "replace_metadata";

/** The type of request that reads all of it anew. */
export const RELOAD = "reload_metadata";

const METADATA_CALLS = [RELOAD, "get_inconsistent_metadata", "export_metadata", REPLACE];

const WORKSPACE = "workspace ";
const HEALTH = `${WORKSPACE}health`;
const UPLOAD = `${WORKSPACE}PUT`;
const HEALTH_PATH = /^\/health$/;
const FILE_PATH = /^\/ws\//;

const MARK = "mark";
const MARKING = /\$aerie_db_migration_after\$/;
const OF_TASK = /as task$/;
const OF_SEQUENCES = /user_sequence/;

/** Each text fits one of them. */
const SQL_SORTS: Readonly<Record<string, { readOnly: boolean; sql: RegExp }>> = {
  [MARK]: { readOnly: false, sql: MARKING },
  step: { readOnly: false, sql: without(MARKING) },
  task: { readOnly: true, sql: OF_TASK },
  sequences: { readOnly: true, sql: OF_SEQUENCES },
  ledger: { readOnly: true, sql: without(OF_TASK, OF_SEQUENCES) },
};

function without(...patterns: RegExp[]): RegExp {
  return new RegExp(`^${patterns.map(({ source }) => `(?![^]*${source})`).join("")}`);
}

function sortOf({ type, readOnly, sql = "", path }: RequestRecord): string {
  if (type !== "run_sql") return type ?? path;
  const [sort] = Object.entries(SQL_SORTS).find(([, one]) => one.readOnly === readOnly && one.sql.test(sql)) ?? [];
  if (sort === undefined) throw new TypeError("Cannot name a request: it fits no sort of SQL");
  return sort;
}

function workspaceSortOf({ method, path }: WorkspaceRequest): string {
  return HEALTH_PATH.test(path) ? HEALTH : `${WORKSPACE}${method}`;
}
