/**
 * Which database of Hasura's ("source") a command works on, and which folder holds its migrations.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import type { HasuraClient } from "../hasura/client.ts";
import { explainCallError } from "../hasura/explain.ts";
import { sourceNames } from "../hasura/metadata.ts";

/** What the choice is made from. */
export interface SourceChoice {
  /** The name that the operator gave, if any. */
  given: string | undefined;
  /** Names of the folders under migrations, at least one. */
  folders: string[];
  migrationsPath: string;
}

/**
 * The source as far as it is known without Hasura: the given one, else the one folder's, else `undefined`.
 *
 * @throws {ConfigError} when the given one has no folder
 */
export function knownSource({ given, folders, migrationsPath }: SourceChoice): string | undefined {
  const [only, ...others] = folders;
  if (given === undefined) return others.length === 0 ? only : undefined;
  if (folders.includes(given)) return given;
  throw new ConfigError(`Cannot find migrations: "${migrationsPath}" has no folder "${given}"`, {
    state: "Nothing was changed",
    next: `Give one of its folders with --database-name: ${quoted(folders)}`,
  });
}

/**
 * The source: the one that is known, else the one of Hasura's sources that has a folder.
 *
 * @throws {ConfigError} when that leaves none or several
 */
export async function chooseSource(client: HasuraClient, choice: SourceChoice): Promise<string> {
  const { folders, migrationsPath } = choice;
  const source = knownSource(choice);
  if (source !== undefined) return source;
  const known = await knownSources(client);
  const matches = folders.filter((folder) => known.includes(folder));
  const [match] = matches;
  if (match !== undefined && matches.length === 1) return match;
  throw new ConfigError(
    `Cannot choose a database: "${migrationsPath}" has the folders ${quoted(folders)}, and Hasura has the databases ` +
      (known.length === 0 ? "none" : quoted(known)),
    { state: "Nothing was changed", next: "Name the one to work on with --database-name" },
  );
}

async function knownSources(client: HasuraClient): Promise<string[]> {
  try {
    return await sourceNames(client);
  } catch (error) {
    throw explainCallError(error, { action: "read the names of the databases", endpoint: client.endpoint });
  }
}

function quoted(names: string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
