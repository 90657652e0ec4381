/**
 * What PGlite cannot do, done in another way or refused: it has no signals and no timers, and no conversions of letters.
 *
 * @module
 */

import type { ServerError } from "./session.ts";

/** SQLSTATE of a session that is to end. */
export const ENDED = "57P01";

/**
 * Functions that need signals or timers, in place of PostgreSQL's own: `pg_sleep` would block this whole process beyond
 * `statement_timeout`, and the two that strike a backend would do nothing. Each strikes its own session only. PostgreSQL's
 * are renamed: one that is replaced keeps its number, by which PostgreSQL goes on finding its own.
 */
export const FUNCTIONS = `
alter function pg_catalog.pg_sleep(double precision) rename to venue_sleep;
alter function pg_catalog.pg_cancel_backend(integer) rename to venue_cancel_backend;
alter function pg_catalog.pg_terminate_backend(integer, bigint) rename to venue_terminate_backend;
create function pg_catalog.pg_sleep(seconds double precision) returns void language plpgsql volatile strict as $$
declare allowed double precision := extract(epoch from current_setting('statement_timeout')::interval);
begin
  if allowed = 0 or seconds <= allowed then
    perform pg_catalog.venue_sleep(seconds);
  else
    perform pg_catalog.venue_sleep(allowed);
    raise exception 'canceling statement due to statement timeout' using errcode = '57014';
  end if;
end $$;
create function pg_catalog.pg_cancel_backend(pid integer) returns boolean language plpgsql volatile strict as $$
begin
  if pid <> pg_backend_pid() then return false; end if;
  raise exception 'canceling statement due to user request' using errcode = '57014';
end $$;
create function pg_catalog.pg_terminate_backend(pid integer, timeout bigint default 0) returns boolean
language plpgsql volatile strict as $$
begin
  if pid <> pg_backend_pid() then return false; end if;
  raise exception 'terminating connection due to administrator command' using errcode = '${ENDED}';
end $$;
`;

const ENCODING =
  /\b(?:client_encoding\s*(?:=|\bto\b)|set\s+names\b)\s*'?(?!(?:utf-?8|unicode|sql_ascii|default)\b)(\w+)/i;

/** Why a text is not even sent: PGlite ends at the first letter that it has to convert. */
export function refusal(text: string): ServerError | undefined {
  const name = ENCODING.exec(text)?.[1];
  if (name === undefined) return undefined;
  return {
    code: "0A000",
    message: `PGlite cannot convert letters to the encoding "${name}"`,
    detail: null,
    hint: "Run this against a PostgreSQL server.",
  };
}

/** The context of an error without the function above that raised it. */
export function contextOf(where: string | undefined): string | undefined {
  return where?.replace(/^PL\/pgSQL function pg_\w+\([^)]*\) line \d+ at RAISE\n?/, "") || undefined;
}
