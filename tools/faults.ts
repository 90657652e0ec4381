/**
 * Shows on the wire that the tool keeps its promises: every fault at every request of a run to Hasura and to the workspace
 * server, `kill -9` at every boundary, and contests of several runs with their controls. Prints tables and a line of counts; exit code 1 where
 * a promise is broken.
 *
 * The databases are PGlite and the server at TEST_POSTGRES_URL, else a throw-away one.
 *
 * @module
 */

import { countsLine, formatFigures, isGood, sumUp } from "../tests/faults/figures.ts";
import { type PartName, PARTS } from "../tests/faults/parts.ts";
import type { SuiteResult } from "../tests/faults/suite.ts";
import { runInThreads } from "../tests/faults/threads.ts";
import { startCluster } from "../tests/venue/cluster.ts";
import { type Backend, backends } from "../tests/venue/mod.ts";

const USAGE =
  `Usage: make faults ARGS='[--rounds N] [--only PART] [--backend NAME] [--case TEXT] [--jobs N] [--json[=PATH]]'

  --rounds   contests of each size, default 100; a quarter of that where they are not about steps
  --only     matrix, kill, contest, session (one only) or servers (two), files (that a proxy refuses), metadata or after (each with all three);
             default all; can be repeated
  --backend  pglite or postgres, default both
  --case     only the case with this name, or else those with this text in their names
  --jobs     cases side by side on each database, default six for each core: most of them wait most of the time
  --json     the figures for a program instead of tables; with a path, there besides the tables
`;
/** How many runs take part in a contest. */
const SIZES = [2, 4, 10];
const STOP_SIGNALS: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? { SIGINT: 130 }
  : { SIGINT: 130, SIGTERM: 143 };

interface Options {
  rounds: number;
  parts: PartName[];
  backend: string | undefined;
  text: string | undefined;
  jobs: number;
  json: boolean;
  jsonPath: string | undefined;
}

/** @throws {TypeError} for what cannot be understood */
function parseOptions(args: readonly string[]): Options {
  const options: Options = {
    rounds: 100,
    parts: [],
    backend: undefined,
    text: undefined,
    jobs: 6 * navigator.hardwareConcurrency,
    json: false,
    jsonPath: undefined,
  };
  const words = args.flatMap((word) => {
    const [, name, value] = /^(--[a-z]+)=([^]*)$/.exec(word) ?? [];
    if (name === "--json") options.jsonPath = value;
    return name === undefined || name === "--json" ? name === undefined ? [word] : [] : [name, value ?? ""];
  });
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--rounds") options.rounds = count(words.shift());
    else if (word === "--only") options.parts.push(oneOf(PARTS, words.shift()));
    else if (word === "--backend") options.backend = oneOf(["pglite", "postgres"], words.shift());
    else if (word === "--case" && words.length > 0) options.text = words.shift();
    else if (word === "--jobs") options.jobs = count(words.shift());
    else if (word === "--json") options.json = true;
    else throw new TypeError(`Cannot use "${word}"`);
  }
  return options;
}

function count(word: string | undefined): number {
  if (word === undefined || !/^[1-9]\d*$/.test(word)) throw new TypeError(`Cannot use "${word ?? ""}" as a number`);
  return Number(word);
}

function oneOf<Word extends string>(words: readonly Word[], given: string | undefined): Word {
  const found = words.find((word) => word === given);
  if (found === undefined) throw new TypeError(`Cannot use "${given ?? ""}": it is none of ${words.join(", ")}`);
  return found;
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(Deno.args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    write(Deno.stderr, `${error.message}\n\n${USAGE}`);
    return 2;
  }
  Deno.chdir(new URL("..", import.meta.url));
  Deno.env.set("CLI_UNDER_TEST", Deno.env.get("CLI_UNDER_TEST") || programPath());
  const stop = listenForSignals();
  const startedAt = performance.now();
  const result = await withDatabases(options, (databases) => runAll(options, { databases, stop }));
  if (stop.aborted) return STOP_SIGNALS[stop.reason as Deno.Signal] ?? 1;
  const figures = { ...sumUp(result.outcomes, result.contests), seconds: (performance.now() - startedAt) / 1000 };
  const document = `${JSON.stringify(figures, null, 2)}\n`;
  if (options.jsonPath !== undefined) await Deno.writeTextFile(options.jsonPath, document);
  if (options.json) write(Deno.stdout, document);
  else write(Deno.stdout, `${formatFigures(figures)}\n${countsLine(figures)}\n`);
  if (result.outcomes.length + result.contests.length > 0) return isGood(figures) ? 0 : 1;
  write(Deno.stderr, "No case was run: none fits the options, or there is no PostgreSQL server\n");
  return 1;
}

function runAll(
  { rounds, parts, jobs, ...options }: Options,
  { databases, stop }: { databases: Backend[]; stop: AbortSignal },
): Promise<SuiteResult> {
  return runInThreads({
    parts: parts.length > 0 ? parts : PARTS,
    backends: databases.filter(({ name }) => (options.backend ?? name) === name),
    rounds,
    sizes: SIZES,
    text: options.text,
    jobs,
    stop,
    say: (line) => write(Deno.stderr, `faults: ${line}\n`),
  });
}

/** Runs `work` with PGlite and a server, which is stopped afterwards where it is our own. */
async function withDatabases<T>(options: Options, work: (databases: Backend[]) => Promise<T>): Promise<T> {
  if (options.backend === "pglite" || Deno.env.get("TEST_POSTGRES_URL")) return await work(backends());
  const cluster = await startCluster();
  if (cluster === undefined) {
    write(Deno.stderr, "faults: no PostgreSQL server is installed here; PGlite alone is used\n");
  } else Deno.env.set("TEST_POSTGRES_URL", cluster.url);
  try {
    return await work(backends());
  } finally {
    await cluster?.stop();
  }
}

function programPath(): string {
  return `${Deno.cwd()}/dist/aerie_db_migration${Deno.build.os === "windows" ? ".exe" : ""}`;
}

/** Aborted, with its name as the reason, by a signal. */
function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of Object.keys(STOP_SIGNALS) as Deno.Signal[]) {
    Deno.addSignalListener(name, () => controller.abort(name));
  }
  return controller.signal;
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}

if (import.meta.main) Deno.exit(await main());
