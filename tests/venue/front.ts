/**
 * The door of the venue: passes bytes on to the HTTP server behind it, and can cut a connection or fall silent, which
 * that cannot.
 *
 * @module
 */

import type { BodyLimit } from "./body_limit.ts";
import { closePair, type Pair, pairOf, passAnswers, passRequests, resetPair } from "./pair.ts";

/** What becomes of the connections that were open in a freeze. */
export type Thaw = "deliver" | "reset";

const HOST = "127.0.0.1";

/** The door. */
export class Front {
  readonly #innerPort: number;
  readonly #pairs = new Map<number, Pair>();
  readonly #running = new Set<Promise<void>>();
  #listener: Deno.TcpListener | undefined;
  #accepting: Promise<void>;
  #closed = false;
  #freeze: PromiseWithResolvers<Thaw> | undefined;
  /** The proxy's limit for requests. */
  bodyLimit: BodyLimit | undefined;
  /** The port that clients use. */
  readonly port: number;

  /** Opens `port` (`0`: any) in front of the server at `innerPort`. */
  constructor(port: number, innerPort: number) {
    this.#innerPort = innerPort;
    this.#listener = Deno.listen({ hostname: HOST, port });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept(this.#listener);
  }

  /** Cuts the connection that the inner server knows by the port at its other end. */
  cut(innerClientPort: number, how: "close" | "reset" = "close"): void {
    const pair = this.#pairs.get(innerClientPort);
    if (pair === undefined) return;
    pair.cut = true;
    const end = () => how === "reset" ? resetPair(pair) : closePair(pair);
    if (this.#freeze === undefined) end();
    else this.#track(this.thawed().then(end));
  }

  /** Cuts that connection in the middle of its next answer's body. */
  truncate(innerClientPort: number): void {
    const pair = this.#pairs.get(innerClientPort);
    if (pair !== undefined) pair.truncate = true;
  }

  /** Passes nothing on and closes nothing until {@linkcode thaw}; connecting goes on, since the kernel does that. */
  freeze(): void {
    this.#freeze ??= Promise.withResolvers();
  }

  /** Passes everything on again, also what was held back, or else resets the connections that are open. */
  thaw(how: Thaw): void {
    const freeze = this.#freeze;
    this.#freeze = undefined;
    if (freeze === undefined) return;
    if (how === "reset") { for (const pair of this.#pairs.values()) resetPair(pair); }
    freeze.resolve(how);
  }

  /** Resolves when nothing is frozen; to `reset` when what was open then is lost. */
  async thawed(): Promise<Thaw> {
    let how: Thaw = "deliver";
    while (this.#freeze !== undefined && how === "deliver") how = await this.#freeze.promise;
    return how;
  }

  /** Stops listening and cuts idle and busy connections alike, frozen ones too. */
  stop(): void {
    this.#closePort();
    this.#cutAll();
  }

  /** The same, and nothing is cut before connecting is refused. */
  async leave(): Promise<void> {
    this.#closePort();
    await this.#accepting;
    if (this.#listener === undefined) this.#cutAll();
  }

  /**
   * Refuses new connections at once. Those with a request at work are left to the server behind, which has to close them;
   * the others are cut. Resolves when none is open.
   */
  async drain(): Promise<void> {
    this.#closePort();
    await this.#accepting;
    for (const pair of this.#pairs.values()) if (!pair.meter.whole) closePair(pair);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Listens again, on the same port. */
  start(): void {
    if (this.#listener !== undefined || this.#closed) return;
    this.#listener = Deno.listen({ hostname: HOST, port: this.port });
    this.#accepting = this.#accept(this.#listener);
  }

  /** The same, even if it was stopped only just now. */
  async restart(): Promise<void> {
    // Where it was stopped, the port is free only then.
    if (this.#listener === undefined) await this.#accepting;
    this.start();
  }

  /** Stops for good, and waits until nothing is open. */
  async close(): Promise<void> {
    this.#closed = true;
    this.stop();
    await this.#accepting;
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #closePort(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  #cutAll(): void {
    for (const pair of this.#pairs.values()) closePair(pair);
    this.thaw("reset");
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for await (const client of listener) this.#track(this.#join(client));
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    const inner = await Deno.connect({ hostname: HOST, port: this.#innerPort });
    const pair = pairOf(client, inner);
    const key = inner.localAddr.port;
    this.#pairs.set(key, pair);
    inner.setNoDelay(true);
    // Stopped while this connection was being made.
    if (this.#listener === undefined) closePair(pair);
    const pass = async () => void await this.thawed();
    await Promise.all([passRequests(pair, pass, () => this.bodyLimit), passAnswers(pair, pass)]);
    this.#pairs.delete(key);
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}
