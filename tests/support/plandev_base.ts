/**
 * The database of an invented release as it is before its first migration.
 *
 * @module
 */

import { literal } from "../venue/session.ts";
import { varcharLedgerSql } from "./plandev_ledger.ts";

/** A row of `sequencing.user_sequence`. Its id is its place among all rows, counted from 1. */
export interface SequenceRow {
  name: string;
  definition: string;
  /** JSON text; `null` for SQL's NULL. */
  seqJson: string | null;
  /** 1 and up. There are as many workspaces as the highest one, and two at least. */
  workspaceId: number;
  /** @default "ada" */
  owner?: string | null;
  /** @default false */
  isLocked?: boolean;
}

/** Two workspaces with what makes their files hard to name. */
export const DEFAULT_SEQUENCES: readonly SequenceRow[] = [
  {
    name: "wake up",
    definition: 'C HEATER_ON 2\nR00:00:05 WAKE "rover; arm"\n',
    seqJson: '{"id": "wake up", "steps": [{"stem": "HEATER_ON", "args": [2]}, {"stem": "WAKE"}]}',
    workspaceId: 1,
  },
  // The same name once more, and then what that one would be called in its place.
  { name: "wake up", definition: "C HEATER_OFF 2\n", seqJson: '{"id": "wake up"}', workspaceId: 1, isLocked: true },
  { name: "wake up_2", definition: "C NOTHING\n", seqJson: null, workspaceId: 1, owner: null },
  { name: "heater #2", definition: "NULL", seqJson: '"NULL"', workspaceId: 1, owner: "grace" },
  {
    name: "tests/spin up",
    definition: "C SPIN 'left'\n",
    seqJson: '{"id": "tests/spin up", "steps": []}',
    workspaceId: 1,
  },
  // A name of the other workspace is none of a clash.
  { name: "wake up", definition: "C WAKE 100%\n", seqJson: null, workspaceId: 2 },
  { name: "Kühlung prüfen", definition: "C KÜHLUNG\n", seqJson: '{"id": "Kühlung prüfen"}', workspaceId: 2 },
];

/** What stands in the tables. */
export interface BaseOptions {
  /** @default {@linkcode DEFAULT_SEQUENCES} */
  sequences?: readonly SequenceRow[];
}

/** The database at version 0, as a text for an empty one: the older shape of the ledger with row 0, and data. */
export function baseSql({ sequences = DEFAULT_SEQUENCES }: BaseOptions = {}): string {
  return [varcharLedgerSql(), PERMISSIONS, MERLIN, SEQUENCING, workspaceRows(sequences), sequenceRows(sequences), UI]
    .filter((part) => part !== "").join("\n");
}

const PERMISSIONS = `create schema permissions;

create table permissions.role (
  name text primary key,
  can_edit boolean not null
);
comment on table permissions.role is 'What an account can be.';

create table permissions.account (
  name text primary key,
  default_role text not null
);
comment on table permissions.account is 'Who may log in.';

insert into permissions.role values ('viewer', false), ('planner', true), ('aerie_admin', true);
insert into permissions.account values ('ada', 'planner'), ('grace', 'aerie_admin'), ('visitor', 'viewer');

create table permissions.user_roles (
  role text primary key,
  description text
);
comment on table permissions.user_roles is 'The roles that Hasura knows, as an enum.';

insert into permissions.user_roles (role) values ('aerie_admin'), ('user'), ('viewer');

create type permissions.function_key as enum ('branch_plan', 'rename_plan', 'share_view');

create table permissions.user_role_right (
  role text primary key references permissions.user_roles (role),
  functions jsonb not null default '{}'
);
comment on table permissions.user_role_right is 'What a role may run, and on what.';

create function permissions.check_rights()
returns trigger
language plpgsql as $$
begin
  -- The plan of this is kept by the session, with the enum in it.
  if exists (
    select from jsonb_object_keys(new.functions) key
      where key <> all (select unnest(enum_range(null::permissions.function_key))::text)
  ) then
    raise exception 'There is no such function' using errcode = 'invalid_parameter_value';
  end if;
  return new;
end
$$;

create trigger check_rights
  before insert or update on permissions.user_role_right
  for each row execute function permissions.check_rights();

insert into permissions.user_role_right values ('user', '{"branch_plan": "NO_CHECK"}'), ('viewer', '{}');
`;

const MERLIN = `create schema merlin;

create table merlin.mission_model (
  id integer generated always as identity primary key,
  name text not null,
  version text not null,
  owner text references permissions.account (name),
  created_at timestamptz not null default now(),

  unique (name, version)
);
comment on table merlin.mission_model is 'What a spacecraft can do, in one version.';

create table merlin.plan (
  id integer generated always as identity primary key,
  model_id integer not null references merlin.mission_model (id),
  name text not null unique,
  start_time timestamptz not null,
  duration interval not null,
  owner text references permissions.account (name)
);
comment on table merlin.plan is 'Some time, and what is done in it.';

insert into merlin.mission_model (name, version, owner, created_at) values
  ('Burrower', '1.0', 'ada', '2032-01-05 09:00:00+00'),
  ('Burrower', '1.1', 'ada', '2032-02-17 14:30:00+00'),
  ('Kite; long range', '0.3', null, '2032-02-20 08:15:00+00');

insert into merlin.plan (model_id, name, start_time, duration, owner) values
  (2, 'First drill', '2032-03-01 00:00:00+00', '3 days', 'ada'),
  (2, 'Core sample', '2032-03-09 06:00:00+00', '10 hours', 'grace'),
  (3, 'Überflug', '2032-04-01 00:00:00+00', '45 minutes', null);
`;

/** The table of the users' sequences. */
export const SEQUENCE_TABLE = `create table sequencing.user_sequence (
  id integer generated always as identity primary key,
  created_at timestamptz not null default '2032-01-11 00:00:00+00',
  definition text not null,
  is_locked boolean not null default false,
  seq_json jsonb,
  name text not null,
  owner text,
  parcel_id integer references sequencing.parcel (id) on delete set null,
  updated_at timestamptz not null default '2032-01-11 00:00:00+00',
  workspace_id integer not null references sequencing.workspace (id) on delete cascade
);
comment on table sequencing.user_sequence is 'Commands, as somebody has written them.';
`;

const SEQUENCING = `create schema sequencing;

create table sequencing.parcel (
  id integer generated always as identity primary key,
  name text not null,
  owner text
);
comment on table sequencing.parcel is 'Dictionaries that belong together.';

create table sequencing.workspace (
  id integer generated always as identity primary key,
  name text not null,
  owner text,
  created_at timestamptz not null default '2032-01-10 00:00:00+00',
  updated_by text,
  updated_at timestamptz not null default '2032-01-10 00:00:00+00'
);
comment on table sequencing.workspace is 'A set of sequences.';

${SEQUENCE_TABLE}
insert into sequencing.parcel (name, owner) values ('Burrower flight', 'grace');
`;

const UI = `create schema ui;

create table ui.view (
  id integer generated always as identity primary key,
  name text not null,
  owner text,
  definition jsonb not null default '{}'
);
comment on table ui.view is 'How somebody likes to see a plan.';

insert into ui.view (name, owner, definition) values
  ('Wide', 'ada', '{"zoom": 1.5, "rows": ["power", "heat"]}'),
  ('Night', null, '{"rows": []}');
`;

function workspaceRows(sequences: readonly SequenceRow[]): string {
  const count = Math.max(2, ...sequences.map(({ workspaceId }) => workspaceId));
  const values = Array.from({ length: count }, (_, index) => `(${literal(`Workspace ${index + 1}`)}, 'grace')`);
  return `insert into sequencing.workspace (name, owner) values ${values.join(", ")};\n`;
}

function sequenceRows(sequences: readonly SequenceRow[]): string {
  if (sequences.length === 0) return "";
  const text = (value: string | null) => value === null ? "null" : literal(value);
  const values = sequences.map(({ name, definition, seqJson, workspaceId, owner = "ada", isLocked = false }) =>
    `  (${text(name)}, ${text(definition)}, ${text(seqJson)}, ${workspaceId}, ${text(owner)}, 1, ${isLocked})`
  );
  const columns = "name, definition, seq_json, workspace_id, owner, parcel_id, is_locked";
  return `insert into sequencing.user_sequence (${columns}) values\n${values.join(",\n")};\n`;
}
