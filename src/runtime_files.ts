/**
 * The real file system, as far as it needs more than one call of Deno's.
 *
 * @module
 */

import { formatSize } from "./size.ts";

/** A file that is there and cannot be used; the message is the reason, as in "it has 600 MB". */
export class UnusableFileError extends Error {}

/** Bytes of the largest file that is read: what is made of it must fit into one text of the program, of 2^29 characters. */
export const LARGEST_FILE = 250_000_000;

/** Bytes that are read at a time from what has no size. */
const PART = 65_536;

/** How to read a file. */
export interface ReadFileOptions {
  /**
   * Whether it may be a pipe with a name, which is waited for without an end: opening one keeps the whole program until
   * somebody writes into it. A shell's `<(…)` has no name, and is always taken. @default false
   */
  mayBePipe?: boolean;
}

/** @throws {UnusableFileError} when it is too large, or a pipe; else as the system reports it */
export async function readFile(path: string, { mayBePipe = false }: ReadFileOptions = {}): Promise<Uint8Array> {
  const info = await Deno.stat(path);
  if (info.size > LARGEST_FILE) throw tooLarge(info.size);
  if (info.isFile || info.isDirectory) return await Deno.readFile(path);
  if (info.isFifo && !mayBePipe && !/^\/(?:dev|proc)\//.test(path)) throw new UnusableFileError("it is a pipe");
  // What has no size may have no end.
  using file = await Deno.open(path);
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const buffer = new Uint8Array(PART);
    const read = await file.read(buffer);
    if (read === null) break;
    parts.push(buffer.subarray(0, read));
    size += read;
    if (size > LARGEST_FILE) throw tooLarge(size);
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

function tooLarge(size: number): UnusableFileError {
  return new UnusableFileError(
    `it has ${formatSize(size)}, and ${formatSize(LARGEST_FILE)} is the most that can be read`,
  );
}

/**
 * How many folders are in `path` whose names are no text that Deno can read: it leaves them out of every list. Only what
 * the file system counts itself tells; where it does not count folders (Btrfs, Windows), or counts all entries as macOS
 * does, this finds none.
 */
export async function unnamedFolders(path: string): Promise<number> {
  const { nlink } = await Deno.stat(path);
  let entries = 0;
  // Files, too, since some count all: one of these hides a folder, and no other folder is ever taken for unnamed.
  for await (const _ of Deno.readDir(path)) entries++;
  return Math.max(0, (nlink ?? 0) - 2 - entries);
}
