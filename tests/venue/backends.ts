/**
 * The databases that tests run on.
 *
 * @module
 */

/** A database that tests run on. */
export interface Backend {
  /** For the names of tests. */
  name: "pglite" | "postgres";
  /** For {@linkcode VenueOptions}. */
  database: string;
}

/** PGlite, and the server at `TEST_POSTGRES_URL` where that is set. */
export function backends(): Backend[] {
  const url = Deno.env.get("TEST_POSTGRES_URL");
  return [{ name: "pglite", database: "pglite" }, ...(url ? [{ name: "postgres" as const, database: url }] : [])];
}
