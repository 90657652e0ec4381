/**
 * The least that a program can do against Hasura: `run_sql` requests one after the other, no guard, no ledger, no report.
 *
 * Arguments: endpoint, admin secret, then either nothing (one request, `select 1`) or folder, direction and number of
 * migrations (one request for each file).
 *
 * @module
 */

import { type Direction, stepPaths } from "../migrations.ts";

const [endpoint, secret = "", folder, direction, count] = Deno.args;

async function send(sql: string, readOnly: boolean): Promise<void> {
  const args = { source: "Aerie", sql, read_only: readOnly, cascade: false, check_metadata_consistency: false };
  const response = await fetch(`${endpoint}/v2/query`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-hasura-admin-secret": secret },
    body: JSON.stringify({ type: "run_sql", args }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`Cannot run SQL: ${response.status} ${text}`);
  JSON.parse(text);
}

if (folder === undefined) await send("select 1", true);
else {
  for (const path of stepPaths(folder, { direction: direction as Direction, count: Number(count) })) {
    await send(await Deno.readTextFile(path), false);
  }
}
Deno.exit(0);
