/**
 * Bodies of type `multipart/form-data`, as Jetty reads them: the name of a file is taken as it stands, percent signs and
 * all.
 *
 * @module
 */

/** One part. */
export interface Part {
  name: string | undefined;
  filename: string | undefined;
  content: Uint8Array<ArrayBuffer>;
}

/** The parts of a body; `undefined` where it is none of this type or has no end. */
export function parseMultipart(contentType: string | null, body: Uint8Array): Part[] | undefined {
  const [, quoted, plain] = /^multipart\/form-data\s*;.*\bboundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? "") ??
    [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return undefined;
  const bytes = Uint8Array.from([13, 10, ...body]);
  // One character for each byte, so that places in the text are places in the body.
  const text = new TextDecoder("latin1").decode(bytes);
  const delimiter = `\r\n--${boundary}`;
  const parts: Part[] = [];
  for (let start = text.indexOf(delimiter); start !== -1;) {
    const from = start + delimiter.length;
    if (text.startsWith("--", from)) return parts;
    const end = text.indexOf(delimiter, from);
    if (end !== -1) parts.push(parsePart(bytes.slice(from, end), text.slice(from, end).indexOf("\r\n\r\n")));
    start = end;
  }
  return undefined;
}

/** Reads a part whose head ends at `headEnd`; `-1` for one that has no content. */
function parsePart(bytes: Uint8Array<ArrayBuffer>, headEnd: number): Part {
  const end = headEnd === -1 ? bytes.length : headEnd;
  const head = new TextDecoder().decode(bytes.subarray(0, end));
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? "";
  const content = bytes.slice(end + 4);
  return { name: parameter(disposition, "name"), filename: parameter(disposition, "filename"), content };
}

function parameter(header: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, "i").exec(header);
  return found?.[1]?.replaceAll(/\\(["\\])/g, "$1") ?? found?.[2];
}
