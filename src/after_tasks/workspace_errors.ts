/**
 * What is told when the workspace server does not take a file, or there is none.
 *
 * @module
 */

import { AfterTaskError, ToolError } from "../errors.ts";
import { nextAfterNoAnswer } from "../hasura/explain.ts";
import { NoAnswerError } from "../hasura/problems.ts";
import { quoteText } from "../quote.ts";
import type { BadName, Nameable } from "./file_names.ts";
import { RefusedError } from "./replies.ts";
import { SEQUENCES_TABLE } from "./sequences.ts";
import { capital } from "./task_error.ts";
import { RELEASE_ROLE } from "./venue_role.ts";
import { OtherContentError } from "./workspace_server.ts";

/** What the call was for, and what to say besides the reason. */
export interface ServerFailure {
  /** As in "Cannot <action>". */
  action: string;
  workspace: { endpoint: string; derivedFrom?: string; role?: string };
  state: string;
  /** How to go on once the cause is removed. */
  resume: string;
  /** The file that it was about, if it was about one. */
  file?: { sequence: Nameable; name: string };
}

/** The error for what the workspace server did, or did not; what is no failure of a call is returned as it is. */
export function explainServer(error: unknown, failure: ServerFailure): unknown {
  if (error instanceof ToolError) return error;
  const { action, workspace: { endpoint, derivedFrom }, state, resume } = failure;
  const advice = adviceFor(error, failure);
  if (!(error instanceof Error) || advice === undefined) return error;
  const where = derivedFrom === undefined
    ? quoteText(endpoint)
    : `${quoteText(endpoint)}, which follows from Hasura's address ${quoteText(derivedFrom)}`;
  // What a server will not take can be put there in another way, which an unreachable one cannot.
  const byHand = isOtherContent(error) ? '; or complete the move by hand, and run "aerie_db_migration after done"' : "";
  return new AfterTaskError(`Cannot ${action} at ${where}: ${reasonOf(error, failure)}`, {
    state,
    next: `${advice}; then ${resume}${byHand}`,
    cause: error,
  });
}

/** What the server said; where it was about the rights of a role, with that role, which the server does not name. */
function reasonOf({ message }: Error, { workspace: { role } }: ServerFailure): string {
  if (role === undefined || !isAboutRole(message)) return message;
  return `The rights of role ${quoteText(role)} could not be checked: ${message.replace(/^The/, "the")}`;
}

function isAboutRole(message: string): boolean {
  return /Could not check permissions/.test(message);
}

function isOtherContent(error: Error): boolean {
  return error instanceof OtherContentError ||
    (error instanceof NoAnswerError && error.cause instanceof OtherContentError && !error.cause.isBeginning);
}

/** What newer workspace servers answer with 500, as if it were for them to put right. */
function adviceForWords(message: string, { sequence }: { sequence: Nameable }): string | undefined {
  if (/Path segment|illegal character|reserved name/i.test(message)) return renameAdvice(sequence.id);
  if (/max\w* ?(file ?)?size|too large/i.test(message)) return SIZE_ADVICE;
  return undefined;
}

function adviceFor(error: unknown, failure: ServerFailure): string | undefined {
  if (error instanceof NoAnswerError && error.cause instanceof OtherContentError) {
    return adviceFor(error.cause, failure);
  }
  if (error instanceof OtherContentError) return adviceForContent(error, failure);
  if (isAboutRole(error instanceof Error ? error.message : "")) return adviceForRole(failure);
  if (error instanceof NoAnswerError && failure.file !== undefined) {
    const advice = adviceForWords(error.message, failure.file);
    if (advice !== undefined) return advice;
  }
  if (error instanceof RefusedError) return adviceForRefusal(error, failure);
  if (!(error instanceof NoAnswerError)) return undefined;
  if (/certificate|UnknownIssuer|corrupt message|InvalidContentType/.test(error.message)) {
    return nextAfterNoAnswer(error);
  }
  if (/did not answer in time/.test(error.message)) {
    return "Look into the log of the workspace server, and give it more time with --timeout if it only is slow";
  }
  const check = "Check that the workspace server runs (its log may say more), that this is its address " +
    "(--workspace-endpoint), and what stands between it and this machine";
  return error.notSent ? `${check}; HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are obeyed` : check;
}

function adviceForContent({ isBeginning }: OtherContentError, { file }: ServerFailure): string {
  if (isBeginning) {
    return "It looks like what an upload that broke off leaves: remove the file on the workspace server";
  }
  const column = file?.name.endsWith(".json") ? "seq_json" : "definition";
  return `Compare the two ("select ${column} from ${SEQUENCES_TABLE} where id = ${file?.sequence.id};"), and rename or ` +
    "remove the file on the workspace server, which this tool never replaces";
}

function adviceForRole({ workspace: { role } }: ServerFailure): string {
  const name = quoteText(role ?? RELEASE_ROLE);
  return `Check that the workspace server is of a release of Aerie or PlanDev, which lets role ${
    quoteText(RELEASE_ROLE)
  } ` +
    `do everything; that it uses this Hasura; and that table permissions.user_roles has role ${name}`;
}

function adviceForRefusal({ status }: RefusedError, { file, workspace: { role } }: ServerFailure): string {
  const checkEndpoint = "check that --workspace-endpoint is the workspace server of this venue";
  // Its health is told to everybody.
  if (file === undefined) return capital(checkEndpoint);
  switch (status) {
    case 400:
    case 405:
      return renameAdvice(file.sequence.id);
    case 401:
      return "Start the workspace server with the same HASURA_GRAPHQL_ADMIN_SECRET as Hasura";
    case 403:
      return `Let role ${quoteText(role ?? RELEASE_ROLE)} write files (schema permissions of the database); ` +
        checkEndpoint;
    case 404:
      return `The workspace server does not know workspace ${file.sequence.workspaceId}: ${checkEndpoint}, and that ` +
        "it uses the same database as this Hasura";
    case 413:
      return SIZE_ADVICE;
    case 423:
      return "Unlock the file on the workspace server";
    default:
      return `${capital(checkEndpoint)}, and look into its log`;
  }
}

const SIZE_ADVICE = "Raise the size of a file that the workspace server, or a proxy before it, takes";

function renameAdvice(id: number): string {
  return 'If it is the name: newer workspace servers take none with < > : " | ? * % #, none with a part that ends in ' +
    "a blank or a period, and not those that they need themselves, such as .git; rename it with " +
    `${renameSql(id)}, to a name that no other sequence of its workspace has`;
}

function renameSql(id: number): string {
  return `"update ${SEQUENCES_TABLE} set name = 'NEW NAME' where id = ${id};" (a locked one with is_locked = false as well)`;
}

/** Nobody says where the workspace server is. */
export function noEndpointError({ state, resume }: { state: string; resume: string }): AfterTaskError {
  return new AfterTaskError(
    "Cannot move the sequences of the users: the address of the workspace server is not known",
    {
      state,
      next: `Give it with --workspace-endpoint, or set WORKSPACE_SERVER_ENDPOINT; then ${resume}`,
    },
  );
}

/** How many names a message shows. */
const MOST_NAMES = 10;

/** Names that no file can have. */
export function badNamesError(
  bad: BadName[],
  { state, resume }: { state: string; resume: string },
): AfterTaskError {
  const shown = bad.slice(0, MOST_NAMES).map(({ sequence: { id, name, workspaceId }, reason }) =>
    `${id} of workspace ${workspaceId}, ${quoteText(name)}, ${reason}`
  );
  if (bad.length > shown.length) shown.push(`and ${bad.length - shown.length} more`);
  const [first] = bad;
  const what = bad.length === 1 ? "a sequence has a name" : `${bad.length} sequences have names`;
  return new AfterTaskError(
    `Cannot move the sequences of the users: ${what} that no file can have: ${shown.join("; ")}`,
    {
      state,
      next: `Rename each with ${
        renameSql(first?.sequence.id ?? 0)
      } (its number in place of ${first?.sequence.id}), then ${resume}`,
    },
  );
}
