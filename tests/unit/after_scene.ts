/**
 * What the tests of the "after" tasks have in common.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { AfterTaskOptions } from "../../src/after_tasks/tasks.ts";
import { AfterTaskError, ToolError } from "../../src/errors.ts";
import { createHasuraClient } from "../../src/hasura/client.ts";
import { createRedactor } from "../../src/redact.ts";
import { createRuntime } from "../../src/runtime.ts";
import { assertNoSecret } from "../support/secrets.ts";
import { exampleSchema, startVenue, type Venue, type VenueOptions } from "../venue/mod.ts";
import { type FakeWorkspace, startFakeWorkspace } from "./after_workspace_fake.ts";

/** The migration whose task is run. */
export const MIGRATION = { version: 25, name: "workspaces_setup" };
/** The row of a migration whose task is open. */
export const OPEN = "insert into migrations.schema_migrations values (25, true, false);";
const TABLE = `create schema sequencing;
create table sequencing.workspace (id integer primary key, name text not null);
create table sequencing.user_sequence (
  id integer primary key,
  name text not null,
  workspace_id integer not null references sequencing.workspace (id),
  definition text not null,
  seq_json jsonb,
  owner text
);
insert into sequencing.workspace values (1, 'one'), (2, 'two'), (3, 'three'), (4, 'not on the server');
`;

/** A sequence. */
export interface Row {
  id: number;
  name: string;
  definition?: string;
  /** `null` is SQL's. */
  json?: string | null;
  workspace?: number;
}

const literal = (text: string | null) => text === null ? "null" : `'${text.replaceAll("'", "''")}'`;

function insert(rows: Row[]): string {
  return rows.map(({ id, name, definition = `C ${name}`, json = null, workspace = 1 }) =>
    `insert into sequencing.user_sequence values (${id}, ${literal(name)}, ${workspace}, ${literal(definition)}, ${
      literal(json)
    });\n`
  ).join("");
}

/** A database in which the task of migration 25 is open. */
const database = (rows: Row[]) => `${exampleSchema("integer")}\n${OPEN}\n${TABLE}${insert(rows)}`;

/** What makes two workspaces with seven files. */
export const USUAL: Row[] = [
  { id: 1, name: "burn", definition: "C BURN 1\n", json: '{"id": "burn", "steps": [1, 2.50]}' },
  { id: 2, name: "burn", definition: "" },
  { id: 3, name: "sub/turn", definition: "R TURN ü", json: "null", workspace: 2 },
  { id: 4, name: "burn", definition: "NULL", json: '"NULL"', workspace: 2 },
];

/** The files of {@linkcode USUAL}, in the order in which they are moved. */
export const TEXTS: Record<string, string> = {
  "1/burn.seq": "C BURN 1\n",
  "1/burn.seq.json": '{"id": "burn", "steps": [1, 2.50]}',
  "1/burn_2.seq": "",
  "2/sub/turn.seq": "R TURN ü",
  "2/sub/turn.seq.json": "null",
  "2/burn.seq": "NULL",
  "2/burn.seq.json": '"NULL"',
};

/** What a run of the task is told. */
interface Told {
  notes: string[];
  progress: string[];
}

/** A venue, a workspace server, and a task to run with them. */
export interface Scene extends AsyncDisposable {
  venue: Venue;
  workspace: FakeWorkspace;
  told: Told;
  options(changes?: Partial<AfterTaskOptions>): AfterTaskOptions;
  /** Whether the task is done, as the database says. */
  isDone(): Promise<boolean>;
  texts(): Record<string, string>;
}

/** Starts both; the database has `rows`, and the task of {@linkcode MIGRATION} is open. */
export async function startScene(rows: Row[], venueOptions: VenueOptions = {}): Promise<Scene> {
  await using parts = new AsyncDisposableStack();
  const venue = parts.use(await startVenue({ baseSql: database(rows), ...venueOptions }));
  const secret = venue.adminSecret ?? "";
  const workspace = parts.use(startFakeWorkspace(secret));
  const real = parts.use(createRuntime());
  const redactor = createRedactor();
  redactor.add(secret);
  const redact = (text: string) => redactor.redact(text);
  const told: Told = { notes: [], progress: [] };
  const rt = {
    ...real,
    fetch: workspace.fetch(real.fetch),
    sleep: (ms: number) => real.sleep(Math.min(ms, 20)),
  };
  const running = parts.move();
  return {
    venue,
    workspace,
    told,
    options: ({ readTimeout = 30_000, ...changes } = {}) => ({
      rt,
      client: createHasuraClient(rt, {
        endpoint: venue.url,
        adminSecret: secret,
        adminSecretFrom: "a test",
        readTimeout,
        redact,
      }),
      source: "Aerie",
      adminSecret: secret,
      redact,
      readTimeout,
      lockTimeout: 1_000,
      workspace: () => ({ endpoint: workspace.url }),
      stop: new AbortController().signal,
      onNote: (text) => void told.notes.push(text),
      onProgress: (text) => void told.progress.push(text),
      ...changes,
    }),
    async isDone() {
      const rows = await venue.sql("select after_done from migrations.schema_migrations where migration_id = 25");
      return rows[0]?.[0] === "t";
    },
    texts: () =>
      Object.fromEntries([...workspace.files].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The error that `work` ends with; no part of it shows the secret. */
export async function failure(work: Promise<unknown>): Promise<ToolError> {
  const error = await work.then(() => undefined, (error) => error);
  assert.ok(error instanceof ToolError, `no error of the tool's: ${error instanceof Error ? error.stack : error}`);
  const { message, state = "", next = "" } = error;
  assertNoSecret("venue-secret-7f3a", { message, state, next });
  assert.ok(state !== "" && next !== "", message);
  assert.doesNotMatch(`${message}${state}${next}`, /\p{Cc}/u);
  return error;
}

/** Holds that it is the error of a task, and what it says. */
export function assertError(error: ToolError, expected: { message: RegExp; state?: RegExp; next?: RegExp }): void {
  assert.ok(error instanceof AfterTaskError, `${error.name}: ${error.message}`);
  assert.match(error.message, expected.message);
  assert.match(error.state ?? "", expected.state ?? /./);
  assert.match(error.next ?? "", expected.next ?? /./);
}

/** How to go on. */
export const RESUME = /run "aerie_db_migration after run", or the same command again: it goes on from there/;
