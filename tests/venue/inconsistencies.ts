/**
 * Metadata for the venue's own tests, and what it says of metadata that does not fit.
 *
 * @module
 */

import assert from "node:assert/strict";
import { call, callMetadata } from "./client.ts";
import type { Venue } from "./mod.ts";

/** What a venue says of one problem. */
export interface Found {
  type: string;
  name: string;
  definition: unknown;
  reason: string;
  message?: unknown;
  objects?: { name: string }[];
}

/** A name in schema `planning`. */
export function named(name: string): { schema: string; name: string } {
  return { schema: "planning", name };
}

/** A tracked table in schema `planning`. */
export function table(name: string, rest: Record<string, unknown> = {}): Record<string, unknown> {
  return { table: named(name), ...rest };
}

/** The source `Aerie`. */
export function source(tables: unknown[], rest: Record<string, unknown> = {}): Record<string, unknown> {
  const connection_info = { database_url: { from_env: "AERIE_DATABASE_URL" } };
  return { name: "Aerie", kind: "postgres", tables, configuration: { connection_info }, ...rest };
}

/** Sends metadata that may not fit; the whole answer. */
export function replace(venue: Venue, document: Record<string, unknown>): ReturnType<typeof call> {
  const args = { allow_inconsistent_metadata: true, metadata: { version: 3, ...document } };
  return call(venue, "/v1/metadata", { body: { type: "replace_metadata", version: 2, args } });
}

/** Replaces the metadata; the inconsistent objects. */
export async function apply(venue: Venue, document: Record<string, unknown>): Promise<Found[]> {
  const { status, json } = await replace(venue, document);
  assert.equal(status, 200, JSON.stringify(json));
  assert.equal(json.is_consistent, json.inconsistent_objects.length === 0);
  assert.deepEqual((await callMetadata(venue, "get_inconsistent_metadata")).json, json);
  return json.inconsistent_objects;
}

/** Each object in one line: its name, then the reason without the words that all have. */
export function lines(found: Found[]): string[] {
  for (const { type, name, reason } of found) {
    assert.ok(name.startsWith(`${type} `), name);
    assert.match(reason, /^Inconsistent object: /);
  }
  return found.map(({ name, reason }) => `${name} | ${reason.replace("Inconsistent object: ", "")}`);
}
