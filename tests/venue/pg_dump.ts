/**
 * `/v1alpha1/pg_dump`: the schema or the rows of a source as SQL, made by PostgreSQL's own program.
 *
 * @module
 */

import type { Answer } from "./api.ts";
import { HasuraError, parseFailed } from "./bodies.ts";
import { findPrograms } from "./cluster.ts";
import { asObject, bool, items, name } from "./decode.ts";
import type { Instance } from "./instance.ts";

/** A decoded call. */
export interface PgDumpCall {
  /** Of the program. */
  options: string[];
  /** Whether what belongs to no object is left out. */
  clean: boolean;
  source: string;
}

const PREAMBLE = [
  "SET statement_timeout = 0;",
  "SET lock_timeout = 0;",
  "SET idle_in_transaction_session_timeout = 0;",
  "SET client_encoding = 'UTF8';",
  "SET standard_conforming_strings = on;",
  "SELECT pg_catalog.set_config('search_path', '', false);",
  "SET xmloption = content;",
  "SET client_min_messages = warning;",
  "SET row_security = off;",
  "SET default_tablespace = '';",
  "SET default_with_oids = false;",
  "SET default_table_access_method = heap;",
  "CREATE SCHEMA public;",
  "COMMENT ON SCHEMA public IS 'standard public schema';",
];
const EVENT_TRIGGER =
  /^CREATE TRIGGER "?notify_hasura_.+EXECUTE (FUNCTION|PROCEDURE) "?hdb_catalog"?\."?notify_hasura_/;

/** Decodes the body of a call. @throws {HasuraError} */
export function decodePgDump(body: unknown): PgDumpCall {
  const request = asObject(body, { path: "$", what: "PGDumpReqBody" });
  const options = items(request, "opts").map(({ item, path }) => {
    if (typeof item === "string") return item;
    throw parseFailed("parsing String failed, expected String", path);
  });
  return { options, clean: bool(request, "clean_output", false), source: name(request, "source", "default") };
}

/** Runs a call. @throws {HasuraError} */
export async function runPgDump({ schema, connections }: Instance, call: PgDumpCall): Promise<Answer> {
  if (schema.sources.get(call.source)?.connected === undefined) {
    throw new HasuraError(`source "${call.source}" not found`, { status: 400, code: "not-found", path: "$" });
  }
  const folder = await findPrograms("pg_dump");
  const { url } = connections;
  // As from a server whose image lacks the program; PGlite is none that it could reach.
  if (folder === undefined || url === undefined) throw failure("internal exception while executing pg_dump");
  const command = new Deno.Command(`${folder}/pg_dump`, { args: [url, "--encoding=utf8", ...call.options] });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw failure("error while executing pg_dump", new TextDecoder().decode(stderr));
  const dump = new TextDecoder().decode(stdout);
  return { status: 200, text: call.clean ? cleaned(dump) : dump, contentType: "application/sql; charset=utf-8" };
}

function cleaned(dump: string): string {
  const kept = dump.split("\n").filter((line) =>
    line.trim() !== "" && !line.startsWith("--") && !PREAMBLE.includes(line) && !EVENT_TRIGGER.test(line)
  );
  return kept.map((line) => `${line}\n`).join("");
}

function failure(message: string, internal?: string): HasuraError {
  return new HasuraError(message, {
    status: 500,
    code: "unexpected",
    path: "$",
    ...internal === undefined ? {} : { internal },
  });
}
