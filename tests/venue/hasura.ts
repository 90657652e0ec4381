/**
 * Hasura's process and its connection to the database: both can go away for a while.
 *
 * @module
 */

import type { Answer } from "./api.ts";
import { asObject } from "./decode.ts";
import { initialMetadata, type Instance, Lock, look, refresh } from "./instance.ts";
import type { FullOptions } from "./options.ts";
import { parseMetadata } from "./parse_metadata.ts";
import { proxyPage } from "./proxy_page.ts";
import { NOTHING_KNOWN } from "./schema.ts";
import type { Store } from "./store.ts";
import { Twin } from "./twin.ts";
import { Waits } from "./waits.ts";

/** What goes with the process. */
export interface HasuraParts {
  store: Store;
  /** Cuts all connections and refuses new ones. */
  closePort: () => Promise<void>;
  /** Listens again. */
  openPort: () => Promise<void>;
  /** Gives all requests at work this answer. */
  answerAll: (page: Answer) => void;
}

/** The process. */
export class Hasura {
  readonly #parts: HasuraParts;
  readonly #waits = new Waits();
  readonly #running = new Set<Promise<void>>();
  #instance: Instance;
  #twin: Twin | undefined;
  #options: FullOptions;
  /** Of the last restart; another one takes its place. */
  #restart: symbol | undefined;
  /** Of the last outage of the database. */
  #outage: symbol | undefined;
  #reachable: PromiseWithResolvers<void> | undefined;
  /** What a proxy answers with in place of Hasura, while that is away. */
  page: Answer | undefined;

  private constructor(parts: HasuraParts, instance: Instance, options: FullOptions) {
    this.#parts = parts;
    this.#instance = instance;
    this.#options = options;
    this.#startTwin();
  }

  /** Starts Hasura for the first time. */
  static async boot(parts: HasuraParts, options: FullOptions): Promise<Hasura> {
    return new Hasura(parts, await fill(parts.store, options), options);
  }

  /** What answers. */
  get instance(): Instance {
    return this.#instance;
  }

  /** The process that a request goes to. */
  take(): Instance {
    return this.#twin?.next(this.#instance) ?? this.#instance;
  }

  /** Told of each process that has answered. */
  notice(instance: Instance): void {
    this.#twin?.notice(instance, this.#instance);
  }

  /**
   * Ends Hasura, with all its connections, and starts it again after `until` (milliseconds or an event), or as soon as
   * the database can be reached. With `page` a proxy goes on answering. Resolves when Hasura has ended.
   */
  async restart(until: number | Promise<unknown>, page?: 502 | 503): Promise<void> {
    const restart = this.#restart = Symbol();
    this.page = page && proxyPage(page);
    if (this.page === undefined) await this.#parts.closePort();
    else this.#parts.answerAll(this.page);
    await this.#parts.store.renew();
    this.#track(this.#start(restart, until));
  }

  /**
   * Ends all sessions of Hasura and refuses new ones, until then (default: {@linkcode restoreDatabase}). Resolves when
   * they have ended.
   */
  async loseDatabase(until?: number | Promise<unknown>): Promise<void> {
    const outage = this.#outage = Symbol();
    this.#reachable ??= Promise.withResolvers();
    await this.#parts.store.lose();
    if (until === undefined) return;
    this.#track(
      this.#waits.for(until).then(() => {
        if (outage === this.#outage) this.restoreDatabase();
      }),
    );
  }

  /** Lets Hasura connect to its database again. */
  restoreDatabase(): void {
    this.#outage = undefined;
    this.#parts.store.restore();
    this.#reachable?.resolve();
    this.#reachable = undefined;
  }

  /** Ends all waiting: Hasura stays as it is and its database can be reached. */
  async forget(): Promise<void> {
    this.#restart = undefined;
    this.restoreDatabase();
    this.#waits.giveUp();
    await this.up();
  }

  /** Starts all over on an empty database. Nothing may be at work. */
  async reset(options: FullOptions): Promise<void> {
    await this.#parts.store.empty();
    this.#options = options;
    this.#instance = await fill(this.#parts.store, options);
    this.#startTwin();
    await this.#open();
  }

  /** Resolves when Hasura is back and can reach its database, if it was away. */
  async up(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #start(restart: symbol, until: number | Promise<unknown>): Promise<void> {
    await this.#waits.for(until);
    while (restart === this.#restart) {
      await this.#reachable?.promise;
      const instance = create(this.#parts.store.pools, this.#instance.settings);
      try {
        await refresh(instance);
      } catch (error) {
        // The database went away once more, or this process did.
        if (this.#reachable !== undefined || restart !== this.#restart) continue;
        throw error;
      }
      if (restart !== this.#restart) return;
      this.#instance = instance;
      this.#startTwin();
      await this.#open();
    }
  }

  #startTwin(): void {
    const { servers, syncMs } = this.#options;
    if (servers === 1) return void (this.#twin = undefined);
    const instance = create(this.#parts.store.secondPools, this.#instance.settings);
    instance.schema = this.#instance.schema;
    this.#twin = new Twin(instance, { wait: () => this.#waits.for(syncMs), track: (work) => this.#track(work) });
  }

  async #open(): Promise<void> {
    this.#restart = undefined;
    this.page = undefined;
    await this.#parts.openPort();
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}

async function fill(store: Store, options: FullOptions): Promise<Instance> {
  const { metadata = initialMetadata(options.sources, options) } = options;
  const parsed = parseMetadata(asObject(metadata, { path: "$", what: "Metadata" }));
  await store.fill(options.baseSql, parsed);
  const instance = create(store.pools, options);
  instance.schema = await look(instance, parsed);
  return instance;
}

function create(pools: Store["pools"], settings: Instance["settings"]): Instance {
  const { source: sourcePool, metadata: metadataPool } = pools;
  return { settings, sourcePool, metadataPool, lock: new Lock(), schema: NOTHING_KNOWN };
}
