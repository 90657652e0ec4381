/**
 * Paths of requests to the workspace server: what Jetty refuses in a URI, and what names the server takes for files.
 *
 * @module
 */

/** A path cannot be used; the message is part of the answer. */
export class PathError extends Error {
  readonly kind: "uri" | "escapes";

  /** Creates the error. `uri`: Jetty answers, the server never sees the request. */
  constructor(message: string, kind: PathError["kind"]) {
    super(message);
    this.kind = kind;
  }
}

// Jetty 11, UriCompliance.DEFAULT, which the server does not change. The last one is of newer versions.
const AMBIGUOUS: readonly [found: RegExp, message: string][] = [
  [/%2f/i, "Ambiguous URI path separator"],
  [/%25/, "Ambiguous URI path encoding"],
  [/\/(?:\.%2e|%2e\.?|%2e%2e)(?:[/;]|$)/i, "Ambiguous URI path segment"],
  [/\/\//, "Ambiguous URI empty segment"],
  [/\\|%5c/i, "Ambiguous URI path character"],
];

/** Splits what a client has asked for, as it was sent, into path and query. */
export function targetOf(url: string): { path: string; query: URLSearchParams } {
  const [, path = "", query = ""] = /^[a-z]+:\/\/[^/?#]*([^?#]*)(?:\?([^#]*))?/i.exec(url) ?? [];
  return { path, query: new URLSearchParams(query) };
}

/** Decodes the path of a file inside a workspace, without dot segments. @throws {PathError} */
export function decodePath(path: string): string {
  const message = AMBIGUOUS.find(([found]) => found.test(`/${path}`))?.[1];
  if (message !== undefined) throw new PathError(message, "uri");
  const segments: string[] = [];
  for (const segment of decode(path).split("/")) {
    if (segment === "." || segment === "") continue;
    if (segment !== "..") segments.push(segment);
    else if (segments.pop() === undefined) throw new PathError("Path traversal attempt detected", "escapes");
  }
  return segments.join("/");
}

const RESERVED = [".git", ".gitignore", ".gitattributes", ".gitmodules", ".seqdev"];

/** The first part of a path that servers keep for themselves from 4.5 on; `undefined` where there is none. */
export function reservedPart(path: string): string | undefined {
  return path.split("/").find((part) => RESERVED.includes(part.toLowerCase()));
}

/** Why newer servers do not write a file of this path; `undefined` when they do. */
export function nameProblem(path: string): string | undefined {
  for (const segment of path.split("/")) {
    const where = `Path segment '${segment}'`;
    if (segment.endsWith(" ")) return `${where} cannot end in a space.`;
    if (segment.endsWith(".")) return `${where} cannot end in a period.`;
    // deno-lint-ignore no-control-regex
    const [illegal] = /[\u0000-\u001f\u007f-\u009f]+|[|<>:"?*%#\\]+/.exec(segment) ?? [];
    if (illegal !== undefined) return `${where} has illegal characters: ${illegal}`;
    const [name = ""] = segment.split(".", 1);
    if (/^(?:CON|PRN|AUX|NUL|COM[1-9]|LPT[1-9])$/.test(name)) return `${where} contains reserved name: ${name}`;
  }
  return undefined;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new PathError("Bad Request", "uri");
  }
}
