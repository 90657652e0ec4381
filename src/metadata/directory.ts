/**
 * Makes one JSON document of a project's metadata, as the Hasura CLI does, but stops where the Hasura CLI would lose
 * something.
 *
 * @module
 */

import type { Json } from "../json.ts";
import { ACTIONS_SDL, ACTIONS_YAML, readActions } from "./actions.ts";
import { type FileSystem, type MetadataFiles, openFiles, readYaml } from "./files.ts";
import { readMetadataFile } from "./metadata_file.ts";
import { OBJECT_FILES, readVersion } from "./objects.ts";
import { showPlace, unusable } from "./problem.ts";
import { readSources, SOURCES_FILE } from "./sources.ts";
import { noteUnreached } from "./unreached.ts";

/** Where a project has its metadata. */
export interface MetadataPlace {
  kind: "directory" | "file";
  /** As the operator knows it. */
  path: string;
}

/** Metadata that can be applied. */
export interface BuiltMetadata {
  /** The document, as `replace_metadata` takes it. */
  metadata: Record<string, Json>;
  /** What the operator should know, a sentence each. */
  notes: string[];
}

const VERSION_FILE = "version.yaml";

/** Files of the directory itself. */
const KNOWN = [VERSION_FILE, ACTIONS_YAML, ACTIONS_SDL, ...OBJECT_FILES.map(({ name }) => name)];

/** Files of projects of config version 2, whose content now stands in `databases`. */
const OLD = ["tables.yaml", "functions.yaml"];

const GIVE_FOLDER =
  "Give the folder of the deployment with --hasura-path, and that of the metadata in its config.yaml " +
  "(metadata_directory)";

/**
 * Reads the metadata at `place`.
 *
 * @throws {ConfigError} when a file is missing or unusable, or when the Hasura CLI would leave out or change something
 */
export async function buildMetadata(rt: FileSystem, place: MetadataPlace): Promise<BuiltMetadata> {
  if (place.kind === "file") return { metadata: await readMetadataFile(rt, place.path), notes: [] };
  const files = openFiles(rt, place.path);
  const present = await listDirectory(files);
  const metadata: Record<string, Json> = { version: readVersion(await readYaml(files, VERSION_FILE)) };
  refuseUnknown(present, files);

  const { sources, names } = await readSources(files);
  metadata.sources = sources;
  const notes = await noteUnreached(files, names);
  for (const { name, key, read } of OBJECT_FILES) {
    if (!present.includes(name)) continue;
    const value = read(await readYaml(files, name));
    if (value !== undefined) metadata[key] = value;
  }
  if (hasActions(present, files)) {
    const actions = await readActions(files);
    Object.assign(metadata, actions.parts);
    notes.push(...actions.notes);
  }
  return { metadata, notes };
}

async function listDirectory(files: MetadataFiles): Promise<string[]> {
  const entries = await files.list("");
  if (typeof entries === "string") throw unusable({ path: files.show("") }, entries, GIVE_FOLDER);
  // A folder with the name of a file would be left out, too.
  const names = entries.filter(({ name, kind }) => kind !== "directory" || KNOWN.includes(name)).map(({ name }) =>
    name
  );
  if (!names.includes(VERSION_FILE)) {
    throw unusable({ path: files.show(VERSION_FILE) }, "it does not exist", GIVE_FOLDER);
  }
  return names;
}

/** A misspelt file would be left out without a word. */
function refuseUnknown(present: readonly string[], files: MetadataFiles): void {
  const unknown = present.find((name) => /\.(?:ya?ml|graphql|json)$/i.test(name) && !KNOWN.includes(name));
  if (unknown === undefined) return;
  throw unusable(
    { path: files.show(unknown) },
    OLD.includes(unknown)
      ? "it is a file of config version 2, which would not count"
      : "it is none of the files of a metadata directory, so that it would not count",
    `Correct its name or move it elsewhere; known are ${KNOWN.join(", ")} and ${SOURCES_FILE}`,
  );
}

function hasActions(present: readonly string[], files: MetadataFiles): boolean {
  const [there, missing] = present.includes(ACTIONS_SDL) ? [ACTIONS_SDL, ACTIONS_YAML] : [ACTIONS_YAML, ACTIONS_SDL];
  if (!present.includes(there)) return false;
  if (present.includes(missing)) return true;
  throw unusable(
    { path: files.show(missing) },
    `it does not exist, but ${showPlace({ path: files.show(there) })} does: ` +
      "all actions and custom types would be removed from Hasura",
    "Restore the missing file, or remove the other if there are to be no actions",
  );
}
