/**
 * The kinds of failure that a run can end in.
 *
 * Every class has a stable `code` (for programs), an exit code (README, "Exit codes") and three sentences for the
 * operator: what happened (`message`), what state things are in now (`state`) and what to do next (`next`).
 * Nothing here prints or exits: `cli.ts` is the one place that does.
 *
 * @module
 */

/** The exit code of each kind of error. Stable: scripts rely on it. */
export const EXIT_CODES = {
  failed: 1,
  usage: 2,
  config: 3,
  access: 4,
  drift: 5,
  busy: 6,
  metadata: 7,
  "after-task": 8,
  unknown: 9,
  pending: 10,
  internal: 70,
  interrupted: 130,
} as const;

/** Name of a kind of error, as in `error[drift]` and in the `code` of JSON output. */
export type ErrorCode = keyof typeof EXIT_CODES;

/** What an error says besides its message. */
export interface ErrorDetails {
  /** What state the database and Hasura are in now. */
  state?: string | undefined;
  /** What the operator can do next. */
  next?: string | undefined;
  /** What caused it. */
  cause?: unknown;
}

/** Base of all errors that this tool throws on purpose. */
export abstract class ToolError extends Error {
  /** Stable name of the kind. */
  abstract readonly code: ErrorCode;
  /** What state the database and Hasura are in now. */
  state: string | undefined;
  /** What the operator can do next. */
  next: string | undefined;

  /** Creates the error; `message` says what happened, without a final period. */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = new.target.name;
    this.state = details.state;
    this.next = details.next;
  }

  /** The exit code of the process when this error ends it. */
  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

/** A migration failed, Hasura refused a call, or the input ended at a prompt. */
export class FailedError extends ToolError {
  override readonly code = "failed";
}

/** The command line cannot be used. */
export class UsageError extends ToolError {
  override readonly code = "usage";
}

/** A setting, the env file, `config.yaml` or the migrations folder is missing or unusable. */
export class ConfigError extends ToolError {
  override readonly code = "config";
}

/** Hasura cannot be reached, or does not let us in. */
export class AccessError extends ToolError {
  override readonly code = "access";
  /** Whether the step that it ended may have been committed all the same. */
  mayBeDone = false;
}

/** The ledger and the folder do not fit together, or the ledger has a gap. */
export class DriftError extends ToolError {
  override readonly code = "drift";
}

/** Another run is at work on the same database. */
export class BusyError extends ToolError {
  override readonly code = "busy";
}

/** The migrations are done, but the metadata or the tracker is not as it should be. */
export class MetadataError extends ToolError {
  override readonly code = "metadata";
}

/** An "after" task of a migration is open. */
export class AfterTaskError extends ToolError {
  override readonly code = "after-task";
}

/** It could not be established whether a step was committed. */
export class UnknownOutcomeError extends ToolError {
  override readonly code = "unknown";
}

/** `status --check` found something to do. */
export class PendingError extends ToolError {
  override readonly code = "pending";
}

/** A bug of this tool. */
export class InternalError extends ToolError {
  override readonly code = "internal";
}

/** Exit codes of runs that a signal ended: 128 and the signal's number. */
const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A signal ended the run. */
export class InterruptedError extends ToolError {
  override readonly code = "interrupted";
  /** The signal that was received. */
  readonly signal: keyof typeof SIGNAL_EXIT_CODES;

  /** Creates the error for `signal`. */
  constructor(signal: keyof typeof SIGNAL_EXIT_CODES, details: ErrorDetails = {}) {
    super(`Stopped by ${signal}`, details);
    this.signal = signal;
  }

  override get exitCode(): number {
    return SIGNAL_EXIT_CODES[this.signal];
  }
}

/** The text of any thrown value, for use inside a message. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && error.cause.message ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}
