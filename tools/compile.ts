/**
 * Compiles the program, with npm's packages in the form that tools/program.ts tells of.
 *
 * Arguments: `compile` and all that `deno compile` takes.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { dirname } from "node:path";
// Imported so that Deno holds the packages against the lock file: for their paths alone it would not.
import "graphql/package.json" with { type: "json" };
import metadata from "libpg-query/package.json" with { type: "json" };
import "yaml/package.json" with { type: "json" };
import {
  importsBeside,
  MODULES_FOLDER,
  PACKAGE_MODULES,
  type PackageModule,
  PARSER_FOLDER,
  PARSER_MODULE,
  PARSER_WASM,
  parserModule,
  PROGRAM_CONFIG,
} from "./program.ts";

const folder = new URL("./", import.meta.resolve("libpg-query/package.json"));

async function unpackParser(): Promise<void> {
  const [source, license, wasm] = await Promise.all([
    Deno.readTextFile(new URL("wasm/libpg-query.js", folder)),
    Deno.readTextFile(new URL("LICENSE", folder)),
    Deno.readFile(new URL("wasm/libpg-query.wasm", folder)),
  ]);
  const notice = `${metadata.name} ${metadata.version}\n\n${license.trim()}`;
  await Deno.mkdir(PARSER_FOLDER, { recursive: true });
  await Deno.writeTextFile(PARSER_FOLDER + PARSER_MODULE, parserModule(source, { notice }));
  await Deno.writeFile(PARSER_FOLDER + PARSER_WASM, gzipSync(wasm, { level: 9 }));
}

/** Copies a module of a package, and all that it imports, with the license. */
async function unpackModules({ name, entry }: PackageModule): Promise<void> {
  const from = new URL("./", import.meta.resolve(`${name}/package.json`));
  const to = `${MODULES_FOLDER}${name}/`;
  const license = (await Deno.readTextFile(new URL("LICENSE", from))).trim().replaceAll("*/", "* /");
  const wanted = new Set([entry]);
  for (const path of wanted) {
    const source = await Deno.readTextFile(new URL(path, from));
    await Deno.mkdir(dirname(to + path), { recursive: true });
    await Deno.writeTextFile(to + path, path === entry ? `/*!\n${name}\n\n${license}\n*/\n${source}` : source);
    for (const further of importsBeside(path, source)) wanted.add(further);
  }
}

const [subcommand = "", ...rest] = Deno.args;
await unpackParser();
await Deno.remove(MODULES_FOLDER, { recursive: true }).catch(() => {});
for (const module of PACKAGE_MODULES) await unpackModules(module);
const { code } = await new Deno.Command("sh", {
  args: ["tools/deno.sh", subcommand, "--include", PARSER_FOLDER + PARSER_WASM, ...rest],
  env: { PROJECT_CONFIG: PROGRAM_CONFIG },
}).spawn().status;
Deno.exit(code);
