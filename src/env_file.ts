/**
 * Reads env files as python-dotenv 0.21 does (`load_dotenv`, `override=False`), which the script used.
 *
 * @module
 */

import { ConfigError } from "./errors.ts";

/** What an env file says. */
export interface EnvFile {
  /** The variables that the file sets: those that have a value in it and are not in the environment. */
  values: Map<string, string>;
  /** The same with those that are in the environment, too, and do not count for it. */
  listed: Map<string, string>;
  /** Where the file could not be read as `NAME=value`, in order. The text itself is left out: it may be a secret. */
  problems: EnvFileProblem[];
}

/** A statement that was skipped. */
export interface EnvFileProblem {
  /** Line at which it starts, from 1. */
  line: number;
}

interface Statement {
  name: string;
  /** `undefined` for a name without `=`. */
  value: string | undefined;
}

// Blanks are Python's: those of Unicode and the four separators of ASCII. Line breaks are \n only by the time of use.
const SPACE = String.raw`[\p{White_Space}\x1c-\x1f]`;
const BLANK = String.raw`(?:(?!\n)${SPACE})`;
const GAP = sticky(`${SPACE}*`);
const BLANKS = sticky(`${BLANK}*`);
const EXPORT = sticky(`export${BLANK}+`);
const QUOTED_NAME = sticky(`'([^']+)'`);
const NAME = sticky(`((?:(?!${SPACE})[^=#])+)`);
const EQUALS = sticky(`=${BLANK}*`);
const LINE = sticky(String.raw`([^\n]*)`);
const END = sticky(String.raw`(?:${BLANK}*#[^\n]*)?${BLANK}*(?:\n|$)`);
const SKIPPED = sticky(String.raw`[^\n]*\n?`);
const COMMENT = new RegExp(`${SPACE}#.*`, "su");
const ONE_SPACE = new RegExp(SPACE, "u");
const VARIABLE = /\$\{([^}:]*)(?::-([^}]*))?\}/g;

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/**
 * Text of an env file.
 *
 * @throws {ConfigError} when `bytes` are not UTF-8.
 */
export function decodeEnvFile(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ConfigError(`Cannot read env file "${path}": it is not UTF-8 text`, {
      next: "Save the file as UTF-8",
    });
  }
}

/**
 * Reads the text of an env file; `environment` gives the variables that are already set, which the file neither
 * changes nor hides from `${NAME}`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const { values } = parseEnvFile("A=pa$word # note\nB='${A}!'", () => undefined);
 * assert.deepEqual([...values], [["A", "pa$word"], ["B", "pa$word!"]]);
 * ```
 */
export function parseEnvFile(text: string, environment: (name: string) => string | undefined): EnvFile {
  const { statements, problems } = readStatements(text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n"));
  const values = new Map<string, string | undefined>();
  for (const { name, value } of statements) {
    const expanded = value?.replace(VARIABLE, (_match, variable: string, fallback: string | undefined) => {
      const set = lookUp(environment, variable);
      if (set !== undefined) return set;
      // Parity: a name that the file lists without a value is empty, whatever the default.
      return values.has(variable) ? values.get(variable) ?? "" : fallback ?? "";
    });
    values.set(name, expanded);
  }
  const listed = [...values].filter((entry): entry is [string, string] => entry[1] !== undefined);
  const set = listed.filter(([name]) => lookUp(environment, name) === undefined);
  return { values: new Map(set), listed: new Map(listed), problems };
}

/** No system has variables of these names, and asking for one throws. */
function lookUp(environment: (name: string) => string | undefined, name: string): string | undefined {
  return name === "" || /[=\0]/.test(name) ? undefined : environment(name);
}

function readStatements(text: string): { statements: Statement[]; problems: EnvFileProblem[] } {
  const statements: Statement[] = [];
  const problems: EnvFileProblem[] = [];
  const reader: Reader = { text, position: 0 };
  for (take(reader, GAP); reader.position < text.length; take(reader, GAP)) {
    const start = reader.position;
    const statement = takeStatement(reader);
    if (statement === undefined || !take(reader, END)) {
      problems.push({ line: text.slice(0, start).split("\n").length });
      take(reader, SKIPPED);
    } else if (statement !== "comment") {
      if (statement.value === undefined && statement.name.includes(":")) {
        // Parity: a name without a value, which sets nothing. It was meant as YAML, surely.
        problems.push({ line: text.slice(0, start).split("\n").length });
      }
      statements.push(statement);
    }
  }
  return { statements, problems };
}

interface Reader {
  readonly text: string;
  position: number;
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reader.position;
  const match = pattern.exec(reader.text) ?? undefined;
  if (match) reader.position = pattern.lastIndex;
  return match;
}

/** Reads up to the end of the value; `undefined` where there is no statement. */
function takeStatement(reader: Reader): Statement | "comment" | undefined {
  take(reader, EXPORT);
  const first = reader.text[reader.position];
  if (first === "#") return "comment";
  const name = take(reader, first === "'" ? QUOTED_NAME : NAME)?.[1];
  if (name === undefined) return undefined;
  take(reader, BLANKS);
  if (!take(reader, EQUALS)) return { name, value: undefined };
  const value = takeValue(reader);
  return value === undefined ? undefined : { name, value };
}

/** The value after `=`; `undefined` where its quote is not closed. */
function takeValue(reader: Reader): string | undefined {
  const quote = reader.text[reader.position];
  if (quote === "'") return takeQuoted(reader, quote)?.replace(/\\([\\'])/g, "$1");
  if (quote === '"') {
    return takeQuoted(reader, quote)?.replace(/\\([\\'"abfnrtv])/g, (_match, letter) => ESCAPES[letter] ?? letter);
  }
  const line = (take(reader, LINE)?.[1] ?? "").replace(COMMENT, "");
  let end = line.length;
  while (end > 0 && ONE_SPACE.test(line.charAt(end - 1))) end--;
  return line.slice(0, end);
}

/** What stands up to the first quote without a backslash before it, or, where none is, up to the last quote. */
function takeQuoted(reader: Reader, quote: string): string | undefined {
  const { text } = reader;
  const start = reader.position + 1;
  let end = text.indexOf(quote, start);
  // Parity: a backslash escapes the quote even where another one stands before it, as in "a\\".
  while (end > start && text[end - 1] === "\\") {
    const following = text.indexOf(quote, end + 1);
    if (following < 0) break;
    end = following;
  }
  if (end < 0) return undefined;
  reader.position = end + 1;
  return text.slice(start, end);
}

function sticky(pattern: string): RegExp {
  return new RegExp(pattern, "uy");
}
