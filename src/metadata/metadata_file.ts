/**
 * Metadata in a single file (`metadata_file` of config.yaml): the document itself, or what Hasura exports it in.
 *
 * @module
 */

import { isRecord, type Json } from "../json.ts";
import { decodeText, type FileSystem, openFiles } from "./files.ts";
import { excerpt, unusable } from "./problem.ts";
import { parseYaml } from "./yaml_source.ts";
import { isNull, toJson } from "./yaml_value.ts";

const LARGEST = 2n ** 53n;

/**
 * Reads the file at `path`.
 *
 * @throws {ConfigError} when it cannot be read, or is no metadata of version 3
 */
export async function readMetadataFile(
  rt: FileSystem,
  path: string,
): Promise<Record<string, Json>> {
  const ending = /\.(json|ya?ml)$/.exec(path)?.[1];
  if (ending === undefined) throw unusable({ path }, "it is not named *.json or *.yaml", "Rename it to what it holds");
  const content = await openFiles(rt, path).read("");
  if (typeof content === "string") {
    throw unusable({ path }, content, "Give the file of the release as metadata_file in config.yaml");
  }
  const text = decodeText(content, path);
  const value = ending === "json" ? parseJson(text, path) : await yamlValue(text, path);
  return refuseOddDocument(unwrap(value, path), path);
}

async function yamlValue(text: string, path: string): Promise<Json> {
  const { root } = await parseYaml(text, { name: path, path });
  return root === undefined || isNull(root) ? null : toJson(root);
}

function unwrap(value: Json, path: string): Json {
  if (!isObject(value) || !Object.hasOwn(value, "metadata")) return value;
  const odd = Object.keys(value).find((key) => key !== "metadata" && key !== "resource_version");
  if (odd === undefined) return value.metadata ?? null;
  throw unusable(
    { path },
    `besides "metadata" it has ${excerpt(odd)}, which would be left out`,
    "Leave nothing but metadata and resource_version",
  );
}

function refuseOddDocument(value: Json, path: string): Record<string, Json> {
  const next = "Use a file that was exported from Hasura with metadata version 3";
  if (!isObject(value)) throw unusable({ path }, "it holds no metadata", next);
  if (value.version !== 3) {
    const shown = value.version === undefined
      ? "there is no version"
      : `the version is ${JSON.stringify(value.version)}`;
    throw unusable({ path }, `${shown}, and only version 3 can be applied`, next);
  }
  if (!Array.isArray(value.sources)) throw unusable({ path }, '"sources" is not a list', next);
  return value;
}

function isObject(value: Json): value is { [key: string]: Json } {
  return isRecord(value);
}

function parseJson(text: string, path: string): Json {
  const placeOf = (offset: number) => ({ path, line: text.slice(0, offset).split("\n").length });
  const checkNumber = (source: string) => {
    if (isExact(source)) return;
    // The first one that is written the same way is as good.
    const offset = text.search(new RegExp(`(?<![\\w.+-])${source.replaceAll(/[.+]/g, "\\$&")}(?![\\w.])`));
    throw unusable(placeOf(offset), `the number ${excerpt(source)} is too large to be sent exactly`);
  };
  // The third parameter is not known to TypeScript yet.
  const revive = (_key: string, value: Json, context?: { source?: string }): Json => {
    if (typeof value === "number" && context?.source !== undefined) checkNumber(context.source);
    return value;
  };
  let value: Json;
  try {
    value = JSON.parse(text, revive);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const position = /position (\d+)/.exec(error.message)?.[1];
    throw unusable(position === undefined ? { path } : placeOf(Number(position)), "it is not valid JSON");
  }
  const [double] = doubleKeys(text);
  if (double === undefined) return value;
  throw unusable(
    placeOf(double.offset),
    `the key ${excerpt(double.key)} is there twice, and only the last would count`,
  );
}

function isExact(number: string): boolean {
  if (!/^-?\d+$/.test(number)) return Number.isFinite(Number(number));
  return BigInt(number) <= LARGEST && BigInt(number) >= -LARGEST;
}

/** Keys that an object has more than once, in valid JSON. */
function* doubleKeys(text: string): Generator<{ key: string; offset: number }> {
  const open: Set<string>[] = [];
  for (const { 0: token, 1: string = "", 2: colon, index: offset } of text.matchAll(JSON_TOKEN)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (colon !== undefined) {
      const key = String(JSON.parse(string));
      if (open.at(-1)?.has(key)) yield { key, offset };
      open.at(-1)?.add(key);
    }
  }
}

/** A string, with the colon that makes it a key, or a bracket. */
const JSON_TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/g;
