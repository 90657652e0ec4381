/**
 * Runs the tool in the test's own process: real files and network, captured output, scripted input.
 *
 * @module
 */

import assert from "node:assert/strict";
import { runCli } from "../../src/cli.ts";
import { createRuntime, type Output, type Runtime, type StopSignal } from "../../src/runtime.ts";
import { assertNoSecret } from "./secrets.ts";

/** How to run. */
export interface CliOptions {
  /** The server; its endpoint and secret are given as options unless `bare`. */
  venue?: { url: string; adminSecret: string | null };
  /** The Hasura folder, given as option. */
  path?: string;
  /** Gives neither endpoint nor secret nor path. */
  bare?: boolean;
  env?: Record<string, string>;
  /** What is typed: `stdin` is not a terminal. @default "" */
  stdin?: string;
  /** Whether stderr is a terminal. @default false */
  stderrIsTerminal?: boolean;
  /** How wide the terminal is. @default 120 */
  columns?: number;
  /** Replaces effects. */
  runtime?: Partial<Runtime>;
  /** Receives the function that sends the run a signal. */
  onSignalHandler?: (send: (signal: StopSignal) => void) => void;
}

/** What a run left. */
export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Milliseconds. */
const LONGEST_PAUSE = 20;

/** Runs the tool. */
export async function runTool(args: string[], options: CliOptions = {}): Promise<CliResult> {
  const { venue, path, bare } = options;
  const extra: string[] = [];
  if (bare !== true && path !== undefined) extra.push(`--hasura-path=${path}`);
  if (bare !== true && venue !== undefined) {
    extra.push(`--endpoint=${venue.url}`, `--admin-secret=${venue.adminSecret ?? "any-secret"}`);
  }
  const stdout = capture(undefined);
  const stderr = capture(options.stderrIsTerminal === true ? options.columns ?? 120 : undefined);
  const input = new TextEncoder().encode(options.stdin ?? "");
  let offset = 0;
  using real = createRuntime();
  const rt: Runtime = {
    ...real,
    // Pauses are there to spare a server; what the tool waits for, it asks for until its time on the clock is up.
    sleep: (ms) => real.sleep(Math.min(ms, LONGEST_PAUSE)),
    args: [...args, ...extra],
    env: (name) => options.env?.[name],
    stdout,
    stderr,
    stdin: {
      isTerminal: false,
      read(buffer) {
        if (offset >= input.length) return Promise.resolve(null);
        const count = buffer.length < input.length - offset ? buffer.length : input.length - offset;
        buffer.set(input.subarray(offset, offset + count));
        offset += count;
        return Promise.resolve(count);
      },
      setRaw() {
        throw new Error("Input that is no terminal cannot be set raw");
      },
    },
    onStopSignal(handler) {
      options.onSignalHandler?.(handler);
      return () => {};
    },
    exit(code) {
      throw new Error(`The tool ended the process with ${code}`);
    },
    ...options.runtime,
  };
  const code = await runCli(rt);
  const result = { code, stdout: stdout.text(), stderr: stderr.text() };
  assertNoSecret(venue?.adminSecret, { stdout: result.stdout, stderr: result.stderr });
  assert.ok(code === 0 || result.stderr !== "", `the tool ended with ${code} and no message`);
  return result;
}

/** Keeps what is written; with `columns` it is a terminal as wide as that. */
function capture(columns: number | undefined): Output & { text(): string } {
  let text = "";
  return {
    isTerminal: columns !== undefined,
    problem: undefined,
    columns: () => columns,
    write: (part) => void (text += part),
    text: () => text,
  };
}
