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
    {
      state: "Nothing was changed",
      next: matches.length > 1
        ? "Name the one to work on with --database-name"
        : "Check the endpoint, and that Hasura has the metadata of the release: its database is called as its folder",
    },
  );
}

/** Before the migrations much of the metadata does not fit. */
const APPLY = "metadata apply --allow-inconsistent-metadata";

/** The two names of the same database: the second since 4.4. */
const NAMES: readonly string[] = ["Aerie", "PlanDev"];

/** A call about a database, and what became of it. */
export interface SourceCall {
  endpoint: string;
  source: string;
  /** As in "Cannot <action>". */
  action: string;
  migrationsPath: string;
  cause: Error;
}

/**
 * The error for a source that Hasura does not know, with those that it has: most often the release and the server are on
 * different sides of the renaming.
 */
export function unknownSource(
  known: readonly string[],
  { endpoint, source, action, migrationsPath, cause }: SourceCall,
): ConfigError {
  const has = known.length === 0 ? "it has none" : `it has ${quoted(known)}`;
  const message = `Cannot ${action}: Hasura at "${endpoint}" has no database "${source}": ${has}`;
  const other = NAMES.find((name) => name !== source && known.includes(name));
  if (!NAMES.includes(source) || other === undefined) {
    return new ConfigError(message, {
      state: "Nothing was changed",
      next: known.length === 0
        ? `Start Hasura with the metadata of its release, or run ${APPLY}; then run the same command again`
        : `Check the endpoint: the folder in "${migrationsPath}" has the name that Hasura has for the database`,
      cause,
    });
  }
  const isOldServer = other === NAMES[0];
  const releases = ["a release before 4.4", "4.4 or newer"];
  const [ofServer, ofFolder] = isOldServer ? releases : releases.toReversed();
  return new ConfigError(message, {
    state:
      `Nothing was changed; PlanDev 4.4 has renamed the database from "${NAMES[0]}" to "${NAMES[1]}": this server ` +
      `has the metadata of ${ofServer}, and "${migrationsPath}" belongs to ${ofFolder}`,
    next: isOldServer
      ? "Start Hasura of the new release, which brings its metadata along; or run " +
        `${APPLY} with this folder, where Hasura has the variable that its databases.yaml names; then run the same command again`
      : "Use the folder of the release that this server runs",
    cause,
  });
}

async function knownSources(client: HasuraClient): Promise<string[]> {
  try {
    return await sourceNames(client);
  } catch (error) {
    throw explainCallError(error, { action: "read the names of the databases", endpoint: client.endpoint });
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
