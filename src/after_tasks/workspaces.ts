/**
 * The "after" task of migration 25: the sequences of the users move from the database to the workspace server.
 *
 * It can be stopped at any file and run again: what the server has already is left there, and nothing is ever replaced.
 *
 * @module
 */

import { AfterTaskError, ToolError } from "../errors.ts";
import type { MigrationName } from "../migrations/types.ts";
import { quoteText } from "../quote.ts";
import { assignFileNames, DEFINITION_EXTENSION, findBadNames, JSON_EXTENSION, type Named } from "./file_names.ts";
import {
  lackingColumns,
  listSequences,
  readContent,
  type Sequence,
  SEQUENCES_TABLE,
  unchangedSql,
} from "./sequences.ts";
import { explainHasura, openState, RESUME } from "./task_error.ts";
import type { AfterTask, AfterTaskOptions, AfterTaskRun, MarkCondition } from "./types.ts";
import { reachServer } from "./reach.ts";
import { badNamesError, explainServer } from "./workspace_errors.ts";
import type { WorkspaceServer } from "./workspace_server.ts";
import { checkMove, describeMove } from "./workspaces_check.ts";

/** See the module. */
export const WORKSPACES: AfterTask = {
  name: "workspaces",
  description: "move the sequences of the users to the workspace server",
  check: checkMove,
  run,
  describeOpen: describeMove,
};

async function run(migration: MigrationName, options: AfterTaskOptions): Promise<AfterTaskRun> {
  const state = openState(migration, "no file was moved by this run");
  options.onProgress("looking for the sequences of the users");
  const sequences = assignFileNames(await readList(options, state));
  if (sequences.length === 0) {
    options.onNote("there are no sequences to move to a workspace server");
    return { files: 0, alreadyThere: 0, condition: await conditionOf(sequences, state) };
  }
  const bad = findBadNames(sequences);
  if (bad.length > 0) throw badNamesError(bad, { state, resume: RESUME });
  const { endpoint, derivedFrom } = options.workspace() ?? {};
  if (derivedFrom !== undefined) {
    options.onNote(
      `taking ${quoteText(endpoint ?? "")} for the workspace server, as follows from Hasura's address ${
        quoteText(derivedFrom)
      }; ` +
        "--workspace-endpoint names another one",
    );
  }
  options.onProgress("asking the workspace server whether it is at work");
  const server = await reachServer(options, { state, resume: RESUME });
  const moved = await moveAll(sequences, server, { migration, options });
  await confirmUnchanged(sequences, options, { migration, files: moved.files });
  const all = openState(migration, `all ${moved.files} files are on the workspace server`);
  return { ...moved, condition: await conditionOf(sequences, all) };
}

/** Nobody has changed the sequences since they were listed; looked at once more when the task is marked. */
async function conditionOf(sequences: Sequence[], state: string): Promise<MarkCondition> {
  return { sql: await unchangedSql(sequences), error: () => changedError("a sequence", state) };
}

async function readList(options: AfterTaskOptions, state: string): Promise<Sequence[]> {
  let lacking: Awaited<ReturnType<typeof lackingColumns>>;
  try {
    lacking = await lackingColumns(options);
    if (lacking.length === 0) return await listSequences(options);
  } catch (error) {
    throw explainHasura(error, options, { action: "read the sequences of the users", state });
  }
  const what = lacking === "all" ? `no table ${SEQUENCES_TABLE}` : `no ${lacking.join(", ")} in ${SEQUENCES_TABLE}`;
  throw new AfterTaskError(`Cannot move the sequences of the users: database "${options.source}" has ${what}`, {
    state,
    next:
      "Find out what became of them before anything else; once it is certain that the workspace server has all of " +
      'them, or that there were none, run "aerie_db_migration after done"',
  });
}

/** What belongs to a run of the task. */
interface Run {
  migration: MigrationName;
  options: AfterTaskOptions;
}

async function moveAll(
  sequences: Named<Sequence>[],
  server: WorkspaceServer,
  { migration, options }: Run,
): Promise<{ files: number; alreadyThere: number }> {
  const files = sequences.reduce((sum, { hasJson }) => sum + (hasJson ? 2 : 1), 0);
  let done = 0;
  let alreadyThere = 0;
  const state = () => openState(migration, `${done} of ${files} files are known to be on the workspace server`);
  for (const sequence of sequences) {
    const contents = await readFiles(sequence, options, state());
    for (const { name, text } of contents) {
      options.stop.throwIfAborted();
      options.onProgress(`moving sequences to the workspace server: ${done + 1} of ${files} files`);
      const { workspaceId } = sequence;
      try {
        const stored = await server.store({ workspaceId, name, content: new TextEncoder().encode(text) });
        if (stored === "there") alreadyThere++;
      } catch (error) {
        throw explainServer(error, {
          action: `move ${quoteText(name)} of workspace ${workspaceId} (file ${
            done + 1
          } of ${files}) to the workspace server`,
          workspace: { ...options.workspace(), endpoint: server.endpoint, role: server.role },
          state: state(),
          resume: RESUME,
          file: { sequence, name },
        });
      }
      done++;
    }
  }
  return { files, alreadyThere };
}

/** One sequence at a time: all together may be more than fits into memory. */
async function readFiles(
  sequence: Named<Sequence>,
  options: AfterTaskOptions,
  state: string,
): Promise<{ name: string; text: string }[]> {
  const { id, name, fileName } = sequence;
  const what = `sequence ${id}, ${quoteText(name)}`;
  try {
    const content = await readContent(sequence, options);
    if (content === undefined) throw changedError(what, state);
    const files = [{ name: `${fileName}${DEFINITION_EXTENSION}`, text: content.definition }];
    return content.json === undefined
      ? files
      : [...files, { name: `${fileName}${JSON_EXTENSION}`, text: content.json }];
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw explainHasura(error, options, { action: `read ${what}`, state });
  }
}

/** Later migrations drop the table: what somebody has written meanwhile must not be lost with it. */
async function confirmUnchanged(
  sequences: Named<Sequence>[],
  options: AfterTaskOptions,
  { migration, files }: { migration: MigrationName; files: number },
): Promise<void> {
  const state = openState(migration, `all ${files} files are on the workspace server`);
  const now = new Map((await readList(options, state)).map(({ id, rowVersion }) => [id, rowVersion]));
  for (const { id, name, rowVersion } of sequences) {
    if (now.get(id) !== rowVersion) throw changedError(`sequence ${id}, ${quoteText(name)}`, state);
    now.delete(id);
  }
  const [added] = now.keys();
  if (added !== undefined) throw changedError(`sequence ${added}`, state);
}

function changedError(what: string, state: string): AfterTaskError {
  return new AfterTaskError(`Cannot complete the move of the sequences: ${what} has changed meanwhile`, {
    state,
    next:
      `See to it that nobody works with sequences in the database any more, then ${RESUME}. A file that was moved ` +
      "before the change is not replaced: where it is named then, remove it on the workspace server",
  });
}
