/**
 * The venue: a Hasura-compatible server in front of a real PostgreSQL, for tests and the demo.
 *
 * It is as strict as Hasura: what Hasura does not promise, it refuses or varies.
 *
 * @module
 */

import type { BodyLimit } from "./body_limit.ts";
import type { StoredMetadata } from "./catalog.ts";
import { type Fault, FaultQueue } from "./faults.ts";
import { Front } from "./front.ts";
import { Gate } from "./gate.ts";
import { Hasura } from "./hasura.ts";
import { mayWrite, type RequestRecord } from "./log.ts";
import { type VenueOptions, withDefaults } from "./options.ts";
import { RequestLog } from "./request_log.ts";
import type { RoadState } from "./roads.ts";
import { literal } from "./session.ts";
import { Store } from "./store.ts";

export type { BodyLimit } from "./body_limit.ts";
export type { AnswerFault, Fault, FaultAction, FaultMatch, FaultTime } from "./faults.ts";
export type { ErrorName } from "./named_errors.ts";
export type { Metadata, StoredMetadata, TableName } from "./catalog.ts";
export { type Backend, backends } from "./backends.ts";
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
  /** The metadata as it is stored, with its number. */
  metadata(): Promise<StoredMetadata>;
  /**
   * Stores metadata as another writer would, with the next number; nothing is checked. Hasura takes notice when it next
   * makes its schema: at a reload, a replacement or a restart.
   */
  setMetadata(metadata: unknown): Promise<void>;
  /** Adds a fault; the oldest fault that fits a request strikes it. */
  addFault(fault: Fault): void;
  /** Puts a proxy in front that takes no large requests; `undefined` takes it away. */
  limitBodies(limit: BodyLimit | undefined): void;
  /** Stops listening: connecting is refused until {@linkcode start}. Requests at work go on, unanswered. */
  stop(): void;
  /** Listens again. */
  start(): void;
  /** From now on no byte passes and nothing is closed, on old and new connections, as in a network that swallows all. */
  freeze(): void;
  /**
   * Ends a freeze. Default: `deliver`, what was held back arrives, as TCP sees to after a short silence. `reset`: the
   * connections that are open are reset, as by a firewall that has forgotten them (other systems than Linux: closed).
   */
  thaw(connections?: "deliver" | "reset"): void;
  /**
   * Ends Hasura, with its sessions, and starts it again after `until` (default: at once), with fresh ones. Until then
   * connecting is refused, or a proxy answers with `page`. Resolves when Hasura is back.
   */
  restart(options?: { until?: Promise<unknown>; page?: 502 | 503 }): Promise<void>;
  /** Ends Hasura at once, as SIGKILL does, until {@linkcode startHasura}. Resolves when it has ended. */
  killHasura(): Promise<void>;
  /**
   * Ends Hasura as SIGTERM does, until {@linkcode startHasura}: connecting is refused from now on, what is at work is
   * finished and answered. Resolves when it has ended.
   */
  terminateHasura(): Promise<void>;
  /** Starts Hasura after its end; `false` when it has ended again, since it cannot reach its own tables. */
  startHasura(): Promise<boolean>;
  /** Ends all of Hasura's sessions and refuses new ones until {@linkcode startDatabase}; `sql()` goes on working. */
  stopDatabase(): Promise<void>;
  /** Lets Hasura connect to its databases again, however many were stopped. */
  startDatabase(): void;
  /** The same for the databases of the sources only: Hasura goes on reaching its own tables. */
  stopSource(): Promise<void>;
  /** Lets Hasura connect to the databases of its sources again. */
  startSource(): Promise<void>;
  /** The same for Hasura's own tables only. */
  stopMetadata(): Promise<void>;
  /** Lets Hasura connect to its own tables again. */
  startMetadata(): Promise<void>;
  /** Lets PostgreSQL refuse new sessions of Hasura's, as one does whose connections are all taken. */
  exhaust(): Promise<void>;
  /** Ends that. */
  release(): Promise<void>;
  /**
   * Resolves when nothing is at work any more: not requests whose client has been answered early, not requests that are
   * still to be delivered, not backends that Hasura has lost.
   */
  settled(): Promise<void>;
  /** Back to a fresh venue, with other options if given (not `database`, `port`, `poolSize`, `retries`). */
  reset(options?: VenueOptions): Promise<void>;
}

/** Starts a venue. */
export async function startVenue(options: VenueOptions = {}): Promise<Venue> {
  let wanted = withDefaults(options);
  await using parts = new AsyncDisposableStack();
  const store = await Store.make(wanted);
  parts.defer(() => store.close());
  const faults = new FaultQueue({ oneSession: wanted.database === "pglite" });
  const requests = new RequestLog<RequestRecord>();
  const hasura = await Hasura.boot({
    store,
    closePort: () => front.leave(),
    drainPort: () => front.drain(),
    openPort: () => front.restart(),
    answerAll: (page) => gate.answerAll(page),
  }, wanted);
  const gate = new Gate({ hasura: () => hasura, front: () => front, faults, notice: (record) => requests.add(record) });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request, { remoteAddr }) => {
    return gate.handle(request, (remoteAddr as Deno.NetAddr).port);
  });
  parts.defer(() => server.shutdown());
  const front: Front = new Front(wanted.port, server.addr.port);
  parts.defer(() => gate.settled());
  parts.defer(() => hasura.forget());
  parts.defer(() => front.close());
  parts.defer(() => gate.close());
  const running = parts.move();

  async function setBoth(state: RoadState): Promise<void> {
    for (const road of ["source", "metadata"] as const) await hasura.setRoad(road, state);
  }

  return {
    url: `http://127.0.0.1:${front.port}`,
    get adminSecret() {
      return wanted.adminSecret;
    },
    log: requests.all,
    waitForRequest: (fits) => requests.waitFor(fits),
    writes: () => requests.all.filter(mayWrite),
    sql: (text) => store.run(text),
    ledger: () => readLedger(store),
    tracker: async () => JSON.parse((await store.run("select cli_state from hdb_catalog.hdb_version"))[0]?.[0] ?? ""),
    setTracker: async (state) => {
      await store.run(`update hdb_catalog.hdb_version set cli_state = ${literal(JSON.stringify(state))}`);
    },
    metadata: () => readStored(store),
    setMetadata: async (metadata) => {
      const document = literal(JSON.stringify(metadata));
      await store.run(
        `update hdb_catalog.hdb_metadata set metadata = ${document}, resource_version = resource_version + 1`,
      );
    },
    addFault: (fault) => faults.add(fault),
    limitBodies(limit) {
      front.bodyLimit = limit;
    },
    stop: () => front.stop(),
    start: () => front.start(),
    freeze: () => front.freeze(),
    thaw: (connections = "deliver") => front.thaw(connections),
    async restart({ until = Promise.resolve(), page } = {}) {
      await hasura.restart(until, page);
      await hasura.up();
    },
    stopDatabase: () => hasura.loseDatabase(),
    startDatabase: () => hasura.restoreDatabase(),
    killHasura: () => hasura.kill(),
    terminateHasura: () => hasura.terminate(),
    startHasura: () => hasura.start(),
    stopSource: () => hasura.setRoad("source", "down"),
    startSource: () => hasura.setRoad("source", "open"),
    stopMetadata: () => hasura.setRoad("metadata", "down"),
    startMetadata: () => hasura.setRoad("metadata", "open"),
    exhaust: () => setBoth("full"),
    release: () => setBoth("open"),
    async settled() {
      await gate.settled();
      await store.settled();
    },
    async reset(changes = {}) {
      front.thaw("reset");
      front.bodyLimit = undefined;
      await hasura.forget();
      await gate.settled();
      wanted = withDefaults({ ...options, ...changes });
      gate.reset();
      faults.clear();
      requests.all.length = 0;
      await hasura.reset(wanted);
    },
    async [Symbol.asyncDispose]() {
      await running.disposeAsync();
      if (gate.crash !== undefined) throw gate.crash;
    },
  };
}

async function readLedger(store: Store): Promise<number[]> {
  const [found] = await store.run("select to_regclass('migrations.schema_migrations')");
  if (found?.[0] === null) return [];
  const rows = await store.run("select migration_id::int from migrations.schema_migrations order by 1");
  return rows.map(([id]) => Number(id));
}

async function readStored(store: Store): Promise<StoredMetadata> {
  const [row] = await store.run("select resource_version, metadata from hdb_catalog.hdb_metadata");
  return { resourceVersion: Number(row?.[0]), metadata: JSON.parse(row?.[1] ?? "") };
}
