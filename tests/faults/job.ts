/**
 * What cases are made of: a job for the tool, and the place where it is done.
 *
 * @module
 */

import type { CliResult } from "../support/cli.ts";
import type { Backend } from "../venue/mod.ts";
import type { Place } from "./place.ts";
import type { RequestName } from "./requests.ts";

/** A kind of run, the ground that it starts on, and how to see what it has left. */
export interface Job {
  /** As in the names of cases. */
  name: string;
  /** The Hasura folder. */
  path: string;
  /** What is piped in. */
  stdin: string;
  /**
   * The database on which everything is struck that does not depend on the database. Default: each.
   */
  home?: Backend["name"];
  /** Options that limit a run that is struck, so that it need not be waited for. The run after it has the usual limits. */
  limits: readonly string[];
  /** The command line of a run. */
  args(place: Place): string[];
  /** Makes everything fresh and as it is before a run. */
  prepare(place: Place): Promise<void>;
  /** Whether faults strike a request of the run; those of other jobs are not struck here once more. */
  isStruck(request: RequestName): boolean;
  /** Whether the program is killed at a request of the run. */
  isKilledAt(request: RequestName): boolean;
  /** Looks at all that is there once nothing is at work any more. */
  look(place: Place): Promise<Sight>;
}

/** What is broken, one text for each. */
export interface Damage {
  /** What is not there although it is told or recorded as being there, or is neither the old nor the new. */
  lost: string[];
  /** What was done twice in a row. */
  doubled: string[];
}

/** What there is after a run. */
export interface Sight {
  /** What is broken whatever was told. */
  damage: Damage;
  /** How it differs from what the job is to reach; empty where it does not. */
  rest: string[];
  /** What is wrong in what a run told, one text for each; `codes` are further exit codes that it may have. */
  findWrong(result: CliResult, codes: readonly number[]): string[];
}
