/**
 * Runs a program and measures it from the outside.
 *
 * @module
 */

/** How to run a program. */
export interface ProcessOptions {
  args?: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** The exit code that it must have. Default: 0. */
  exitCode?: number;
  /** Milliseconds between two looks at its memory. Default: it is not looked at. */
  lookEvery?: number;
}

/** What a run took. */
export interface ProcessRun {
  /** Wall time from start to exit. */
  milliseconds: number;
  /** Peak memory; missing where it was not looked at or the system does not tell. */
  megabytes: number | undefined;
}

/** Whether this system tells a process's peak memory without further tools. */
export const TELLS_MEMORY: boolean = Deno.build.os === "linux";

/** Runs `program` to its end. @throws {Error} when it ends with another exit code */
export async function measure(program: string, options: ProcessOptions = {}): Promise<ProcessRun> {
  const { args = [], env = {}, cwd, exitCode = 0, lookEvery } = options;
  const command = new Deno.Command(program, {
    args,
    env: { HASURA_GRAPHQL_ENDPOINT: "", HASURA_GRAPHQL_ADMIN_SECRET: "", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    ...(cwd === undefined ? {} : { cwd }),
  });
  const start = performance.now();
  const child = command.spawn();
  const peak = lookEvery === undefined ? undefined : watchMemory(child.pid, lookEvery);
  const { code, stderr } = await child.output();
  const milliseconds = performance.now() - start;
  const megabytes = peak?.();
  if (code !== exitCode) {
    throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
  }
  return { milliseconds, megabytes };
}

/** Watches the kernel's own high-water mark, which dies with the process; the returned function ends it. */
function watchMemory(pid: number, every: number): () => number | undefined {
  if (!TELLS_MEMORY) return () => undefined;
  let megabytes: number | undefined;
  function look(): void {
    try {
      const kilobytes = /VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
      if (kilobytes !== undefined) megabytes = Number(kilobytes) / 1024;
    } catch {
      // It has ended.
    }
  }
  const timer = setInterval(look, every);
  return () => {
    clearInterval(timer);
    return megabytes;
  };
}
