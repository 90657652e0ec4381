/**
 * The server side of the benchmark, in a process of its own: PostgreSQL and three venues on it. Commands come as lines
 * on stdin (`traffic plain`, `freshen delayed`), each is answered by a line on stdout: what the venue has seen since the
 * last one. It cleans up when stdin ends. Argument: the delay in milliseconds.
 *
 * @module
 */

import { type Cluster, startCluster } from "../../tests/venue/cluster.ts";
import { type RequestRecord, startVenue, type Venue } from "../../tests/venue/mod.ts";

/** What it says first. */
export interface HostReady {
  postgres: string;
  adminSecret: string;
  /** A venue as it is. */
  plainUrl: string;
  /** A venue that waits before it looks at a request. */
  delayedUrl: string;
  /** Connection URL of a database that no venue's requests touch. */
  directUrl: string;
}

/** What a venue has seen since the last time that it was asked. */
export interface Traffic {
  requests: number;
  /** `run_sql` that may write. */
  steps: number;
  /** Reading and writing Hasura's tracker. */
  tracker: number;
  /** Most requests at work at one time. */
  mostAtOnce: number;
  /** Median of the milliseconds from a step's answer to the next step's arrival; `null` with less than two. */
  betweenSteps: number | null;
}

if (import.meta.main) {
  await serve(Number(Deno.args[0]));
  Deno.exit(0);
}

async function serve(delayMs: number): Promise<void> {
  // Ctrl-C reaches this process too; the benchmark ends, and with it stdin.
  Deno.addSignalListener("SIGINT", () => {});
  const given = Deno.env.get("TEST_POSTGRES_URL") || undefined;
  const cluster: Cluster | undefined = given === undefined ? await startCluster() : undefined;
  const database = given ?? cluster?.url;
  if (database === undefined) {
    return say({ error: "no PostgreSQL is installed here, and TEST_POSTGRES_URL is not set" });
  }
  try {
    await using plain = await startVenue({ database });
    await using delayed = await startVenue({ database });
    await using direct = await startVenue({ database });
    const directUrl = new URL(database);
    directUrl.pathname = `/${(await direct.sql("select current_database()"))[0]?.[0]}`;
    const ready: HostReady = {
      postgres: (await plain.sql("show server_version"))[0]?.[0] ?? "",
      adminSecret: plain.adminSecret ?? "",
      plainUrl: plain.url,
      delayedUrl: delayed.url,
      directUrl: directUrl.href,
    };
    say(ready);
    const venues: Record<string, Venue> = { plain, delayed };
    for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
      const [command, name = ""] = line.trim().split(" ");
      const venue = venues[name];
      if (venue === undefined) throw new Error(`Cannot answer "${line.trim()}"`);
      if (command === "freshen") {
        await freshen(venue);
        await direct.sql("vacuum");
        if (venue === delayed) venue.addFault({ match: {}, do: { delayMs }, times: Infinity });
      }
      await venue.settled();
      say(describeTraffic(venue.log.splice(0)));
    }
  } finally {
    await cluster?.stop();
  }
}

/**
 * Backends that have seen thousands of migrations come and go get slow, and so do catalogs full of dead rows: every
 * measurement begins with the same. The requests open the sessions again.
 */
async function freshen(venue: Venue): Promise<void> {
  await venue.reset();
  await venue.sql("vacuum");
  const bodies = [
    { type: "run_sql", args: { source: "Aerie", sql: "select 1", read_only: true } },
    { type: "get_catalog_state", args: {} },
  ];
  const headers = { "x-hasura-admin-secret": venue.adminSecret ?? "" };
  await Promise.all([...bodies, ...bodies, ...bodies].map(async (body) => {
    const path = body.type === "run_sql" ? "/v2/query" : "/v1/metadata";
    await (await fetch(`${venue.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).body?.cancel();
  }));
}

function describeTraffic(log: RequestRecord[]): Traffic {
  const steps = log.filter(({ type, readOnly }) => type === "run_sql" && readOnly === false);
  const between = steps.slice(1).map(({ startedAt }, index) => startedAt - (steps[index]?.endedAt ?? NaN));
  between.sort((one, other) => one - other);
  return {
    requests: log.length,
    steps: steps.length,
    tracker: log.filter(({ type }) => type === "get_catalog_state" || type === "set_catalog_state").length,
    mostAtOnce: Math.max(0, ...log.map(({ inFlightWith }) => inFlightWith + 1)),
    betweenSteps: between[Math.floor(between.length / 2)] ?? null,
  };
}

function say(answer: unknown): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(answer)}\n`);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}
