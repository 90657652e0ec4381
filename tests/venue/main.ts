/**
 * `make venue`: a venue to point the tool at by hand, until Ctrl-C.
 *
 * @module
 */

import { startCluster } from "./cluster.ts";
import { exampleSchema, startVenue } from "./mod.ts";
import { startWorkspaceServer } from "./workspace_server.ts";

const USAGE = `Usage: main.ts [--port=PORT] [--workspace-port=PORT] [--ledger=varchar|integer]
               [--database=pglite|cluster|URL] [--source=NAME]

  --port            default 8080; 0 takes a free one
  --workspace-port  of the workspace server, default 28000; 0 takes a free one
  --ledger          shape of the ledger, default varchar
  --database        pglite (default), cluster (a throw-away PostgreSQL server), or the postgres:// URL of a server
  --source          name of Hasura's source, default Aerie
`;

// What examples/hasura/metadata tracks.
const TRACKED = [
  { schema: "migrations", name: "applied_migrations" },
  { schema: "planning", name: "activity" },
  { schema: "planning", name: "mission_model" },
  { schema: "planning", name: "plan" },
];

const options = new Map([
  ["port", "8080"],
  ["workspace-port", "28000"],
  ["ledger", "varchar"],
  ["database", "pglite"],
  ["source", "Aerie"],
]);
for (const argument of Deno.args) {
  const [, name = "", value = ""] = /^--([\w-]+)=(.+)$/.exec(argument) ?? [];
  if (!options.has(name) || (name === "ledger" && value !== "varchar" && value !== "integer")) {
    await write(Deno.stderr, `Cannot use "${argument}"\n\n${USAGE}`);
    Deno.exit(2);
  }
  options.set(name, value);
}
const option = (name: string) => options.get(name) ?? "";

const cluster = option("database") === "cluster" ? await startCluster() : undefined;
if (option("database") === "cluster" && cluster === undefined) {
  await write(Deno.stderr, "Cannot start a server: no PostgreSQL is installed here\n");
  Deno.exit(1);
}
const venue = await startVenue({
  port: Number(option("port")),
  database: cluster?.url ?? option("database"),
  baseSql: exampleSchema(option("ledger") === "integer" ? "integer" : "varchar"),
  sources: [option("source")],
  trackedTables: TRACKED,
});
const workspaces = startWorkspaceServer({
  port: Number(option("workspace-port")),
  // No Aerie release before that of the workspace server has the table.
  workspaces: async () => {
    const [found] = await venue.sql("select to_regclass('sequencing.workspace')");
    if (found?.[0] === null) return [];
    return (await venue.sql("select id from sequencing.workspace")).map(([id]) => Number(id));
  },
});
const stopped = Promise.withResolvers<void>();
Deno.addSignalListener("SIGINT", stopped.resolve);
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stopped.resolve);

await write(
  Deno.stdout,
  `The venue listens at ${venue.url}, its admin secret is ${venue.adminSecret};
its workspace server listens at ${workspaces.url}. In another terminal:

  export HASURA_GRAPHQL_ENDPOINT=${venue.url} HASURA_GRAPHQL_ADMIN_SECRET=${venue.adminSecret}
  dist/aerie_db_migration status -p examples/hasura
  dist/aerie_db_migration migrate -p examples/hasura --apply --all

Ctrl-C stops it; nothing is kept.
`,
);
await stopped.promise;
await workspaces[Symbol.asyncDispose]();
await venue[Symbol.asyncDispose]();
await cluster?.stop();
Deno.exit(0);

async function write(to: { write(bytes: Uint8Array): Promise<number> }, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += await to.write(bytes.subarray(written));
}
