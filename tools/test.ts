/**
 * Runs the tests, with a throw-away PostgreSQL where one can be had, and ends with the line `N passed, N failed`.
 *
 * Arguments are those of `deno test`: paths (default: all tests) and options, such as `--filter`.
 * Environment: TEST_POSTGRES_URL (a server to use instead), REQUIRE_POSTGRES=1 (fail where there is none).
 *
 * @module
 */

import { type Cluster, startCluster } from "../tests/venue/cluster.ts";
import { findSummary, judge, withoutColours } from "./test_summary.ts";

/** Enough of the end of the output to hold Deno's summary. */
const TAIL_LENGTH = 10_000;
/** Exit codes of a run that a signal ended. */
const STOP_SIGNALS: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? { SIGINT: 130 }
  : { SIGINT: 130, SIGTERM: 143 };

/** The end of the output of `deno test`, and its exit code. */
interface Outcome {
  output: string;
  exitCode: number;
}

async function main(): Promise<number> {
  Deno.chdir(new URL("..", import.meta.url));
  const stop = listenForSignals();
  const given = Deno.env.get("TEST_POSTGRES_URL") || undefined;
  const cluster = given === undefined ? await startCluster() : undefined;
  let outcome: Outcome;
  try {
    say(`tests use: PGlite in process, ${describePostgres(given, cluster)}`);
    outcome = await runTests(given ?? cluster?.url, stop);
  } finally {
    await stopCluster(cluster);
  }
  const result = judge(findSummary(outcome.output), outcome.exitCode);
  if (!/(^|\n)$/.test(outcome.output)) say("");
  if (result.ignored > 0) say(`${result.ignored} ignored`);
  say(`${result.passed} passed, ${result.failed} failed`);
  return result.good ? 0 : outcome.exitCode || 1;
}

async function stopCluster(cluster: Cluster | undefined): Promise<void> {
  try {
    await cluster?.stop();
  } catch (error) {
    // What the tests came to is worth more than this.
    say(`Cannot stop the throw-away PostgreSQL server: ${error instanceof Error ? error.message : error}`);
  }
}

function describePostgres(given: string | undefined, cluster: Cluster | undefined): string {
  if (given !== undefined) return `and PostgreSQL at ${new URL(given).host} (TEST_POSTGRES_URL)`;
  if (cluster !== undefined) return "and a throw-away PostgreSQL server";
  return "and no PostgreSQL server (none installed; set TEST_POSTGRES_URL to use one)";
}

async function runTests(postgresUrl: string | undefined, stop: AbortSignal): Promise<Outcome> {
  if (postgresUrl === undefined && Deno.env.get("REQUIRE_POSTGRES") === "1") {
    say("REQUIRE_POSTGRES=1 is set, and there is no PostgreSQL server");
    return { output: "", exitCode: 1 };
  }
  if (stop.aborted) return { output: "", exitCode: STOP_SIGNALS[stop.reason as Deno.Signal] ?? 1 };
  const exeSuffix = Deno.build.os === "windows" ? ".exe" : "";
  const child = new Deno.Command("sh", {
    args: ["tools/deno.sh", "test", "-A", "--parallel", ...Deno.args, ...(Deno.args.some(isPath) ? [] : ["tests/"])],
    env: {
      CLI_UNDER_TEST: `${Deno.cwd()}/dist/aerie_db_migration${exeSuffix}`,
      ...(postgresUrl === undefined ? {} : { TEST_POSTGRES_URL: postgresUrl }),
    },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  stop.addEventListener("abort", () => {
    try {
      child.kill(stop.reason);
    } catch {
      // It has ended already: at a terminal it got the signal too.
    }
  });
  const output = await passOn(child.stdout);
  return { output, exitCode: (await child.status).code };
}

/** Shows the output as it comes, in colour for a person only, and returns its end. */
async function passOn(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const coloured = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");
  let tail = "";
  let partOfLine = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    tail = (tail + text).slice(-TAIL_LENGTH);
    if (coloured) await write(text);
    else {
      // A colour may be cut in two where a piece ends, but not where a line does.
      const end = (partOfLine + text).lastIndexOf("\n") + 1;
      await write(withoutColours((partOfLine + text).slice(0, end)));
      partOfLine = (partOfLine + text).slice(end);
    }
  }
  await write(withoutColours(partOfLine));
  return tail;
}

async function write(text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
}

/** Aborted, with its name as the reason, by a signal. It ends the tests, not this program, which has a server to stop. */
function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of Object.keys(STOP_SIGNALS) as Deno.Signal[]) {
    Deno.addSignalListener(name, () => controller.abort(name));
  }
  return controller.signal;
}

function isPath(argument: string): boolean {
  try {
    Deno.statSync(argument);
    return true;
  } catch {
    return false;
  }
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) Deno.exit(await main());
