/**
 * Reads the Hasura CLI's `config.yaml`, as far as it concerns this tool.
 *
 * @module
 */

import { ConfigError, describeError } from "./errors.ts";
import { findInnerSetting, INNER_SETTING_ADVICE } from "./inner_setting.ts";
import { joinPath } from "./paths.ts";
import { fileProblem, type Runtime } from "./runtime.ts";

/** What the config file says; a key without a value counts as missing. */
export interface HasuraConfig {
  /** Path of the file that was read; `undefined` where there is none. */
  path: string | undefined;
  endpoint: string | undefined;
  adminSecret: string | undefined;
  migrationsDirectory: string | undefined;
  metadataDirectory: string | undefined;
  metadataFile: string | undefined;
  /** Version of the project, as it is written. */
  version: string | undefined;
}

const FILE_NAMES = ["config.yaml", "config.yml"];

/**
 * Reads `config.yaml`, or where there is none `config.yml`, in the folder `hasuraPath`.
 *
 * @throws {ConfigError} when the file is there and cannot be used. No message shows any of its text, which may be the
 * admin secret.
 */
export async function readHasuraConfig(
  rt: Pick<Runtime, "readFile">,
  hasuraPath: string,
): Promise<HasuraConfig> {
  for (const name of FILE_NAMES) {
    const path = joinPath(hasuraPath, name);
    const bytes = await readIfPresent(rt, path);
    if (bytes !== undefined) return await parseHasuraConfig(decode(bytes, path), path);
  }
  return {
    path: undefined,
    endpoint: undefined,
    adminSecret: undefined,
    migrationsDirectory: undefined,
    metadataDirectory: undefined,
    metadataFile: undefined,
    version: undefined,
  };
}

async function readIfPresent(rt: Pick<Runtime, "readFile">, path: string): Promise<Uint8Array | undefined> {
  try {
    return await rt.readFile(path);
  } catch (error) {
    const problem = fileProblem(error) ?? describeError(error);
    // The folder itself is checked where the migrations in it are looked for.
    if (problem === "it does not exist" || problem === "it is not a directory") return undefined;
    throw new ConfigError(`Cannot read config file "${path}": ${problem}`, {
      next: "Make it a readable file, or remove it and give the endpoint and the admin secret another way",
    });
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError(`Cannot read config file "${path}": it is not UTF-8 text`, { next: "Save it as UTF-8" });
  }
}

/** A comment. @std/yaml 1.0.10 looks for the end of a tag in angle brackets without end, beyond that of the text. */
const END_OF_TAGS = "\n# >\n";

/**
 * Reads the text of a config file.
 *
 * @throws {ConfigError} when it is not one YAML mapping, or a value is not text.
 */
async function parseHasuraConfig(text: string, path: string): Promise<HasuraConfig> {
  // Loaded only where there is a file to read: it is a tenth of the time that starting takes.
  const { parse } = await import("@std/yaml");
  // Without types a secret such as 0123 or 1e5 stays what it is; with them an empty value is told from the text "null".
  const bounded = `${text}${END_OF_TAGS}`;
  const texts = parseMapping(() => parse(bounded, { schema: "failsafe" }), path);
  const typed = parseMapping(() => parse(bounded, { schema: "core" }), path);
  const read = (key: string): string | undefined => {
    if (!Object.hasOwn(texts, key) || typed[key] === null) return undefined;
    const value = texts[key];
    if (typeof value === "string") return withoutInnerSetting(key, value, path);
    throw new ConfigError(`Cannot use config file "${path}": the value of ${key} is not text`, {
      next: `Write it on one line, for example ${key}: "…"`,
    });
  };
  return {
    path,
    endpoint: read("endpoint"),
    adminSecret: read("admin_secret"),
    migrationsDirectory: read("migrations_directory"),
    metadataDirectory: read("metadata_directory"),
    metadataFile: read("metadata_file"),
    version: read("version"),
  };
}

/** Addresses and the secret are looked at by whoever uses them. */
function withoutInnerSetting(key: string, value: string, path: string): string {
  const inner = findInnerSetting(value);
  if (inner === undefined || key === "endpoint" || key === "admin_secret") return value;
  throw new ConfigError(`Cannot use config file "${path}": the value of ${key} holds another setting (${inner.name})`, {
    next: INNER_SETTING_ADVICE,
  });
}

function parseMapping(parse: () => unknown, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse();
  } catch (error) {
    // The parser's error is not passed on as the cause: it quotes the line.
    throw new ConfigError(`Cannot read config file "${path}": it is not valid YAML${describeSyntaxError(error)}`, {
      next: "Correct it; a value with special characters needs quotes",
    });
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new ConfigError(`Cannot read config file "${path}": it is not a YAML mapping`, {
      next: "Write one key and value a line with a blank after the colon, as in endpoint: http://localhost:8080",
    });
  }
  return value as Record<string, unknown>;
}

/** Line and reason of a syntax error, cut before the parser quotes from the file. */
function describeSyntaxError(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const line = /\bat line (\d+), column \d+/.exec(message)?.[1];
  // Its end was looked for beyond the line.
  const isOpenTag = /tag name "[^"]*\n/.test(message);
  const reason = isOpenTag ? "a tag is not closed" : message.split(/["\n]|!<| at line \d/)[0]?.trim() ?? "";
  return `${line === undefined ? "" : `, line ${line}`}${reason === "" ? "" : ` (${reason})`}`;
}
