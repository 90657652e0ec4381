/**
 * How sequences are called as files, and which of their names can be none.
 *
 * @module
 */

import { quoteText } from "../quote.ts";

/** What the name of a file is made from. */
export interface Nameable {
  id: number;
  name: string;
  workspaceId: number;
}

/** A sequence with its name as file, without extension; unique in its workspace. */
export type Named<T extends Nameable> = T & { fileName: string };

/** Extension of what an operator has written. */
export const DEFINITION_EXTENSION = ".seq";

/** Extension of what the sequence was compiled to. */
export const JSON_EXTENSION = ".seq.json";

/**
 * Gives each sequence its name, in the order of their numbers: its own where that is free in the workspace, else
 * `<name>_<id>`, else `<name>_<id>_<k>`. A run that is started again must find the same names, and so must anybody who
 * looks for what the older script has moved.
 */
export function assignFileNames<T extends Nameable>(sequences: readonly T[]): Named<T>[] {
  const claimed = new Map<number, Set<string>>();
  return sequences.toSorted((a, b) => a.id - b.id).map((sequence) => {
    const { id, name, workspaceId } = sequence;
    const names = claimed.get(workspaceId) ?? new Set();
    claimed.set(workspaceId, names);
    const fileName = candidates({ id, name }).find((candidate) => !names.has(candidate)) ?? name;
    names.add(fileName);
    return { ...sequence, fileName };
  });
}

function* candidates({ id, name }: Pick<Nameable, "id" | "name">): Generator<string, never> {
  yield name;
  yield `${name}_${id}`;
  for (let count = 1;; count++) yield `${name}_${id}_${count}`;
}

/** The path of a file in the address of the workspace server: a `/` in the name stays one, and makes a folder. */
export function filePath(workspaceId: number, fileName: string): string {
  return `/ws/${workspaceId}/${fileName.split("/").map(encodeURIComponent).join("/")}`;
}

/** The last part of the path of a file, which is what it is called in its folder. */
export function lastPart(fileName: string): string {
  return fileName.slice(fileName.lastIndexOf("/") + 1);
}

/** A sequence whose name can be none of a file's. */
export interface BadName {
  sequence: Nameable;
  /** As in "the name <reason>". */
  reason: string;
}

/** The sequences that cannot be moved under the names that they have. */
export function findBadNames(sequences: readonly Named<Nameable>[]): BadName[] {
  const folders = new Map<number, Set<string>>();
  for (const { workspaceId, fileName } of sequences) {
    const parts = fileName.split("/");
    const known = folders.get(workspaceId) ?? new Set();
    folders.set(workspaceId, known);
    for (let count = 1; count < parts.length; count++) known.add(parts.slice(0, count).join("/"));
  }
  return sequences.flatMap((sequence) => {
    const { name, fileName, workspaceId } = sequence;
    const clash = [DEFINITION_EXTENSION, JSON_EXTENSION].map((extension) => `${fileName}${extension}`)
      .find((file) => folders.get(workspaceId)?.has(file));
    const reason = findProblem(name) ??
      (clash === undefined ? undefined : `makes a file where another sequence needs the folder ${quoteText(clash)}`);
    return reason === undefined ? [] : [{ sequence, reason }];
  });
}

/** Whether newer workspace servers refuse a file of this name, as they do what some systems cannot hold. */
export function isOdd(name: string): boolean {
  const parts = name.split("/");
  // The last part gets an extension.
  return parts.some((part) =>
    /[|<>:"?*%#]/.test(part) || /^(?:CON|PRN|AUX|NUL|COM[1-9]|LPT[1-9])(?:\.|$)/.test(part)
  ) || parts.slice(0, -1).some((part) => /[ .]$/.test(part));
}

/** Of a file's name, on all common file systems. */
const MOST_BYTES = 255;

/**
 * Folders that workspace servers keep for themselves from PlanDev 4.5 on, in capitals as well.
 *
 * Refused for every server, though older ones take them and none says which release it is of: the next upgrade would put
 * the history of the workspace in the place of `.git`, and neither show nor give out a file in any of them.
 */
const RESERVED = new Set([".git", ".gitignore", ".gitattributes", ".gitmodules", ".seqdev"]);

function findProblem(name: string): string | undefined {
  if (!name.isWellFormed()) return "is no valid text";
  if (/\p{Cc}/u.test(name)) return "has a control character";
  if (name.includes("\\")) return "has a backslash";
  const parts = name.split("/");
  if (parts.includes("")) return name === "" ? "is empty" : "has an empty part before or after a /";
  if (parts.some((part) => part === "." || part === "..")) return 'has a part that is "." or ".."';
  // The last part gets an extension, with which it is another name.
  const reserved = parts.slice(0, -1).find((part) => RESERVED.has(part.toLowerCase()));
  if (reserved !== undefined) {
    return `has a part ${quoteText(reserved)}, which is reserved from PlanDev 4.5 on`;
  }
  const longest = Math.max(...parts.map((part) => new TextEncoder().encode(part).length));
  if (longest + JSON_EXTENSION.length > MOST_BYTES) {
    return `has a part of ${longest} bytes, which is too long for a file`;
  }
  const path = filePath(1, name);
  return new URL(`http://host${path}`).pathname === path ? undefined : "does not stay as it is in an address";
}
