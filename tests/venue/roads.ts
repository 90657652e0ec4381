/**
 * The ways from Hasura to its databases, each of which can be closed on its own.
 *
 * @module
 */

import { CONNECTION_REFUSED, ConnectionLostError, TOO_MANY_CLIENTS, TooManyClientsError } from "./session.ts";

/** `down`: nothing listens at its end; `full`: PostgreSQL has no connection left, those that are open go on. */
export type RoadState = "open" | "down" | "full";

/** The way to one database. */
export class Road {
  /** Whether sessions can be made. */
  state: RoadState = "open";

  /** Whether somebody listens at its end. */
  get reachable(): boolean {
    return this.state !== "down";
  }

  /** Lets a new session pass. @throws {ConnectionLostError} */
  pass(): void {
    if (this.state === "down") throw new ConnectionLostError(CONNECTION_REFUSED);
    if (this.state === "full") throw new TooManyClientsError(TOO_MANY_CLIENTS);
  }
}

/** Hasura's ways: to the databases of its sources, and to its own. */
export interface Roads {
  source: Road;
  metadata: Road;
}

/** Names of the ways. */
export type RoadName = keyof Roads;
