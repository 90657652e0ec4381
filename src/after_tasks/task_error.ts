/**
 * What every failure of an "after" task tells: how far it came, and how to go on.
 *
 * @module
 */

import { AfterTaskError, ToolError } from "../errors.ts";
import { explainCallError } from "../hasura/explain.ts";
import { type MigrationName, migrationTitle } from "../migrations/types.ts";
import type { AfterTaskOptions } from "./types.ts";

/** How to go on once the cause is removed. */
export const RESUME = 'run "aerie_db_migration after run", or the same command again: it goes on from there';

/** The state that a task which could not be completed leaves; `done` is what there is of it, as a sentence's part. */
export function openState(migration: MigrationName, done: string): string {
  return `Migration ${
    migrationTitle(migration)
  } is applied; ${done}; no further migration is possible until the task is done`;
}

/** What an error says for an "after" task that Hasura's part of it failed in. */
export interface HasuraFailure {
  /** As in "Cannot <action>". */
  action: string;
  state: string;
  /** How to go on. @default {@linkcode RESUME} */
  resume?: string;
}

/** The error for a call to Hasura that failed while a task was run; what is no failure of a call is returned as it is. */
export function explainHasura(
  error: unknown,
  { client, source }: Pick<AfterTaskOptions, "client" | "source">,
  { action, state, resume = RESUME }: HasuraFailure,
): unknown {
  const explained = explainCallError(error, { action, endpoint: client.endpoint, source });
  if (!(explained instanceof ToolError) || explained instanceof AfterTaskError) return explained;
  return new AfterTaskError(explained.message, {
    state,
    next: explained.next === undefined ? capital(resume) : `${explained.next}; then ${resume}`,
    cause: error,
  });
}

/** `text` as the start of a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
