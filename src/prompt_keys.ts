/**
 * Hands what is typed on a terminal to a prompt, in pieces that the prompt can take.
 *
 * @module
 */

const ESCAPE = 0x1b;
const ENTER = [10, 13];

/** A key that is sent as several bytes, as an arrow. */
// deno-lint-ignore no-control-regex
const SEQUENCE = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|O[^]|[^])?/;

/** What is typed. */
export interface KeyReader {
  /** Forgets what was typed, also what still comes within the next moment. */
  discard(): Promise<void>;
  /**
   * Fills `buffer`, at least with one key, and returns how much of it. Keys are not cut; what does not fit is kept.
   * An answer ends with its line: what stands behind the first Enter of what came in at once is dropped.
   */
  read(buffer: Uint8Array): Promise<number>;
}

/** What a {@linkcode KeyReader} needs. */
export interface KeyReaderOptions {
  /** Waits for keys. What it throws ends the question. */
  readKeys(): Promise<Uint8Array>;
  /** Resolves after a moment without keys. */
  pause(): Promise<void>;
  /** Waits for `work`, and no longer than the question lasts. */
  race<T>(work: Promise<T>): Promise<T>;
}

/** Creates a reader of keys. */
export function createKeyReader({ readKeys, pause, race }: KeyReaderOptions): KeyReader {
  let kept = new Uint8Array();
  let reading: Promise<Uint8Array> | undefined;

  function next(): Promise<Uint8Array> {
    reading ??= readKeys();
    // It may fail after a signal has ended the question, when nobody waits for it any more.
    reading.catch(() => {});
    return reading;
  }

  return {
    async discard() {
      kept = new Uint8Array();
      while (await race(Promise.race([next(), pause().then(() => undefined)])) !== undefined) reading = undefined;
    },
    async read(buffer) {
      while (true) {
        const length = wholeKeys(kept, buffer.length);
        if (length > 0) {
          buffer.set(kept.subarray(0, length));
          kept = kept.subarray(length);
          return length;
        }
        const keys = await race(next());
        reading = undefined;
        kept = firstLine(new Uint8Array([...kept, ...keys]));
      }
    },
  };
}

function firstLine(keys: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const end = keys.findIndex((key) => ENTER.includes(key));
  return end < 0 ? keys : keys.subarray(0, end + 1);
}

/** How many of the first `most` bytes are whole keys; a key that is longer than that is cut. */
function wholeKeys(bytes: Uint8Array, most: number): number {
  let length = 0;
  while (length < bytes.length) {
    const key = keyLength(bytes, length);
    if (key === undefined) break;
    if (length + key > most) return length === 0 ? most : length;
    length += key;
  }
  return length;
}

/** How many bytes the key at `start` has; `undefined` where the rest of it has not come yet. */
function keyLength(bytes: Uint8Array, start: number): number | undefined {
  const first = bytes[start] ?? 0;
  if (first === ESCAPE) {
    return SEQUENCE.exec(String.fromCharCode(...bytes.subarray(start, start + 32)))?.[0].length ?? 1;
  }
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  const rest = bytes.subarray(start + 1, start + length);
  // Not UTF-8: whoever shows it makes something of it.
  if (rest.some((byte) => (byte & 0xc0) !== 0x80)) return 1;
  return rest.length === length - 1 ? length : undefined;
}
