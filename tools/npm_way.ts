/**
 * The npm way: where neither JSR nor Deno's download host can be reached, two npm packages stand in for them.
 *
 * `windmill-cli` carries `@std/yaml` and a fork of Cliffy, compiled to JavaScript; `@stdy/cli-linux-x64` is a program
 * compiled with this very version of Deno, so its first part is the runtime that `deno compile` needs.
 *
 * @module
 */

/** A file of npm's that is known to work. */
export interface NpmPackage {
  name: string;
  version: string;
  /** Subresource integrity of the tarball. */
  integrity: string;
  /** What it stands in for. */
  standsFor: string;
}

/** Holds Cliffy and `@std/yaml`. */
export const LIBRARIES: NpmPackage = {
  name: "windmill-cli",
  version: "1.596.0",
  integrity: "sha512-5aFVNTOEaGyTKyQlyjFI1FAZ8fTIQ2vGSmnqL3FfZuKpKWdqGXh8p9Azdp8N2MkIwyP1vYtOK9nfQk6jr6tRTw==",
  standsFor: "the packages of JSR",
};

/** Holds the runtime for `deno compile` on Linux x64, in the file `bin/steady`. */
export const COMPILED_PROGRAM: NpmPackage & { denoVersion: string; file: string } = {
  name: "@stdy/cli-linux-x64",
  version: "0.22.2",
  integrity: "sha512-kp5QdG26EC8gEzVXI0YgzmiiFHz7DFCNRLNfAWa2rDPHr/jUBnfkP8AlbTPmv0YNQpnKn1wzSWHFw88fn/OTog==",
  standsFor: "the runtime for deno compile",
  denoVersion: "2.7.11",
  file: "bin/steady",
};

/** The module in {@linkcode LIBRARIES} for each name that the sources may import, without its ending. */
export const MODULES: Readonly<Record<string, string>> = {
  "@cliffy/command": "@windmill-labs/cliffy-command/1.0.0-rc.5/mod",
  "@cliffy/command/completions": "@windmill-labs/cliffy-command/1.0.0-rc.5/completions/mod",
  "@cliffy/prompt/confirm": "@windmill-labs/cliffy-prompt/1.0.0-rc.6/confirm",
  "@cliffy/prompt/input": "@windmill-labs/cliffy-prompt/1.0.0-rc.6/input",
  "@cliffy/prompt/secret": "@windmill-labs/cliffy-prompt/1.0.0-rc.6/secret",
  "@cliffy/prompt/select": "@windmill-labs/cliffy-prompt/1.0.0-rc.6/select",
  "@cliffy/table": "@windmill-labs/cliffy-table/1.0.0-rc.5/mod",
  "@std/yaml": "@std/yaml/1.0.10/mod",
};

/** The name by which the compiled JavaScript asks for `Deno`. */
const SHIM = "@deno/shim-deno";

/** The small modules that stand for the imported names: file name to text. `libraries` is the folder beside them. */
export function stubFiles(libraries: string): Record<string, string> {
  const files: Record<string, string> = {
    [stubName(SHIM)]: "const deno = globalThis.Deno;\nexport { deno as Deno };\n",
  };
  for (const [name, module] of Object.entries(MODULES)) {
    files[stubName(name)] = `// @ts-types="../${libraries}/types/deps/jsr.io/${module}.d.ts"\n` +
      `export * from "../${libraries}/esm/deps/jsr.io/${module}.js";\n`;
  }
  return files;
}

/** Where the npm way keeps its things. */
export interface Places {
  /** Folder of the stubs. */
  stubs: string;
  /** The lock file to use instead of `deno.lock`. */
  lock: string;
}

/** The config for Deno: `config` with the imports from JSR turned to the stubs, and with a lock file of its own. */
export function npmConfig(config: Record<string, unknown>, { stubs, lock }: Places): Record<string, unknown> {
  const imports: Record<string, string> = {};
  for (const [name, target] of Object.entries((config.imports ?? {}) as Record<string, string>)) {
    if (!target.startsWith("jsr:")) imports[name] = target;
    else if (!Object.keys(MODULES).some((known) => known === name || known.startsWith(`${name}/`))) {
      throw new Error(`deno.json imports "${name}" from JSR, and tools/npm_way.ts does not know where npm has it`);
    }
  }
  for (const name of [...Object.keys(MODULES), SHIM]) imports[name] = `./${stubs}/${stubName(name)}`;
  return { ...config, imports, lock: { path: `./${lock}`, frozen: false } };
}

/** Declarations as Deno can read them: they name each other, and the global `Deno`. */
export function readableDeclarations(text: string): string {
  return text
    .replaceAll(/(from |import\()"(\.{1,2}\/[^"]+)\.js"/g, '$1"$2.d.ts"')
    .replaceAll("dntShim.Deno.", "Deno.");
}

/**
 * Where an ELF program ends that has other bytes behind it, which is where `deno compile` puts its own: behind the
 * table of section headers.
 *
 * @throws {Error} when `head` is not the beginning of a 64-bit little-endian ELF file
 */
export function endOfElf(head: Uint8Array): number {
  const magic = [0x7f, 0x45, 0x4c, 0x46, 2, 1];
  if (head.length < 64 || magic.some((byte, index) => head[index] !== byte)) {
    throw new Error("The file is not a 64-bit little-endian ELF program");
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const tableStart = Number(view.getBigUint64(0x28, true));
  const entrySize = view.getUint16(0x3a, true);
  const entryCount = view.getUint16(0x3c, true);
  return tableStart + entrySize * entryCount;
}

function stubName(name: string): string {
  return `${name.replaceAll("@", "").replaceAll(/[^a-z]+/g, "_")}.ts`;
}
