/**
 * Cron triggers and their schedules.
 *
 * @module
 */

import { parseFailed } from "../bodies.ts";
import { bool, int, name, number, template, text, textAs } from "./scalars.ts";
import { anything, byHand, filledIn, items, object, optional, required, type Shape, unless } from "./shape.ts";
import { header, requestTransform, responseTransform } from "./webhooks.ts";

const PLACES = [
  { what: "minutes", from: 0, to: 59 },
  { what: "hours", from: 0, to: 23 },
  { what: "day of month", from: 1, to: 31 },
  { what: "month", from: 1, to: 12 },
  { what: "day of week", from: 0, to: 7 },
];
const ALIASES = ["@yearly", "@monthly", "@weekly", "@daily", "@hourly"];
const RETRIES = { num_retries: 0, retry_interval_seconds: 10, timeout_seconds: 60, tolerance_seconds: 21600 };

/** A schedule in the form of cron's. */
export const schedule: Shape<string> = (value, path) => {
  const given = textAs("CronSchedule")(value, path);
  const problem = ALIASES.includes(given) ? undefined : scheduleProblem(given.trim().split(/\s+/));
  if (problem === undefined) return given;
  throw parseFailed(problem, path);
};

function scheduleProblem(fields: readonly string[]): string | undefined {
  for (const [index, { what, from, to }] of PLACES.entries()) {
    const field = fields[index] ?? "";
    if (field === "") return "not enough input";
    for (const part of field.split(",")) {
      const [, range = "", step] = /^(\*|\d+(?:-\d+)?)(?:\/(\d+))?$/.exec(part) ?? [];
      if (range === "") return "Failed reading: satisfyElem";
      const numbers = range === "*" ? [] : range.split("-").map(Number);
      const [first = from, last = first] = numbers;
      if (numbers.some((number) => number < from || number > to) || first > last || step === "0") {
        return `Failed reading: ${what} out of range`;
      }
    }
  }
  return fields.length > PLACES.length ? "endOfInput" : undefined;
}

/** A cron trigger. */
export const cronTrigger: Shape = object(byHand("CronTriggerMetadata"), {
  name: required(name),
  webhook: required(template),
  payload: optional(anything),
  schedule: required(schedule),
  retry_conf: unless(
    RETRIES,
    object(byHand("STRetryConf"), {
      num_retries: filledIn(retries, RETRIES.num_retries),
      retry_interval_seconds: filledIn(number, RETRIES.retry_interval_seconds),
      timeout_seconds: filledIn(number, RETRIES.timeout_seconds),
      tolerance_seconds: filledIn(number, RETRIES.tolerance_seconds),
    }),
  ),
  headers: items(header),
  include_in_metadata: required(bool),
  comment: optional(text),
  request_transform: optional(requestTransform),
  response_transform: optional(responseTransform),
});

function retries(value: unknown, path: string): number {
  const given = int(value, path);
  if (given >= 0) return given;
  // The decoder looks at it when it has read the whole object.
  throw parseFailed("num_retries cannot be a negative value", path.replace(/\.num_retries$/, ""));
}
