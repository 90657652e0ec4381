/**
 * `/v2/query`: texts for the databases of the sources, one or many.
 *
 * @module
 */

import { HasuraError, type Json, parseFailed } from "./bodies.ts";
import { readMetadata } from "./catalog.ts";
import { asObject, required, text } from "./decode.ts";
import { consultMetadata, type Instance } from "./instance.ts";
import { decodeRunSql, isChecked, runSql, type Stages } from "./run_sql.ts";

/** A decoded call, ready to run. */
export interface QueryCall {
  /** Whether Hasura compares the metadata with the database afterwards. */
  checks: boolean;
  /** Whether it may write, as far as Hasura can tell. */
  writes: boolean;
  /** Runs it. @throws {HasuraError} */
  run(stages: Stages): Promise<Json>;
}

/** Whether a type is one of `/v2/query`. */
export function isQueryType(type: string): boolean {
  return /(^|_)run_sql$|^bulk$|^concurrent_bulk$/.test(type);
}

/** Decodes the body of a call at `path`. @throws {HasuraError} */
export function decodeQuery(instance: Instance, body: unknown, path = "$"): QueryCall {
  const envelope = asObject(body, { path, what: "RQLQuery" });
  const type = text(envelope, "type");
  if (!isQueryType(type)) throw parseFailed(`Unrecognised RQLQuery type: ${type}`, path);
  const args = required(envelope, "args");
  if (type === "bulk" || type === "concurrent_bulk") return decodeBulk(instance, type, { args, path: `${path}.args` });
  const decoded = decodeRunSql(args, `${path}.args`);
  const backend = type.slice(0, -"run_sql".length);
  if (backend !== "" && backend !== "pg_") {
    return { checks: false, writes: !decoded.readOnly, run: () => refuseBackend(instance, decoded.source) };
  }
  return {
    checks: isChecked(decoded),
    writes: !decoded.readOnly,
    run: (stages) => runSql(instance, decoded, stages),
  };
}

/** Runs a call. @throws {HasuraError} */
export async function runQuery({ settings }: Instance, call: QueryCall, stages: Stages): Promise<Json> {
  if (!settings.readOnlyMode || !call.writes) return await call.run(stages);
  throw new HasuraError("Cannot run write queries when read-only mode is enabled", {
    status: 400,
    code: "not-supported",
  });
}

function decodeBulk(
  instance: Instance,
  type: "bulk" | "concurrent_bulk",
  { args, path }: { args: unknown; path: string },
): QueryCall {
  if (!Array.isArray(args)) throw parseFailed("parsing [] failed, expected Array, but encountered Object", path);
  const items = args.map((item, index) => decodeQuery(instance, item, `${path}[${index}]`));
  const checks = items.some((item) => item.checks);
  if (type === "bulk") return { checks, writes: items.some((item) => item.writes), run: () => runInTurn(items) };
  return { checks, writes: false, run: () => runBeside(items, checks) };
}

/** Each item is a transaction of its own: what has run before one that fails stays. */
async function runInTurn(items: QueryCall[]): Promise<Json> {
  const results: Json[] = [];
  for (const [index, item] of items.entries()) {
    try {
      results.push(await item.run({}));
    } catch (error) {
      if (!(error instanceof HasuraError)) throw error;
      const place = error.details.path ?? "$";
      throw new HasuraError(error.message, { ...error.details, path: `$[${index}]${place.slice(1)}` });
    }
  }
  return results;
}

async function runBeside(items: QueryCall[], checks: boolean): Promise<Json> {
  if (checks) {
    throw new HasuraError("Only read-only queries are allowed in a concurrent_bulk", {
      status: 500,
      code: "unexpected",
    });
  }
  return await Promise.all(items.map((item) => item.run({})));
}

/** All sources of the venue are PostgreSQL's own: none is of another backend. */
async function refuseBackend(instance: Instance, source: string): Promise<Json> {
  await consultMetadata(instance);
  const { metadata } = await readMetadata(instance.metadataPool);
  if (metadata.sources.some(({ name }) => name === source)) {
    throw new HasuraError(`source with name "${source}" is inconsistent`, { status: 400, code: "unexpected" });
  }
  throw new HasuraError(`source with name "${source}" does not exist`, { status: 400, code: "not-exists" });
}
