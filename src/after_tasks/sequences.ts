/**
 * The sequences in the database, as they were kept before there was a workspace server.
 *
 * @module
 */

import type { HasuraClient } from "../hasura/client.ts";
import { querySql } from "../hasura/sql.ts";
import { isRecord } from "../json.ts";
import { digestOf } from "../migrations/folder.ts";
import { CHANGED } from "./types.ts";

/** The table, as SQL. A later migration of the releases drops it: what was not moved by then is gone. */
export const SEQUENCES_TABLE = "sequencing.user_sequence";

/** The columns that the task reads. */
const COLUMNS = ["id", "name", "workspace_id", "definition", "seq_json"];

/** A sequence without its content. */
export interface Sequence {
  id: number;
  name: string;
  workspaceId: number;
  /** Whether it has been compiled: SQL NULL otherwise. */
  hasJson: boolean;
  /** Another one after every change of the row. */
  rowVersion: string;
}

/** The content of a sequence. */
export interface SequenceContent {
  definition: string;
  /** `undefined` for SQL NULL; the text NULL is a text. */
  json: string | undefined;
}

/** Where to read. */
export interface SequenceSource {
  client: HasuraClient;
  source: string;
}

/** The columns that the table lacks, which are all where there is no table. @throws {HasuraError | NoAnswerError} */
export async function lackingColumns({ client, source }: SequenceSource): Promise<"all" | string[]> {
  // By the catalog and not by PostgreSQL's error, which Hasura may be told to hide.
  const sql = `select pg_catalog.json_build_object(
  'exists', pg_catalog.to_regclass('${SEQUENCES_TABLE}') is not null,
  'columns', coalesce((select pg_catalog.json_agg(a.attname) from pg_catalog.pg_attribute a
    where a.attrelid = pg_catalog.to_regclass('${SEQUENCES_TABLE}') and a.attnum > 0 and not a.attisdropped), '[]')
)::text as shape`;
  return await querySql(client, {
    source,
    sql,
    decode(value) {
      if (!isRecord(value) || typeof value.exists !== "boolean" || !Array.isArray(value.columns)) return undefined;
      const columns: unknown[] = value.columns;
      return value.exists ? COLUMNS.filter((column) => !columns.includes(column)) : "all";
    },
  });
}

/** How many sequences there are, in any shape of the table. @throws {HasuraError | NoAnswerError} */
export async function countSequences({ client, source }: SequenceSource): Promise<number> {
  const sql = `select pg_catalog.json_build_object('count', count(*))::text as sequences from ${SEQUENCES_TABLE}`;
  return await querySql(client, {
    source,
    sql,
    decode: (value) => isRecord(value) && typeof value.count === "number" ? value.count : undefined,
  });
}

/** All sequences, in no order. @throws {HasuraError | NoAnswerError} */
export async function listSequences({ client, source }: SequenceSource): Promise<Sequence[]> {
  const sql = `select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
  'id', s.id, 'name', s.name, 'workspace', s.workspace_id, 'has_json', s.seq_json is not null, 'version', s.xmin::text
)), '[]')::text as sequences from ${SEQUENCES_TABLE} s`;
  return await querySql(client, { source, sql, decode: decodeSequences });
}

/**
 * PL/pgSQL statements that raise `AM006` unless the table has these sequences, unchanged, and keep it so until the
 * transaction ends. Who may not lock the table can only look.
 */
export async function unchangedSql(sequences: readonly Sequence[]): Promise<string> {
  const versions = sequences.toSorted((a, b) => a.id - b.id).map(({ id, rowVersion }) => `${id}:${rowVersion}`).join(
    ",",
  );
  return `begin
    lock table ${SEQUENCES_TABLE} in share mode;
  exception when insufficient_privilege then null;
  end;
  if (select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(
      pg_catalog.string_agg(s.id || ':' || s.xmin::text, ',' order by s.id), ''), 'UTF8')), 'hex')
      from ${SEQUENCES_TABLE} s) <> '${await digestOf(versions)}' then
    raise exception using errcode = '${CHANGED}', message = 'the sequences have changed since they were moved';
  end if;`;
}

function decodeSequences(value: unknown): Sequence[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const sequences = value.map(decodeSequence).filter((sequence) => sequence !== undefined);
  return sequences.length === value.length ? sequences : undefined;
}

function decodeSequence(value: unknown): Sequence | undefined {
  if (!isRecord(value)) return undefined;
  const { id, name, workspace, has_json: hasJson, version } = value;
  if (typeof id !== "number" || typeof name !== "string" || typeof workspace !== "number") return undefined;
  if (typeof hasJson !== "boolean" || typeof version !== "string") return undefined;
  return { id, name, workspaceId: workspace, hasJson, rowVersion: version };
}

/**
 * The content of one sequence; `undefined` where the row is no longer what was listed.
 *
 * @throws {HasuraError | NoAnswerError}
 */
export async function readContent(
  { id, rowVersion }: Sequence,
  { client, source }: SequenceSource,
): Promise<SequenceContent | undefined> {
  const sql = `select pg_catalog.json_build_object('content', (
  select pg_catalog.json_build_object('definition', s.definition, 'json', s.seq_json::text)
    from ${SEQUENCES_TABLE} s where s.id = ${id} and s.xmin::text = '${
    rowVersion.replaceAll(/\D/g, "")
  }'))::text as sequence`;
  const { content } = await querySql(client, { source, sql, decode: decodeContent });
  return content;
}

function decodeContent(value: unknown): { content: SequenceContent | undefined } | undefined {
  if (!isRecord(value) || !("content" in value)) return undefined;
  const { content } = value;
  if (content === null) return { content: undefined };
  if (!isRecord(content) || typeof content.definition !== "string") return undefined;
  if (typeof content.json !== "string" && content.json !== null) return undefined;
  return { content: { definition: content.definition, json: content.json ?? undefined } };
}
