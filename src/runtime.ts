/**
 * Every effect that the tool has, behind one interface, and its real implementation on Deno.
 *
 * Nothing but this file and `main.ts` says `Deno.`; tests pass a `Runtime` of their own.
 *
 * @module
 */

import { ConfigError, describeError } from "./errors.ts";
import { readFile, type ReadFileOptions, unnamedFolders, UnusableFileError } from "./runtime_files.ts";
import { chooseProxy, PROXY_VARIABLES } from "./proxy.ts";

/** An entry of a folder. */
export interface DirEntry {
  /** File name, without its folder. */
  name: string;
  /** What it is, after following links; `other` also for a link that leads nowhere. */
  kind: "file" | "directory" | "other";
}

/** An output stream. */
export interface Output {
  /** Whether a person may be watching. */
  readonly isTerminal: boolean;
  /**
   * Writes all of `text`. Never throws: output that cannot be shown is no reason to stop in the middle of a migration.
   * A reader that has gone away (`… | head`) is no problem at all.
   */
  write(text: string): void;
  /** Why something could not be written, if so. */
  readonly problem: string | undefined;
  /** How many columns the terminal has now; `undefined` where there is none, or it does not say. */
  columns(): number | undefined;
}

/** The input stream. */
export interface Input {
  /** Whether a person may be typing. */
  readonly isTerminal: boolean;
  /** Reads bytes as they come; `null` at end of input. @throws {Error} as the system reports it; see {@linkcode fileProblem}. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Turns the terminal's line editing off (`true`) or on; only for terminals. */
  setRaw(mode: boolean): void;
}

/** Signals that ask the tool to stop: Ctrl-C, `kill`, and the end of the terminal. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The effects. */
export interface Runtime {
  /** The command line, without the program's name. */
  readonly args: readonly string[];
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Value of an environment variable, `undefined` where it is not set. @throws {ConfigError} when it is not UTF-8 */
  env(name: string): string | undefined;
  /** Content of a file. @throws {Error} as the system reports it; see {@linkcode fileProblem}. */
  readFile(path: string, options?: ReadFileOptions): Promise<Uint8Array>;
  /** Entries of a folder, in no order. @throws {Error} as the system reports it. */
  readDir(path: string): Promise<DirEntry[]>;
  /** How many folders are in a folder that `readDir` leaves out, since their names are not UTF-8, as far as can be told. */
  unnamedFolders(path: string): Promise<number>;
  /** Sends an HTTP request. Redirects are not followed. @throws {ConfigError} when TLS or a proxy cannot be used */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Calls `callback` every `ms` milliseconds until the returned function is called; keeps no process alive. */
  every(ms: number, callback: () => void): () => void;
  /** Calls `handler` for each signal until the returned function is called. */
  onStopSignal(handler: (signal: StopSignal) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): never;
}

/** Why a file or folder cannot be used, or `undefined` for an error of another kind. */
export function fileProblem(error: unknown): string | undefined {
  if (error instanceof UnusableFileError) return error.message;
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.NotADirectory) return "it is not a directory";
  if (error instanceof Deno.errors.NotCapable) return "it is of a kind that this program may not read";
  if (error instanceof Deno.errors.FilesystemLoop) return "its links go in a circle";
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "EISDIR") return "it is a directory";
  if (code === "ENOTDIR") return "it is not a directory";
  if (code === "EBADF") return "it is not open for reading";
  if (typeof code === "string") return code;
  return undefined;
}

/**
 * Milliseconds after which an idle connection is not used again. Hasura closes it after 30 s, proxies after as little as
 * 5 s: a step sent on a connection that is just being closed would have an unknown outcome for nothing.
 */
const IDLE_TIMEOUT = 2_000;

/** Milliseconds to wait for a reader that is slower than we are. */
const WOULD_BLOCK_PAUSE = 5;

/** Milliseconds to wait for a writer that is. */
const NO_INPUT_PAUSE = 20;

/** The real effects; disposing closes the connections. */
export function createRuntime(): Runtime & Disposable {
  // Made when they are first needed: they read the certificates that the environment names, and may not find them.
  const clients = new Map<string | undefined, Deno.HttpClient>();
  return {
    [Symbol.dispose]() {
      for (const client of clients.values()) client.close();
    },
    args: Deno.args,
    stdin: {
      isTerminal: Deno.stdin.isTerminal(),
      read: readInput,
      setRaw: (mode) => Deno.stdin.setRaw(mode),
    },
    stdout: output(Deno.stdout),
    stderr: output(Deno.stderr),
    env: readEnv,
    readFile,
    readDir,
    unnamedFolders,
    async fetch(url, init) {
      const proxy = chooseProxy(url, readEnv)?.url;
      const client = clients.get(proxy) ?? createClient(proxy);
      clients.set(proxy, client);
      return await fetch(url, { ...init, client, redirect: "manual" });
    },
    now: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    every(ms, callback) {
      const timer = setInterval(callback, ms);
      Deno.unrefTimer(timer);
      return () => clearInterval(timer);
    },
    onStopSignal,
    exit: (code) => Deno.exit(code),
  };
}

/** Variables that Deno's client reads when it is made, and that are seen to here. */
function clientVariables(): string[] {
  // An empty one is to Deno the name of a file that does not exist.
  return [...PROXY_VARIABLES, ...(readEnv("DENO_CERT")?.trim() === "" ? ["DENO_CERT"] : [])];
}

function createClient(proxy: string | undefined): Deno.HttpClient {
  const hidden = clientVariables().map((name) => ({ name, value: readEnv(name) }));
  try {
    for (const { name } of hidden) Deno.env.delete(name);
    return Deno.createHttpClient({
      poolIdleTimeout: IDLE_TIMEOUT,
      ...(proxy === undefined ? {} : { proxy: { url: proxy } }),
    });
  } catch (error) {
    throw new ConfigError(`Cannot prepare for TLS: ${describeError(error)}`, {
      state: "Nothing was sent",
      next: "Check the files that DENO_CERT and SSL_CERT_FILE name, and DENO_TLS_CA_STORE",
      cause: error,
    });
  } finally {
    for (const { name, value } of hidden) if (value !== undefined) Deno.env.set(name, value);
  }
}

function output(stream: { isTerminal(): boolean; writeSync(bytes: Uint8Array): number }): Output {
  const encoder = new TextEncoder();
  const isTerminal = stream.isTerminal();
  let problem: string | undefined;
  return {
    isTerminal,
    get problem() {
      return problem;
    },
    columns: () => isTerminal ? consoleColumns() : undefined,
    write(text) {
      let bytes = encoder.encode(text);
      while (bytes.length > 0) {
        try {
          bytes = bytes.subarray(stream.writeSync(bytes));
        } catch (error) {
          if (error instanceof Deno.errors.WouldBlock) {
            // The pipe is full and whoever made it does not let us wait for it.
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WOULD_BLOCK_PAUSE);
            continue;
          }
          if (!(error instanceof Deno.errors.BrokenPipe)) problem ??= describeError(error);
          return;
        }
      }
    },
  };
}

async function readInput(buffer: Uint8Array): Promise<number | null> {
  while (true) {
    try {
      return await Deno.stdin.read(buffer);
    } catch (error) {
      // Whoever made the pipe or shares the terminal does not let us wait for input.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await new Promise((resolve) => setTimeout(resolve, NO_INPUT_PAUSE));
    }
  }
}

function consoleColumns(): number | undefined {
  try {
    // Some terminals, serial ones for example, say 0.
    return Deno.consoleSize().columns || undefined;
  } catch {
    return undefined;
  }
}

function readEnv(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    // The value itself may be a secret, and Deno's message shows it.
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new ConfigError(`Cannot read the variable ${name}: it is not UTF-8 text`, {
      next: `Set ${name} to UTF-8 text, or unset it`,
    });
  }
}

async function readDir(path: string): Promise<DirEntry[]> {
  const entries: DirEntry[] = [];
  for await (const entry of Deno.readDir(path)) {
    entries.push({ name: entry.name, kind: entry.isSymlink ? await linkKind(`${path}/${entry.name}`) : kindOf(entry) });
  }
  return entries;
}

async function linkKind(path: string): Promise<DirEntry["kind"]> {
  try {
    return kindOf(await Deno.stat(path));
  } catch {
    return "other";
  }
}

function kindOf(info: { isFile: boolean; isDirectory: boolean }): DirEntry["kind"] {
  return info.isDirectory ? "directory" : info.isFile ? "file" : "other";
}

function onStopSignal(handler: (signal: StopSignal) => void): () => void {
  // Windows knows no other.
  const signals: StopSignal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  // Deno undoes `nohup` with the first listener for any signal; under it, no output leads to a terminal.
  const isDetached = !Deno.stdout.isTerminal() && !Deno.stderr.isTerminal();
  const listeners = signals.map((signal) => ({
    signal,
    listener: () => signal === "SIGHUP" && isDetached ? undefined : handler(signal),
  }));
  for (const { signal, listener } of listeners) Deno.addSignalListener(signal, listener);
  return () => {
    for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
  };
}
