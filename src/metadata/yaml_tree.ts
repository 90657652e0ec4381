/**
 * Makes the tree of a YAML file from what the parser for all of YAML has read.
 *
 * @module
 */

import type { Alias, Node, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { excerpt, unusable } from "./problem.ts";
import type { NodeBase, YamlFile, YamlList, YamlMapping, YamlNode, YamlPair, YamlScalar } from "./yaml_node.ts";
import { isProblem, readPlain, readTagged } from "./yaml_scalar.ts";

/** What of the package it needs: the package is loaded only where a file is not simple. */
export interface NodeKinds {
  isAlias(node: unknown): node is Alias;
  isMap(node: unknown): node is YAMLMap;
  isSeq(node: unknown): node is YAMLSeq;
}

/** Levels of lists and mappings in each other. */
const MOST_LEVELS = 500;

/** What is said of a file that has more of them. */
export const TOO_DEEP = "it is nested too deeply";

const STANDARD = "tag:yaml.org,2002:";

/** Turns the nodes of one file into ours. */
export class TreeBuilder {
  readonly #file: YamlFile;
  readonly #kinds: NodeKinds;
  readonly #lineAt: (offset: number) => number;
  readonly #text: string;
  /** `undefined` while the node of the anchor is being read. */
  readonly #anchors = new Map<string, YamlNode | undefined>();
  /** Levels of each list and mapping. */
  readonly #heights = new Map<YamlNode, number>();

  constructor(
    file: YamlFile,
    { kinds, lineAt, text }: { kinds: NodeKinds; lineAt(offset: number): number; text: string },
  ) {
    this.#file = file;
    this.#kinds = kinds;
    this.#lineAt = lineAt;
    this.#text = text;
  }

  /** `node` as one of ours. @throws {ConfigError} when it has what cannot be sent as JSON */
  convert(node: Node): YamlNode {
    if (this.#kinds.isAlias(node)) return this.#aliased(node);
    const { anchor } = node as Scalar | YAMLMap | YAMLSeq;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const converted = this.#kinds.isMap(node)
      ? this.#mapping(node)
      : this.#kinds.isSeq(node)
      ? this.#list(node)
      : this.#scalar(node as Scalar<string>);
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  #aliased(alias: Alias): YamlNode {
    const found = this.#anchors.get(alias.source);
    if (found !== undefined) return found;
    const problem = this.#anchors.has(alias.source) ? "stands inside of its own anchor" : "has no anchor before it";
    throw this.#unusable(alias, `the alias ${excerpt(`*${alias.source}`)} ${problem}`);
  }

  #list(node: YAMLSeq): YamlList {
    this.#refuseTag(node, "seq");
    const items = node.items.map((item) => this.convert(item as Node));
    return this.#measured({ ...this.#baseOf(node), kind: "list", items }, items);
  }

  #mapping(node: YAMLMap): YamlMapping {
    this.#refuseTag(node, "map");
    const pairs = (node.items as Pair<Node, Node | null>[]).map(({ key, value }): YamlPair => {
      const isMerge = isMergeKey(key);
      const keyNode = isMerge ? this.#mergeKey(key) : this.convert(key);
      // `? key` without a colon has no value at all.
      const valueNode: YamlNode = value === null
        ? { file: this.#file, line: keyNode.line, kind: "scalar", text: "", value: null, isInclude: false }
        : this.convert(value);
      return { key: keyNode, value: valueNode, isMerge };
    });
    refuseDoubleKeys(pairs);
    return this.#measured({ ...this.#baseOf(node), kind: "mapping", pairs }, pairs.map(({ value }) => value));
  }

  #mergeKey(node: Node): YamlScalar {
    return { ...this.#baseOf(node), kind: "scalar", text: "<<", value: "<<", isInclude: false };
  }

  #scalar(node: Scalar<string>): YamlScalar {
    const { value: text, tag, type, range } = node;
    const escape = type === "QUOTE_DOUBLE" && range ? foreignEscape(this.#text.slice(range[0], range[1])) : undefined;
    if (escape !== undefined) {
      throw this.#unusable(node, `the Hasura CLI cannot read ${escape} in a text`, "Write the character itself");
    }
    const base = { ...this.#baseOf(node), kind: "scalar", text } as const;
    if (tag === "!include") return { ...base, value: text, isInclude: true };
    const value = valueOf(node);
    if (value === undefined) throw this.#unknownTag(node);
    if (isProblem(value)) throw this.#unusable(node, value.problem);
    return { ...base, value, isInclude: false };
  }

  /** `node`, unless aliases have stacked up what no parser would let stand in a file. */
  #measured<Value extends YamlNode>(node: Value, inner: readonly YamlNode[]): Value {
    const height = 1 + inner.reduce((highest, one) => Math.max(highest, this.#heights.get(one) ?? 0), 0);
    if (height > MOST_LEVELS) throw unusable({ path: this.#file.path, line: node.line }, TOO_DEEP);
    this.#heights.set(node, height);
    return node;
  }

  #refuseTag(node: YAMLMap | YAMLSeq, type: "map" | "seq"): void {
    const { tag } = node;
    if (tag !== undefined && tag !== "!" && tag !== STANDARD + type) throw this.#unknownTag(node);
  }

  #unknownTag(node: Scalar | YAMLMap | YAMLSeq): Error {
    const shown = excerpt((node.tag ?? "").replace(STANDARD, "!!"));
    return this.#unusable(node, `the tag ${shown} cannot be used here`, "Leave the tag out; quote what is text");
  }

  #unusable(node: Node, problem: string, next?: string): Error {
    return unusable({ path: this.#file.path, line: this.#baseOf(node).line }, problem, next);
  }

  #baseOf(node: Node): NodeBase {
    return { file: this.#file, line: this.#lineAt(node.range?.[0] ?? 0) };
  }
}

function valueOf({ value: text, tag, type }: Scalar<string>) {
  if (tag === undefined) return type === "PLAIN" ? readPlain(text) : text;
  if (tag === "!") return text;
  return tag.startsWith(STANDARD) ? readTagged(tag.slice(STANDARD.length), text) : undefined;
}

/** The first escape in a text in double quotes that is one for YAML 1.2 and none for the Hasura CLI. */
function foreignEscape(quoted: string): string | undefined {
  const escapes = quoted.matchAll(/\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^])/g);
  return [...escapes].map(([escape]) => escape).find((escape) =>
    /^\\(?:\/|u[dD][89a-fA-F]|U0000[dD][89a-fA-F])/.test(escape)
  );
}

function isMergeKey(node: Node): boolean {
  const { value, type, tag } = node as Scalar;
  return value === "<<" && (tag === undefined ? type === "PLAIN" : tag === `${STANDARD}merge`);
}

function refuseDoubleKeys(pairs: readonly YamlPair[]): void {
  const lines = new Map<string, number>();
  for (const { key } of pairs) {
    if (key.kind !== "scalar") continue;
    const { text, line, file: { path } } = key;
    const first = lines.get(text);
    if (first !== undefined) {
      throw unusable({ path, line }, `the key ${excerpt(text)} is there twice, first in line ${first}`);
    }
    lines.set(text, line);
  }
}
