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
  const { internal_errors, isolation, secret, maintenance, read_only, apis } = server;
  return {
    version: "v2.48.10",
    reloadFields: true,
    replaceLooksAgain: true,
    environment: {
      AERIE_DATABASE_URL: "postgres://aerie",
      PLANDEV_DATABASE_URL: "postgres://plandev",
      HOOK: "http://127.0.0.1:9",
      ...server.env,
    },
    ...internal_errors === undefined ? {} : { internalErrors: internal_errors },
    ...isolation === undefined ? {} : { isolationLevel: isolation },
    ...secret === undefined ? {} : { adminSecret: secret },
    ...maintenance === undefined ? {} : { maintenanceMode: maintenance },
    ...read_only === undefined ? {} : { readOnlyMode: read_only },
    ...apis === undefined ? {} : { enabledApis: apis.split(",") as ("metadata" | "config")[] },
  };
}

/** Does `op` to the test server. @throws {Unplayable} */
export async function operate(venue: Venue, op: string, seconds = 0): Promise<void> {
  switch (op) {
    case "sleep":
      return await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    case "stop-database":
      return await venue.stopDatabase();
    case "start-database":
      return venue.startDatabase();
    case "restart-engine":
      return await venue.restart();
    default:
      throw new Unplayable(op);
  }
}
