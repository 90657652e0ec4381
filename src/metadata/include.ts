/**
 * Files that other files include: `!include <path>`, as a tag or as text, relative to the file in which it stands.
 *
 * All files are read first, side by side. Then what is wrong is told in the order in which a person reads the files.
 *
 * @module
 */

import { decodeText, type MetadataFiles } from "./files.ts";
import { excerpt, showPlace, unusable } from "./problem.ts";
import type { YamlNode, YamlScalar } from "./yaml_node.ts";
import { parseYaml } from "./yaml_source.ts";
import { type Expand, isNull, placeOf } from "./yaml_value.ts";

/** What the files that are included hold. */
export interface Includes {
  /** Puts their content in the place of what includes them. */
  expand: Expand;
  /** Their paths in the metadata directory. */
  names: ReadonlySet<string>;
}

/** An included file: what it holds, or why it cannot be used. */
interface Included {
  node?: YamlNode;
  /** Follows "it includes <name>, which ". */
  problem?: string;
  /** Of its content. */
  error?: unknown;
}

const WORD = "!include";

/**
 * Reads the files that `roots` include, and those that these include.
 *
 * @throws {ConfigError} when one is missing, empty, no YAML, or includes itself
 */
export async function readIncludes(files: MetadataFiles, roots: readonly YamlNode[]): Promise<Includes> {
  const included = new Map<string, Included>();
  const visit = async (nodes: readonly YamlNode[]): Promise<void> => {
    const names = new Set(nodes.flatMap(includesIn).flatMap((node) => targetOf(node) ?? []));
    const fresh = [...names].filter((name) => !included.has(name));
    await Promise.all(fresh.map(async (name) => {
      included.set(name, {});
      const found = await readIncluded(files, name);
      included.set(name, found);
      if (found.node) await visit([found.node]);
    }));
  };
  await visit(roots);
  refuseProblems(roots, { included, files });

  const expand: Expand = (node) => {
    if (node.kind !== "scalar" || !mentionsInclude(node)) return node;
    const name = targetOf(node);
    const found = name === undefined ? undefined : included.get(name)?.node;
    return found === undefined ? node : expand(found);
  };
  return { expand, names: new Set(included.keys()) };
}

async function readIncluded(files: MetadataFiles, name: string): Promise<Included> {
  const path = files.show(name);
  const ending = /\.[^./]*$/.exec(name)?.[0] ?? "";
  if (ending !== ".yaml" && /^\.ya?ml$/i.test(ending)) {
    const right = showPlace({ path: files.show(`${name.slice(0, -ending.length)}.yaml`) });
    return { problem: `is not named *.yaml: its text would be sent as it is; rename it to ${right}` };
  }
  const content = await files.read(name);
  if (typeof content === "string") return { problem: UNREADABLE[content] ?? `cannot be read: ${content}` };
  try {
    if (ending !== ".yaml") return { node: textNode(decodeText(content, path, { keepMark: true }), { name, path }) };
    const { root } = await parseYaml(decodeText(content, path), { name, path });
    return isNull(root) ? { problem: "is empty" } : { node: root };
  } catch (error) {
    return { error };
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  "it does not exist": "does not exist",
  "it is a directory": "is a directory",
};

function textNode(text: string, { name, path }: { name: string; path: string }): YamlScalar {
  const file = { name, path, root: undefined };
  return { file, line: 1, kind: "scalar", value: text, text, isInclude: false, isWholeFile: true };
}

/** The nodes below `root` that mention an include, in the order of reading; aliases are not followed twice. */
function includesIn(root: YamlNode): YamlScalar[] {
  const found: YamlScalar[] = [];
  const seen = new Set<YamlNode>();
  const visit = (node: YamlNode) => {
    if (node.kind === "scalar") {
      if (mentionsInclude(node)) found.push(node);
      return;
    }
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === "list") return node.items.forEach(visit);
    for (const { key, value } of node.pairs) {
      visit(key);
      visit(value);
    }
  };
  visit(root);
  return found;
}

function mentionsInclude(node: YamlScalar): boolean {
  if (node.isInclude) return true;
  return typeof node.value === "string" && node.value.includes(WORD) && !node.isWholeFile;
}

/** The path in the metadata directory that `node` includes; `undefined` where it is not written as an include. */
function targetOf(node: YamlScalar): string | undefined {
  const text = String(node.value);
  let path = text;
  if (!node.isInclude) {
    if (!text.startsWith(`${WORD} `)) return undefined;
    path = text.slice(WORD.length + 1).replace(/^"+|"+$/g, "");
  }
  return path.trim() === "" ? undefined : resolvePath(node.file.name, path);
}

/** `path` relative to the folder of the file `from`; an absolute one is taken as relative, as the Hasura CLI does. */
function resolvePath(from: string, path: string): string {
  const parts: string[] = [];
  for (const part of [...from.split("/").slice(0, -1), ...path.split("/")]) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/** Throws what is wrong first, in the order of reading. */
function refuseProblems(
  roots: readonly YamlNode[],
  { included, files }: { included: ReadonlyMap<string, Included>; files: MetadataFiles },
): void {
  const done = new Set<string>();
  const check = (nodes: readonly YamlNode[], chain: readonly string[]): void => {
    for (const node of nodes.flatMap(includesIn)) {
      const name = targetOf(node);
      if (name === undefined) throw notAnInclude(node);
      if (chain.includes(name)) throw loop(node, [...chain.slice(chain.indexOf(name)), name], files);
      const { problem, error, node: content } = included.get(name) ?? {};
      if (problem !== undefined) throw badInclude(node, files.show(name), problem);
      if (error !== undefined) throw error;
      if (done.has(name) || content === undefined) continue;
      check([content], [...chain, name]);
      done.add(name);
    }
  };
  const [root] = roots;
  if (root) check(roots, [root.file.name]);
}

function badInclude(node: YamlScalar, path: string, problem: string): Error {
  const next = problem === "is empty"
    ? "Write what belongs into it, [] where there is nothing, or remove the include"
    : "Restore the files as the release has them, or correct the name";
  return unusable(placeOf(node), `it includes ${showPlace({ path })}, which ${problem}`, next);
}

function notAnInclude(node: YamlScalar): Error {
  const text = String(node.value);
  if (node.isInclude || text.trim() === WORD || text.startsWith(`${WORD} `)) {
    return unusable(placeOf(node), "the include names no file", `Write it as "${WORD} <path>"`);
  }
  return unusable(
    placeOf(node),
    `the Hasura CLI would take the text ${excerpt(text)} for an include, since "${WORD}" is in it`,
    `Write an include as "${WORD} <path>", and other texts without "${WORD}"`,
  );
}

function loop(node: YamlScalar, chain: readonly string[], files: MetadataFiles): Error {
  const shown = chain.map((name) => showPlace({ path: files.show(name) })).join(" -> ");
  return unusable(placeOf(node), `files include each other in a circle: ${shown}`, "Remove one of these includes");
}
