/**
 * The venue: a Hasura-compatible server in front of a real PostgreSQL, for tests and the demo.
 *
 * It is as strict as Hasura: what Hasura does not promise, it refuses or varies.
 *
 * @module
 */

import { type Fault, FaultQueue } from "./faults.ts";
import { Front } from "./front.ts";
import { Gate } from "./gate.ts";
import { initialMetadata, type Instance, Lock, refresh } from "./instance.ts";
import { mayWrite, type RequestRecord } from "./log.ts";
import { type VenueOptions, withDefaults } from "./options.ts";
import { literal } from "./session.ts";
import { Store } from "./store.ts";

export type { Fault, FaultAction, FaultMatch, FaultTime } from "./faults.ts";
export type { TableName } from "./catalog.ts";
export type { RequestRecord } from "./log.ts";
export { DEFAULT_SECRET, exampleSchema, type VenueOptions } from "./options.ts";

/** A running venue. */
export interface Venue extends AsyncDisposable {
  /** As in `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly adminSecret: string | null;
  /** Every request so far, in the order in which they came. */
  readonly log: RequestRecord[];
  /** Resolves with the first request so far, or else to come, that fits. */
  waitForRequest(fits: (request: RequestRecord) => boolean): Promise<RequestRecord>;
  /** Those requests that can have changed anything. */
  writes(): RequestRecord[];
  /** Runs a text straight on the database; rows of its last result. With PGlite it waits for the request at work. */
  sql(text: string): Promise<(string | null)[][]>;
  /** Numbers in the ledger, ascending; none where there is no ledger. */
  ledger(): Promise<number[]>;
  /** Hasura's `cli_state`. */
  tracker(): Promise<Record<string, unknown>>;
  /** Replaces `cli_state`. */
  setTracker(state: unknown): Promise<void>;
  /** Adds a fault; the oldest fault that fits a request strikes it. */
  addFault(fault: Fault): void;
  /** Stops listening: connecting is refused until {@linkcode start}. Requests at work go on, unanswered. */
  stop(): void;
  /** Listens again. */
  start(): void;
  /** Resolves when nothing is at work any more, not even requests whose client has been answered early. */
  settled(): Promise<void>;
  /** Back to a fresh venue, with other options if given (not `database`, `port`, `poolSize`, `retries`). */
  reset(options?: VenueOptions): Promise<void>;
}

/** Starts a venue. */
export async function startVenue(options: VenueOptions = {}): Promise<Venue> {
  let wanted = withDefaults(options);
  await using parts = new AsyncDisposableStack();
  const store = await Store.open(wanted);
  parts.defer(() => store.close());
  const faults = new FaultQueue();
  const log: RequestRecord[] = [];
  let instance = await boot(store, wanted);
  const waiting = new Map<PromiseWithResolvers<RequestRecord>, (request: RequestRecord) => boolean>();
  function notice(request: RequestRecord): void {
    log.push(request);
    for (const [waiter, fits] of waiting) {
      if (!fits(request)) continue;
      waiting.delete(waiter);
      waiter.resolve(request);
    }
  }
  const gate = new Gate({ instance: () => instance, front: () => front, faults, notice });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request, { remoteAddr }) => {
    return gate.handle(request, (remoteAddr as Deno.NetAddr).port);
  });
  parts.defer(() => server.shutdown());
  const front: Front = new Front(wanted.port, server.addr.port);
  parts.defer(() => gate.settled());
  parts.defer(() => front.close());
  parts.defer(() => gate.close());
  const running = parts.move();

  return {
    url: `http://127.0.0.1:${front.port}`,
    get adminSecret() {
      return wanted.adminSecret;
    },
    log,
    waitForRequest(fits) {
      const waiter = Promise.withResolvers<RequestRecord>();
      const seen = log.find(fits);
      if (seen === undefined) waiting.set(waiter, fits);
      else waiter.resolve(seen);
      return waiter.promise;
    },
    writes: () => log.filter(mayWrite),
    sql: (text) => store.run(text),
    ledger: () => readLedger(store),
    tracker: async () => JSON.parse((await store.run("select cli_state from hdb_catalog.hdb_version"))[0]?.[0] ?? ""),
    setTracker: async (state) => {
      await store.run(`update hdb_catalog.hdb_version set cli_state = ${literal(JSON.stringify(state))}`);
    },
    addFault: (fault) => faults.add(fault),
    stop: () => front.stop(),
    start: () => front.start(),
    settled: () => gate.settled(),
    async reset(changes = {}) {
      await gate.settled();
      wanted = withDefaults({ ...options, ...changes });
      gate.reset();
      faults.clear();
      log.length = 0;
      await store.empty();
      instance = await boot(store, wanted);
      front.start();
    },
    async [Symbol.asyncDispose]() {
      await running.disposeAsync();
      if (gate.crash !== undefined) throw gate.crash;
    },
  };
}

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

async function boot(store: Store, options: Required<VenueOptions>): Promise<Instance> {
  const metadata = initialMetadata(options.sources, options);
  await store.fill(options.baseSql, metadata);
  const instance: Instance = {
    settings: options,
    sourcePool: store.source,
    metadataPool: store.metadata,
    lock: new Lock(),
    sources: [],
    inconsistentObjects: [],
  };
  await refresh(instance, metadata);
  return instance;
}

async function readLedger(store: Store): Promise<number[]> {
  const [found] = await store.run("select to_regclass('migrations.schema_migrations')");
  if (found?.[0] === null) return [];
  const rows = await store.run("select migration_id::int from migrations.schema_migrations order by 1");
  return rows.map(([id]) => Number(id));
}
