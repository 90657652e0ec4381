/**
 * The tables that the metadata of an invented release tracks.
 *
 * @module
 */

/** A thing that is there from a version on, and up to the one before `until`. */
export type Since<T> = [thing: T, since: number, until?: number];

/** A table or view that the metadata tracks. */
export interface TrackedTable {
  schema: string;
  name: string;
  /** The first version that has it. */
  since: number;
  /** The first version that has it no more. @default none */
  until?: number;
  /** Those that the permissions name. */
  columns: (string | Since<string>)[];
  /** Name and column of each relationship to one row. */
  objects?: [name: string, column: string][];
  /** Name, table and column of each relationship to many rows. */
  arrays?: Since<[name: string, table: string, column: string]>[];
  /** The column that must be the user's own for a change. */
  owner?: string;
}

/** In the order of their files. */
export const TRACKED_TABLES: readonly TrackedTable[] = [
  {
    schema: "merlin",
    name: "mission_model",
    since: 0,
    columns: ["id", "name", "version", "owner", "created_at"],
    arrays: [[["plans", "merlin.plan", "model_id"], 0], [["presets", "merlin.activity_preset", "model_id"], 1]],
  },
  {
    schema: "merlin",
    name: "plan",
    since: 0,
    columns: ["id", "model_id", "name", "start_time", "duration", "owner", ["description", 2], ["revision", 9], [
      "state",
      12,
    ]],
    objects: [["model", "model_id"]],
    arrays: [[["tags", "merlin.plan_tag", "plan_id"], 8], [["simulations", "merlin.simulation", "plan_id"], 14]],
    owner: "owner",
  },
  {
    schema: "merlin",
    name: "activity_preset",
    since: 1,
    columns: ["id", "model_id", "activity_type", "name", "arguments"],
    objects: [["model", "model_id"]],
  },
  { schema: "merlin", name: "newest_model", since: 7, columns: ["name", "id", "version", ["versions", 17]] },
  {
    schema: "merlin",
    name: "plan_tag",
    since: 8,
    columns: ["plan_id", "tag", "color"],
    objects: [["plan", "plan_id"]],
  },
  {
    schema: "merlin",
    name: "simulation",
    since: 14,
    columns: ["id", "plan_id", "asked_by"],
    objects: [["plan", "plan_id"]],
  },
  { schema: "merlin", name: "plan_folder", since: 29, columns: ["id", "name"] },
  { schema: "merlin", name: "derived_event", since: 32, columns: ["key", "source", "starts_at"] },
  { schema: "merlin", name: "timeline", since: 28, columns: ["id", "name", "starts_at", "ends_at", "state"] },
  {
    schema: "migrations",
    name: "applied_migrations",
    since: 0,
    columns: ["migration_id", ["pause_after", 25], ["after_done", 25]],
  },
  { schema: "permissions", name: "account", since: 0, columns: ["name", "default_role"] },
  { schema: "sequencing", name: "parcel", since: 0, columns: ["id", "name", "owner"] },
  {
    schema: "sequencing",
    name: "user_sequence",
    since: 0,
    until: 36,
    columns: ["id", "name", "definition", "seq_json", "owner", "workspace_id", ["origin", 27]],
    objects: [["workspace", "workspace_id"], ["parcel", "parcel_id"]],
    owner: "owner",
  },
  {
    schema: "sequencing",
    name: "workspace",
    since: 0,
    columns: ["id", "name", "owner", "created_at", "updated_by", "updated_at", ["disk_location", 25], [
      "parcel_id",
      25,
    ]],
    arrays: [
      [["sequences", "sequencing.user_sequence", "workspace_id"], 0, 36],
      [["collaborators", "sequencing.workspace_collaborator", "workspace_id"], 25],
      [["events", "sequencing.workspace_event", "workspace_id"], 26],
    ],
    owner: "owner",
  },
  {
    schema: "sequencing",
    name: "workspace_collaborator",
    since: 25,
    columns: ["workspace_id", "account"],
    objects: [["workspace", "workspace_id"]],
  },
  {
    schema: "sequencing",
    name: "workspace_event",
    since: 26,
    columns: ["id", "workspace_id", "happened_at", "what"],
    objects: [["workspace", "workspace_id"]],
  },
  { schema: "ui", name: "extension", since: 10, columns: ["id", "label", "url"] },
];
