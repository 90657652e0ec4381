/**
 * Where a job is done: a venue and a workspace server, which remember what was done to them.
 *
 * @module
 */

import { call, until } from "../venue/client.ts";
import { type Backend, startVenue, type Venue, type VenueOptions } from "../venue/mod.ts";
import { startWorkspaceServer, type WorkspaceServer } from "../venue/workspace_server.ts";
import { baseSql, MATRIX_GROUND } from "./ground.ts";

/** The workspaces that there are. */
const WORKSPACES = [1, 2];

/** A file that the workspace server has stored. */
export interface Stored {
  /** As in `1/name.seq`. */
  file: string;
  /** Whether there was a file of that name. */
  replaced: boolean;
}

/** The place. */
export interface Place extends AsyncDisposable {
  venue: Venue;
  workspace: WorkspaceServer;
  /** What the workspace server has stored since {@linkcode resetWorkspace}, in its order. */
  stored: Stored[];
  /** Stores a file past the server, as somebody else would. */
  putFile(file: string, text: string): void;
  /** Removes a file, as an operator would; that it was stored is forgotten. */
  removeFile(file: string): void;
}

/** How the venue of a place is, other than usual. */
export type PlaceOptions = Pick<VenueOptions, "poolSize" | "servers" | "syncMs">;

/** Starts a place. */
export async function startPlace({ database }: Backend, options: PlaceOptions = {}): Promise<Place> {
  const workspace = startWorkspaceServer({ workspaces: WORKSPACES });
  const { files } = workspace;
  const stored: Stored[] = [];
  const set = files.set.bind(files);
  files.set = (file, content) => {
    stored.push({ file, replaced: files.has(file) });
    return set(file, content);
  };
  const venue = await startVenue({ ...options, database, baseSql: baseSql("apply", MATRIX_GROUND) });
  return {
    venue,
    workspace,
    stored,
    putFile: (file, text) => void set(file, new TextEncoder().encode(text)),
    removeFile(file) {
      files.delete(file);
      stored.splice(0, stored.length, ...stored.filter((one) => one.file !== file));
    },
    async [Symbol.asyncDispose]() {
      await venue[Symbol.asyncDispose]();
      await workspace[Symbol.asyncDispose]();
    },
  };
}

/** Makes the workspace server a fresh one; `overwrites`: one of the older ones, which replace what is there. */
export function resetWorkspace({ workspace, stored }: Place, { overwrites = false } = {}): void {
  workspace.reset({ overwrites });
  stored.length = 0;
}

/** Gives a place back what a fault has taken away for good, and waits for all that is still on its way. */
export async function restorePlace({ venue, workspace }: Place): Promise<void> {
  venue.thaw();
  venue.startDatabase();
  venue.start();
  workspace.start();
  await until(() => call(venue, "/healthz", { method: "GET" }).then(({ status }) => status === 200, () => false));
  await until(() => venue.log.every(({ endedAt }) => endedAt !== undefined));
  await settle({ venue, workspace });
}

/** Resolves when nothing is at work any more. */
export async function settle({ venue, workspace }: Pick<Place, "venue" | "workspace">): Promise<void> {
  await until(() => workspace.log.every(({ endedAt }) => endedAt !== undefined));
  await venue.settled();
}
