/**
 * What the program is compiled from, beside its sources: a config of its own, and npm's packages in another form.
 *
 * `deno compile` puts npm's packages into the program as they are: the parser would make it 1.9 MB larger and its start 6 %
 * slower, and with it came all packages of the tests and paths of this machine. Compressed, as a module and a file of ours,
 * it adds 0.4 MB, and about 2 % at the start. Of the other packages the modules that are used are taken, as ours.
 *
 * @module
 */

import { PROGRAM_LOCK } from "./lock.ts";

/** Where all of this is. The paths in the config are relative to it. */
const FOLDER = ".tools/";

/** The config that the program is compiled with. */
export const PROGRAM_CONFIG = `${FOLDER}program.json`;
/** Where the parser is in its other form. */
export const PARSER_FOLDER = `${FOLDER}parser/`;
/** The parser, as a module of ours. */
export const PARSER_MODULE = "libpg-query.js";
/** The parser's WebAssembly, compressed. */
export const PARSER_WASM = "libpg-query.wasm.gz";
/** What the sources import. */
const PARSER = "libpg-query/wasm/libpg-query.js";

/** Where the modules of the other packages are. */
export const MODULES_FOLDER = `${FOLDER}packages/`;

/** A module of an npm package that the program is to have, with all that it imports from there. */
export interface PackageModule {
  /** Name of the package. */
  name: string;
  /** What the sources import. */
  specifier: string;
  /** The same as an ECMAScript module that needs nothing of Node's, from the package's folder. */
  entry: string;
}

/** All of them. */
export const PACKAGE_MODULES: readonly PackageModule[] = [
  { name: "graphql", specifier: "graphql/language/parser.js", entry: "language/parser.mjs" },
  { name: "graphql", specifier: "graphql/language/printer.js", entry: "language/printer.mjs" },
  { name: "yaml", specifier: "yaml", entry: "browser/dist/index.js" },
];

/** The config for compiling, made from `config`, which is in the project's folder: no tests, and the parser's other form. */
export function programConfig(config: Record<string, unknown>): Record<string, unknown> {
  const imports = Object.entries((config.imports ?? {}) as Record<string, string>).map(([name, target]) => [
    name,
    target.startsWith("./") ? fromFolder(target.slice("./".length)) : target,
  ]);
  return {
    nodeModulesDir: config.nodeModulesDir,
    imports: {
      ...Object.fromEntries(imports),
      [PARSER]: fromFolder(PARSER_FOLDER + PARSER_MODULE),
      ...Object.fromEntries(
        PACKAGE_MODULES.map((
          { name, specifier, entry },
        ) => [specifier, fromFolder(`${MODULES_FOLDER}${name}/${entry}`)]),
      ),
    },
    compilerOptions: config.compilerOptions,
    lock: { path: fromFolder(PROGRAM_LOCK), frozen: true },
  };
}

/**
 * The package's module as one that has its WebAssembly compressed beside itself. `source` is a script that looks for Node's
 * `require` around itself, and asks it for nothing but the file; `notice` is what has to be told with every copy.
 */
export function parserModule(source: string, { notice }: { notice: string }): string {
  return `/*!
${notice.replaceAll("*/", "* /")}
*/
const module = { exports: {} };
const { exports } = module;
const __filename = "";
const __dirname = "";
let wasm;
const require = () => ({ readFileSync: () => wasm });
${source}
async function unpack() {
  const file = await Deno.readFile(new URL("./${PARSER_WASM}", import.meta.url));
  return await new Response(new Blob([file]).stream().pipeThrough(new DecompressionStream("gzip"))).bytes();
}
export default async function create() {
  wasm ??= await unpack();
  return await module.exports();
}
`;
}

/** What a module imports from beside itself, from the package's folder; `path` is the module's own. */
export function importsBeside(path: string, source: string): string[] {
  const found = source.matchAll(/^\s*(?:import|export)\b[^;'"]*?["'](\.[^"']+)["']/gm);
  return [...found].map(([, specifier = ""]) => new URL(specifier, `file:///${path}`).pathname.slice(1));
}

function fromFolder(path: string): string {
  return path.startsWith(FOLDER) ? `./${path.slice(FOLDER.length)}` : `../${path}`;
}
