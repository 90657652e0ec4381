/**
 * Finds the venue that a command works on, and reads what it is like. Nothing here writes.
 *
 * @module
 */

import { createHasuraClient, type HasuraClient } from "../hasura/client.ts";
import { readTracker, type TrackerState } from "../hasura/catalog_state.ts";
import { explainCallError } from "../hasura/explain.ts";
import { readFolder, readSourceFolders } from "../migrations/folder.ts";
import { readLedger } from "../migrations/ledger.ts";
import { chooseSource } from "../migrations/source.ts";
import type { Ledger, Migration } from "../migrations/types.ts";
import type { Target } from "../report/events.ts";
import { resolveSettings } from "../settings.ts";
import type { CommandContext, VenueOptions } from "./context.ts";

/** A venue and the deployment that belongs to it. */
export interface Venue {
  client: HasuraClient;
  target: Target;
  /** The migrations of the deployment, by version. */
  folder: Migration[];
}

/**
 * Settings, folder and client. Sends a request only where the folders leave open which database is meant.
 *
 * @throws {ConfigError} when a setting or the folder cannot be used
 */
export async function openVenue({ rt, reporter, redactor }: CommandContext, options: VenueOptions): Promise<Venue> {
  const settings = await resolveSettings(rt, options);
  const { endpoint, adminSecret, migrationsPath } = settings;
  redactor.add(adminSecret);
  redactor.allow(endpoint);
  redactor.allow(migrationsPath);
  for (const text of settings.notes) reporter.emit({ type: "note", text });
  const client = createHasuraClient(rt, {
    endpoint,
    adminSecret,
    adminSecretFrom: settings.sources.adminSecret.description,
    redact: (text) => redactor.redact(text),
  });
  await reporter.prepare();
  const folders = await readSourceFolders(rt, migrationsPath);
  const source = await chooseSource(client, { given: options.databaseName, folders, migrationsPath });
  // So that a secret that is also the name of the database does not hide where its files are.
  redactor.allow(`${migrationsPath}/${source}`);
  const folder = await readFolder(rt, `${migrationsPath}/${source}`);
  return { client, target: { endpoint, source }, folder };
}

/** Both records of the venue. */
export interface VenueRecords {
  ledger: Ledger;
  tracker: TrackerState;
}

/**
 * Reads both records, side by side.
 *
 * @throws {ToolError} when one of them cannot be read
 */
export async function readRecords(venue: Venue): Promise<VenueRecords> {
  const [ledger, tracker] = await together(readLedgerOf(venue), readTrackerOf(venue));
  return { ledger, tracker };
}

/** Reads the ledger. @throws {ToolError} when it cannot be read */
export async function readLedgerOf({ client, target }: Venue): Promise<Ledger> {
  try {
    return await readLedger(client, target.source);
  } catch (error) {
    throw explainCallError(error, { action: "read the ledger", ...target });
  }
}

/** Reads the tracker. @throws {ToolError} when it cannot be read */
export async function readTrackerOf({ client, target }: Venue): Promise<TrackerState> {
  try {
    return await readTracker(client);
  } catch (error) {
    throw explainCallError(error, { action: "read Hasura's tracker", ...target });
  }
}

/**
 * Waits for all of `work` and throws the first failure in their order: which request fails first is left to chance, and
 * the same fault should be told in the same words each time.
 */
export async function together<T extends unknown[]>(...work: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const results = await Promise.allSettled(work);
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
  }
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as T;
}
