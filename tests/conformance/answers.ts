/**
 * The recorded answers of a genuine Hasura v2.48.10, and what their placeholders stand for.
 *
 * @module
 */

/** A request as it was recorded. */
export interface RecordedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  /** A text is sent as it is, anything else as JSON. */
  body?: unknown;
  /** The bytes of a body that is no text. */
  body_hex?: string;
  /** How many bytes `{{pad}}` stands for. */
  pad?: number;
}

/** How the end of a body was told: a header of the recording's own. */
export const LENGTH_HEADER = "<body length given by>";

/** What came back over HTTP. */
export interface HttpAnswer {
  status: number;
  /** Names in small letters, and {@linkcode LENGTH_HEADER}: `content-length`, `chunks` or `nothing`. */
  headers: Record<string, string>;
  body: string;
}

/** What came back: an answer, the reason why there was none, or the rows of a `sql` step. */
export type RecordedAnswer = HttpAnswer | { none: string } | { rows: (string | null)[][] };

/** Parts of an answer that differ from run to run. */
export type Varying = "status" | "body" | "x-request-id";

/** One step before, beside or after the request. */
export interface Step {
  sql?: string;
  meta_sql?: string;
  until_sql?: string;
  request?: RecordedRequest;
  /** Repeats `request` until it has this status, or any answer, at most so many times. */
  until_status?: number;
  until_answered?: number;
  /** A request that runs beside, until the step that awaits its `name`. */
  start?: RecordedRequest;
  name?: string;
  await?: string;
  op?: string;
  seconds?: number;
  may_fail?: boolean;
  answer?: RecordedAnswer;
  varies?: Varying[];
}

/** A request to Hasura with what surrounds it and what it was answered. */
export interface Scenario {
  id: string;
  shows: string;
  fixture: string;
  server?: ServerSettings;
  needs?: string[];
  setup: Step[];
  request: RecordedRequest;
  during: Step[];
  after: Step[];
  answer: RecordedAnswer;
  /** It leaves database and metadata as they were. */
  leaves_nothing?: boolean;
  varies?: Varying[];
}

/** Settings of the recorded server, other than its defaults. */
export interface ServerSettings {
  internal_errors?: boolean;
  dev_mode?: boolean;
  isolation?: "read-committed" | "repeatable-read" | "serializable";
  secret?: string | null;
  secrets?: string[];
  unauthorized_role?: string;
  apis?: string;
  maintenance?: boolean;
  read_only?: boolean;
  env?: Record<string, string>;
  unset?: string[];
}

/** A database and the metadata on it. */
export interface Fixture {
  sql: string;
  metadata: unknown;
}

/** The whole recording. */
export interface Recording {
  fixtures: Record<string, Fixture>;
  scenarios: Scenario[];
}

/** Reads the recording. */
export function readRecording(): Recording {
  return JSON.parse(Deno.readTextFileSync(new URL("../data/hasura/answers.json", import.meta.url)));
}

/** What the placeholders of a request stand for. */
export interface RequestValues {
  secret: string;
  /** The metadata's number at the scenario's start. */
  version: number;
}

/** The bytes of a request's body. */
export function bodyOf({ body, body_hex, pad }: RecordedRequest, { version }: RequestValues): Uint8Array<ArrayBuffer> {
  if (body_hex !== undefined) return Uint8Array.from(body_hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  if (body === undefined) return new Uint8Array();
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const filled = text
    .replace(/"\{\{version([+-]\d+)?\}\}"/g, (_, by = "0") => String(version + Number(by)))
    .replaceAll("{{pad}}", () => "x".repeat(pad ?? 0));
  return new TextEncoder().encode(filled);
}
