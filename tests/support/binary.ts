/**
 * Runs the built program, as a user would: from a pipe, or on a terminal of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { CliResult } from "./cli.ts";
import { assertNoSecret } from "./secrets.ts";

/** How to run the program. */
export interface BinaryOptions {
  venue?: { url: string; adminSecret: string | null };
  path?: string;
  env?: Record<string, string>;
  /** What is piped in. @default nothing, at end of input */
  stdin?: string;
  cwd?: string;
  /** Path of the program, if not the built one's. */
  program?: string;
  /** Told of the process. */
  onStart?: (child: Deno.ChildProcess) => void;
  /** Told of all that is on stderr, each time that something is added. */
  onStderr?: (text: string) => void;
}

/** Path of the built program; `make build` makes it. */
export function programPath(): string {
  const path = Deno.env.get("CLI_UNDER_TEST");
  assert.ok(path, "CLI_UNDER_TEST must name the built program; make test sets it");
  return path;
}

function fullArgs(args: string[], { venue, path }: BinaryOptions): string[] {
  const extra: string[] = [];
  if (path !== undefined) extra.push(`--hasura-path=${path}`);
  if (venue !== undefined) extra.push(`--endpoint=${venue.url}`, `--admin-secret=${venue.adminSecret ?? "any-secret"}`);
  return [...args, ...extra];
}

/** Environment without what the machine that runs the tests may have set. */
const CLEAN_ENV = { HASURA_GRAPHQL_ENDPOINT: "", HASURA_GRAPHQL_ADMIN_SECRET: "", NO_COLOR: "", TERM: "xterm" };

/** Runs the program to its end, off a terminal. */
export async function runProgram(args: string[], options: BinaryOptions = {}): Promise<CliResult> {
  const child = new Deno.Command(options.program ?? programPath(), {
    args: fullArgs(args, options),
    env: { ...CLEAN_ENV, ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).spawn();
  options.onStart?.(child);
  const writer = child.stdin.getWriter();
  // The program may end without reading all of it.
  await writer.write(new TextEncoder().encode(options.stdin ?? "")).catch(() => {});
  await writer.close().catch(() => {});
  const [stdout, stderr, { code }] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr, options.onStderr),
    child.status,
  ]);
  const result = { code, stdout, stderr };
  assertNoSecret(options.venue?.adminSecret, { stdout, stderr });
  return result;
}

async function readAll(stream: ReadableStream<Uint8Array>, onText?: (text: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of stream) {
    text += decoder.decode(part, { stream: true });
    onText?.(text);
  }
  return text;
}

/** A program on a terminal. */
export interface TerminalRun {
  /** Resolves once what was shown since the last call has `text` in it, with all that was shown by then. */
  waitFor(text: string): Promise<string>;
  /** Types. */
  send(keys: string): Promise<void>;
  /** Takes the terminal away, as the end of a window or of a connection does. */
  close(): Promise<void>;
  /** All that was shown, without colors and cursor movements, once the program has ended. */
  end(): Promise<{ code: number; output: string; raw: string }>;
}

/** Whether there is a terminal to run on: `script` of util-linux makes one. */
export function hasTerminal(): boolean {
  return Deno.build.os === "linux";
}

/** Starts the program on a terminal. */
export function startOnTerminal(args: string[], options: BinaryOptions = {}): TerminalRun {
  const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
  const command = [options.program ?? programPath(), ...fullArgs(args, options)].map(quote).join(" ");
  const child = new Deno.Command("script", {
    args: ["--quiet", "--return", "--flush", "--command", `stty cols 120 rows 40; exec ${command}`, "/dev/null"],
    env: { ...CLEAN_ENV, ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const decoder = new TextDecoder();
  let raw = "";
  let seen = 0;
  let ended = false;
  let wake = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const part of child.stdout) {
      raw += decoder.decode(part, { stream: true });
      wake.resolve();
      wake = Promise.withResolvers();
    }
    ended = true;
    wake.resolve();
  })();
  return {
    async waitFor(text) {
      while (true) {
        const shown = plain(raw);
        const at = shown.indexOf(text, seen);
        if (at >= 0) {
          seen = at + text.length;
          return shown;
        }
        assert.ok(!ended, `the program ended without showing "${text}":\n${shown}`);
        await wake.promise;
      }
    },
    send: (keys) => writer.write(new TextEncoder().encode(keys)),
    async close() {
      child.kill("SIGKILL");
      await child.status;
      await reading;
      await writer.close().catch(() => {});
    },
    async end() {
      await reading;
      const { code } = await child.status;
      await writer.close().catch(() => {});
      const output = plain(raw);
      assertNoSecret(options.venue?.adminSecret, { "the terminal": raw });
      return { code, output, raw };
    },
  };
}

/** Text without the codes that move the cursor, erase, or color. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r\n", "\n");
}
