/**
 * What the recorded scenarios do to the server and its databases, done to the test server.
 *
 * @module
 */

import type { Venue, VenueOptions } from "../venue/mod.ts";
import type { ServerSettings } from "./answers.ts";

/** A scenario asks for something that the test server cannot do. */
export class Unplayable extends Error {
  override readonly name = "Unplayable";
}

/** The recorded server's settings as the test server's. */
export function settingsOf(server: ServerSettings = {}): VenueOptions {
  const { internal_errors, dev_mode, isolation, secret, secrets, unauthorized_role, maintenance, read_only } = server;
  const [firstSecret, ...moreSecrets] = secrets ?? [];
  return {
    environment: { ...ENVIRONMENT, ...isolation && { HASURA_GRAPHQL_TX_ISOLATION: isolation }, ...server.env },
    ...internal_errors === undefined ? {} : { internalErrors: internal_errors },
    ...dev_mode === undefined ? {} : { devMode: dev_mode },
    ...secret === undefined ? {} : { adminSecret: secret },
    ...firstSecret === undefined ? {} : { adminSecret: firstSecret, moreSecrets },
    ...unauthorized_role === undefined ? {} : { unauthorizedRole: unauthorized_role },
    ...maintenance === undefined ? {} : { maintenanceMode: maintenance },
    ...read_only === undefined ? {} : { readOnlyMode: read_only },
    ...server.apis === undefined ? {} : { enabledApis: server.apis.split(",") as Api[] },
  };
}

type Api = NonNullable<VenueOptions["enabledApis"]>[number];

/** Does `op` to the test server. @throws {Unplayable} */
export async function operate(venue: Venue, op: string, seconds = 0): Promise<void> {
  if (op === "sleep") return await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const act = OPERATIONS[op];
  if (act === undefined) throw new Unplayable(op);
  await act(venue);
}

const ENVIRONMENT = {
  AERIE_DATABASE_URL: "postgres://aerie",
  PLANDEV_DATABASE_URL: "postgres://plandev",
  DEAD_DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing",
  HOOK: "http://127.0.0.1:9",
};

const OPERATIONS: Readonly<Record<string, (venue: Venue) => unknown>> = {
  "stop-database": (venue) => venue.stopDatabase(),
  "start-database": (venue) => venue.startDatabase(),
  "stop-source": (venue) => venue.stopSource(),
  "start-source": (venue) => venue.startSource(),
  "stop-metadata": (venue) => venue.stopMetadata(),
  "start-metadata": (venue) => venue.startMetadata(),
  "exhaust": (venue) => venue.exhaust(),
  "release": (venue) => venue.release(),
  "restart-engine": (venue) => venue.restart(),
  "kill-engine": (venue) => venue.killHasura(),
  // Not waited for: what is at work goes on.
  "term-engine": (venue) => void venue.terminateHasura(),
  "spawn-engine": (venue) => venue.startHasura(),
  "start-engine": (venue) => venue.startHasura(),
};
