/**
 * What a YAML file consists of; each node knows its file and line.
 *
 * @module
 */

import type { ScalarValue } from "./yaml_scalar.ts";

/** A YAML file. */
export interface YamlFile {
  /** Path in the metadata directory. */
  name: string;
  /** Path as the operator knows it. */
  path: string;
  /** What it holds; `undefined` where there is nothing but blanks and comments. */
  root: YamlNode | undefined;
}

/** What all nodes have. */
export interface NodeBase {
  file: YamlFile;
  /** From 1. */
  line: number;
}

/** Text, a number, true, false or null. */
export interface YamlScalar extends NodeBase {
  kind: "scalar";
  value: ScalarValue;
  /** The value as it is written, without quotes. */
  text: string;
  /** Whether it has the tag `!include`. */
  isInclude: boolean;
  /** Whether it is the content of a file that is no YAML. */
  isWholeFile?: true;
}

/** A list. */
export interface YamlList extends NodeBase {
  kind: "list";
  items: YamlNode[];
}

/** An entry of a mapping. */
export interface YamlPair {
  key: YamlNode;
  value: YamlNode;
  /** Whether it is `<<`, which takes over the entries of other mappings. */
  isMerge: boolean;
}

/** A mapping. */
export interface YamlMapping extends NodeBase {
  kind: "mapping";
  pairs: YamlPair[];
}

/** A node. The one that an alias stands for is in the tree more than once. */
export type YamlNode = YamlScalar | YamlList | YamlMapping;
