/**
 * A `Runtime` without any effect: files in memory, scripted input, captured output, a clock that is moved by hand.
 *
 * It is strict: at its end (`using`) it fails the test when output was not looked at or scripted input was not read.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { DirEntry, Input, Output, Runtime, StopSignal } from "../../src/runtime.ts";

/** What the fake holds; everything is optional. */
export interface FakeRuntimeOptions {
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /**
   * Content by path; an `Error` is what reading it throws. Folders follow from the paths; one that ends in `/` is a
   * folder of its own: empty, or with an `Error`.
   */
  files?: Readonly<Record<string, string | Uint8Array | Error>>;
  /** What is typed, each piece read by itself; then the input ends. */
  input?: readonly string[];
  /** Which streams are terminals. */
  terminals?: readonly ("stdin" | "stdout" | "stderr")[];
  /** How wide those terminals are. @default 80 */
  columns?: number;
  /** Answers requests. @default every request is an error */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** What {@linkcode FakeRuntime} throws in place of ending the process. */
export class FakeExit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`The tool ended the process with ${code}`);
    this.code = code;
  }
}

interface Timer {
  /** What the clock shows when it is due. */
  due: number;
  /** Milliseconds until it is due again. */
  interval: number;
  callback: () => void;
}

/** See the module. */
export class FakeRuntime implements Runtime, Disposable {
  readonly args: readonly string[];
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Paths that were read, in order. */
  readonly filesRead: string[] = [];
  /** Milliseconds that the clock shows; `sleep` moves it on at once, see also {@linkcode FakeRuntime.advance}. */
  clock = 0;

  readonly #options: FakeRuntimeOptions;
  readonly #files: ReadonlyMap<string, string | Uint8Array | Error>;
  readonly #handlers = new Set<(signal: StopSignal) => void>();
  readonly #timers = new Set<Timer>();
  #output = { stdout: "", stderr: "" };
  #input: Uint8Array[];

  constructor(options: FakeRuntimeOptions = {}) {
    this.#options = options;
    this.args = options.args ?? [];
    this.#files = new Map(Object.entries(options.files ?? {}).map(([path, content]) => [tidy(path), content]));
    this.#input = (options.input ?? []).map((text) => new TextEncoder().encode(text));
    const isTerminal = (name: "stdin" | "stdout" | "stderr") => options.terminals?.includes(name) ?? false;
    const columns = (name: "stdout" | "stderr") => isTerminal(name) ? options.columns ?? 80 : undefined;
    this.stdin = {
      isTerminal: isTerminal("stdin"),
      read: (buffer) => Promise.resolve(this.#read(buffer)),
      setRaw: () => assert.ok(isTerminal("stdin"), "setRaw() needs a terminal"),
    };
    this.stdout = {
      isTerminal: isTerminal("stdout"),
      problem: undefined,
      columns: () => columns("stdout"),
      write: (text) => void (this.#output.stdout += text),
    };
    this.stderr = {
      isTerminal: isTerminal("stderr"),
      problem: undefined,
      columns: () => columns("stderr"),
      write: (text) => void (this.#output.stderr += text),
    };
  }

  /** What was written to stdout since the last call. */
  takeStdout(): string {
    return this.#take("stdout");
  }

  /** What was written to stderr since the last call. */
  takeStderr(): string {
    return this.#take("stderr");
  }

  /** Sends the tool a signal; fails when nobody listens. */
  sendSignal(signal: StopSignal): void {
    assert.ok(this.#handlers.size > 0, `nobody listens to ${signal}`);
    for (const handler of [...this.#handlers]) handler(signal);
  }

  env(name: string): string | undefined {
    assert.ok(name !== "" && !/[=\0]/.test(name), `no system has a variable "${name}"`);
    return Object.hasOwn(this.#options.env ?? {}, name) ? this.#options.env?.[name] : undefined;
  }

  // deno-lint-ignore require-await -- What is thrown must arrive as a rejection.
  async readFile(path: string): Promise<Uint8Array> {
    this.filesRead.push(path);
    const content = this.#files.get(tidy(path));
    if (content instanceof Error) throw content;
    if (typeof content === "string") return new TextEncoder().encode(content);
    if (content !== undefined) return content;
    if (this.#isFolder(path)) throw new Deno.errors.IsADirectory("Is a directory (os error 21)");
    throw this.#missing(path);
  }

  // deno-lint-ignore require-await -- What is thrown must arrive as a rejection.
  async readDir(path: string): Promise<DirEntry[]> {
    const own = this.#files.get(`${tidy(path)}/`);
    if (own instanceof Error) throw own;
    if (this.#files.has(tidy(path))) throw new Deno.errors.NotADirectory("Not a directory (os error 20)");
    if (!this.#isFolder(path)) throw this.#missing(path);
    const entries = new Map<string, DirEntry>();
    for (const file of this.#files.keys()) {
      const rest = inside(path, file);
      if (rest === undefined || rest === "") continue;
      const [name = "", ...deeper] = rest.split("/");
      entries.set(name, { name, kind: deeper.length > 0 ? "directory" : "file" });
    }
    return [...entries.values()];
  }

  unnamedFolders(): Promise<number> {
    return Promise.resolve(0);
  }

  fetch(url: string, init: RequestInit): Promise<Response> {
    if (this.#options.fetch) return this.#options.fetch(url, init);
    return Promise.reject(new Error(`No request is expected, but ${url} was called`));
  }

  now(): number {
    return this.clock;
  }

  sleep(ms: number): Promise<void> {
    this.advance(ms);
    return Promise.resolve();
  }

  every(ms: number, callback: () => void): () => void {
    assert.ok(ms > 0, "a timer needs time");
    const timer = { due: this.clock + ms, interval: ms, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Moves the clock on by `ms` milliseconds, and on its way fires each timer when it falls due. */
  advance(ms: number): void {
    const end = this.clock + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.clock = next.due;
      next.due += next.interval;
      next.callback();
    }
    this.clock = end;
  }

  onStopSignal(handler: (signal: StopSignal) => void): () => void {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }

  exit(code: number): never {
    throw new FakeExit(code);
  }

  /** Fails the test where output was not looked at or input was not read. */
  [Symbol.dispose](): void {
    assert.deepEqual(this.#output, { stdout: "", stderr: "" }, "output that the test did not look at");
    const unread = this.#input.map((bytes) => new TextDecoder().decode(bytes));
    assert.deepEqual(unread, [], "input that the tool did not read");
    assert.equal(this.#handlers.size, 0, "handlers of signals that were not taken away");
    assert.equal(this.#timers.size, 0, "timers that were not ended");
  }

  #take(stream: "stdout" | "stderr"): string {
    const text = this.#output[stream];
    this.#output[stream] = "";
    return text;
  }

  #read(buffer: Uint8Array): number | null {
    const piece = this.#input[0];
    if (piece === undefined) return null;
    const part = piece.subarray(0, buffer.length);
    buffer.set(part);
    if (part.length === piece.length) this.#input.shift();
    else this.#input[0] = piece.subarray(part.length);
    return part.length;
  }

  #isFolder(path: string): boolean {
    return tidy(path) === "." || [...this.#files.keys()].some((file) => inside(path, file) !== undefined);
  }

  #missing(path: string): Error {
    const parts = tidy(path).split("/");
    const isInFile = parts.some((_part, index) => index > 0 && this.#files.has(parts.slice(0, index).join("/")));
    return isInFile
      ? new Deno.errors.NotADirectory("Not a directory (os error 20)")
      : new Deno.errors.NotFound("No such file or directory (os error 2)");
  }
}

/** `path` without what does not change its meaning; a slash at the end is kept. */
function tidy(path: string): string {
  return path.replaceAll(/\/(?:\.?\/)+/g, "/").replace(/^\.\/(?=.)/, "");
}

/** What follows `folder` in the path `file`; `undefined` where it is not inside. */
function inside(folder: string, file: string): string | undefined {
  const start = tidy(folder) === "." ? "" : `${tidy(folder).replace(/\/$/, "")}/`;
  return file.startsWith(start) ? file.slice(start.length) : undefined;
}
