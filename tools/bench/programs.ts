/**
 * The programs that the benchmark compares, compiled in the same way.
 *
 * @module
 */

/** Paths of the programs. */
export interface Programs {
  /** The tool, as `make build` left it. */
  ours: string;
  empty: string;
  bareRequests: string;
  directSql: string;
}

const SUFFIX = Deno.build.os === "windows" ? ".exe" : "";

/** Compiles into `folder` what `ours` is compared with. The working folder is the project's. */
export async function compilePrograms(
  folder: string,
  ours = `dist/aerie_db_migration${SUFFIX}`,
): Promise<Programs> {
  const flags = compileFlags(await Deno.readTextFile("Makefile"));
  async function compile(name: string): Promise<string> {
    const output = `${folder}/${name}${SUFFIX}`;
    const { success, stderr } = await new Deno.Command("sh", {
      args: ["tools/deno.sh", ...flags, "--output", output, `tools/bench/programs/${name}.ts`],
      stdout: "null",
    }).output();
    if (!success) throw new Error(`Cannot compile ${name}: ${new TextDecoder().decode(stderr)}`);
    return output;
  }
  return {
    ours: await Deno.realPath(ours),
    empty: await compile("empty"),
    bareRequests: await compile("bare_requests"),
    directSql: await compile("direct_sql"),
  };
}

/** What the Makefile compiles the tool with: other flags would make another start. */
function compileFlags(makefile: string): string[] {
  const words = /^COMPILE := (.+)$/m.exec(makefile)?.[1];
  if (words === undefined) throw new Error("Cannot find COMPILE in the Makefile");
  return words.trim().split(/\s+/);
}
