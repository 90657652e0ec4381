/**
 * Reads a YAML file, and refuses what is not plain YAML.
 *
 * @module
 */

import type { Document, ParsedNode } from "yaml";
import { parserWords, unusable } from "./problem.ts";
import type { YamlFile, YamlNode } from "./yaml_node.ts";
import { TOO_DEEP, TreeBuilder } from "./yaml_tree.ts";

// deno-lint-ignore no-control-regex -- They are looked for: no YAML file may have them.
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/**
 * Reads `text`.
 *
 * @throws {ConfigError} when it is not YAML, is more than one document, or has what cannot be sent as JSON
 */
export async function parseYaml(text: string, { name, path }: Omit<YamlFile, "root">): Promise<YamlFile> {
  const file: YamlFile = { name, path, root: undefined };
  file.root = await readRoot(text, file);
  return file;
}

/** The root of `text`; its nodes say that they are in `file`. @throws {ConfigError} */
async function readRoot(text: string, file: YamlFile): Promise<YamlNode | undefined> {
  const { LineCounter, parseDocument, ...kinds } = await import("yaml");
  const lines = new LineCounter();
  // What scalars mean is told elsewhere, and what a file says of its YAML version changes nothing, as in the Hasura CLI.
  const document: Document.Parsed<ParsedNode> = parseDocument(text, {
    schema: "failsafe",
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const { path } = file;
  const control = text.search(CONTROL);
  if (control >= 0) throw unusable({ path, line: lineAt(control) }, "it has a control character");
  refuseErrors(document, { path, lineAt });
  if (document.contents === null) return undefined;
  try {
    return new TreeBuilder(file, { kinds, lineAt, text }).convert(document.contents);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw unusable({ path }, TOO_DEEP);
  }
}

/** Throws what the parser says first, besides that it does not know a tag. */
function refuseErrors(
  { errors, warnings }: Document.Parsed,
  { path, lineAt }: { path: string; lineAt(offset: number): number },
): void {
  const [first] = [...errors, ...warnings]
    .filter(({ code, message }) => code !== "TAG_RESOLVE_FAILED" || !message.startsWith("Unresolved tag"))
    .sort((one, other) => one.pos[0] - other.pos[0]);
  if (first === undefined) return;
  const where = { path, line: lineAt(first.pos[0]) };
  if (first.code === "MULTIPLE_DOCS") {
    throw unusable(where, "a second YAML document begins here, and only the first would count", "Leave one document");
  }
  if (first.code === "RESOURCE_EXHAUSTION") throw unusable(where, TOO_DEEP);
  throw unusable(
    where,
    `it is not valid YAML (${parserWords(first.message)})`,
    "Correct it; a value with special characters needs quotes",
  );
}
