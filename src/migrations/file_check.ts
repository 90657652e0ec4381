/**
 * Looks through a migration's file before anything of it is sent: whether PostgreSQL can read it, and whether it can be
 * run as a step.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { type Refusal, refusalOf } from "./refusals.ts";
import { type Parsed, type ParserProblem, parseSql } from "./sql_parser.ts";
import { endOfCopyData, nextPiece, type Piece, skipBlanks } from "./sql_text.ts";

/** Something that is wrong with a file. */
interface Problem extends Refusal {
  /** Index of the character where it is. */
  at: number;
}

/** How many problems are told at once. */
const MOST_TOLD = 5;

/**
 * Length above which a statement is not parsed: the tree of one has up to fifty times its size. Nothing that must be
 * refused is as long, and PostgreSQL still reads it.
 */
const MOST_PARSED = 2_000_000;

/**
 * Checks `sql`, the text of the file `path`.
 *
 * @throws {ConfigError} with the lines of what cannot be run as a step
 */
export async function checkSqlFile(sql: string, { path }: { path: string }): Promise<void> {
  // By place: the parser stops at some of the control characters too.
  const found = new Map([...await statementProblems(sql), ...controlCharacters(sql)].map((one) => [one.at, one]));
  const problems = [...found.values()].sort((one, other) => one.at - other.at);
  if (problems.length === 0) return;
  const told = problems.slice(0, MOST_TOLD);
  const sentences = Array.from(Map.groupBy(told, ({ what }) => what), ([what, alike]) => {
    const lines = [...new Set(alike.map(({ at }) => lineOf(sql, at)))];
    return `line${lines.length > 1 ? "s" : ""} ${lines.join(", ")}: ${what}`;
  });
  if (problems.length > told.length) sentences.push(`and ${problems.length - told.length} more`);
  const advice = new Set(told.map((problem) => problem.advice));
  throw new ConfigError(`Cannot use "${path}" ${sentences.join("; ")}`, {
    next: `${[...advice].join(". ")}. Then run the same command again`,
  });
}

function controlCharacters(sql: string): Problem[] {
  // Those above U+007F are letters to PostgreSQL.
  return Array.from(sql.matchAll(/[^\P{Cc}\s\u{80}-\u{9f}]/gu), ({ 0: character, index }) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return {
      at: index,
      what: `the control character U+${code}, which most editors do not show`,
      advice: "Take control characters out, or write them as escapes in a string, such as E'\\x1b'",
    };
  });
}

async function statementProblems(sql: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  // What is left when a psql command or its data has been taken out need not be SQL.
  let isForPsql = false;
  for (let from = skipBlanks(sql, 0); from < sql.length; from = skipBlanks(sql, from)) {
    const { piece, statements, problem } = await readPiece(sql, from);
    if (piece.endedBy === "command") {
      isForPsql = true;
      problems.push(commandProblem(sql, piece.end));
    }
    for (const statement of statements) {
      const refusal = refusalOf(statement, sql.slice(from, piece.end));
      if (refusal !== undefined) problems.push({ at: from + statement.start, ...refusal });
    }
    if (problem !== undefined) {
      // Nobody can tell where the statement ends that has a mistake in it, so this is the last problem to be found.
      if (!isForPsql) problems.push(syntaxProblem(sql, { from, piece, problem }));
      return problems;
    }
    from = piece.next;
    if (statements.some(({ kind, node }) => kind === "CopyStmt" && node.is_from && node.filename === undefined)) {
      isForPsql = true;
      from = endOfCopyData(sql, from);
    }
  }
  return problems;
}

/** Parses the piece at `from`, with as many after it as the statement goes on for. */
async function readPiece(sql: string, from: number): Promise<Parsed & { piece: Piece }> {
  let piece = nextPiece(sql, from);
  for (let more = 1;; more *= 2) {
    if (piece.end - from > MOST_PARSED && !piece.isOpen) return { piece, statements: [] };
    const parsed = await parseSql(sql.slice(from, piece.end));
    const goesOn = parsed.problem?.message === "syntax error at end of input" && piece.endedBy === "semicolon" &&
      piece.next < sql.length;
    if (!goesOn) return { ...parsed, piece };
    for (let count = 0; count < more && piece.endedBy === "semicolon"; count++) piece = nextPiece(sql, piece.next);
  }
}

function commandProblem(sql: string, at: number): Problem {
  const name = /\\(?:\w+|.?)/y;
  name.lastIndex = at;
  return {
    at,
    what: `"${name.exec(sql)?.[0]}" is a command of psql, and PostgreSQL does not know it`,
    advice: "Write what the command does as SQL: the file goes to PostgreSQL itself, not through psql",
  };
}

function syntaxProblem(
  sql: string,
  { from, piece, problem }: { from: number; piece: Piece; problem: ParserProblem },
): Problem {
  const at = from + problem.at;
  const variable = /^:(?:\w+|'[^'\n]*'|"[^"\n]*")/.exec(sql.slice(at, at + 100))?.[0];
  if (variable !== undefined) {
    return {
      at,
      what: `${quoted(variable)} is a variable of psql, and nothing fills it in here`,
      advice: "Write the value itself: the file goes to PostgreSQL itself, not through psql",
    };
  }
  const hints: string[] = [];
  if (lineOf(sql, from) < lineOf(sql, at)) hints.push(`in the statement that starts on line ${lineOf(sql, from)}`);
  if (at >= piece.end - 1 && piece.parenthesis !== undefined) {
    hints.push(`the parenthesis of line ${lineOf(sql, piece.parenthesis)} is not closed`);
  }
  return {
    at,
    what: `${parserWords(problem.message)}${hints.length > 0 ? ` (${hints.join("; ")})` : ""}`,
    advice:
      "Correct the file. The check reads it as PostgreSQL 18 does: where the server is known to take it as it is, " +
      "give --no-file-check",
  };
}

function quoted(text: string): string {
  return text.includes('"') ? text : `"${text}"`;
}

/** PostgreSQL's words, which quote all the rest of the file where something is not closed. */
function parserWords(message: string): string {
  const [, said, near = ""] = /^(.* at or near )"([^]*?)"?$/.exec(message) ?? [];
  if (said === undefined) return visible(message);
  const [start] = /^[^\n\r]{0,40}/u.exec(near) ?? [""];
  return `${said}"${visible(start)}${start.length < near.length ? "…" : ""}"`;
}

/** A space that is no space to PostgreSQL looks like one. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Z}]/gu, (character) => {
    return character === " " ? " " : `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}

function lineOf(sql: string, at: number): number {
  return sql.slice(0, at).split("\n").length;
}
