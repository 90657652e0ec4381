/**
 * What every command works with.
 *
 * @module
 */

import type { Redactor } from "../redact.ts";
import type { Reporter } from "../report/events.ts";
import type { Output, Runtime } from "../runtime.ts";
import type { TimeoutOptions } from "../timeouts.ts";
import type { Waiting } from "../waiting.ts";

/** Effects and output of one command. */
export interface CommandContext {
  rt: Runtime;
  reporter: Reporter;
  redactor: Redactor;
  /** Tells what is being waited for. */
  waiting: Waiting;
  /** stderr, redacted. */
  stderr: Output;
  /** Whether stderr takes colors. */
  color: boolean;
}

/** The options that `status` and `migrate` share, as parsed. */
export interface VenueOptions extends TimeoutOptions {
  hasuraPath?: string;
  envPath?: string;
  endpoint?: string;
  adminSecret?: string;
  databaseName?: string;
  json?: boolean;
  debug?: boolean;
}

/** The options of `migrate`, as parsed. */
export interface MigrateOptions extends AfterOptions, MetadataOptions {
  apply?: boolean;
  revert?: boolean;
  all?: boolean;
  /** Whether the files are sent without a look at what is in them. */
  noFileCheck?: boolean;
  /** What to do with the metadata; see `metadata_modes.ts`. */
  metadata?: string;
  /** Whether metadata that does not fit is a failure below the newest migration, too. */
  strictMetadata?: boolean;
  /** Whether "after" tasks are left to the operator. */
  skipAfter?: boolean;
}

/** The options of the `metadata` commands, as parsed. */
export interface MetadataOptions extends VenueOptions {
  /** Whether metadata that does not fit is no failure. */
  allowInconsistentMetadata?: boolean;
  /** Whether metadata may be applied that makes a database lead elsewhere. */
  allowConnectionChanges?: boolean;
}

/** The options of the `after` commands, as parsed. */
export interface AfterOptions extends VenueOptions {
  workspaceEndpoint?: string;
  /** Whether what is asked on a terminal is answered with yes. */
  yes?: boolean;
}
