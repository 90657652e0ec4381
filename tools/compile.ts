/**
 * Compiles the program, with PostgreSQL's parser in the form that tools/program.ts tells of.
 *
 * Arguments: `compile` and all that `deno compile` takes. PROJECT_CONFIG names the program's own config, for Deno here too.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
// Imported so that Deno holds the package against the lock file: for its path alone it would not.
import metadata from "libpg-query/package.json" with { type: "json" };
import { PARSER_FOLDER, PARSER_MODULE, PARSER_WASM, parserModule } from "./program.ts";

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

const [subcommand = "", ...rest] = Deno.args;
await unpackParser();
const { code } = await new Deno.Command("sh", {
  args: ["tools/deno.sh", subcommand, "--include", PARSER_FOLDER + PARSER_WASM, ...rest],
}).spawn().status;
Deno.exit(code);
