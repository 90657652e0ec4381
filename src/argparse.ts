/**
 * Reads options the way Python's argparse (3.11) reads them; knows nothing of commands.
 *
 * Parity: a word's meaning is settled for the whole line before anything is done with it, so an ambiguous prefix at the
 * end of the line is reported even where `--help` comes first; everything else happens from left to right.
 *
 * @module
 */

import { UsageError } from "./errors.ts";
import { optionName, type OptionSpec } from "./options.ts";
import { displayWord } from "./argv_display.ts";

/** What a word of the command line is taken for. */
export type Word =
  | { kind: "value" }
  | { kind: "separator" }
  | { kind: "unknown" }
  | { kind: "ambiguous"; matches: readonly OptionSpec[] }
  | { kind: "option"; option: OptionSpec; attached: string | undefined };

/** How to read a line; see {@linkcode parseOptions}. */
export interface ParseOptionsOptions {
  /** The options to look for. */
  options: readonly OptionSpec[];
  /** Long spellings that end the reading when reached. */
  final: readonly string[];
  /** Long spellings of which at most one may be given. */
  exclusive: readonly string[];
  /** Index of the first word to read. */
  start: number;
  /** Whether to stop at the first word that is neither option nor value. */
  untilValue: boolean;
  /** What to do next, for errors. */
  next: string;
}

/** What a line says. */
export interface ParsedOptions {
  /** Options given, by long spelling; `undefined` for switches and where an optional value was left out. */
  values: Map<string, string | undefined>;
  /** Indexes of the words that nothing was made of. */
  unrecognized: number[];
  /** Index of the word at which the reading stopped; the number of words where it came to the end. */
  end: number;
  /** The option of `final` that ended the reading. */
  final?: OptionSpec;
}

// Python's \d takes the decimal digits of all scripts, and its $ matches before a last line break.
const NEGATIVE_NUMBER = /^-(?:\p{Nd}+|\p{Nd}*\.\p{Nd}+)\n?$/u;

/** What `word` is taken for among `options`. */
export function classifyWord(word: string, options: readonly OptionSpec[]): Word {
  if (word === "--") return { kind: "separator" };
  if (!word.startsWith("-") || word === "-") return { kind: "value" };
  const exact = findOption(word, options);
  if (exact) return { kind: "option", option: exact, attached: undefined };

  const equals = word.indexOf("=");
  const name = equals < 0 ? word : word.slice(0, equals);
  const afterEquals = equals < 0 ? undefined : word.slice(equals + 1);
  const named = findOption(name, options);
  if (named) return { kind: "option", option: named, attached: afterEquals };

  if (word.startsWith("--")) {
    const matches = matchPrefix(name, options);
    if (matches.length > 1) return { kind: "ambiguous", matches };
    if (matches[0]) return { kind: "option", option: matches[0], attached: afterEquals };
  } else {
    const short = findOption(word.slice(0, 2), options);
    if (short) return { kind: "option", option: short, attached: word.slice(2) };
  }
  return NEGATIVE_NUMBER.test(word) || word.includes(" ") ? { kind: "value" } : { kind: "unknown" };
}

/**
 * Reads `words` from `start` on.
 *
 * @throws {UsageError} where argparse refuses the line.
 */
export function parseOptions(words: readonly string[], how: ParseOptionsOptions): ParsedOptions {
  const kinds = classifyWords(words, how);
  const parsed: ParsedOptions = { values: new Map(), unrecognized: [], end: words.length };
  let index = how.start;
  while (index < words.length) {
    const kind = kinds[index];
    if (kind?.kind === "option") {
      const { given, end } = readOption(words, { ...how, kinds, index, word: kind });
      for (const { option, value } of given) {
        refuseConflict(option, { ...how, values: parsed.values });
        if (how.final.includes(option.long)) return { ...parsed, end, final: option };
        parsed.values.set(option.long, value);
      }
      index = end;
    } else if (how.untilValue && kind?.kind !== "unknown") {
      return { ...parsed, end: index };
    } else {
      parsed.unrecognized.push(index);
      index++;
    }
  }
  return parsed;
}

function findOption(spelling: string, options: readonly OptionSpec[]): OptionSpec | undefined {
  return options.find((option) => option.long === spelling || option.short === spelling);
}

/** A prefix means an option of the script wherever it can; ours only where the script has none. */
function matchPrefix(prefix: string, options: readonly OptionSpec[]): OptionSpec[] {
  const matches = options.filter((option) => option.long.startsWith(prefix));
  const ofScript = matches.filter((option) => option.script);
  return ofScript.length > 0 ? ofScript : matches;
}

function classifyWords(words: readonly string[], how: ParseOptionsOptions): Word[] {
  const separator = words.indexOf("--", how.start);
  return words.map((word, index) => {
    if (index < how.start || (separator >= 0 && index > separator)) return { kind: "value" };
    const kind = classifyWord(word, how.options);
    if (kind.kind !== "ambiguous") return kind;
    const names = kind.matches.map((option) => option.long).join(", ");
    throw new UsageError(`Cannot use option ${displayWord(words, index)}: it could mean ${names}`, {
      next: how.next,
    });
  });
}

interface ReadOptionOptions extends ParseOptionsOptions {
  kinds: readonly Word[];
  index: number;
  word: Word & { kind: "option" };
}

interface GivenOption {
  option: OptionSpec;
  value: string | undefined;
}

/** Reads one word that holds an option or, as in `-ap x`, several, and the value that belongs to it. */
function readOption(words: readonly string[], how: ReadOptionOptions): { given: GivenOption[]; end: number } {
  const { index } = how;
  const given: GivenOption[] = [];
  let { option, attached } = how.word;
  while (attached !== undefined && option.value === undefined) {
    const following = words[index]?.startsWith("--") ? undefined : findOption(`-${[...attached][0]}`, how.options);
    if (!following) throw unwantedValue(words, { ...how, option });
    given.push({ option, value: undefined });
    option = following;
    attached = [...attached].slice(1).join("") || undefined;
  }
  let end = index + 1;
  const needsValue = option.value !== undefined && option.valueIsOptional !== true;
  if (attached === undefined && needsValue && how.kinds[end]?.kind === "value") attached = words[end++];
  // Parity: argparse 3.11 takes an attached "--" out again and leaves an empty list, which the script cannot use.
  if (needsValue && (attached === undefined || attached === "--")) {
    throw new UsageError(`Cannot use option ${optionName(option)}: it needs a value`, {
      next: valueAdvice(words, { ...how, option }),
    });
  }
  given.push({ option, value: attached });
  return { given, end };
}

function valueAdvice(words: readonly string[], how: ReadOptionOptions & { option: OptionSpec }): string {
  const looksLikeOption = words[how.index + 1]?.startsWith("-") === true;
  if (!looksLikeOption) return how.next;
  return `Write a value that starts with a dash as ${how.option.long}=VALUE, or see the options: ${how.next}`;
}

function unwantedValue(words: readonly string[], how: ReadOptionOptions & { option: OptionSpec }): UsageError {
  const word = words[how.index] ?? "";
  const long = findOption(`-${word.split("=")[0]}`, how.options);
  return new UsageError(
    `Cannot use ${displayWord(words, how.index)}: option ${optionName(how.option)} takes no value`,
    {
      next: long && !word.startsWith("--") ? `Write ${long.long} with two dashes` : how.next,
    },
  );
}

function refuseConflict(option: OptionSpec, how: ParseOptionsOptions & { values: ReadonlyMap<string, unknown> }): void {
  if (!how.exclusive.includes(option.long)) return;
  const other = how.options.find((o) => o !== option && how.exclusive.includes(o.long) && how.values.has(o.long));
  if (!other) return;
  throw new UsageError(`Cannot use option ${optionName(option)} together with ${optionName(other)}`, {
    next: `Give one of them; ${how.next}`,
  });
}
