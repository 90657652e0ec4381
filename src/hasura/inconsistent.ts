/**
 * What Hasura says of the parts of its metadata that it cannot use.
 *
 * @module
 */

import { hideInAddress } from "../hidden_address.ts";
import { isRecord } from "../json.ts";

/** A part of the metadata that Hasura cannot use, most often because it does not fit the database. */
export interface InconsistentObject {
  /** As `table`; `conflict` where several objects get in each other's way. */
  type: string;
  /** As `table plan in source Aerie`; of a conflict the names of all objects. */
  name: string;
  /** Hasura's reason, with the words of the database or server behind it where there are any. */
  reason: string;
}

/** The inconsistent objects that an answer tells, none where all is consistent; `undefined` where it tells nothing. */
export function decodeConsistency(answer: unknown): InconsistentObject[] | undefined {
  if (!isRecord(answer) || typeof answer.is_consistent !== "boolean") return undefined;
  if (answer.is_consistent) return [];
  if (!Array.isArray(answer.inconsistent_objects)) return undefined;
  return answer.inconsistent_objects.map((object: unknown): InconsistentObject => {
    const words = wordsOf(isRecord(object) ? object.message : undefined);
    const reason = text(object, "reason") ?? words ?? "no reason given";
    const whole = words === undefined || reason === words ? reason : `${reason}: ${words}`;
    // Hasura quotes the address of a remote schema as the metadata has it.
    return { ...nameOf(object), reason: whole.replaceAll(/:\/\/[^\s"]+/g, (address) => hideInAddress(address)) };
  });
}

function nameOf(object: unknown): { type: string; name: string } {
  const [type, name] = [text(object, "type"), text(object, "name")];
  // Objects that get in each other's way are told together, and only they have names.
  const parties: unknown[] = isRecord(object) && Array.isArray(object.objects) ? object.objects : [];
  const names = parties.map((party) => text(party, "name")).filter((party) => party !== undefined);
  if (name === undefined && names.length > 0) return { type: type ?? "conflict", name: names.join(", ") };
  return { type: type ?? "object", name: name ?? "without a name" };
}

/** The words of the database or server behind a reason, in one line. */
function wordsOf(message: unknown): string | undefined {
  if (isRecord(message)) return wordsOf(message.error) ?? wordsOf(message.exception) ?? wordsOf(message.message);
  if (typeof message !== "string" || message.trim() === "") return undefined;
  const line = message.trim().replaceAll(/\s*\n\s*/g, "; ");
  // What it quotes then is a piece of the address of the database, which may be the password.
  return /\binvalid\b|connection info string|connection option|\bURI\b/i.test(line) &&
      !/^connection to server/.test(line)
    ? line.replace(/".*"/, '"(hidden)"')
    : line;
}

function text(object: unknown, key: string): string | undefined {
  const value = isRecord(object) ? object[key] : undefined;
  return typeof value === "string" ? value : undefined;
}
