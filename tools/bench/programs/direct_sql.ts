/**
 * The least that a program can do without Hasura: each file as one simple query in a transaction of its own, on one
 * connection to PostgreSQL.
 *
 * Arguments: connection URL, folder, direction and number of migrations.
 *
 * @module
 */

// The version of tests/deno.json, whose short names hold below tests/ only.
import pg from "npm:pg@8.23.1";
import { type Direction, stepPaths } from "../migrations.ts";

const [connectionString, folder = "", direction, count] = Deno.args;
const client = new pg.Client({ connectionString });
await client.connect();
for (const path of stepPaths(folder, { direction: direction as Direction, count: Number(count) })) {
  const sql = await Deno.readTextFile(path);
  await client.query("begin");
  await client.query(sql);
  await client.query("commit");
}
await client.end();
Deno.exit(0);
