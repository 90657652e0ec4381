/**
 * Paths as they are shown and as the system takes them; `/` works on Windows too.
 *
 * @module
 */

/** The Hasura path where `--hasura-path` is not given. */
export const DEFAULT_HASURA_PATH = "./hasura";

/** `name` inside `folder`. An absolute `name` is taken as relative, as the Hasura CLI does. */
export function joinPath(folder: string, name: string): string {
  const inner = name.replace(/^(?:\.?\/+)+/, "").replace(/\/+$/, "");
  if (inner === "" || inner === ".") return folder;
  return `${folder.replace(/\/+$/, "")}/${inner}`;
}
