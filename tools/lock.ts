/**
 * `deno.lock`: what of it the program is built with, what of it the npm way takes, and how it is brought up to date
 * without JSR.
 *
 * Run by `make lock` after a change of the packages in `deno.json` or `tests/deno.json`.
 *
 * @module
 */

/** The config file of the npm way; there only where that way was taken. */
export const NPM_CONFIG = "deno.npm.json";
/** The lock file of the npm way. */
export const NPM_LOCK = ".tools/npm.lock";
/** The lock file that the program is compiled with. */
export const PROGRAM_LOCK = ".tools/program.lock";

/** A lock file, as far as it matters here. */
export interface Lock {
  version: string;
  specifiers: Record<string, string>;
  jsr?: Record<string, unknown>;
  npm?: Record<string, { integrity?: string; dependencies?: string[] }>;
  workspace?: Record<string, unknown>;
}

/** The packages that a config file imports. */
export interface Imports {
  imports?: Record<string, string>;
}

/** The lock file of the npm way: the same hashes for npm's packages, and nothing of JSR's. */
export function npmPart(lock: Lock): Lock {
  return { version: lock.version, specifiers: ofRegistry(lock.specifiers, "npm:"), npm: lock.npm ?? {} };
}

/** Packages that hold nothing but types, which the program does without. */
const TYPES_ONLY = ["@pgsql/types"];

/**
 * The lock file of the program, whose config is `root`: `lock` without the packages of the tests, which Deno would fetch and
 * put into the program. The rest says what Deno would write itself, so that it may be frozen.
 *
 * @throws {Error} when a package needs others, which would have to be kept too
 */
export function programPart(lock: Lock, root: Imports): Lock {
  const wanted = packagesOf(root).filter((name) => name.startsWith("npm:"));
  const npm = wanted.flatMap((name) => {
    const key = name.slice("npm:".length);
    const { dependencies = [], ...entry } = lock.npm?.[key] ?? {};
    const needed = dependencies.find((dependency) => !TYPES_ONLY.includes(dependency));
    if (needed !== undefined) throw new Error(`"${key}" needs "${needed}", which tools/lock.ts would leave out`);
    return key in (lock.npm ?? {}) ? [[key, entry] as const] : [];
  });
  const specifiers = Object.entries(lock.specifiers).filter(([name]) =>
    !name.startsWith("npm:") || wanted.includes(name)
  );
  return {
    ...lock,
    specifiers: Object.fromEntries(specifiers),
    npm: Object.fromEntries(npm),
    workspace: { dependencies: packagesOf(root) },
  };
}

/**
 * `lock` with npm's packages as `fresh` has them, and with what the two config files ask for.
 *
 * @throws {Error} when a package of JSR's is not in `lock`: its hash can be had from JSR only
 */
export function mergeLocks(lock: Lock, fresh: Lock, { root, tests }: { root: Imports; tests: Imports }): Lock {
  const wanted = packagesOf(root);
  const missing = wanted.find((name) => name.startsWith("jsr:") && !(name in lock.specifiers));
  if (missing !== undefined) throw new Error(`Cannot lock "${missing}": its hash is known to JSR only`);
  const specifiers = { ...ofRegistry(lock.specifiers, "jsr:"), ...ofRegistry(fresh.specifiers, "npm:") };
  return {
    version: lock.version,
    specifiers: Object.fromEntries(Object.entries(specifiers).sort(([a], [b]) => a < b ? -1 : 1)),
    jsr: lock.jsr ?? {},
    npm: fresh.npm ?? {},
    workspace: { dependencies: wanted, members: { tests: { dependencies: packagesOf(tests) } } },
  };
}

/** The `jsr:` and `npm:` specifiers of a config file, in the order of a lock file. */
export function packagesOf(config: Imports): string[] {
  return Object.values(config.imports ?? {}).filter((target) => /^(jsr|npm):/.test(target)).sort();
}

function ofRegistry(specifiers: Record<string, string>, prefix: string): Record<string, string> {
  return Object.fromEntries(Object.entries(specifiers).filter(([name]) => name.startsWith(prefix)));
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(path));
}

/** Lets Deno resolve all packages, then carries its findings over where it could not write `deno.lock` itself. */
async function main(): Promise<void> {
  const { success } = await new Deno.Command("sh", { args: ["tools/deno.sh", "install", "--quiet"] }).spawn().status;
  if (!success) Deno.exit(1);
  if (await Deno.stat(NPM_CONFIG).then(() => true, () => false)) {
    const merged = mergeLocks(await readJson<Lock>("deno.lock"), await readJson<Lock>(NPM_LOCK), {
      root: await readJson<Imports>("deno.json"),
      tests: await readJson<Imports>("tests/deno.json"),
    });
    await Deno.writeTextFile("deno.lock", `${JSON.stringify(merged, null, 2)}\n`);
  }
}

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  await main();
}
