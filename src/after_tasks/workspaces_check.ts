/**
 * What can be known of the move to the workspace server before it is begun. Changes nothing.
 *
 * @module
 */

import { quoteText } from "../quote.ts";
import { assignFileNames, DEFINITION_EXTENSION, findBadNames, isOdd, type Nameable, type Named } from "./file_names.ts";
import { checkAccess, reachServer } from "./reach.ts";
import { countSequences, lackingColumns, listSequences, type Sequence, type SequenceSource } from "./sequences.ts";
import { explainHasura } from "./task_error.ts";
import type { AfterTaskOptions } from "./types.ts";
import { badNamesError } from "./workspace_errors.ts";

const NOTHING = "Nothing was changed";
const SKIP = "or use --skip-after to do without the task for now";

/**
 * Whether the sequences could be moved. The table may still have an older shape: then only its rows are counted.
 *
 * @throws {ToolError} when they could not
 */
export async function checkMove(options: AfterTaskOptions): Promise<void> {
  const resume = `run the same command again, ${SKIP}`;
  let count: number;
  let first: Named<Sequence> | undefined;
  try {
    const lacking = await lackingColumns(options);
    if (lacking === "all") return;
    if (lacking.length === 0) {
      const sequences = assignFileNames(await listSequences(options));
      const bad = findBadNames(sequences);
      if (bad.length > 0) throw badNamesError(bad, { state: NOTHING, resume });
      noteOddNames(sequences, options);
      count = sequences.length;
      [first] = sequences;
    } else {
      count = await countSequences(options);
    }
  } catch (error) {
    throw explainHasura(error, options, { action: "count the sequences of the users", state: NOTHING, resume });
  }
  if (count === 0) return;
  const server = await reachServer(options, { state: NOTHING, resume });
  if (first === undefined) return;
  const file = { sequence: first, name: `${first.fileName}${DEFINITION_EXTENSION}` };
  await checkAccess(server, options, { file, state: NOTHING, resume });
}

/** Most names of sequences that are shown. */
const MOST_NAMES = 5;

/** What is known before the migration can be renamed at ease; after it, nothing else goes on until it is. */
function noteOddNames(sequences: Nameable[], { onNote }: AfterTaskOptions): void {
  const odd = sequences.filter(({ name }) => isOdd(name));
  if (odd.length === 0) return;
  const names = odd.slice(0, MOST_NAMES).map(({ id, name }) => `${quoteText(name)} (${id})`).join(", ");
  const more = odd.length > MOST_NAMES ? ` and ${odd.length - MOST_NAMES} more` : "";
  onNote(
    `newer workspace servers do not take the names of these sequences, which can be renamed before: ${names}${more}`,
  );
}

/** What there is to know before the move is said to have been done by hand; `undefined` where that is nothing. */
export async function describeMove(options: SequenceSource): Promise<string | undefined> {
  try {
    const count = await lackingColumns(options) === "all" ? 0 : await countSequences(options);
    if (count === 0) return undefined;
    const sequences = count === 1 ? "1 sequence is" : `${count} sequences are`;
    return `${sequences} in the database; whether the workspace server has them is not looked at`;
  } catch {
    // It is no more than advice.
    return undefined;
  }
}
