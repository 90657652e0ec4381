/**
 * Who holds the migration lock: each step's text begins with a comment that names its run, which PostgreSQL shows in
 * `pg_stat_activity` while the text runs.
 *
 * @module
 */

import { isRecord } from "../json.ts";
import { formatDuration } from "../duration.ts";
import { markOf, markText } from "./mark.ts";
import { migrationTitle, type Step } from "./types.ts";

/** What a run is known by. */
export interface RunName {
  /** Random, one for each run. */
  id: string;
  /** As `alice@host`; whoever the environment names. */
  operator: string;
}

/** The session that holds the migration lock. */
export interface Holder {
  /** Process id of PostgreSQL's backend. */
  session: number;
  /** Seconds since 1970 on the database's clock at which its transaction began; `undefined` where that is not shown. */
  since: number | undefined;
  /** Address from which the session comes: Hasura's. */
  client: string | undefined;
  /** What it does, in PostgreSQL's words, as `idle in transaction`; `undefined` where that is not shown. */
  state: string | undefined;
  /** What its text says of itself; `undefined` where it is not shown, or not one of this tool's. */
  run: { id: string; operator: string; work: string } | undefined;
  /** The marks of its transaction, see `mark.ts`; among them those of other things that have such keys. */
  marks: readonly string[];
  /** Number of its transaction; `undefined` where it has none. */
  transaction: string | undefined;
}

/** The comment at the start of a step's text. Must stay readable for other versions of this tool. */
export function stepComment(step: Step, { id, operator }: RunName): string {
  return `/* aerie_db_migration: ${workOf(step)} by ${plain(operator)} run ${id} */`;
}

/** One word that ends no comment and is short enough for what PostgreSQL keeps of a text. */
function plain(text: string): string {
  return text.replaceAll(/[^\w.@-]/g, "_").slice(0, 100) || "unknown";
}

/** Decodes what `look.ts` has asked for; `undefined` where nobody holds the lock. */
export function decodeHolder(value: unknown): Holder | undefined {
  if (!isRecord(value) || typeof value.session !== "number") return undefined;
  const { session, since, client, state, text, marks, transaction } = value;
  const [, work, operator, id] =
    /^\/\* aerie_db_migration: (\w+ \S+) by (\S+) run (\S+) \*\//.exec(typeof text === "string" ? text : "") ?? [];
  return {
    session,
    since: typeof since === "number" ? since : undefined,
    client: typeof client === "string" ? client : undefined,
    state: typeof state === "string" ? state : undefined,
    run: work === undefined || operator === undefined || id === undefined ? undefined : { id, operator, work },
    marks: Array.isArray(marks) ? marks.map(String) : [],
    transaction: typeof transaction === "string" ? transaction : undefined,
  };
}

/** Whether it is a copy of `step` of the run `runId` that holds the lock. */
export function isStep({ marks }: Holder, step: Step, runId: string): boolean {
  return marks.includes(markText(markOf(step, runId)));
}

/** What a step is called in its text. */
function workOf({ direction, migration }: Step): string {
  return `${direction} ${plain(migrationTitle(migration))}`;
}

/** As in `"apply 3_x" by alice@host, since 12:03:44 UTC (2 min 5 s), in session 4711 from 10.0.0.5`. */
export function describeHolder({ session, since, client, state, run }: Holder, clock: number): string {
  const parts = [run === undefined ? "a session that does not say what it does" : `"${run.work}" by ${run.operator}`];
  if (since !== undefined) {
    const time = new Date(since * 1000).toISOString().slice(11, 19);
    parts.push(`since ${time} UTC (${formatDuration(Math.max(0, clock - since) * 1000)})`);
  }
  parts.push(`in PostgreSQL's session ${session}${client === undefined ? "" : `, which comes from ${client}`}`);
  if (state?.startsWith("idle")) parts.push(`"${state}"`);
  return parts.join(", ");
}
