import assert from "node:assert/strict";
import { createKeyReader, type KeyReader } from "../../src/prompt_keys.ts";

/** Genuine Cliffy's. */
const BUFFER = 8;

/** A reader of what a terminal sends in `pieces`, then of nothing more. */
function readerOf(pieces: readonly (string | Uint8Array)[]): KeyReader {
  const waiting = pieces.map((piece) => typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
  return createKeyReader({
    readKeys: () => {
      const keys = waiting.shift();
      return keys === undefined ? new Promise(() => {}) : Promise.resolve(keys);
    },
    pause: () => new Promise((resolve) => setTimeout(resolve)),
    race: (work) => work,
  });
}

/** Reads as Cliffy does, up to and with Enter; each piece by itself is text. */
async function readAnswer(keys: KeyReader, size = BUFFER): Promise<string[]> {
  const pieces: string[] = [];
  while (!pieces.at(-1)?.endsWith("\r")) {
    const buffer = new Uint8Array(size);
    const count = await keys.read(buffer);
    assert.ok(count > 0 && count <= size);
    pieces.push(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(buffer.subarray(0, count)));
  }
  return pieces;
}

Deno.test("read() loses nothing of an answer that is longer than the buffer, and cuts no character", async () => {
  const answers = [
    "y\r",
    "1234567\r",
    "12345678\r",
    "please apply this one\r",
    "ääääääää\r",
    "1234567ä\r",
    "日本語日本語\r",
    "123456😀😀😀\r",
    "\ufeffé\u0301e\u0301\r",
    `${"x".repeat(1000)}ö\r`,
  ];
  for (const answer of answers) {
    for (const size of [8, 256]) assert.equal((await readAnswer(readerOf([answer]), size)).join(""), answer);
  }
});

Deno.test("read() waits for the rest of a character that the terminal sends in two pieces", async () => {
  const bytes = new TextEncoder().encode("ja 😀 日本\r");
  for (let cut = 1; cut < bytes.length; cut++) {
    const pieces = await readAnswer(readerOf([bytes.slice(0, cut), bytes.slice(cut)]));
    assert.equal(pieces.join(""), "ja 😀 日本\r");
  }
});

Deno.test("read() takes keys of several bytes as one, and bytes that are no text as they come", async () => {
  const keys = readerOf(["123456\x1b[D\x1b[1;5C\x1bOA\x1b\r"]);
  assert.deepEqual(await readAnswer(keys), ["123456", "\x1b[D", "\x1b[1;5C", "\x1bOA\x1b\r"]);
  const buffer = new Uint8Array(BUFFER);
  const count = await readerOf([new Uint8Array([0xff, 0xc3, 0x28, 0x80])]).read(buffer);
  assert.deepEqual([...buffer.subarray(0, count)], [0xff, 0xc3, 0x28, 0x80]);
});

Deno.test("what stands behind the first Enter is no answer, nor is what was typed before", async () => {
  const keys = readerOf(["one of many\rtwo\rthree", "four\r"]);
  assert.equal((await readAnswer(keys)).join(""), "one of many\r");
  assert.equal((await readAnswer(keys)).join(""), "four\r");
  const typed = readerOf(["before it\r", "and more"]);
  await typed.read(new Uint8Array(BUFFER));
  await typed.discard();
  const after = await Promise.race([
    typed.read(new Uint8Array(BUFFER)),
    new Promise((resolve) => setTimeout(resolve, 1)),
  ]);
  assert.equal(after, undefined);
});
