/**
 * Looks at one database again and again during a run, and keeps its time in between.
 *
 * @module
 */

import type { HasuraClient } from "../hasura/client.ts";
import type { Runtime } from "../runtime.ts";
import { type Look, lookAtDatabase, type LookOptions } from "./look.ts";

/** Looks at one database. */
export interface Observer {
  /** @throws as `lookAtDatabase` does */
  look(options?: Omit<LookOptions, "source">): Promise<Look>;
  /** Seconds since 1970 on the database's clock now, as far as the last look tells; never too early. */
  clock(): number;
  /** Milliseconds since the last look was asked for. */
  age(): number;
}

/** Creates an observer; {@linkcode Observer.clock} is of use after the first look. */
export function createObserver(
  rt: Pick<Runtime, "now">,
  { client, source }: { client: HasuraClient; source: string },
): Observer {
  let last = { clock: 0, askedAt: -Infinity };
  return {
    async look(options = {}) {
      const askedAt = rt.now();
      const look = await lookAtDatabase(client, { ...options, source });
      last = { clock: look.clock, askedAt };
      return look;
    },
    clock: () => last.clock + (rt.now() - last.askedAt) / 1000,
    age: () => rt.now() - last.askedAt,
  };
}
