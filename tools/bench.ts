/**
 * Measures the built program: start-up against an empty program, `status` against one round trip, bulk runs against the
 * same SQL without the tool. Prints tables, or JSON; it judges the aims, and fails only where it could not measure.
 *
 * The database is the server at TEST_POSTGRES_URL, else a throw-away one.
 *
 * @module
 */

import { createDeployment } from "../tests/support/deployment.ts";
import { formatTable } from "../src/report/table.ts";
import { benchBulk } from "./bench/bulk.ts";
import { benchLatency } from "./bench/latency.ts";
import { benchMigrations } from "./bench/migrations.ts";
import { compilePrograms } from "./bench/programs.ts";
import { benchStartUp } from "./bench/start_up.ts";
import { benchStatus } from "./bench/status.ts";
import type { Section, Suite } from "./bench/suite.ts";
import { startVenueProcess } from "./bench/venue_process.ts";

const USAGE = `Usage: make bench ARGS='[--runs N] [--sizes N,N,…] [--program PATH] [--json]'

  --runs     rounds of the bulk runs, default 5; other parts make a multiple of it
  --sizes    numbers of migrations, at least two, default 11,100,1000
  --program  path of the program, default what make build made
  --json     the figures for a program instead of tables
`;
const DELAY_MS = 20;

interface Options {
  runs: number;
  sizes: number[];
  program: string | undefined;
  json: boolean;
}

/** @throws {TypeError} for what cannot be understood */
function parseOptions(args: string[]): Options {
  const options: Options = { runs: 5, sizes: [11, 100, 1000], program: undefined, json: false };
  const words = args.flatMap((word) => word.split("="));
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--json") options.json = true;
    else if (word === "--runs") options.runs = count(words.shift());
    else if (word === "--sizes") options.sizes = (words.shift() ?? "").split(",").map(count).sort((a, b) => a - b);
    else if (word === "--program" && words.length > 0) options.program = words.shift();
    else throw new TypeError(`Cannot use "${word}"`);
  }
  if (new Set(options.sizes).size < 2) throw new TypeError("Cannot use --sizes with less than two numbers");
  return options;
}

function count(word: string | undefined): number {
  if (word === undefined || !/^[1-9]\d*$/.test(word)) throw new TypeError(`Cannot use "${word ?? ""}" as a number`);
  return Number(word);
}

/** Runs all parts; the report. */
async function bench({ runs, sizes, program, json }: Options): Promise<string> {
  const [load = 0] = Deno.build.os === "windows" ? [] : Deno.loadavg();
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "bench_" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  progress("compiling what the tool is compared with");
  const programs = await compilePrograms(folder, program);
  const deployments = new Map<number, string>();
  for (const size of sizes) {
    deployments.set(size, stack.use(await createDeployment({ migrations: benchMigrations(size) })).path);
  }
  const venue = stack.use(await startVenueProcess(DELAY_MS));
  const suite: Suite = { programs, venue, runs, sizes, delayMs: DELAY_MS, deployments, folder };

  progress("start-up");
  const startUp = await benchStartUp(suite);
  progress("status");
  const status = await benchStatus(suite);
  progress("bulk runs");
  const bulk = await benchBulk(suite);
  progress("bulk runs with latency");
  const latency = await benchLatency(suite);

  const machine = {
    system: `${Deno.build.os} ${Deno.build.arch}`,
    cores: navigator.hardwareConcurrency,
    loadBefore: load,
    deno: Deno.version.deno,
    postgres: venue.ready.postgres,
  };
  const parts = { startUp, status, bulk, latency };
  if (json) {
    const data = Object.entries(parts).map(([name, part]) => [name, part.data]);
    return `${JSON.stringify({ machine, runs, sizes, delayMs: DELAY_MS, ...Object.fromEntries(data) }, null, 2)}\n`;
  }
  const head = `${machine.system}, ${machine.cores} cores, load ${load.toFixed(1)} before, Deno ${machine.deno}, ` +
    `PostgreSQL ${machine.postgres}. Medians; ratios are those of runs side by side, with [their middle half].\n`;
  return [head, ...Object.values(parts).map(({ section }) => formatSection(section))].join("\n");
}

function formatSection({ title, header, rows, notes }: Section): string {
  return `${title}\n\n${formatTable([header, ...rows])}${notes.map((note) => `- ${note}\n`).join("")}`;
}

function progress(text: string): void {
  write(Deno.stderr, `bench: ${text} …\n`);
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
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
  // At a terminal Ctrl-C ends the program that is being measured, and that ends the benchmark in the orderly way.
  let stopped = false;
  Deno.addSignalListener("SIGINT", () => stopped = true);
  try {
    write(Deno.stdout, await bench(options));
    return 0;
  } catch (error) {
    if (stopped) return 130;
    write(Deno.stderr, `Cannot measure: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
