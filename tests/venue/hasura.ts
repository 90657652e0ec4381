/**
 * Hasura's process and its connection to the database: both can go away for a while.
 *
 * @module
 */

import type { Answer } from "./api.ts";
import { metadataShape } from "./document/document.ts";
import { initialMetadata, type Instance, Lock, look, refresh } from "./instance.ts";
import type { FullOptions } from "./options.ts";
import { proxyPage } from "./proxy_page.ts";
import { NOTHING_KNOWN } from "./schema.ts";
import type { Store } from "./store.ts";
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
  /** Of the last restart; another one takes its place. */
  #restart: symbol | undefined;
  /** Of the last outage of the database. */
  #outage: symbol | undefined;
  #reachable: PromiseWithResolvers<void> | undefined;
  /** What a proxy answers with in place of Hasura, while that is away. */
  page: Answer | undefined;

  private constructor(parts: HasuraParts, instance: Instance) {
    this.#parts = parts;
    this.#instance = instance;
  }

  /** Starts Hasura for the first time. */
  static async boot(parts: HasuraParts, options: FullOptions): Promise<Hasura> {
    return new Hasura(parts, await fill(parts.store, options));
  }

  /** What answers. */
  get instance(): Instance {
    return this.#instance;
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
    this.#instance = await fill(this.#parts.store, options);
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
      const instance = create(this.#parts.store, this.#instance.settings);
      try {
        await refresh(instance);
      } catch (error) {
        // The database went away once more, or this process did.
        if (this.#reachable !== undefined || restart !== this.#restart) continue;
        throw error;
      }
      if (restart !== this.#restart) return;
      this.#instance = instance;
      await this.#open();
    }
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
  const parsed = metadataShape(metadata, "$");
  await store.fill(options.baseSql, parsed);
  const instance = create(store, options);
  instance.schema = await look(instance, parsed);
  return instance;
}

function create(store: Store, settings: Instance["settings"]): Instance {
  const { source: sourcePool, metadata: metadataPool } = store.pools;
  return { settings, sourcePool, metadataPool, lock: new Lock(), schema: NOTHING_KNOWN };
}
