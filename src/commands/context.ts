/**
 * What every command works with.
 *
 * @module
 */

import type { Redactor } from "../redact.ts";
import type { Reporter } from "../report/events.ts";
import type { Output, Runtime } from "../runtime.ts";

/** Effects and output of one command. */
export interface CommandContext {
  rt: Runtime;
  reporter: Reporter;
  redactor: Redactor;
  /** stderr, redacted. */
  stderr: Output;
  /** Whether stderr takes colors. */
  color: boolean;
}

/** The options that `status` and `migrate` share, as parsed. */
export interface VenueOptions {
  hasuraPath?: string;
  envPath?: string;
  endpoint?: string;
  adminSecret?: string;
  databaseName?: string;
  json?: boolean;
  debug?: boolean;
}
