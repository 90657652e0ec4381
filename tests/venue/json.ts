/**
 * Decodes JSON with the words of Hasura's decoder, Haskell's aeson: of equal keys the first one counts, and what is
 * wrong with a body is told by its next thirty bytes.
 *
 * @module
 */

import { showBytes } from "./show_haskell.ts";

/** A body that is no JSON; the message is aeson's. */
export class JsonError extends Error {
  override readonly name = "JsonError";
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BLANKS = [0x20, 0x0a, 0x0d, 0x09];
const LITERALS = [["null", null], ["true", true], ["false", false]] as const;
const INVALID = "Cannot decode input: Data.Text.Internal.Encoding.decodeUtf8: Invalid UTF-8 stream";
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LATIN1 = new TextDecoder("latin1");

/** Decodes a whole body. @throws {JsonError} */
export function decodeJson(bytes: Uint8Array): unknown {
  const decoder = new Decoder(bytes);
  const value = decoder.value();
  if (decoder.next() !== undefined) throw new JsonError("Trailing garbage");
  return value;
}

class Decoder {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next byte that is no blank; `undefined` at the end. */
  next(): number | undefined {
    while (BLANKS.includes(this.#bytes[this.#at] ?? -1)) this.#at++;
    return this.#bytes[this.#at];
  }

  value(): unknown {
    const first = this.next();
    if (first === OPEN_OBJECT) return this.#object();
    if (first === OPEN_LIST) return this.#list();
    if (first === QUOTE) return this.#text();
    if (first === 0x2d || isDigit(first)) return this.#number();
    for (const [word, value] of LITERALS) {
      if (LATIN1.decode(this.#bytes.subarray(this.#at, this.#at + word.length)) !== word) continue;
      this.#at += word.length;
      return value;
    }
    throw this.#unexpected("JSON value");
  }

  #object(): Record<string, unknown> {
    const pairs = new Map<string, unknown>();
    this.#at++;
    for (let first = this.next(); first !== CLOSE_OBJECT; first = this.next()) {
      const place = this.#at;
      if (pairs.size > 0) {
        if (first !== COMMA) throw this.#unexpected(", or }");
        this.#at++;
        first = this.next();
      }
      if (first !== QUOTE) {
        if (first !== undefined) this.#at = place;
        throw this.#unexpected(pairs.size > 0 ? "key literal" : "record key literal or }");
      }
      const key = this.#text();
      if (this.next() !== COLON) throw this.#unexpected(":");
      this.#at++;
      const value = this.value();
      if (!pairs.has(key)) pairs.set(key, value);
    }
    this.#at++;
    return Object.fromEntries(pairs);
  }

  #list(): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    for (let first = this.next(); first !== CLOSE_LIST; first = this.next()) {
      if (items.length > 0 && first !== COMMA) throw this.#unexpected(", or ]");
      if (items.length > 0) this.#at++;
      else if (first === undefined) throw this.#unexpected("JSON value or ]");
      items.push(this.value());
    }
    this.#at++;
    return items;
  }

  #text(): string {
    const start = ++this.#at;
    let plain = true;
    for (let byte = this.#bytes[start]; byte !== QUOTE; byte = this.#bytes[this.#at]) {
      // After the first escape or letter beyond ASCII aeson no longer looks for raw control characters.
      if (byte !== undefined && byte < 0x20 && plain) {
        throw new JsonError("Unespected control character while parsing string literal");
      }
      if (byte === BACKSLASH || (byte ?? 0) >= 0x80) plain = false;
      this.#at += byte === BACKSLASH ? 2 : 1;
      if (byte === undefined || this.#at > this.#bytes.length) {
        throw new JsonError("Unexpected end-of-input while parsing string literal");
      }
    }
    const content = this.#bytes.subarray(start, this.#at++);
    return plain ? LATIN1.decode(content) : unescape(content);
  }

  #number(): number {
    const start = this.#at;
    if (this.#bytes[start] === 0x2d) this.#at++;
    const whole = this.#at;
    const first = this.#bytes[whole];
    // The one place where aeson shows a byte as a number.
    if (first !== undefined && !isDigit(first)) throw new JsonError(`Unexpected ${first} while parsing number literal`);
    this.#digits();
    if (first === 0x30 && this.#at > whole + 1) throw new JsonError("Number literal with leading zero");
    if (this.#skip([0x2e])) {
      const byte = this.#bytes[this.#at];
      if (byte !== undefined && !isDigit(byte)) throw new JsonError(`Unexpected ${byte} while parsing number literal`);
      this.#digits();
    }
    if (this.#skip([0x65, 0x45])) {
      this.#skip([0x2b, 0x2d]);
      this.#digits();
    }
    return Number(LATIN1.decode(this.#bytes.subarray(start, this.#at)));
  }

  #skip(bytes: number[]): boolean {
    if (!bytes.includes(this.#bytes[this.#at] ?? -1)) return false;
    this.#at++;
    return true;
  }

  #digits(): void {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new JsonError("Unexpected end-of-input while parsing number literal");
    if (!isDigit(byte)) {
      throw new JsonError(`Unexpected '${String.fromCharCode(byte)}' while parsing number literal`);
    }
    while (isDigit(this.#bytes[this.#at])) this.#at++;
  }

  #unexpected(expected: string): JsonError {
    const rest = this.#bytes.subarray(this.#at, this.#at + 30);
    return new JsonError(`Unexpected ${rest.length === 0 ? "end-of-input" : showBytes(rest)}, expecting ${expected}`);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function unescape(content: Uint8Array): string {
  try {
    const raw = UTF8.decode(content);
    // JavaScript wants those control characters escaped that aeson lets pass.
    // deno-lint-ignore no-control-regex
    const text = JSON.parse(`"${raw.replace(/[\0-\x1f]/g, (letter) => JSON.stringify(letter).slice(1, -1))}"`);
    if (text.isWellFormed()) return text;
  } catch {
    // Told below.
  }
  throw new JsonError(INVALID);
}
