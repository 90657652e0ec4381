/**
 * Name and version of the tool, as `deno.json` has it.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** Name of the command, whatever the file is called that it was started from. */
export const COMMAND_NAME = "aerie_db_migration";

/** Version of the tool, as `0.1.0`. */
export const VERSION: string = config.version;

/** `--version`: one line for people and programs. */
export function versionText(): string {
  return `${COMMAND_NAME} ${VERSION}\n`;
}
