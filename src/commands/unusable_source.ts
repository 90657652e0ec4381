/**
 * Why Hasura cannot use the database that a command works on.
 *
 * @module
 */

import { AccessError, type ToolError } from "../errors.ts";
import type { HasuraClient } from "../hasura/client.ts";
import { RELOAD_MAY_DO } from "../hasura/explain.ts";
import { type InconsistentObject, inconsistentObjects, sourceNames } from "../hasura/metadata.ts";
import { adviceFor, bareReason } from "../metadata/advice.ts";
import { type SourceCall, unknownSource } from "../migrations/source.ts";

/** Hasura has databases in its metadata that it cannot use. */
export class UnusableSourceError extends AccessError {
  /** Hasura's names of them. */
  readonly sources: readonly string[];

  /** Creates the error for `sources`; `message` says what happened. */
  constructor(message: string, { sources, ...details }: { sources: readonly string[]; next: string; cause: Error }) {
    super(message, details);
    this.sources = sources;
  }
}

/** @throws {UnusableSourceError} when one of `objects` is a database that Hasura has not reached */
export function refuseUnreached(objects: readonly InconsistentObject[]): void {
  const sources = unreachedSources(objects);
  const first = objects.find(isUnreached);
  if (first === undefined) return;
  const reason = bareReason(first);
  throw new UnusableSourceError(`Hasura cannot use its database "${sources[0]}": ${reason}`, {
    sources,
    next: RELOAD_MAY_DO,
    cause: new Error(reason),
  });
}

/**
 * The error for a database that Hasura has answered it does not have: so it does of one that it has not reached, too, and
 * goes on to do so after that is back.
 */
export async function explainUnusable(client: HasuraClient, call: SourceCall): Promise<ToolError> {
  const { endpoint, source, action, cause } = call;
  const known = await sourceNames(client).catch(() => undefined);
  if (known !== undefined && !known.includes(source)) return unknownSource(known, call);
  const object = await whyUnusable(client, source);
  const reason = object === undefined ? "it does not say why" : bareReason(object);
  return new UnusableSourceError(
    `Cannot ${action}: Hasura at "${endpoint}" cannot use its database "${source}": ${reason}`,
    {
      sources: [source],
      cause,
      next: object === undefined || isUnreached(object) ? RELOAD_MAY_DO : adviceFor([object], "").join("\n"),
    },
  );
}

/** Hasura's names of those of `objects` that are databases that it has not reached. */
export function unreachedSources(objects: readonly InconsistentObject[]): string[] {
  return objects.filter(isUnreached).map(({ name }) => name.replace(/^source /, ""));
}

/** Whether it is a database that may be there by now; one that its settings do not let Hasura use stays so. */
function isUnreached({ type, reason }: InconsistentObject): boolean {
  return type === "source" && /connection error/.test(reason);
}

async function whyUnusable(client: HasuraClient, source: string): Promise<InconsistentObject | undefined> {
  try {
    const objects = await inconsistentObjects(client);
    return objects.find(({ type, name }) => type === "source" && name === `source ${source}`);
  } catch {
    // The error itself is told all the same.
    return undefined;
  }
}
