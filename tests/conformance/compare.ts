/**
 * In what an answer differs from the recorded one.
 *
 * @module
 */

import { type HttpAnswer, LENGTH_HEADER, type RecordedAnswer, type Varying } from "./answers.ts";

/** What a comparison needs to know of the run. */
export interface Comparison {
  /** The metadata's number at the scenario's start. */
  version: number;
  varies?: readonly Varying[] | undefined;
}

/** One line for each difference; none where the answers are equal. */
export function differences(want: RecordedAnswer, got: RecordedAnswer, comparison: Comparison): string[] {
  if ("rows" in want || "rows" in got || "none" in want || "none" in got) return differenceOf("answer", want, got);
  const { varies = [], version } = comparison;
  return [
    ...varies.includes("status") ? [] : differenceOf("status", want.status, got.status),
    ...differenceOf("content-type", want.headers["content-type"], got.headers["content-type"]),
    ...varies.includes("x-request-id") ? [] : differenceOf("x-request-id", requestId(want), requestId(got)),
    ...differenceOf(LENGTH_HEADER, want.headers[LENGTH_HEADER], got.headers[LENGTH_HEADER]),
    ...differenceOf("content-encoding", want.headers["content-encoding"], got.headers["content-encoding"]),
    ...varies.includes("body") ? [] : bodyDifferences(want, got, version),
  ];
}

function bodyDifferences(want: HttpAnswer, got: HttpAnswer, version: number): string[] {
  // The recorded database was called "aerie", and the recording hides that word wherever it stands.
  const expected = sorted(
    parsed(
      want.body.replaceAll("<db>", "aerie").replace(/"?<rv([+-]\d+)?>"?/g, (text, by = "0") => {
        const number = String(version + Number(by));
        // In a sentence the marks of the JSON text around it stay.
        return text.startsWith('"') === text.endsWith('"') ? number : text.replace(/<.*>/, number);
      }),
    ),
  );
  const seen = sorted(parsed(
    got.body.replace(/(\\", port )\d+( failed)/g, "$1<port>$2").replace(/<socket: \d+>/g, "<socket: <n>>")
      .replace(/"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/g, '"<uuid>"'),
  ));
  return differenceOf("body", expected, seen);
}

/** A request id is new each time, unless the client has given one. */
function requestId({ headers }: HttpAnswer): string | undefined {
  return headers["x-request-id"]?.replace(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "<uuid>");
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** The value with its keys, and its inconsistent objects, in an order that does not depend on the server's. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sorted);
    return value.every(isInconsistentObject) ? items.sort(byText) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(byText).map(([key, inner]) => [key, sorted(inner)]));
}

function isInconsistentObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && "reason" in value && "type" in value;
}

function byText(one: unknown, other: unknown): number {
  const [first, second] = [JSON.stringify(one), JSON.stringify(other)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function differenceOf(what: string, want: unknown, got: unknown): string[] {
  const [expected, seen] = [JSON.stringify(want) ?? "none", JSON.stringify(got) ?? "none"];
  return expected === seen ? [] : [`${what}: genuine ${expected}\n${" ".repeat(what.length)}     ours ${seen}`];
}
