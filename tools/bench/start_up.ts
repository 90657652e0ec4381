/**
 * Start-up: the tool against the empty program.
 *
 * @module
 */

import { measure, type ProcessOptions, TELLS_MEMORY } from "./process.ts";
import { aim, compare, comparisonCells, type Findings, interleave, type Suite } from "./suite.ts";

const ROUNDS_PER_RUN = 8;
const MOST_TIMES = 1.3;
const MOST_MEGABYTES_MORE = 3;

/** Measures start-up, peak memory and size. */
export async function benchStartUp({ programs, runs, folder }: Suite): Promise<Findings> {
  const empty: ProcessOptions = { cwd: folder };
  const version: ProcessOptions = { cwd: folder, args: ["--version"] };
  // No folder and no setting: it ends before the first request.
  const failing: ProcessOptions = { cwd: folder, args: ["status"], exitCode: 3 };

  const wall = await interleave(runs * ROUNDS_PER_RUN, {
    empty: async () => (await measure(programs.empty, empty)).milliseconds,
    version: async () => (await measure(programs.ours, version)).milliseconds,
    failing: async () => (await measure(programs.ours, failing)).milliseconds,
  });
  const times = { version: compare(wall.version, wall.empty), failing: compare(wall.failing, wall.empty) };
  const rows = [
    ["--version, ms", ...comparisonCells(times.version), timesAim(times.version.ratio.median)],
    ["status without settings, ms", ...comparisonCells(times.failing), timesAim(times.failing.ratio.median)],
  ];

  const memory = TELLS_MEMORY ? await measureMemory({ programs, runs }, { empty, version, failing }) : undefined;
  if (memory !== undefined) {
    rows.push(["--version, peak MB", ...comparisonCells(memory.version), ""]);
    rows.push(["status without settings, peak MB", ...comparisonCells(memory.failing), ""]);
  }

  const size = { ours: await megabytesOf(programs.ours), empty: await megabytesOf(programs.empty) };
  const more = size.ours - size.empty;
  rows.push([
    "size of the program, MB",
    size.ours.toFixed(2),
    size.empty.toFixed(2),
    `${more.toFixed(2)} MB more`,
    aim(`at most ${MOST_MEGABYTES_MORE} MB more`, more <= MOST_MEGABYTES_MORE),
  ]);
  return {
    section: {
      title: "Start-up, against an empty program that is compiled in the same way",
      header: ["", "ours", "empty", "ratio", "aim"],
      rows,
      notes: memory === undefined ? ["Peak memory is not measured: this system does not tell it"] : [],
    },
    data: { milliseconds: times, peakMegabytes: memory, sizeMegabytes: size },
  };
}

/** In runs of its own: looking so often slows a program that lives this short. */
async function measureMemory(
  { programs, runs }: Pick<Suite, "programs" | "runs">,
  { empty, version, failing }: Record<"empty" | "version" | "failing", ProcessOptions>,
) {
  const look = async (program: string, options: ProcessOptions) =>
    (await measure(program, { ...options, lookEvery: 1 })).megabytes ?? NaN;
  const peak = await interleave(runs * 2, {
    empty: () => look(programs.empty, empty),
    version: () => look(programs.ours, version),
    failing: () => look(programs.ours, failing),
  });
  return { version: compare(peak.version, peak.empty), failing: compare(peak.failing, peak.empty) };
}

function timesAim(ratio: number): string {
  return aim(`at most ${MOST_TIMES}`, ratio <= MOST_TIMES);
}

async function megabytesOf(path: string): Promise<number> {
  return (await Deno.stat(path)).size / 1e6;
}
