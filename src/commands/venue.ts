/**
 * Finds the venue that a command works on, and reads what it is like. Nothing here writes.
 *
 * @module
 */

import { checkCertificates } from "../certificates.ts";
import { createHasuraClient, type HasuraClient } from "../hasura/client.ts";
import { readTracker, type TrackerState } from "../hasura/catalog_state.ts";
import { AccessError } from "../errors.ts";
import { explainCallError, isUnusableSource } from "../hasura/explain.ts";
import { readFolder, readSourceFolders } from "../migrations/folder.ts";
import { type Look, lookAtDatabase } from "../migrations/look.ts";
import { createObserver, type Observer } from "../migrations/observer.ts";
import { chooseSource, knownSource } from "../migrations/source.ts";
import { explainUnusable } from "./unusable_source.ts";
import type { Migration } from "../migrations/types.ts";
import { chooseProxy } from "../proxy.ts";
import type { Target } from "../report/events.ts";
import { resolveSettings, type Settings } from "../settings.ts";
import { readTimeouts, type Timeouts } from "../timeouts.ts";
import type { CommandContext, VenueOptions } from "./context.ts";

/** A server, and how to work with it. */
export interface Server {
  client: HasuraClient;
  timeouts: Timeouts;
  settings: Settings;
}

/** A venue and the deployment that belongs to it. */
export interface Venue extends Server {
  observer: Observer;
  target: Target;
  /** The migrations of the deployment, by version. */
  folder: Migration[];
}

/**
 * Settings and client. Sends nothing.
 *
 * @throws {ConfigError} when a setting cannot be used
 * @throws {UsageError} when a length of time cannot be used
 */
export async function openServer(context: CommandContext, options: VenueOptions): Promise<Server> {
  const { rt, reporter, redactor } = context;
  const timeouts = readTimeouts(options);
  const settings = await resolveSettings(rt, options);
  const { endpoint, adminSecret, metadata, migrationsPath } = settings;
  for (const secret of settings.secrets) redactor.add(secret);
  for (const name of [endpoint, migrationsPath, metadata.path]) redactor.allow(name);
  for (const text of settings.notes) reporter.emit({ type: "note", text });
  await checkCertificates(rt);
  const client = createHasuraClient(rt, {
    endpoint,
    proxy: proxyName(context, endpoint),
    adminSecret,
    adminSecretFrom: settings.sources.adminSecret.description,
    readTimeout: timeouts.read,
    redact: (text) => redactor.redact(text),
  });
  await reporter.prepare();
  return { client, timeouts, settings };
}

/** What a command may do to the venue before it begins. */
export interface OpenOptions {
  /** Whether waiting for a database may make Hasura read it anew: what only looks does not do that. */
  mayReload: boolean;
}

/** What to call the proxy on the way to `endpoint`; its password is kept out. @throws {ConfigError} */
export function proxyName(
  { rt, redactor }: Pick<CommandContext, "rt" | "redactor">,
  endpoint: string,
): string | undefined {
  const proxy = chooseProxy(endpoint, (name) => rt.env(name));
  redactor.add(proxy?.password ?? "");
  return proxy?.description;
}

/**
 * Settings, folder and client. Sends a request only where the folders leave open which database is meant, or where the
 * venue is waited for.
 *
 * @throws {ConfigError} when a setting or the folder cannot be used
 * @throws {UsageError} when a length of time cannot be used
 */
export async function openVenue(
  context: CommandContext,
  options: VenueOptions,
  { mayReload }: OpenOptions,
): Promise<Venue> {
  const { rt, redactor } = context;
  const server = await openServer(context, options);
  const { client, timeouts, settings: { endpoint, migrationsPath } } = server;
  const choice = {
    given: options.databaseName,
    folders: await readSourceFolders(rt, migrationsPath),
    migrationsPath,
  };
  const known = knownSource(choice);
  if (timeouts.wait !== undefined) {
    const { unusableSources, waitUntilUsable } = await import("./wait.ts");
    await waitUntilUsable(context, {
      client,
      timeout: timeouts.wait,
      readTimeout: timeouts.read,
      unusable: mayReload ? unusableSources : undefined,
      async probe() {
        const source = await chooseSource(client, choice);
        await lookAt(() => lookAtDatabase(client, { source, attempts: 1 }), {
          ...server,
          target: { endpoint, source },
        });
      },
    });
  }
  const source = known ?? await context.waiting.during("asking for the databases", () => chooseSource(client, choice));
  // So that a secret that is also the name of the database does not hide where its files are.
  redactor.allow(`${migrationsPath}/${source}`);
  const folder = await readFolder(rt, `${migrationsPath}/${source}`);
  const observer = createObserver(rt, { client, source });
  return { ...server, observer, target: { endpoint, source }, folder };
}

/** Both records of the venue. */
export interface VenueRecords {
  look: Look;
  tracker: TrackerState;
}

/**
 * Reads both records, side by side.
 *
 * @throws {ToolError} when one of them cannot be read
 */
export async function readRecords(venue: Venue): Promise<VenueRecords> {
  const [look, tracker] = await together(lookAtVenue(venue), readTrackerOf(venue));
  return { look, tracker };
}

/** Looks at the database. @throws {ToolError} when it cannot be read */
export async function lookAtVenue(venue: Venue): Promise<Look> {
  return await lookAt(() => venue.observer.look(), venue);
}

async function lookAt(
  look: () => Promise<Look>,
  { client, target, settings }: Pick<Venue, "client" | "target" | "settings">,
): Promise<Look> {
  const action = "read the ledger";
  try {
    return await explained(look, action, target);
  } catch (error) {
    const { cause } = error instanceof AccessError ? error : {};
    if (!isUnusableSource(cause)) throw error;
    throw await explainUnusable(client, { ...target, action, migrationsPath: settings.migrationsPath, cause });
  }
}

/** Reads the tracker. @throws {ToolError} when it cannot be read */
export async function readTrackerOf({ client, target }: Venue): Promise<TrackerState> {
  return await explained(() => readTracker(client), "read Hasura's tracker", target);
}

/** The result of `call`. @throws {ToolError} the error to show for it */
export async function explained<T>(call: () => Promise<T>, action: string, target: Target): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw explainCallError(error, { action, ...target });
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
