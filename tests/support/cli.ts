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

/** Runs the tool. */
export async function runTool(args: string[], options: CliOptions = {}): Promise<CliResult> {
  const { venue, path, bare } = options;
  const extra: string[] = [];
  if (bare !== true && path !== undefined) extra.push(`--hasura-path=${path}`);
  if (bare !== true && venue !== undefined) {
    extra.push(`--endpoint=${venue.url}`, `--admin-secret=${venue.adminSecret ?? "any-secret"}`);
  }
  const stdout = capture(false);
  const stderr = capture(options.stderrIsTerminal ?? false);
  const input = new TextEncoder().encode(options.stdin ?? "");
  let offset = 0;
  using real = createRuntime();
  const rt: Runtime = {
    ...real,
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

function capture(isTerminal: boolean): Output & { text(): string } {
  let text = "";
  return { isTerminal, problem: undefined, write: (part) => void (text += part), text: () => text };
}
