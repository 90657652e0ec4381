/**
 * Whether a migration will leave an "after" task open, as far as its text tells before it runs.
 *
 * @module
 */

/** Starts of what can hide a call, or look like one: comments (which nest), strings, names in quotes, bodies in dollars. */
const SIGN = /--|\/\*|(?<![\w$])e'|['"]|(?<![\w$])\$(?:[a-z_]\w*)?\$/gi;
const COMMENT_SIGN = /\/\*|\*\//g;

const CALL = /\bcall\s+(?:"?migrations"?\s*\.\s*)?"?mark_migration_applied"?\s*\((?<list>[^()]*)\)/gi;

const NAMED = /^"?_pause_after"?\s*(?:=>|:=)\s*(?<value>.*)$/is;

/** `true` in the spellings that PostgreSQL takes for it. */
const TRUE = /^(?:true|'\s*(?:t|tr|tru|true|y|ye|yes|on|1)\s*')(?:\s*::\s*bool(?:ean)?)?$/i;

/**
 * Whether `up.sql` calls `mark_migration_applied(N, true)`. Only a hint: what the migration leaves is in the ledger.
 */
export function leavesAfterTask(sql: string): boolean {
  return withoutHidden(sql).matchAll(CALL).some(({ groups }) => {
    const list = (groups?.list ?? "").split(",").map((argument) => argument.trim());
    const [named] = list.map((argument) => NAMED.exec(argument)?.groups?.value).filter((value) => value !== undefined);
    return TRUE.test(named ?? list[1] ?? "");
  });
}

/** Bodies in bodies that are looked into; more of them are never seen. */
const DEEPEST = 10;

/** `sql` without comments and without strings that hold more than a value. What stands in dollars is code mostly. */
function withoutHidden(sql: string, depth = 0): string {
  let result = "";
  let at = 0;
  for (let found = next(SIGN, sql, at); found !== null; found = next(SIGN, sql, at)) {
    const [sign] = found;
    const start = found.index + sign.length;
    result += sql.slice(at, found.index);
    if (sign.startsWith("$")) {
      const end = sql.indexOf(sign, start);
      // PostgreSQL takes no file that ends within a body.
      if (end < 0) return result;
      if (depth < DEEPEST) result += ` ${withoutHidden(sql.slice(start, end), depth + 1)} `;
      at = end + sign.length;
      continue;
    }
    at = endOf(sign, sql, start);
    const text = sql.slice(found.index, at);
    result += sign === "--" || sign === "/*" ? " " : text.includes("(") ? "''" : text;
  }
  return result + sql.slice(at);
}

/** What ends what: a string with a doubled quote is two of them, and in one with `e` a backslash hides the next sign. */
const ENDS: Readonly<Record<string, RegExp>> = {
  "--": /[\n\r]/g,
  "'": /'/g,
  '"': /"/g,
  "e'": /(?<!\\)(?:\\\\)*'/g,
};

/** Where it ends that starts with `sign`. */
function endOf(sign: string, sql: string, start: number): number {
  const pattern = ENDS[sign.toLowerCase()];
  if (pattern === undefined) return endOfComment(sql, start);
  const end = next(pattern, sql, start);
  return end === null ? sql.length : end.index + end[0].length;
}

function endOfComment(sql: string, start: number): number {
  let at = start;
  for (let depth = 1; depth > 0;) {
    const sign = next(COMMENT_SIGN, sql, at);
    if (sign === null) return sql.length;
    at = sign.index + sign[0].length;
    depth += sign[0] === "/*" ? 1 : -1;
  }
  return at;
}

function next(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
