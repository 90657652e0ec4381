/**
 * The folder of migrations, `<hasura path>/migrations/<source>/<version>_<name>/{up,down}.sql`.
 *
 * A folder that is not exactly that is refused: a migration that was overlooked because of a misspelt name would leave
 * a gap that is noticed much later.
 *
 * @module
 */

import { counted } from "../counted.ts";
import { ConfigError } from "../errors.ts";
import { type DirEntry, fileProblem, type Runtime } from "../runtime.ts";
import { type Migration, migrationTitle, type Step, stepFile } from "./types.ts";

type Files = Pick<Runtime, "readDir" | "readFile">;
type Folders = Pick<Runtime, "readDir" | "unnamedFolders">;

/** Largest version: the ledger keeps them as PostgreSQL's `integer`. */
const MAX_VERSION = 2_147_483_647;

/** How many folders are read side by side. */
const AT_ONCE = 16;

/**
 * Names of the folders in `migrationsPath`, each of which is named for a source.
 *
 * @throws {ConfigError} when there is none or the path cannot be read
 */
export async function readSourceFolders(rt: Folders, migrationsPath: string): Promise<string[]> {
  const entries = await listFolder(rt, migrationsPath);
  await refuseUnnamed(rt, migrationsPath);
  const names = entries.filter((entry) => entry.kind === "directory").map((entry) => entry.name).sort();
  if (names.length === 0) {
    throw new ConfigError(`Cannot find migrations: "${migrationsPath}" has no folder for a database`, {
      state: "Nothing was changed",
      next: 'Give the folder of the deployment that holds "migrations/<database>" with --hasura-path',
    });
  }
  return names;
}

/**
 * The migrations in `path`, by version.
 *
 * @throws {ConfigError} when the folder is missing, empty, or holds anything but migrations 1, 2, 3 … without a gap
 */
export async function readFolder(rt: Folders, path: string): Promise<Migration[]> {
  const entries = await listFolder(rt, path);
  await refuseUnnamed(rt, path);
  const parsed = entries.map((entry) => parseEntry(entry));
  const problems = parsed.filter((result) => typeof result === "string").sort();
  const named = parsed.filter((result) => typeof result !== "string").sort((a, b) => a.version - b.version);
  problems.push(...sequenceProblems(named));
  if (problems.length > 0) {
    throw new ConfigError(`Cannot use the migrations folder "${path}": ${problems.join("; ")}`, {
      state: "Nothing was changed",
      next: "Restore the folder as the release has it; it holds nothing but folders named <number>_<name>, " +
        "numbered 1, 2, 3 and so on",
    });
  }
  if (named.length === 0) {
    throw new ConfigError(`Cannot find migrations: "${path}" is empty`, {
      state: "Nothing was changed",
      next: "Copy the migrations of the release into it, or give another folder with --hasura-path",
    });
  }
  const migrations: Migration[] = [];
  for (let start = 0; start < named.length; start += AT_ONCE) {
    const some = named.slice(start, start + AT_ONCE);
    migrations.push(...await Promise.all(some.map((migration) => readMigration(rt, path, migration))));
  }
  return migrations;
}

/** A folder that is not seen is a migration that is overlooked. */
async function refuseUnnamed(rt: Folders, path: string): Promise<void> {
  const count = await rt.unnamedFolders(path);
  if (count === 0) return;
  throw new ConfigError(
    `Cannot use the migrations folder "${path}": ${
      counted(count, "folder")
    } in it cannot be read, as the name is not UTF-8`,
    {
      state: "Nothing was changed",
      next: `Look for it with "ls -b ${path}", and restore the folder as the release has it: an archive that was ` +
        "unpacked with another encoding leaves such names",
    },
  );
}

async function listFolder(rt: Pick<Files, "readDir">, path: string): Promise<DirEntry[]> {
  try {
    // Hidden entries are the system's or an editor's (.DS_Store, .git), never migrations.
    return (await rt.readDir(path)).filter((entry) => !entry.name.startsWith("."));
  } catch (error) {
    const reason = fileProblem(error);
    if (reason === undefined) throw error;
    throw new ConfigError(`Cannot read the migrations folder "${path}": ${reason}`, {
      state: "Nothing was changed",
      next: "Give the folder of the deployment that holds config.yaml and migrations with --hasura-path",
      cause: error,
    });
  }
}

type NamedMigration = Pick<Migration, "version" | "name">;

function parseEntry({ name, kind }: DirEntry): NamedMigration | string {
  // A control character would reach the operator's terminal with every message and table.
  if (/\p{Cc}/u.test(name)) return `"${name.replaceAll(/\p{Cc}/gu, "?")}" has a control character in its name`;
  if (kind !== "directory") return `"${name}" is not a folder`;
  const [, digits, rest] = /^(\d+)_(.+)$/.exec(name) ?? [];
  if (digits === undefined || rest === undefined) return `"${name}" is not named <number>_<name>`;
  if (Number(digits) === 0) return `"${name}" has the number 0, which stands for the base schema`;
  if (digits.startsWith("0")) return `"${name}" has a number with leading zeros`;
  if (Number(digits) > MAX_VERSION) return `"${name}" has a number above ${MAX_VERSION}`;
  return { version: Number(digits), name: rest };
}

function sequenceProblems(named: NamedMigration[]): string[] {
  const problems: string[] = [];
  let expected = 1;
  let previous: NamedMigration | undefined;
  for (const migration of named) {
    if (previous?.version === migration.version) {
      problems.push(`"${migrationTitle(previous)}" and "${migrationTitle(migration)}" have the same number`);
      continue;
    }
    if (migration.version > expected) {
      const last = migration.version - 1;
      problems.push(last === expected ? `number ${expected} is missing` : `numbers ${expected} to ${last} are missing`);
    }
    expected = migration.version + 1;
    previous = migration;
  }
  return problems;
}

async function readMigration(rt: Folders, folder: string, named: NamedMigration): Promise<Migration> {
  const path = `${folder}/${migrationTitle(named)}`;
  const entries = await listFolder(rt, path);
  const isThere = (name: string) => {
    const entry = entries.find((one) => one.name === name);
    if (entry === undefined || entry.kind === "file") return entry !== undefined;
    const what = entry.kind === "directory" ? "it is a directory" : "it is no file, or a link that leads to none";
    const error = unusableFile(`${path}/${name}`, what);
    error.state = "Nothing was changed";
    throw error;
  };
  return { ...named, path, hasUp: isThere("up.sql"), hasDown: isThere("down.sql") };
}

/**
 * The SQL of a step, as it is in its file. A byte order mark at the start is left out: it is a sign of the encoding, and
 * PostgreSQL would refuse it.
 *
 * @throws {ConfigError} when the file is missing, empty, unreadable, not UTF-8, or has a NUL
 */
export async function readStepSql(rt: Files, step: Step): Promise<string> {
  const path = stepFile(step);
  const { hasUp, hasDown } = step.migration;
  if (!(step.direction === "apply" ? hasUp : hasDown)) throw unusableFile(path, "it does not exist");
  let bytes: Uint8Array;
  try {
    bytes = await rt.readFile(path);
  } catch (error) {
    const reason = fileProblem(error);
    if (reason === undefined) throw error;
    throw unusableFile(path, reason, error);
  }
  let sql: string;
  try {
    sql = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw unusableFile(path, "it is not UTF-8 text", error);
  }
  if (sql.trim() === "") throw unusableFile(path, "it is empty");
  if (sql.includes("\0")) throw unusableFile(path, "it has a NUL character, at which PostgreSQL would stop reading");
  return sql;
}

/** A text that differs where `sql` differs. */
export async function digestOf(sql: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(sql)));
  return bytes.toHex();
}

function unusableFile(path: string, reason: string, cause?: unknown): ConfigError {
  return new ConfigError(`Cannot use "${path}": ${reason}`, {
    next: "Restore the file as the release has it, and run the same command again",
    cause,
  });
}
