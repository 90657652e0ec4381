/**
 * `metadata apply|reload|status|diff`: Hasura's metadata by itself.
 *
 * @module
 */

import type { ToolError } from "../errors.ts";
import { type Interruption, watchInterruption } from "../interruption.ts";
import { exportMetadata, sourceNamesOf } from "../hasura/metadata.ts";
import { refuseUnreached } from "./unusable_source.ts";
import { diffMetadata } from "../metadata/diff.ts";
import type { BuiltMetadata } from "../metadata/directory.ts";
import type { COMMAND_GROUPS } from "../options.ts";
import { formatMetadataDiff } from "../report/metadata_diff.ts";
import { commandLine } from "./command_line.ts";
import type { CommandContext, MetadataOptions } from "./context.ts";
import { readRelease } from "./metadata_modes.ts";
import { inconsistentError } from "./unfit_metadata.ts";
import { check, explained, reportConsistency, updateMetadata } from "./update_metadata.ts";
import { openServer, type Server, together } from "./venue.ts";
import { unusableSources, waitUntilUsable } from "./wait.ts";

/** What is to be done. */
export type MetadataAction = typeof COMMAND_GROUPS.metadata[number];

/**
 * Does it.
 *
 * @returns what the exit code is to tell, once it has been reported
 * @throws {ToolError} when nothing was changed or found out
 */
export async function runMetadata(
  context: CommandContext,
  action: MetadataAction,
  options: MetadataOptions,
): Promise<ToolError | undefined> {
  const server = await openServer(context, options);
  switch (action) {
    case "status":
      await waitIfAsked(context, server);
      return await showStatus(context, server, options);
    case "diff":
      await waitIfAsked(context, server);
      return await showDiff(context, server);
    case "apply":
    case "reload":
      return await updateWatched(context, server, { action, options });
  }
}

async function waitIfAsked(context: CommandContext, { client, timeouts }: Server): Promise<void> {
  if (timeouts.wait === undefined) return;
  await waitUntilUsable(context, {
    client,
    timeout: timeouts.wait,
    readTimeout: timeouts.read,
    probe: async () => void await explained(client, "read the metadata", () => exportMetadata(client)),
  });
}

/**
 * Waits for databases, too, that Hasura has not reached; one that its settings do not let it use stays so.
 *
 * @param built What is to be applied: then only the databases that it has count.
 */
async function waitForDatabases(
  context: CommandContext,
  { client, timeouts }: Server,
  built: BuiltMetadata | undefined,
): Promise<void> {
  if (timeouts.wait === undefined) return;
  await waitUntilUsable(context, {
    client,
    timeout: timeouts.wait,
    readTimeout: timeouts.read,
    unusable: unusableSources,
    async probe() {
      await explained(client, "read the metadata", () => exportMetadata(client));
      const wanted = built && sourceNamesOf(built.metadata).map((name) => `source ${name}`);
      refuseUnreached((await check(client)).filter(({ name }) => wanted?.includes(name) ?? true));
    },
  });
}

interface Update {
  action: "apply" | "reload";
  options: MetadataOptions;
}

/** What was sent takes its course in Hasura: a signal is obeyed when that is known. */
async function updateWatched(context: CommandContext, server: Server, work: Update): Promise<ToolError | undefined> {
  const { rt, reporter } = context;
  const interruption = watchInterruption(rt, {
    onFirst: (signal) =>
      reporter.emit({
        type: "note",
        text: `${signal} received: what was sent is finished first; once more stops at once`,
      }),
    onSecond: (error) => {
      error.state = "The metadata may be applied or reloaded, or not; either way it is whole";
      error.next = "Look at metadata status and metadata diff";
      reporter.fail(error);
    },
  });
  try {
    interruption.describe("Nothing was changed");
    return await update(context, server, { ...work, interruption });
  } finally {
    interruption.dispose();
  }
}

async function update(
  context: CommandContext,
  server: Server,
  { action, options, interruption }: Update & { interruption: Interruption },
): Promise<ToolError | undefined> {
  const { client, settings } = server;
  const { path } = settings.metadata;
  const built = action === "apply" ? await interruption.race(readRelease(context, settings.metadata)) : undefined;
  await interruption.race(waitForDatabases(context, server, built));
  const outcome = await context.waiting.during("updating the metadata", () =>
    updateMetadata(context, {
      client,
      built,
      path,
      isAskedFor: true,
      allowConnectionChanges: options.allowConnectionChanges === true,
      applyCommand: commandLine(options, "metadata apply"),
      keepCommand: undefined,
      isStopped: () => interruption.error !== undefined,
    }));
  reportConsistency(context, outcome);
  const { error: stopped } = interruption;
  if (stopped !== undefined) {
    const done = [outcome.reloaded ? "reloaded" : "", outcome.applied ? "applied" : ""].filter((word) => word !== "");
    stopped.state = done.length === 0 ? "The metadata is as it was" : `The metadata is ${done.join(" and ")}`;
    stopped.next = outcome.applied || action === "reload" ? "Look at metadata status" : "Run the same command again";
  }
  const error = outcome.error ?? stopped ?? inconsistentError(outcome.inconsistent ?? [], {
    isAllowed: options.allowInconsistentMetadata === true,
    state: `The metadata is ${outcome.applied ? "applied" : "reloaded"}; what does not fit is left out by Hasura`,
    unfit: outcome.applied
      ? "Migrate the database to the release that this metadata belongs to, or apply the metadata that fits it"
      : "Apply the metadata of the release that the database is at: metadata apply",
  });
  if (error !== undefined) context.reporter.emit({ type: "failure", error });
  context.reporter.finish({ command: `metadata ${action}`, endpoint: client.endpoint, metadata: outcome, error });
  return error;
}

async function showStatus(
  context: CommandContext,
  { client }: Server,
  { allowInconsistentMetadata }: MetadataOptions,
): Promise<ToolError | undefined> {
  const [server, inconsistentObjects] = await context.waiting.during("asking Hasura", () =>
    together(
      explained(client, "read the metadata", () => exportMetadata(client)),
      check(client),
    ));
  const error = inconsistentError(inconsistentObjects, {
    isAllowed: allowInconsistentMetadata === true,
    unfit: "Look at metadata diff, then reload or apply the metadata",
  });
  context.reporter.finish({
    command: "metadata status",
    endpoint: client.endpoint,
    resourceVersion: server.resourceVersion,
    sources: sourceNamesOf(server.metadata),
    inconsistentObjects,
    error,
  });
  if (error !== undefined) context.reporter.emit({ type: "failure", error });
  return error;
}

async function showDiff(context: CommandContext, { client, settings }: Server): Promise<undefined> {
  const built = await readRelease(context, settings.metadata);
  const server = await context.waiting.during(
    "asking Hasura",
    () => explained(client, "read the metadata", () => exportMetadata(client)),
  );
  const changes = diffMetadata(server.metadata, built.metadata);
  context.reporter.finish({
    command: "metadata diff",
    endpoint: client.endpoint,
    path: settings.metadata.path,
    changes,
    formatted: formatMetadataDiff(changes),
    error: undefined,
  });
}
