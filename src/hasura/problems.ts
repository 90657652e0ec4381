/**
 * The two ways in which a call to Hasura goes wrong, besides that Hasura does not let us in (`AccessError`).
 *
 * @module
 */

/** What PostgreSQL said, where Hasura passes it on. */
export interface PostgresProblem {
  /** SQLSTATE, as `42P01`. */
  sqlState: string | undefined;
  message: string;
  detail: string | undefined;
  hint: string | undefined;
}

/** Hasura answered with an error. */
export class HasuraError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** Hasura's own code, as `postgres-error`. */
  readonly code: string;
  /** Where in the call it is, as `$.args.metadata.sources[0]`, where the server says. */
  readonly path: string | undefined;
  /** PostgreSQL's part of it, where there is one and the server shows it. */
  readonly postgres: PostgresProblem | undefined;

  /** Creates the error from what the server sent. */
  constructor(message: string, details: Pick<HasuraError, "status" | "code" | "path" | "postgres">) {
    super(message);
    this.name = "HasuraError";
    this.status = details.status;
    this.code = details.code;
    this.path = details.path;
    this.postgres = details.postgres;
  }
}

/** What a {@linkcode NoAnswerError} knows besides its message. */
export interface NoAnswerDetails {
  notSent?: boolean;
  cutShort?: boolean;
  turnedAway?: boolean;
  status?: number;
  lasting?: boolean;
  cause?: unknown;
}

/** No answer of Hasura's came back. */
export class NoAnswerError extends Error {
  /**
   * Whether it is certain that Hasura never worked on the request: there was no connection to send it on, or that ended
   * before all was sent.
   */
  readonly notSent: boolean;
  /** Whether a part of the request was sent, and not all of it. */
  readonly cutShort: boolean;
  /** Whether somebody says that the request was turned away before anybody worked on it. */
  readonly turnedAway: boolean;
  /** The HTTP status of the answer that is not Hasura's, where there was one. */
  readonly status: number | undefined;
  /** Whether the same request would fail again: something has to be changed first. */
  readonly lasting: boolean;
  /** Bytes of the request, where they are known. */
  requestSize: number | undefined;
  /** Whether Hasura has answered at this address before. */
  hasAnsweredBefore = false;

  /** Creates the error; `message` is what there was instead of an answer. */
  constructor(message: string, options: NoAnswerDetails = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "NoAnswerError";
    this.cutShort = options.cutShort ?? false;
    this.notSent = options.notSent ?? this.cutShort;
    this.status = options.status;
    this.turnedAway = options.turnedAway ?? false;
    this.lasting = options.lasting ?? false;
  }
}

/** Waits for `work`; where no answer came back, the error names the `proxy` that is between, if there is one. */
export async function namingProxy<T>(work: Promise<T>, proxy: string | undefined): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NoAnswerError && proxy !== undefined) error.message += ` (through ${proxy})`;
    throw error;
  }
}
