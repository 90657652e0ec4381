/**
 * Cuts SQL into pieces without knowing its grammar, as psql does: at the semicolons and psql commands that stand outside
 * of strings, quoted names, dollar-quoted bodies and comments.
 *
 * A piece is a statement, but for those few that have semicolons of their own: the parser calls such a piece incomplete.
 *
 * @module
 */

/** A piece of SQL. All places are indexes into the whole text. */
export interface Piece {
  /** Where it ends: behind its semicolon, or before its psql command. */
  end: number;
  /** Where the next piece starts. */
  next: number;
  /** What ended it. */
  endedBy: "semicolon" | "command" | "end of text";
  /** Whether the text ended inside of a string, a quoted name, a dollar-quoted body or a comment. */
  isOpen: boolean;
  /** The innermost parenthesis that is not closed at its end. */
  parenthesis: number | undefined;
}

const SIGN = /['"$;()\\]|--|\/\*/g;
const DOLLAR_TAG = /\$(?:[a-z_\u{80}-\u{10ffff}][\w\u{80}-\u{10ffff}]*)?\$/iuy;
const REST_OF_NAME = /[\w$\u{80}-\u{10ffff}]*/uy;
const BLANKS = /[ \t\n\v\f\r]*/y;
/** Strings on lines of their own are parts of one, and what `E` means goes for all of them. */
const CONTINUATION = /[ \t\v\f]*[\n\r][ \t\n\v\f\r]*'/y;

/** The piece of `sql` that starts at `from`, which is not inside of anything. */
export function nextPiece(sql: string, from: number): Piece {
  const parentheses: number[] = [];
  let at = from;
  for (let sign = find(SIGN, sql, at); sign !== undefined; sign = find(SIGN, sql, at)) {
    const start = sign.index;
    const { length } = sign[0];
    if (sign[0] === "(") parentheses.push(start);
    if (sign[0] === ")") parentheses.pop();
    if (sign[0] === ";" || sign[0] === "\\") {
      return sign[0] === ";"
        ? { end: start + 1, next: start + 1, endedBy: "semicolon", isOpen: false, parenthesis: parentheses.at(-1) }
        : { end: start, next: endOfLine(sql, start), endedBy: "command", isOpen: false, parenthesis: undefined };
    }
    const end = "()".includes(sign[0]) ? start + length : endOfQuoted(sql, start, { sign: sign[0], before: at });
    if (end === undefined) {
      return { end: sql.length, next: sql.length, endedBy: "end of text", isOpen: true, parenthesis: undefined };
    }
    at = end;
  }
  return {
    end: sql.length,
    next: sql.length,
    endedBy: "end of text",
    isOpen: false,
    parenthesis: parentheses.at(-1),
  };
}

/** The first place from `at` on that is no blank and in no comment, but for one that is not closed. */
export function skipBlanks(sql: string, at: number): number {
  let end: number | undefined = at;
  while (end !== undefined) {
    at = endOfMatch(BLANKS, sql, end) ?? end;
    end = sql.startsWith("--", at) ? endOfLine(sql, at) : sql.startsWith("/*", at) ? endOfComment(sql, at) : undefined;
  }
  return at;
}

/** Where the line ends that `at` is in. */
export function endOfLine(sql: string, at: number): number {
  return find(/[\n\r]/g, sql, at)?.index ?? sql.length;
}

/** Where the text continues behind the data of a `COPY … FROM STDIN`, which starts at `at`. */
export function endOfCopyData(sql: string, at: number): number {
  const end = find(/^\\\.$/gm, sql, at);
  return end === undefined ? sql.length : end.index + end[0].length;
}

/** Where the thing ends that starts with `sign`; `undefined` where it does not. `before` is where the last one ended. */
function endOfQuoted(
  sql: string,
  start: number,
  { sign, before }: { sign: string; before: number },
): number | undefined {
  switch (sign) {
    case "--":
      return endOfLine(sql, start);
    case "/*":
      return endOfComment(sql, start);
    case '"':
      return endOfString(sql, start, '"');
    case "'":
      return hasEscapes(sql.slice(Math.max(before, start - 2), start))
        ? endOfEscapeString(sql, start)
        : endOfString(sql, start, "'");
    default: {
      // Inside of a name, a dollar sign is a letter.
      if (start > before && /[\w\u{80}-\u{10ffff}]/u.test(sql[start - 1] ?? "")) {
        return endOfMatch(REST_OF_NAME, sql, start);
      }
      const tagEnd = endOfMatch(DOLLAR_TAG, sql, start);
      if (tagEnd === undefined) return start + 1;
      const tag = sql.slice(start, tagEnd);
      const end = sql.indexOf(tag, tagEnd);
      return end < 0 ? undefined : end + tag.length;
    }
  }
}

/** Whether the `e` or `E` before a quote stands alone. */
function hasEscapes(before: string): boolean {
  return /(?:^|[^\w$\u{80}-\u{10ffff}])e$/iu.test(before);
}

/** Of a string with a doubled quote this is the first half, and the other is the next thing to be found. */
function endOfString(sql: string, start: number, quote: string): number | undefined {
  const end = sql.indexOf(quote, start + 1);
  return end < 0 ? undefined : end + 1;
}

function endOfEscapeString(sql: string, start: number): number | undefined {
  let at = start + 1;
  for (let sign = find(/[\\']/g, sql, at); sign !== undefined; sign = find(/[\\']/g, sql, at)) {
    at = sign.index + 1;
    if (sign[0] === "\\" || sql[at] === "'") {
      at++;
      continue;
    }
    const continued = endOfMatch(CONTINUATION, sql, at);
    if (continued === undefined) return at;
    at = continued;
  }
  return undefined;
}

function endOfComment(sql: string, start: number): number | undefined {
  let depth = 1;
  let at = start + 2;
  for (let sign = find(/\/\*|\*\//g, sql, at); sign !== undefined; sign = find(/\/\*|\*\//g, sql, at)) {
    at = sign.index + 2;
    depth += sign[0] === "/*" ? 1 : -1;
    if (depth === 0) return at;
  }
  return undefined;
}

function find(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function endOfMatch(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
