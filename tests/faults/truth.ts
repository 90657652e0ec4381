/**
 * What a database is really like after a run, and which promises about it are broken.
 *
 * @module
 */

import type { Direction } from "../../src/migrations/types.ts";
import type { Venue } from "../venue/mod.ts";
import { type GroundOptions, trackerEntries } from "./ground.ts";
import type { Damage } from "./job.ts";

/** What the database shows. */
export interface Truth {
  /** Versions in the ledger. */
  ledger: readonly number[];
  /** Versions whose table is there. */
  tables: readonly number[];
  /** Everything that migrations did, in order. */
  log: readonly { version: number; direction: Direction }[];
  /** Hasura's entries for the source. */
  tracker: unknown;
}

/** Reads it past the tool and past Hasura; nothing may be at work any more. */
export async function readTruth(venue: Venue): Promise<Truth> {
  const tables = await venue.sql(
    "select substr(tablename, 6) from pg_tables where schemaname = 'public' and tablename like 'step\\_%' order by 1",
  );
  const log = await venue.sql("select version, direction from public.applied_log order by id");
  const { migrations } = await venue.tracker();
  return {
    ledger: await venue.ledger(),
    tables: tables.map(([version]) => Number(version)),
    log: log.map(([version, direction]) => ({ version: Number(version), direction: direction as Direction })),
    tracker: (migrations as Record<string, unknown> | undefined)?.Aerie ?? {},
  };
}

/** Whether `version` is as a run in `direction` leaves it. */
export function isDone({ ledger }: Truth, version: number, direction: Direction): boolean {
  return ledger.includes(version) === (direction === "apply");
}

/** Looks for damage. */
export function findDamage(truth: Truth, { versions, tables }: GroundOptions): Damage {
  const lost: string[] = [];
  const doubled: string[] = [];
  for (const version of versions) {
    const directions = truth.log.filter((row) => row.version === version).map((row) => row.direction);
    const inLedger = truth.ledger.includes(version);
    const facts = [`log of ${version} ends with ${directions.at(-1) ?? "nothing"}`];
    let isThere = directions.at(-1) === "apply";
    if (tables && truth.tables.includes(version) !== inLedger) {
      isThere = !inLedger;
      facts.push(`table step_${version} is ${inLedger ? "missing" : "there"}`);
    }
    if (isThere !== inLedger) lost.push(`ledger has ${inLedger ? "" : "not "}${version}, but ${facts.join(", ")}`);
    // Each version starts as not applied, so the directions have to take turns, beginning with "apply".
    const outOfTurn = directions.find((direction, index) => direction !== (index % 2 === 0 ? "apply" : "revert"));
    if (outOfTurn !== undefined) doubled.push(`log of ${version} is ${directions.join(", ")}`);
  }
  return { lost, doubled };
}

/** How ledger and tracker differ from a ledger that is to be reached; empty where they do not. */
export function findRest(truth: Truth, goal: readonly number[]): string[] {
  const rest: string[] = [];
  if (!same(truth.ledger, goal)) rest.push(`the ledger is ${truth.ledger.join(", ")}`);
  if (!same(truth.tracker, trackerEntries(goal))) rest.push(`the tracker is ${JSON.stringify(truth.tracker)}`);
  return rest;
}

function same(value: unknown, wanted: unknown): boolean {
  return JSON.stringify(value) === JSON.stringify(wanted);
}
