/**
 * PostgreSQL in this process (PGlite), one session.
 *
 * PGlite starts from a stored copy of an empty data folder where it can: making one takes seconds, reading one does not.
 *
 * @module
 */

import { PGlite, protocol } from "@electric-sql/pglite";
import config from "../deno.json" with { type: "json" };
import { farewellOf } from "./pg_exchange.ts";
import { contextOf, ENDED, FUNCTIONS, refusal } from "./pglite_limits.ts";
import {
  AT_CONNECT,
  ConnectionLostError,
  type Database,
  NO_CONNECTION,
  type Outcome,
  OutcomeFolder,
  type Session,
  TERMINATED,
} from "./session.ts";

const CACHE_FOLDER = new URL("../../.tools/venue/", import.meta.url);
const VERSION = config.imports["@electric-sql/pglite"].split("@").at(-1);
const CACHE_FILE = new URL(`pglite-${VERSION}.tar`, CACHE_FOLDER);

/** Opens a new, empty PGlite database. */
export async function openPglite(): Promise<Database> {
  const engine = await create();
  await engine.execProtocol(protocol.serialize.query(FUNCTIONS));
  const state: State = { inTransaction: false };
  return {
    sessions: 1,
    open: () => Promise.resolve(new PgliteSession(engine, state)),
    kill: (session) => (session as PgliteSession).kill(),
    settled: () => Promise.resolve(),
    close: () => engine.close(),
  };
}

async function create(): Promise<PGlite> {
  const stored = await readStored();
  if (stored !== undefined) return await PGlite.create({ loadDataDir: stored });
  const engine = await PGlite.create();
  await store(await engine.dumpDataDir("none"));
  return engine;
}

async function readStored(): Promise<Blob | undefined> {
  try {
    return new Blob([await Deno.readFile(CACHE_FILE)]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

// Test files run side by side: each writes its own file and the last rename wins.
async function store(copy: Blob): Promise<void> {
  await Deno.mkdir(CACHE_FOLDER, { recursive: true });
  const draft = new URL(`${crypto.randomUUID()}.part`, CACHE_FOLDER);
  await Deno.writeFile(draft, copy.stream());
  await Deno.rename(draft, CACHE_FILE);
}

/** What the sessions, which are one, know of each other. */
interface State {
  inTransaction: boolean;
  /** Who sent the last text: an open transaction is its. */
  last?: PgliteSession;
}

/** The one session of PGlite, or what is left of it for somebody whose connection was lost. */
class PgliteSession implements Session {
  readonly backend = 0;
  readonly #engine: PGlite;
  readonly #state: State;
  #prepared = new Map<string, string>();
  #lost = false;
  #closed = false;
  #farewell: string | undefined;

  constructor(engine: PGlite, state: State) {
    this.#engine = engine;
    this.#state = state;
  }

  get inTransaction(): boolean {
    return this.#state.inTransaction;
  }

  // PGlite ends the process on COPY FROM STDIN unless the refusal comes in the same bytes. Elsewhere it is ignored.
  run(text: string): Promise<Outcome> {
    const error = refusal(text);
    if (error !== undefined) return Promise.resolve({ status: "FatalError", error });
    return this.#send(protocol.serialize.query(text), protocol.serialize.copyFail("no data"));
  }

  async runPrepared(statement: string): Promise<Outcome> {
    const { parse, bind, execute, sync } = protocol.serialize;
    const known = this.#prepared.get(statement);
    const name = known ?? String(this.#prepared.size);
    if (known === undefined) {
      const parsed = await this.#send(parse({ name, text: statement }), sync());
      if (parsed.status === "FatalError") return parsed;
      this.#prepared.set(statement, name);
    }
    return await this.#send(bind({ statement: name }), execute(), sync());
  }

  async reset(): Promise<void> {
    await this.close();
    this.#lost = false;
    this.#closed = false;
  }

  async close(): Promise<void> {
    // What is closed is somebody else's by now.
    if (this.#closed) return;
    this.#closed = true;
    await this.#end();
    this.#farewell = undefined;
    this.#prepared = new Map();
    // Somebody else's transaction goes on, and so must what it has set.
    if (this.#state.inTransaction) return;
    for (const text of ["discard all", AT_CONNECT]) await this.#engine.execProtocol(protocol.serialize.query(text));
  }

  /** Loses the open transaction and the connection, as far as the user of this session can tell. */
  async kill(): Promise<void> {
    if (!this.#lost) this.#farewell = TERMINATED;
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#lost = true;
    if (this.#state.last !== this) return;
    await this.#engine.execProtocol(protocol.serialize.query("rollback"), { throwOnError: false });
    this.#state.inTransaction = false;
  }

  abandon(): Promise<void> {
    return this.close();
  }

  async #send(...parts: Uint8Array[]): Promise<Outcome> {
    if (this.#lost) {
      const said = this.#farewell ?? NO_CONNECTION;
      this.#farewell = undefined;
      throw new ConnectionLostError(said);
    }
    this.#state.last = this;
    const { messages } = await this.#engine.execProtocol(join(parts), { throwOnError: false, syncToFs: false });
    const ready = messages.findLast(({ name }) => name === "readyForQuery") as { status?: string } | undefined;
    if (ready === undefined) throw new Error("PGlite has ended: it can do nothing more. Run this against PostgreSQL");
    this.#state.inTransaction = ready.status !== "I";
    const outcome = fold(messages);
    if (outcome.status !== "FatalError" || outcome.error.code !== ENDED) return outcome;
    await this.#end();
    const last = messages.findLast(({ name }) => name === "error") as unknown as { message: string; where?: string };
    throw new ConnectionLostError(farewellOf({ message: last.message, where: contextOf(last.where) }));
  }
}

type ProtocolMessage = Awaited<ReturnType<PGlite["execProtocol"]>>["messages"][number];

function fold(messages: ProtocolMessage[]): Outcome {
  const folder = new OutcomeFolder();
  for (const message of messages) {
    switch (message.name) {
      case "rowDescription":
        folder.columns((message as unknown as { fields: { name: string }[] }).fields.map(({ name }) => name));
        break;
      case "dataRow":
        folder.row((message as unknown as { fields: (string | null)[] }).fields);
        break;
      case "commandComplete":
        folder.complete();
        break;
      case "emptyQuery":
        folder.empty();
        break;
      case "copyInResponse":
        folder.copy("CopyIn");
        break;
      case "copyOutResponse":
        folder.copy("CopyOut");
        break;
      case "error": {
        const { code, message: text, detail, hint } = message as unknown as Record<string, string | undefined>;
        folder.error({ code: code ?? "", message: text ?? "", detail: detail ?? null, hint: hint ?? null });
        break;
      }
    }
  }
  return folder.outcome;
}

function join(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
