/**
 * What a fault needs to be staged: the request that it strikes, and the events that it ends with.
 *
 * Nothing here waits for a time to pass where there is an event to wait for.
 *
 * @module
 */

import type { Runtime, StopSignal } from "../../src/runtime.ts";
import type { AnswerFault, FaultAction, FaultMatch, FaultTime } from "../venue/mod.ts";
import type { Place } from "./place.ts";
import {
  indexOfRequest,
  isForWorkspace,
  isSql,
  matchOf,
  nameRequests,
  type RequestName,
  whenRequested,
  workspaceMatchOf,
} from "./requests.ts";
import type { RunOptions } from "./runs.ts";
import { workspaceFault } from "./workspace_actions.ts";

/** Which request is struck, and when. */
export interface Strike {
  request: RequestName;
  when: FaultTime;
}

/** What a fault that is left over is made to look for: nothing of that name is ever sent. */
const NOTHING = "nothing";

/** What Deno says where a connection is cut. */
const CUT = "client error (SendRequest): connection closed before message completed";

/** One fault being staged. When it is over, nothing of it acts on the place any more. */
export class Scene implements Disposable {
  readonly place: Place;
  readonly strike: Strike;
  readonly #over = Promise.withResolvers<void>();
  readonly #timers = new Set<number>();
  #isOver = false;
  #isAbandoned = false;
  #meddle: (() => unknown) | undefined;
  #uploads = 0;
  #failures = 0;
  #failureWaiters: (() => void)[] = [];
  #sendSignal: ((signal: StopSignal) => void) | undefined;

  /** Stages nothing yet. */
  constructor(place: Place, strike: Strike) {
    this.place = place;
    this.strike = strike;
  }

  /** Adds a fault on the request, by default at the time of the strike. */
  add(action: FaultAction, when: FaultTime = this.strike.when): void {
    const { place, strike: { request } } = this;
    if (isForWorkspace(request)) place.workspace.addFault(workspaceFault(workspaceMatchOf(request), { action, when }));
    else place.venue.addFault({ match: matchOf(request), when, do: action });
  }

  /**
   * Adds a fault on the next questions about what became of the request, so many of them, as long as the run goes on:
   * one that is left over must not strike the next run.
   */
  addToQuestions(action: FaultAction, { when, times }: { when: FaultTime; times: number }): void {
    const { place, strike: { request } } = this;
    const ifGoesOn = (name: string) => this.#isOver ? NOTHING : name;
    if (isForWorkspace(request)) {
      return place.workspace.addFault({
        ...workspaceFault({}, { action, when }),
        times,
        get method() {
          return ifGoesOn("GET");
        },
      });
    }
    const match: FaultMatch = {
      ...(isSql(request) ? { readOnly: true } : {}),
      get type() {
        return ifGoesOn(isSql(request) ? "run_sql" : "export_metadata");
      },
    };
    place.venue.addFault({ match, when, times, do: action });
  }

  /** The answer to the request is lost, and the request itself comes to its server with `event`. */
  deliverWith(event: Promise<void>, answer: AnswerFault): void {
    if (!isForWorkspace(this.strike.request)) return this.add({ deliverAfter: event, answer });
    this.#isAbandoned = true;
    this.add({ hold: event });
  }

  /** Calls `event` when the next answer after the strike has come, before the tool has it. */
  beforeNextAnswer(event: () => unknown): void {
    this.#meddle = event;
  }

  /** What went away comes back. */
  comeBack(): void {
    this.place.venue.start();
    this.place.workspace.start();
  }

  /** Whether the request has come. */
  isStruck(): boolean {
    return indexOfRequest(this.place, this.strike.request) >= 0;
  }

  /** The requests that have come after the one that is struck. */
  after(): RequestName[] {
    return nameRequests(this.place).slice(indexOfRequest(this.place, this.strike.request) + 1);
  }

  /** Calls `event` as soon as the request has come, and before the next one does; resolves when that has ended. */
  async struckThen(event: () => unknown): Promise<void> {
    await this.#first(this.#whenLogged(0));
    if (!this.#isOver) await event();
  }

  /** Resolves when so many more requests have come after the one that is struck. */
  further(count: number): Promise<void> {
    return this.#first(this.#whenLogged(count));
  }

  /** Resolves when so many requests of the run have failed on their way, counted from now. */
  failures(count: number): Promise<void> {
    const wanted = this.#failures + count;
    return this.#first(
      new Promise((resolve) => {
        const look = () => this.#failures >= wanted ? resolve() : this.#failureWaiters.push(look);
        look();
      }),
    );
  }

  /** Resolves after some time: only for what sends no event. */
  later(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#timers.add(setTimeout(resolve, milliseconds));
    return this.#first(promise);
  }

  /** Resolves when the run has ended. */
  get ended(): Promise<void> {
    return this.#over.promise;
  }

  /** Sends the run a signal, where it listens by now. */
  signal(signal: StopSignal): void {
    this.#sendSignal?.(signal);
  }

  /** What the run is to be started with. */
  get runOptions(): Pick<RunOptions, "wrapFetch" | "onSignalHandler"> {
    return {
      wrapFetch: (send) => this.#watchFetch(send),
      onSignalHandler: (send) => void (this.#sendSignal = send),
    };
  }

  /** Stands between the tool and its requests, and counts those that fail. */
  #watchFetch(send: Runtime["fetch"]): Runtime["fetch"] {
    return async (url, init) => {
      try {
        const response = await (this.#isToBeAbandoned(init) ? this.#abandon(send, url, init) : send(url, init));
        const meddle = this.isStruck() ? this.#meddle : undefined;
        if (meddle !== undefined) {
          this.#meddle = undefined;
          await meddle();
        }
        return response;
      } catch (error) {
        this.#failures++;
        for (const look of this.#failureWaiters.splice(0)) look();
        throw error;
      }
    };
  }

  #isToBeAbandoned({ method }: RequestInit): boolean {
    if (method === "PUT") this.#uploads++;
    return this.#isAbandoned && method === "PUT" && this.#uploads === this.strike.request.nth;
  }

  /** Sends, and is told that the connection was cut as soon as that has come. */
  async #abandon(send: Runtime["fetch"], url: string, { signal: _, ...init }: RequestInit): Promise<Response> {
    const sent = send(url, init);
    sent.then((response) => response.body?.cancel(), () => {});
    await this.struckThen(() => {});
    throw new TypeError(`error sending request for url (${url}): ${CUT}`);
  }

  /** The run has ended: lets go of everything. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#over.resolve();
  }

  #first(event: Promise<void>): Promise<void> {
    return Promise.race([event, this.ended]);
  }

  async #whenLogged(further: number): Promise<void> {
    const { place, strike } = this;
    await whenRequested(place, () => {
      if (this.#isOver) return true;
      const index = indexOfRequest(place, strike.request);
      return index >= 0 && nameRequests(place).length > index + further;
    });
  }
}
