/**
 * Reads the files of a metadata directory, by their paths in it.
 *
 * @module
 */

import { joinPath } from "../paths.ts";
import { type DirEntry, fileProblem, type Runtime } from "../runtime.ts";
import { unusable } from "./problem.ts";
import type { YamlFile } from "./yaml_node.ts";
import { parseYaml } from "./yaml_source.ts";

/** What reads files and folders. */
export type FileSystem = Pick<Runtime, "readFile" | "readDir">;

/** A metadata directory. */
export interface MetadataFiles {
  /** The path of the file `name`, as the operator knows it. */
  show(name: string): string;
  /** The content of the file `name`, or why it cannot be read. */
  read(name: string): Promise<Uint8Array | string>;
  /** The entries of the folder `name`, without hidden ones and by name, or why it cannot be read. */
  list(name: string): Promise<DirEntry[] | string>;
}

/** Files that are read side by side; some systems let a process open no more than 256. */
const AT_ONCE = 32;

/** The metadata directory at `root`. */
export function openFiles(rt: FileSystem, root: string): MetadataFiles {
  const inTurn = createTurns(AT_ONCE);
  const show = (name: string) => joinPath(root, name);
  return {
    show,
    read: (name) => inTurn(() => orProblem(() => rt.readFile(show(name)))),
    async list(name) {
      const entries = await orProblem(() => rt.readDir(show(name)));
      if (typeof entries === "string") return entries;
      // Hidden entries are the system's or an editor's (.DS_Store, .git).
      return entries.filter((entry) => !entry.name.startsWith("."))
        .sort((one, other) => one.name < other.name ? -1 : 1);
    },
  };
}

/**
 * The text of the file `name`.
 *
 * @throws {ConfigError} when it cannot be read or is not UTF-8
 */
export async function readText(files: MetadataFiles, name: string): Promise<string> {
  const content = await files.read(name);
  const path = files.show(name);
  if (typeof content === "string") throw unusable({ path }, content, "Restore the file as the release has it");
  return decodeText(content, path);
}

/**
 * The YAML in the file `name`.
 *
 * @throws {ConfigError} when it cannot be read or is not YAML
 */
export async function readYaml(files: MetadataFiles, name: string): Promise<YamlFile> {
  return await parseYaml(await readText(files, name), { name, path: files.show(name) });
}

/**
 * The text of `bytes`. A byte order mark at the start is left out, unless `keepMark` is set.
 *
 * @throws {ConfigError} when it is not UTF-8
 */
export function decodeText(bytes: Uint8Array, path: string, options: { keepMark?: boolean } = {}): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: options.keepMark ?? false }).decode(bytes);
  } catch {
    throw unusable({ path }, "it is not UTF-8 text", "Save it as UTF-8");
  }
}

async function orProblem<Value>(read: () => Promise<Value>): Promise<Value | string> {
  try {
    return await read();
  } catch (error) {
    const problem = fileProblem(error);
    if (problem === undefined) throw error;
    return problem;
  }
}

/** Lets `most` tasks run side by side; the others wait. */
function createTurns(most: number): <Value>(task: () => Promise<Value>) => Promise<Value> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
