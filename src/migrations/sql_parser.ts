/**
 * PostgreSQL's own parser, compiled to WebAssembly (npm: libpg-query). Loaded when there is something to parse.
 *
 * The package's own functions cannot start anew: one statement too deep for the stack and all later ones are misread. So
 * this works with the module below them, which can be created again, and whose memory is then free.
 *
 * @module
 */

import { isRecord } from "../json.ts";

/** A statement. */
export interface Statement {
  /** Kind of node in PostgreSQL's parse tree, such as `IndexStmt`. */
  kind: string;
  /** The node. */
  node: Readonly<Record<string, unknown>>;
  /** Index of its first character. */
  start: number;
}

/** Why a text cannot be parsed. */
export interface ParserProblem {
  /** PostgreSQL's own words. They may quote all the rest of the text. */
  message: string;
  /** Index of the character that it is about; 0 where PostgreSQL does not say. */
  at: number;
}

/** What a text is. One of the two; neither where there is no statement, or one too large to be looked at. */
export interface Parsed {
  statements: readonly Statement[];
  problem?: ParserProblem;
}

/** The part of the WebAssembly module that is needed here. Pointers are numbers. */
interface Module {
  _malloc(size: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(sql: number): number;
  _wasm_free_parse_result(result: number): void;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, size: number): void;
  UTF8ToString(pointer: number, mostBytes?: number): string;
  getValue(pointer: number, type: "i32"): number;
  readonly HEAPU8: Uint8Array;
}

/** Bytes of a parse tree, as JSON, up to which it is looked at: what a migration must not contain is far smaller. */
const MOST_TREE = 1_000_000;
/** Bytes of PostgreSQL's words that are read. */
const MOST_WORDS = 1_000;
/** Bytes of memory above which the module is created anew, since WebAssembly gives none back. It starts with 134 MB. */
const MOST_MEMORY = 200_000_000;

/** The module as it is between two statements; created when it is needed. */
let loaded: Module | undefined;

/** Parses `sql`: one statement or some, or none. */
export async function parseSql(sql: string): Promise<Parsed> {
  const module = loaded ??= await load();
  try {
    return parseWith(module, sql);
  } catch (error) {
    loaded = undefined;
    // How WebAssembly ends where its stack or its memory does. It says nothing about a server, which has more of both.
    if (error instanceof RangeError || error instanceof WebAssembly.RuntimeError) return { statements: [] };
    throw error;
  } finally {
    if (module.HEAPU8.length > MOST_MEMORY) loaded = undefined;
  }
}

async function load(): Promise<Module> {
  const { default: create } = await import("libpg-query/wasm/libpg-query.js") as { default: () => Promise<Module> };
  return await create();
}

/** Does with the module what the package's own `parse` does, but for decoding a tree of any size. */
function parseWith(module: Module, sql: string): Parsed {
  const size = module.lengthBytesUTF8(sql) + 1;
  const text = module._malloc(size);
  module.stringToUTF8(sql, text, size);
  const result = module._wasm_parse_query_raw(text);
  try {
    const [tree = 0, , error = 0] = [0, 4, 8].map((offset) => module.getValue(result + offset, "i32"));
    if (error === 0) {
      const isSmall = module.HEAPU8.indexOf(0, tree) - tree <= MOST_TREE;
      return { statements: isSmall ? readTree(module.UTF8ToString(tree), sql) : [] };
    }
    const message = module.UTF8ToString(module.getValue(error, "i32"), MOST_WORDS);
    // Counted in characters from 1, and 0 where it is not known.
    const position = module.getValue(error + 16, "i32");
    return { statements: [], problem: { message, at: indexOfCharacter(sql, position - 1) } };
  } finally {
    module._wasm_free_parse_result(result);
    module._free(text);
  }
}

function readTree(json: string, sql: string): Statement[] {
  const { stmts = [] }: { stmts?: { stmt: Record<string, unknown>; stmt_location?: number }[] } = JSON.parse(json);
  return stmts.flatMap(({ stmt, stmt_location: location = 0 }) => {
    const [[kind, node] = []] = Object.entries(stmt);
    return kind !== undefined && isRecord(node) ? [{ kind, node, start: indexOfByte(sql, location) }] : [];
  });
}

function indexOfCharacter(text: string, count: number): number {
  let index = 0;
  for (let counted = 0; counted < count; counted++) index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  return index;
}

function indexOfByte(text: string, count: number): number {
  let index = 0;
  for (let counted = 0; counted < count;) {
    const character = text.codePointAt(index) ?? 0;
    counted += character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    index += character > 0xffff ? 2 : 1;
  }
  return index;
}
