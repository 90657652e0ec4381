/**
 * What `migrate` does with Hasura's metadata: which of it is wanted, and what that takes, looked at before the first step.
 *
 * @module
 */

import { ConfigError, UsageError } from "../errors.ts";
import { sourceNamesOf } from "../hasura/metadata.ts";
import { buildMetadata, type BuiltMetadata } from "../metadata/directory.ts";
import { productOf } from "../migrations/types.ts";
import { METADATA_MODES } from "../options.ts";
import { quoteText } from "../quote.ts";
import { fileProblem } from "../runtime.ts";
import type { MetadataSetting } from "../settings.ts";
import type { CommandContext } from "./context.ts";

/** One of `--metadata`'s values. */
export type MetadataMode = typeof METADATA_MODES[number];

/** The mode that was asked for. @default auto */
export function readMetadataMode(given: string | undefined): MetadataMode {
  if (given === undefined) return "auto";
  const mode = METADATA_MODES.find((name) => name === given);
  if (mode !== undefined) return mode;
  throw new UsageError(`Cannot use --metadata=${JSON.stringify(given)}: it is none of ${METADATA_MODES.join(", ")}`, {
    next: "Leave it out to apply the metadata of the release where that is needed",
  });
}

/** What is to be done with the metadata once the steps are over. */
export interface MetadataPlan {
  mode: MetadataMode;
  /** The release's metadata; `undefined` where it is not needed, or there is none. */
  built: BuiltMetadata | undefined;
  /** Where it is. */
  path: string;
}

/** What a plan is made from. */
export interface MetadataPlanOptions {
  mode: MetadataMode;
  place: MetadataSetting;
  /** Whether the steps can lead to the release that the metadata belongs to. */
  isForward: boolean;
  /** Hasura's name of the database. */
  source: string;
}

/**
 * Reads the release's metadata where it can come to applying it: whatever is wrong with it is best known before.
 *
 * @throws {ConfigError} when it is there, or has to be, and cannot be used
 */
export async function planMetadata(context: CommandContext, options: MetadataPlanOptions): Promise<MetadataPlan> {
  const { mode, place, isForward, source } = options;
  const plan: MetadataPlan = { mode, built: undefined, path: place.path };
  if (mode !== "apply" && (mode !== "auto" || !isForward)) return plan;
  if (mode === "auto" && !place.isNamed && !(await exists(context, place))) {
    // Releases of Aerie can do without.
    if (productOf(source) === "PlanDev") {
      context.reporter.emit({
        type: "note",
        text: `there is no metadata in "${place.path}": that of Hasura stays as it is`,
      });
    }
    return plan;
  }
  try {
    plan.built = checkSource(await readRelease(context, place), { place, source });
  } catch (error) {
    if (error instanceof ConfigError) error.state = "Nothing was changed";
    throw error;
  }
  return plan;
}

/** Applying it must not take the database away from Hasura that was just migrated. @throws {ConfigError} */
function checkSource(
  built: BuiltMetadata,
  { place, source }: { place: MetadataSetting; source: string },
): BuiltMetadata {
  const names = sourceNamesOf(built.metadata);
  if (names.includes(source)) return built;
  const has = names.length === 0 ? "none" : names.map((name) => `"${name}"`).join(", ");
  throw new ConfigError(
    `Cannot use the metadata in "${place.path}": it does not have the database "${source}" that is migrated, but ${has}`,
    {
      next: "Use migrations and metadata of the same release; with --metadata=reload the metadata is left as it is",
    },
  );
}

/** The metadata at `place`, with what the operator should know about it. @throws {ConfigError} */
export async function readRelease(
  { rt, reporter, waiting }: CommandContext,
  place: MetadataSetting,
): Promise<BuiltMetadata> {
  refuseOtherProject(place);
  const built = await waiting.during("reading the metadata", () => buildMetadata(rt, place));
  for (const text of built.notes) reporter.emit({ type: "note", text });
  return built;
}

/** The Hasura CLI reads other files in projects of another version. @throws {ConfigError} */
function refuseOtherProject({ config }: MetadataSetting): void {
  if (config === undefined || Number(config.version) === 3) return;
  const found = config.version === undefined ? "there is no version" : `the version is ${quoteText(config.version)}`;
  throw new ConfigError(
    `Cannot use the metadata: "${config.path}": ${found}, and only metadata of projects of version 3 can be read`,
    {
      state: "Nothing was sent",
      next: "Write version: 3, if the project is one; the Hasura CLI makes one of it otherwise",
    },
  );
}

async function exists({ rt }: CommandContext, { kind, path }: MetadataSetting): Promise<boolean> {
  try {
    await (kind === "directory" ? rt.readDir(path) : rt.readFile(path));
    return true;
  } catch (error) {
    if (fileProblem(error) === "it does not exist") return await isListed(rt, path);
    // Whatever else is wrong is told by whoever reads it.
    return true;
  }
}

/** Whether there is something of this name all the same: a link whose disk is not mounted was meant to be followed. */
async function isListed(rt: CommandContext["rt"], path: string): Promise<boolean> {
  const end = path.lastIndexOf("/");
  try {
    return (await rt.readDir(path.slice(0, end))).some(({ name }) => name === path.slice(end + 1));
  } catch {
    return false;
  }
}
