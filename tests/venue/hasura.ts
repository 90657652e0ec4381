/**
 * Hasura's process and its ways to its databases: all can go away for a while.
 *
 * @module
 */

import type { Answer } from "./api.ts";
import { metadataShape } from "./document/document.ts";
import { initialMetadata, Instance, look, refresh } from "./instance.ts";
import type { FullOptions } from "./options.ts";
import { proxyPage } from "./proxy_page.ts";
import type { RoadName, RoadState } from "./roads.ts";
import type { Store } from "./store.ts";
import { Twin } from "./twin.ts";
import { Waits } from "./waits.ts";

/** What goes with the process. */
export interface HasuraParts {
  store: Store;
  /** Cuts all connections and refuses new ones. */
  closePort: () => Promise<void>;
  /** Refuses new connections; resolves when the requests at work have been answered and nothing is connected. */
  drainPort: () => Promise<void>;
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
  /** Of the last start that is under way; another one, or an end, takes its place. */
  #restart: symbol | undefined;
  #ending: Promise<void> | undefined;
  /** Of the last outage of the database. */
  #outage: symbol | undefined;
  /** Resolves when Hasura's own tables can be reached again. */
  #reachable: PromiseWithResolvers<void> | undefined;
  /** What a proxy answers with in place of Hasura, while that is away. */
  page: Answer | undefined;

  private constructor(parts: HasuraParts, instance: Instance, options: FullOptions) {
    this.#parts = parts;
    this.#instance = instance;
    this.#options = options;
  }

  /** Starts Hasura for the first time. */
  static async boot(parts: HasuraParts, options: FullOptions): Promise<Hasura> {
    const hasura = new Hasura(parts, await fill(parts.store, options), options);
    hasura.#twin = await hasura.#makeTwin(hasura.#instance);
    return hasura;
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

  /** Ends Hasura at once, as SIGKILL does. Resolves when it has ended. */
  async kill(): Promise<void> {
    this.#restart = undefined;
    await this.#parts.closePort();
    await this.#parts.store.renew();
  }

  /** Ends Hasura as SIGTERM does: what is at work is finished and answered. Resolves when it has ended. */
  async terminate(): Promise<void> {
    this.#restart = undefined;
    const ending = this.#parts.drainPort().then(() => this.#parts.store.renew());
    this.#ending = ending;
    await ending;
    if (this.#ending === ending) this.#ending = undefined;
  }

  /** Whether Hasura answers what is at work and nothing more. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  /** Starts Hasura after its end; `false` when it has ended again, since it cannot reach its own tables. */
  async start(): Promise<boolean> {
    await this.#ending;
    const restart = this.#restart = Symbol();
    if (this.#reachable !== undefined) return false;
    await this.#start(restart, 0);
    return true;
  }

  /**
   * Ends all sessions of Hasura and refuses new ones, until then (default: {@linkcode restoreDatabase}). Resolves when
   * they have ended.
   */
  async loseDatabase(until?: number | Promise<unknown>): Promise<void> {
    const outage = this.#outage = Symbol();
    for (const road of ["source", "metadata"] as const) await this.setRoad(road, "down");
    if (until === undefined) return;
    this.#track(
      this.#waits.for(until).then(() => {
        if (outage === this.#outage) this.restoreDatabase();
      }),
    );
  }

  /** Lets Hasura connect to its databases again. */
  restoreDatabase(): void {
    this.#outage = undefined;
    this.#parts.store.open();
    this.#reachable?.resolve();
    this.#reachable = undefined;
  }

  /** Opens one of Hasura's ways, or closes it and ends the sessions on it. */
  async setRoad(road: RoadName, state: RoadState): Promise<void> {
    if (road === "metadata" && state === "down") this.#reachable ??= Promise.withResolvers();
    await this.#parts.store.set(road, state);
    if (road !== "metadata" || state === "down") return;
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
    this.#ending = undefined;
    await this.#parts.store.empty();
    this.#options = options;
    this.#instance = await fill(this.#parts.store, options);
    this.#twin = await this.#makeTwin(this.#instance);
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
      const instance = new Instance(this.#instance.settings, this.#parts.store.connections);
      let twin: Twin | undefined;
      try {
        await instance.connections.open();
        await refresh(instance);
        twin = await this.#makeTwin(instance);
      } catch (error) {
        // The database went away once more, or this process did.
        if (this.#reachable !== undefined || restart !== this.#restart) continue;
        throw error;
      }
      if (restart !== this.#restart) return;
      this.#instance = instance;
      this.#twin = twin;
      await this.#open();
    }
  }

  async #makeTwin(first: Instance): Promise<Twin | undefined> {
    const { servers, syncMs } = this.#options;
    if (servers === 1) return undefined;
    const second = new Instance(first.settings, this.#parts.store.secondConnections);
    await second.connections.open();
    await refresh(second);
    return new Twin(first, second, { wait: () => this.#waits.for(syncMs), track: (work) => this.#track(work) });
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
  const instance = new Instance(options, store.connections);
  await instance.connections.open();
  instance.schema = await look(instance, parsed);
  return instance;
}
