/**
 * Writes YAML for tests, in the block style of exports. It shares nothing with what reads it.
 *
 * @module
 */

import type { Json } from "../../src/json.ts";

/** `!include` of another file, in place of a value. */
export class Include {
  readonly path: string;
  /** Whether it is written as a YAML tag, and not as text in quotes. */
  readonly isTag: boolean;

  constructor(path: string, isTag = false) {
    this.path = path;
    this.isTag = isTag;
  }
}

/** What can be written. */
export type YamlValue = Json | Include | YamlValue[] | { [key: string]: YamlValue };

/** Text that no reader of YAML takes for anything else. */
const PLAIN = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_][\w/.-]*(?: [\w/.-]+)*$/i;

/** `value` as a YAML document. */
export function writeYaml(value: YamlValue): string {
  return `${node(value, 0).trimStart()}\n`;
}

/** What follows a key's colon or a list's dash. */
function node(value: YamlValue, depth: number): string {
  const indent = `\n${"  ".repeat(depth)}`;
  if (value instanceof Include) return value.isTag ? ` !include ${value.path}` : ` "!include ${value.path}"`;
  if (typeof value === "string") return ` ${text(value, indent)}`;
  if (value === null || typeof value !== "object") return ` ${value}`;
  if (Array.isArray(value)) {
    if (value.length === 0) return " []";
    return value.map((item) => `${indent}-${node(item, depth + 1).replace(/^\s+/, " ")}`).join("");
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return " {}";
  return entries.map(([key, item]) => `${indent}${text(key, indent)}:${node(item, depth + 1)}`).join("");
}

function text(value: string, indent: string): string {
  if (PLAIN.test(value)) return value;
  if (!value.includes("\n") || !/^\S/.test(value)) return JSON.stringify(value);
  const isEnded = value.endsWith("\n");
  const lines = (isEnded ? value.slice(0, -1) : value).split("\n");
  return `|${isEnded ? "" : "-"}${lines.map((line) => line === "" ? "\n" : `${indent}${line}`).join("")}`;
}
